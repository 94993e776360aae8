"""Tells pictures from anything else by their bytes: PNG, JPEG, GIF and WebP, of a size that can be shown."""

from __future__ import annotations

import base64
import binascii
import re
import struct
import unicodedata
from collections.abc import Callable

LARGEST = 5 << 20
"""bytes of a picture"""
MOST_PIXELS = 50_000_000
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""markers of a JPEG that are followed by its size"""
_WEBP_KINDS = {b"VP8 ", b"VP8L", b"VP8X"}


def is_picture(kind: str, data: object) -> bool:
    """Say whether base64 text is a picture of the MIME type `kind`."""
    size_of = _SIZES.get(kind)
    if size_of is None or not isinstance(data, str) or len(data) > 2 * LARGEST:
        return False
    try:
        content = base64.b64decode(plain(data), validate=True)
        width, height = size_of(content)
    except (binascii.Error, ValueError, struct.error, IndexError):
        return False
    return len(content) <= LARGEST and 0 < width * height <= MOST_PIXELS


def plain(data: str) -> str:
    """Return base64 text without the line breaks that notebooks put into it."""
    return "".join(data.split())


def pictures(bundle: object) -> dict[str, str]:
    """Return the pictures in a mapping of MIME types to base64 text, without line breaks."""
    items = bundle.items() if isinstance(bundle, dict) else ()
    return {kind: plain(data) for kind, data in items if isinstance(kind, str) and is_picture(kind, data)}


def picture_of(content: bytes) -> dict[str, str]:
    """Return the content of a file as a picture by its MIME type, nothing where it is none."""
    data = base64.b64encode(content).decode()
    return {kind: data for kind in _SIZES if is_picture(kind, data)}


def attached_pictures(attachments: object) -> dict[str, dict[str, str]]:
    """Return the attachments of a cell that are pictures and have a usual name."""
    items = attachments.items() if isinstance(attachments, dict) else ()
    kept = {name: pictures(bundle) for name, bundle in items if isinstance(name, str) and _is_usual(name)}
    return {name: bundle for name, bundle in kept.items() if bundle}


def _is_usual(name: str) -> bool:
    # a screenshot of a Mac's has a narrow space in its name, which is not called printable
    is_text = all(letter.isprintable() or unicodedata.category(letter) == "Zs" for letter in name)
    return len(name) <= 200 and is_text and not re.search(r"""[<>"`\\]""", name)


def _png(content: bytes) -> tuple[int, int]:
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR":
        raise ValueError("no PNG")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _gif(content: bytes) -> tuple[int, int]:
    if content[:6] not in (b"GIF87a", b"GIF89a"):
        raise ValueError("no GIF")
    width, height = struct.unpack("<HH", content[6:10])
    return width, height


def _jpeg(content: bytes) -> tuple[int, int]:
    if content[:3] != b"\xff\xd8\xff":
        raise ValueError("no JPEG")
    place = 2
    while True:
        if content[place] != 0xFF:
            raise ValueError("no marker of a JPEG")
        marker = content[place + 1]
        if marker in _JPEG_SIZES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        if marker == 0xFF:  # a byte that fills
            place += 1
        elif 0xD0 <= marker <= 0xD8 or marker == 0x01:  # these have no content
            place += 2
        else:
            place += 2 + struct.unpack(">H", content[place + 2 : place + 4])[0]


def _webp(content: bytes) -> tuple[int, int]:
    kind = content[12:16]
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP" or kind not in _WEBP_KINDS:
        raise ValueError("no WebP")
    if kind == b"VP8X":
        return _number(content[24:27]) + 1, _number(content[27:30]) + 1
    if kind == b"VP8L":
        bits = _number(content[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", content[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _number(content: bytes) -> int:
    if not content:
        raise ValueError("the picture ends too early")
    return int.from_bytes(content, "little")


_SIZES: dict[str, Callable[[bytes], tuple[int, int]]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
}
