"""The text in a PDF, without spaces: as much of the format as text that programs write needs, no more.

Strings of page contents are joined. Fonts whose codes are not ASCII come with tables to Unicode; each of the
tables gives a reading of its own, so that a passage in one font, as code is, stands whole in one of them.
"""

from __future__ import annotations

import base64
import re
import unicodedata
import zlib
from collections.abc import Iterator

_STREAM = re.compile(rb"\bstream\r?\n")
_INNER = rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*+\))*+\)"
_STRING = re.compile(rb"\((?:[^()\\]|\\.|" + _INNER + rb")*+\)|<[0-9A-Fa-f\s]*+>", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_SECTION = re.compile(rb"beginbf(char|range)(.*?)endbf", re.DOTALL)
_CHAR = re.compile(rb"<(\w+)>\s*<(\w+)>")
_RANGE = re.compile(rb"<(\w+)>\s*<(\w+)>\s*(?:<(\w+)>|\[(.*?)\])", re.DOTALL)


def is_pdf(content: bytes) -> bool:
    """Say whether a file is a PDF."""
    return b"%PDF-" in content[:1024]


def texts(content: bytes, largest: int) -> Iterator[str]:
    """Yield the readings of a PDF's text, without spaces and line breaks.

    Raises ValueError and zlib.error where it cannot be read, `largest` being the bytes of an unpacked part.
    """
    if b"/Encrypt" in content:
        raise ValueError("it is an encrypted PDF")
    strings: list[bytes] = []
    tables = []
    for stream in _streams(content, largest):
        if b"begincmap" in stream:
            tables.append(_table(stream))
        elif b"BT" in stream and (b"Tj" in stream or b"TJ" in stream):
            strings += map(_bytes_of, _STRING.findall(stream))
    yield _squeezed(b"".join(strings).decode("latin-1"))
    for width, table in tables:
        codes = (
            int.from_bytes(string[place : place + width])
            for string in strings
            for place in range(0, len(string), width)
        )
        yield _squeezed("".join(table.get(code, "") for code in codes))


def _streams(content: bytes, largest: int) -> Iterator[bytes]:
    """Yield the unpacked streams that are no pictures."""
    for match in _STREAM.finditer(content):
        settings = content[content.rfind(b"obj", 0, match.start()) : match.start()]
        if re.search(rb"/Subtype\s*/Image", settings):
            continue
        stream = content[match.end() : content.find(b"endstream", match.end())]
        if b"/ASCII85Decode" in settings:
            stream = base64.a85decode(b"<~" + stream.strip(), adobe=True)
        if b"/FlateDecode" in settings:
            stream = zlib.decompressobj().decompress(stream, largest + 1)
        if len(stream) > largest:
            raise ValueError(f"it is more than {largest >> 20} MiB when unpacked")
        yield stream


def _bytes_of(string: bytes) -> bytes:
    """Return what a string of a PDF stands for."""
    if string.startswith(b"<"):
        digits = b"".join(string[1:-1].split()).decode()
        return bytes.fromhex(digits + "0" * (len(digits) % 2))
    return _ESCAPE.sub(_escaped, string[1:-1])


def _escaped(match: re.Match[bytes]) -> bytes:
    what = match[1]
    if what.isdigit() and what < b"8":
        return bytes([int(what, 8) & 255])
    return b"" if what.endswith(b"\n") else _ESCAPES.get(what, what)


def _table(stream: bytes) -> tuple[int, dict[int, str]]:
    """Return how many bytes a code of a font has, and the text of each code."""
    width, table = 1, {}
    for kind, section in _SECTION.findall(stream):
        for match in (_CHAR if kind == b"char" else _RANGE).finditer(section):
            first, width = int(match[1], 16), max(1, len(match[1]) // 2)
            if kind == b"char":
                table[first] = _unicode(match[2])
            elif match[3]:
                start = _unicode(match[3])
                for offset in range(min(int(match[2], 16) - first, 65535) + 1):
                    table[first + offset] = start[:-1] + chr(min(ord(start[-1:] or " ") + offset, 0x10FFFF))
            else:
                targets = re.findall(rb"<(\w+)>", match[4])
                table.update({first + offset: _unicode(target) for offset, target in enumerate(targets)})
    return width, table


def _unicode(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be", "replace")


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())
