"""Reads a submitted notebook without trusting any of it."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO

from course.grading.submissions.needed_json import NotJSON, TooMuch, loads, needed_json
from course.grading.submissions.pictures import attached_pictures
from course.grading.submissions.unreadable import AGAIN, Unreadable, no_json
from course.text import printable

LARGEST = 10 * 2**20
"""bytes of a notebook without its outputs"""
LARGEST_FILE = 1 << 30
"""bytes of a notebook with its outputs"""
LARGEST_GRADED = 128 * 2**20
"""bytes of a notebook with the outputs that grading kept"""
MOST_CELLS = 2000
_LONGEST_NAME = 60
_BEGINNING = 1000
"""bytes that show what kind of file it is"""
# What bytes are in Windows-1252, by what Python makes of them with `surrogateescape`, if they are no UTF-8.
_WINDOWS = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}


@dataclass(frozen=True)
class SubmittedCell:
    """A cell as it was handed in."""

    kind: str
    """`code` or `markdown`"""
    source: str
    grade_id: str | None
    identity: str
    """its cell id, or an empty string"""
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)
    """the pictures pasted into it: by name, in base64 by MIME type"""


@dataclass(frozen=True)
class SubmittedNotebook:
    """What grading reads of a notebook as it was handed in."""

    cells: tuple[SubmittedCell, ...]
    """the well-formed ones"""
    kernel: str | None
    """the kernel that it names"""
    is_utf8: bool
    """whether all of its text could be decoded"""


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Open the notebook at `path`, a regular file, without following links; yield it and its size.

    Raises Unreadable.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise missing(path) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            what = "folder" if path.is_dir() else "notebook"
            raise Unreadable(
                f"The {what} is a link, which is not followed: hand in the {what} itself."
            ) from None
        raise Unreadable(
            f"The notebook cannot be opened ({error.strerror}): make it readable, and grade again."
        ) from None
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode):
        os.close(descriptor)
        raise Unreadable(f"The notebook is not a regular file: {AGAIN}.")
    with os.fdopen(descriptor, "rb") as file:
        if state.st_size > LARGEST_FILE:
            raise Unreadable(
                f"The notebook is larger than {LARGEST_FILE >> 30} GiB: clear its outputs, and hand in that."
            )
        yield file, state.st_size


def missing(path: Path) -> Unreadable:
    """Return what is to be raised where there is no notebook at `path`: it names those that are there."""
    names = [printable(other.name, _LONGEST_NAME) for other in sorted(path.parent.glob("*.ipynb"))[:3]]
    there = f" (there is {', '.join(names)})" if names else ""
    return Unreadable(
        f"The notebook is missing{there}: hand it in under the name under which it was handed out, "
        f"{path.name}."
    )


def read(path: Path) -> bytes:
    """Return the notebook at `path`, or of a large one what grading needs.

    Raises Unreadable for what `opened` does not open, and where more than LARGEST bytes are needed.
    """
    with opened(path) as (file, _):
        content = file.read(LARGEST + 1)
        if len(content) <= LARGEST:
            return content
        file.seek(0)
        return needed(file)


def needed(file: IO[bytes]) -> bytes:
    """Return what grading needs of a notebook of any size. Raises Unreadable."""
    beginning = file.read(_BEGINNING)
    file.seek(0)
    try:
        return needed_json(file, LARGEST)
    except NotJSON as error:
        raise no_json(beginning, error) from None
    except TooMuch:
        raise Unreadable(
            f"The notebook is larger than {LARGEST >> 20} MiB even without its outputs: remove what is large "
            "in its cells, and hand it in again."
        ) from None


def read_graded(path: Path) -> bytes:
    """Return a graded notebook, under autograded/. Raises OSError, ValueError for what is no notebook."""
    state = path.stat()
    if not stat.S_ISREG(state.st_mode) or state.st_size > LARGEST_GRADED:
        raise ValueError(f"it is no regular file, or larger than {LARGEST_GRADED >> 20} MiB")
    return path.read_bytes()


def link_above(folder: Path) -> Path | None:
    """Return a folder STUDENT/PS or the one above it if that is a link, which may lead to anybody's work."""
    return next((path for path in (folder, folder.parent) if path.is_symlink()), None)


def submitted_notebook(content: bytes) -> SubmittedNotebook:
    """Return what grading reads of a notebook. Raises Unreadable when it is none."""
    value, is_utf8 = _value(content)
    cells = value.get("cells") if isinstance(value, dict) else None
    if not isinstance(cells, list):
        if isinstance(value, dict) and "worksheets" in value:
            raise Unreadable(
                "The notebook is of the old format 3: open and save it in JupyterLab, and hand it in again."
            )
        raise Unreadable(f"The file is JSON, but not a notebook of format 4: {AGAIN}.")
    if len(cells) > MOST_CELLS:
        raise Unreadable(
            f"The notebook has more than {MOST_CELLS} cells ({len(cells)}): remove what is not needed, and "
            "hand it in again."
        )
    kernel: Any = value
    for key in ("metadata", "kernelspec", "name"):
        kernel = kernel.get(key) if isinstance(kernel, dict) else None
    return SubmittedNotebook(tuple(_well_formed(cells)), kernel if isinstance(kernel, str) else None, is_utf8)


def _value(content: bytes) -> tuple[Any, bool]:
    """Return the JSON value of a notebook, and whether all of its text could be decoded."""
    if len(content) <= LARGEST:
        try:
            text, is_utf8 = _decoded(content)
            return loads(text), is_utf8
        except NotJSON:
            pass  # the fault may be in an output
    text, is_utf8 = _decoded(needed(io.BytesIO(content)))
    return loads(text), is_utf8


def _decoded(content: bytes) -> tuple[str, bool]:
    """Return the text of a JSON file, and whether all of it could be decoded.

    Bytes that are no UTF-8 are taken for Windows-1252, the usual encoding of files that are not UTF-8.
    """
    encoding = json.detect_encoding(content)
    try:
        return content.decode(encoding, "surrogatepass"), True
    except UnicodeDecodeError:
        if encoding in ("utf-8", "utf-8-sig"):
            return content.decode(encoding, "surrogateescape").translate(_WINDOWS), False
        return content.decode(encoding, "replace"), False


def _well_formed(cells: list[Any]) -> Iterator[SubmittedCell]:
    for cell in cells:
        if not isinstance(cell, dict):
            continue
        source = cell.get("source")
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        if not isinstance(source, str):
            continue
        # a lone surrogate cannot be written to any file
        source = source.encode("utf-8", "replace").decode("utf-8")
        metadata = cell.get("metadata")
        settings = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        name = settings.get("grade_id") if isinstance(settings, dict) else None
        identity = cell.get("id")
        if identity is None and isinstance(metadata, dict):
            identity = metadata.get("id")  # where Colab keeps it, in format 4.0
        yield SubmittedCell(
            "code" if cell.get("cell_type") == "code" else "markdown",
            source.replace("\r\n", "\n").replace("\r", "\n"),
            name if isinstance(name, str) else None,
            identity if isinstance(identity, str) else "",
            {} if cell.get("cell_type") == "code" else attached_pictures(cell.get("attachments")),
        )
