"""The texts in a file of any kind, whatever its name: what somebody who opens or unpacks it can read."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import itertools
import json
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Any

from course.grading.problem_sets import pdf_texts, png_texts
from course.grading.problem_sets.plain_texts import plain_texts

LARGEST, DEEPEST = 64 << 20, 2
"""most bytes of an unpacked file, and most archives nested in one another"""
COMPRESSED: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
_UNPACKING = (
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
"""what broken, encrypted or unknown archives and PDFs raise"""


class UnpackingError(Exception):
    """A file cannot be unpacked, so that nobody knows what is in it; the message says why."""


def texts(content: bytes) -> list[str]:
    """Return the plain texts of a file, of the strings of its JSON (a notebook's, say), of packed files.

    Text may be in UTF-8, UTF-16 or UTF-32. Raises UnpackingError.
    """
    try:
        return list(_texts(content, DEEPEST))
    except _UNPACKING as error:
        raise UnpackingError(f"it cannot be unpacked: {str(error) or type(error).__name__}") from error


def _texts(content: bytes, depth: int) -> Iterator[str]:
    text = _decoded(content)
    yield from plain_texts(text)
    with suppress(ValueError, RecursionError):
        yield from plain_texts("\n".join(_strings(json.loads(text))))
    if png_texts.is_png(content):
        for comment in png_texts.texts(content, LARGEST):
            yield from plain_texts(comment)
    attached: list[bytes] = []
    if pdf_texts.is_pdf(content):
        pages, attached = pdf_texts.contents(content)
        yield pages
    for file in itertools.chain(attached, _unpacked(content)):
        if not depth:
            raise UnpackingError(f"it holds archives nested {DEEPEST + 1} deep")
        yield from _texts(file, depth - 1)


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    # without a mark, UTF-16 and UTF-32 are ASCII with zeros between
    return content.replace(b"\0", b"").decode("utf-8-sig", "replace")


def _strings(value: Any) -> Iterator[str]:
    """Yield all strings in a JSON value, the lines of a cell one after the other."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _unpacked(content: bytes) -> Iterator[bytes]:
    """Yield the files in an archive or compressed file. Raises UnpackingError and what unpacking raises."""
    stream = io.BytesIO(content)
    for start, opened in COMPRESSED.items():
        if content.startswith(start):
            with opened(stream) as file:
                yield _all_of(file)
    if zipfile.is_zipfile(stream):
        with zipfile.ZipFile(stream) as archive:
            for info in archive.infolist():
                with archive.open(info) as file:
                    yield _all_of(file)
    elif content[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for member in archive:
                if (extracted := archive.extractfile(member)) is not None:
                    yield _all_of(extracted)


def _all_of(file: IO[bytes]) -> bytes:
    content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise UnpackingError(f"it is more than {LARGEST >> 20} MiB when unpacked")
    return content
