"""Says why a file that was handed in as a notebook cannot be read, and what to do about it."""

from __future__ import annotations

import codecs
import re

from course.grading.submissions.needed_json import NotJSON

AGAIN = "hand in a copy that JupyterLab opens"
ITSELF = "hand in the notebook itself, the file that ends in .ipynb"
_UNPACK = "unpack it, and hand in the notebook that is in it"

# How files of other kinds begin, what they are, and what to do.
_KINDS = (
    (
        rb"version https://git-lfs",
        "a pointer of Git LFS",
        "fetch the notebook with `git lfs pull`, and hand in that",
    ),
    (rb"\x1f\x8b|BZh|\xfd7zXZ\0|7z\xbc\xaf\x27\x1c|Rar!|PK[\3\5]", "a packed archive", _UNPACK),
    (rb"%PDF", "a PDF", ITSELF),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "a picture", ITSELF),
    (rb"\s*<\?xml|\s*<[a-z!]", "a web page, of a login perhaps", ITSELF),
    (rb"#|\"\"\"|'''|---\s|```|(?:import|from|def|class) \w", "a script or another text", ITSELF),
)
_CONFLICT = re.compile(r"(<{7}|={7}|>{7}|\|{7})(\s|$)")


class Unreadable(Exception):
    """A submission that cannot be graded; the message is for the student.

    It says what is wrong, then after a colon what to do; a detail that only this one has is in brackets.
    """


def no_json(beginning: bytes, error: NotJSON) -> Unreadable:
    """Return what is to be raised for a file with this beginning, in which `error` is the first fault."""
    beginning = beginning.removeprefix(codecs.BOM_UTF8)
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        beginning = beginning.decode("utf-16", "replace").encode()
    if not beginning.strip(b"\0 \t\r\n"):
        return Unreadable(f"The notebook is an empty file: {AGAIN}.")
    for pattern, kind, what_to_do in _KINDS:
        if re.match(pattern, beginning, re.IGNORECASE):
            return Unreadable(f"The file is no notebook but {kind}: {what_to_do}.")
    if _CONFLICT.match(error.rest):
        return Unreadable(
            f"The notebook has an unresolved merge conflict (line {error.line}): resolve it, and {AGAIN}."
        )
    if not error.rest.strip() or error.reason.startswith("Unterminated string"):
        return Unreadable(f"The notebook breaks off before its end (line {error.line}): {AGAIN}.")
    return Unreadable(f"The notebook is not valid JSON (line {error.line}, {error.reason}): {AGAIN}.")
