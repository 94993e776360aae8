"""The texts that a PNG picture carries beside its pixels: comments, and what made it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_START = b"\x89PNG\r\n\x1a\n"
_LENGTH_AND_KIND = struct.Struct(">I4s")
_CHECKSUM = 4


def is_png(content: bytes) -> bool:
    """Say whether a file is a PNG."""
    return content.startswith(_START)


def texts(content: bytes, largest: int) -> Iterator[str]:
    """Yield the texts of a PNG. Raises ValueError and zlib.error for one that cannot be unpacked.

    `largest` are the most bytes of an unpacked text.
    """
    place = len(_START)
    while place + _LENGTH_AND_KIND.size <= len(content):
        length, kind = _LENGTH_AND_KIND.unpack_from(content, place)
        place += _LENGTH_AND_KIND.size
        chunk = content[place : place + length]
        place += length + _CHECKSUM
        if kind == b"tEXt":
            yield chunk.partition(b"\0")[2].decode("latin-1")
        elif kind == b"zTXt":
            _, _, rest = chunk.partition(b"\0")
            yield _unpacked(rest[1:], largest).decode("latin-1")
        elif kind == b"iTXt":
            _, _, rest = chunk.partition(b"\0")
            is_packed, (_, _, text) = rest[:1] == b"\1", rest[2:].split(b"\0", 2)
            yield (_unpacked(text, largest) if is_packed else text).decode("utf-8", "replace")


def _unpacked(packed: bytes, largest: int) -> bytes:
    text = zlib.decompressobj().decompress(packed, largest + 1)
    if len(text) > largest:
        raise ValueError(f"it is more than {largest >> 20} MiB when unpacked")
    return text
