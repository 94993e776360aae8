"""Jupyter messages, read without trust.

A student's code can read the kernel's key, so a right signature proves nothing and is not checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_DELIMITER = b"<IDS|MSG>"
_LARGEST_HEADER = 1 << 14
# A string takes as much memory as its text; a list of empty lists takes twenty times as much.
_LARGEST_STRUCTURE = 1 << 18
_MOST_STRINGS = 20_000
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


@dataclass(frozen=True)
class Message:
    """A message from a kernel, its content not yet parsed."""

    kind: str
    """`msg_type`"""
    parent: str
    """`msg_id` of the request that it claims to answer"""
    raw: bytes | bytearray
    """its content"""

    def content(self) -> dict[str, Any]:
        """Return the content, empty if it is not what it should be."""
        return json_object(self.raw)


def read(parts: Sequence[bytes | bytearray]) -> Message | None:
    """Return the message in these parts, or None if there is none."""
    start = next((index for index, part in enumerate(parts[:8]) if part == _DELIMITER), None)
    # After it: signature, header, parent's header, metadata, content.
    if start is None or len(parts) < start + 6:
        return None
    header, parent = (
        json_object(part) if len(part) <= _LARGEST_HEADER else {} for part in parts[start + 2 : start + 4]
    )
    kind, parent_id = header.get("msg_type"), parent.get("msg_id")
    if not isinstance(kind, str) or not isinstance(parent_id, str):
        return None
    return Message(kind, parent_id, parts[start + 5])


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
