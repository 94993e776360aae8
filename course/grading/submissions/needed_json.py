"""Copies what grading needs of a notebook's JSON, and passes over outputs of any size, in little memory.

Streaming parsers (ijson) refuse the whole text for what Jupyter itself saves among outputs, such as NaN, and
for a broken character there. Here only what is copied has to be JSON.
"""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections.abc import Iterator
from typing import IO, Any

CHUNK = 1 << 18
"""bytes that are read at a time"""
MOST_BRACKETS = 1 << 24
"""that are looked at one by one"""
WHOLE = "whole"
NEEDED: Any = {
    "cells": [
        {
            "cell_type": WHOLE,
            "id": WHOLE,
            "source": WHOLE,
            "attachments": WHOLE,
            "metadata": {"nbgrader": WHOLE, "id": WHOLE},
        }
    ],
    "metadata": {"kernelspec": WHOLE},
}
"""What is copied: of an object the values of these keys, of a list the same of each item."""

# None is possessive: Python 3.11.2 goes too far with a group that is. These do not go back far.
_CHARACTERS = rb'[^"\\]*(?:\\.[^"\\]*)*'
_SPACE = re.compile(rb"\s*")
_IN_STRING = re.compile(_CHARACTERS, re.DOTALL)
_STRING = re.compile(b'"%b"' % _CHARACTERS, re.DOTALL)
_NO_BRACKET = re.compile(rb'[^][{}"]*(?:"%b"[^][{}"]*)*' % _CHARACTERS, re.DOTALL)
_WHOLE_STRINGS = re.compile(rb'[^"]*(?:"%b"[^"]*)*' % _CHARACTERS, re.DOTALL)
_DEEPER = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_OTHERS = bytes(set(range(256)) - _DEEPER.keys())
_SCALAR = re.compile(rb'[^][{}:,"\s]*')


class NotJSON(ValueError):
    """A text that is no JSON."""

    def __init__(self, reason: str, line: int, rest: str) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line
        self.rest = rest
        """the text from there on, or a part of it"""


class TooMuch(ValueError):
    """A notebook of which too much is needed, or that has too many brackets besides."""


def loads(text: str) -> Any:
    """Return what a JSON text says, NaN and the like included. Raises NotJSON, also where it is too deep."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise NotJSON(error.msg, error.lineno, text[error.pos : error.pos + 100]) from None
    except (ValueError, RecursionError):
        raise NotJSON("a number is too long, or lists are too deep", 1, text[:100]) from None


def needed_json(file: IO[bytes], most: int) -> bytes:
    """Return the JSON in `file` without what is not needed, in UTF-8.

    What is passed over may be damaged, as long as its end is found. Raises NotJSON, and TooMuch where the
    rest has more than `most` bytes.
    """
    text = _Text(utf8_chunks(file), most)
    text.copy(NEEDED)
    if text.peek():
        raise text.damage("Extra data")
    return bytes(text.kept)


def utf8_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a JSON file in UTF-8, without a byte-order mark, whatever encoding it has of those JSON knows."""
    chunk = file.read(CHUNK)
    encoding = json.detect_encoding(chunk)
    if encoding in ("utf-8", "utf-8-sig"):
        yield chunk.removeprefix(codecs.BOM_UTF8)
        yield from iter(lambda: file.read(CHUNK), b"")
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    while chunk:
        yield decoder.decode(chunk).encode()
        chunk = file.read(CHUNK)
    yield decoder.decode(b"", final=True).encode()


