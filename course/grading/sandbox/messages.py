"""Reads untrusted JSON and text, in memory that is proportional to their length."""

from __future__ import annotations

import json
import re
from typing import Any

# A string takes as much memory as its text; a list of empty lists takes twenty times as much.
_LARGEST_STRUCTURE = 1 << 18
_MOST_STRINGS = 20_000
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


def _is_mostly_text(data: bytes | bytearray) -> bool:
    structure, strings, position = len(data), 0, 0
    while (position := data.find(b'"', position)) >= 0:
        # Matched from quote to quote, in step, so that no text makes this start over and over.
        string = _STRING.match(data, position)
        strings += 1
        if string is None or strings > _MOST_STRINGS:
            return False
        structure -= string.end() - position
        position = string.end()
    return structure <= _LARGEST_STRUCTURE


def json_object(data: bytes | bytearray) -> dict[str, Any]:
    """Return the object in `data`, empty if there is none or if it would take far more memory than `data`."""
    if len(data) > _LARGEST_STRUCTURE and not (data.isascii() and _is_mostly_text(data)):
        return {}
    try:
        value = json.loads(data.decode())
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def text(value: object, largest: int) -> str:
    """Return `value` if it is text, cut to `largest` characters, without NUL and half surrogate pairs."""
    if not isinstance(value, str):
        return ""
    if len(value) > largest:
        value = value[:largest]
    if "\0" in value:
        value = value.replace("\0", "\ufffd")
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-8", "replace").decode()
    return value