class _Text:
    """The text that is being read: a part of it is in memory, from `_at` on it is not yet dealt with."""

    def __init__(self, chunks: Iterator[bytes], most: int) -> None:
        self._chunks, self._most = chunks, most
        self._data, self._at, self._line = b"", 0, 1
        self._brackets = 0
        self.kept = bytearray()

    def copy(self, needed: Any) -> None:
        """Copy what is needed of the value that begins here."""
        first = self.peek()
        if isinstance(needed, dict) and first == b"{":
            self._copy_object(needed)
        elif isinstance(needed, list) and first == b"[":
            self._copy_list(needed[0])
        else:
            self._copy_whole()

    def peek(self) -> bytes:
        """Return the next byte that is no space, without consuming it; nothing at the end."""
        while True:
            self._pass(_SPACE)
            if self._at < len(self._data):
                return self._data[self._at : self._at + 1]
            if not self._read_more():
                return b""

    def damage(self, reason: str) -> NotJSON:
        """Return the error to be raised for what is here."""
        line = self._line + self._data.count(b"\n", 0, self._at)
        return NotJSON(reason, line, self._data[self._at : self._at + 100].decode("utf-8", "replace"))

    def _copy_object(self, needed: dict[str, Any]) -> None:
        self._take(b"{")
        is_first = True
        while not (is_first and self.peek() == b"}"):
            is_first = False
            if self.peek() != b'"':
                raise self.damage("Expecting a name in double quotes")
            name = self._copy_whole()
            self._take(b":")
            if name in needed:
                self.copy(needed[name])
            else:
                self._keep(b"null")
                self._pass_value(is_kept=False)
            if self.peek() != b",":
                break
            self._take(b",")
        self._take(b"}")

    def _copy_list(self, needed: Any) -> None:
        self._take(b"[")
        is_first = True
        while not (is_first and self.peek() == b"]"):
            is_first = False
            self.copy(needed)
            if self.peek() != b",":
                break
            self._take(b",")
        self._take(b"]")

    def _copy_whole(self) -> Any:
        """Copy a value, and return it."""
        start = len(self.kept)
        self._pass_value(is_kept=True)
        copied = self.kept[start:]
        try:
            return loads(copied.decode("utf-8", "replace"))
        except NotJSON as error:
            first = self.damage("").line - copied.count(b"\n")
            raise NotJSON(error.reason, first + error.line - 1, error.rest) from None

    def _take(self, mark: bytes) -> None:
        if self.peek() != mark:
            raise self.damage(f"Expecting {mark.decode()!r}")
        self._keep(mark)
        self._at += 1

    def _pass_value(self, *, is_kept: bool) -> None:
        first = self.peek()
        if first == b'"':
            self._pass_string(is_kept=is_kept)
        elif first in (b"[", b"{"):
            self._pass_brackets(is_kept=is_kept)
        else:
            self._pass_scalar(is_kept=is_kept)

    def _pass_string(self, *, is_kept: bool) -> None:
        self._step(is_kept=is_kept)
        while True:
            self._pass(_IN_STRING, is_kept=is_kept)
            if self._data[self._at : self._at + 1] == b'"':
                self._step(is_kept=is_kept)
                return
            self._require_more()

    def _pass_brackets(self, *, is_kept: bool) -> None:
        depth = 0
        while True:
            self._pass(_NO_BRACKET, is_kept=is_kept)
            mark = self._data[self._at : self._at + 1]
            if not mark:
                self._require_more()
                depth += 0 if is_kept else self._pass_inner_part(depth)
            elif mark == b'"':
                self._pass_string(is_kept=is_kept)
            else:
                depth += 1 if mark in b"[{" else -1
                self._brackets += 1
                if self._brackets > MOST_BRACKETS:
                    raise TooMuch("brackets")
                self._step(is_kept=is_kept)
                if depth == 0:
                    return

    def _pass_inner_part(self, depth: int) -> int:
        """Pass over all that is in memory, unless a value ends in it that is `depth` deep.

        Return how much deeper it is at its end. It is as fast for many brackets as for few.
        """
        match = _WHOLE_STRINGS.match(self._data, self._at)
        end = match.end() if match else self._at
        marks = _STRING.sub(b"", self._data[self._at : end]).translate(None, _OTHERS)
        depths = list(itertools.accumulate(map(_DEEPER.__getitem__, marks), initial=0))
        if depth + min(depths) <= 0:
            return 0
        self._at = end
        return depths[-1]

    def _pass_scalar(self, *, is_kept: bool) -> None:
        size = 0
        while True:
            before = self._at
            self._pass(_SCALAR, is_kept=is_kept)
            size += self._at - before
            if self._at < len(self._data) or not self._read_more():
                break
        if size == 0:
            raise self.damage("Expecting value")

    def _step(self, *, is_kept: bool) -> None:
        if is_kept:
            self._keep(self._data[self._at : self._at + 1])
        self._at += 1

    def _pass(self, pattern: re.Pattern[bytes], *, is_kept: bool = False) -> None:
        """Pass over what the pattern matches here, which may be nothing."""
        match = pattern.match(self._data, self._at)
        if match is not None:
            if is_kept:
                self._keep(match[0])
            self._at = match.end()

    def _keep(self, part: bytes) -> None:
        self.kept += part
        if len(self.kept) > self._most:
            raise TooMuch("bytes")

    def _require_more(self) -> None:
        if not self._read_more():
            self._at = len(self._data)
            raise self.damage("Cut off")

    def _read_more(self) -> bool:
        chunk = next((chunk for chunk in self._chunks if chunk), b"")
        self._line += self._data.count(b"\n", 0, self._at)
        self._data, self._at = self._data[self._at :] + chunk, 0
        return bool(chunk)
