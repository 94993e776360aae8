"""A subscription to a ZeroMQ socket of an untrusted kernel.

libzmq holds every part of a message until the last has come, and there may be any number of parts. This
reads the same protocol (ZMTP 3.0, https://rfc.zeromq.org/spec/23/) and never holds more than its limit.
It never connects again: it talks to the socket that was there before any student code ran.
"""

from __future__ import annotations

import socket
import time

from course.grading.sandbox.channel import Connection, Disconnected

_GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" + bytes(31)
_MORE, _LONG, _COMMAND = 1, 2, 4
_PARTS = 64

Parts = list[bytearray]


class Subscription(Connection):
    """A connection to the publishing socket at `path`, subscribed to everything.

    `largest` is the size in bytes of the largest message that is kept; larger ones are dropped whole.
    """

    def __init__(self, path: str, largest: int, deadline: float) -> None:
        """Connect before `deadline` (by time.monotonic). Raises OSError and Disconnected."""
        super().__init__(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC))
        self.dropped = 0
        """messages that were too large"""
        self._largest = largest
        self._head = bytearray()
        self._flags = 0
        self._left: int | None = None
        self._parts: Parts = []
        self._size = 0
        self._dropped = False
        self._messages: list[Parts] = []
        try:
            self._greet(path, deadline)
        except BaseException:
            self._socket.close()
            raise
        self._socket.setblocking(False)

    def _greet(self, path: str, deadline: float) -> None:
        self._socket.settimeout(max(0.01, deadline - time.monotonic()))
        self._socket.connect(path)
        ready = b"\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB"
        self._socket.sendall(_GREETING)
        greeting = self._exactly(len(_GREETING))
        if greeting[:1] != b"\xff" or greeting[9:11] < b"\x7f\x03" or greeting[12:32] != _GREETING[12:32]:
            raise Disconnected
        self._socket.sendall(bytes([_COMMAND, len(ready)]) + ready)
        flags, size = self._exactly(2)
        if flags != _COMMAND or not self._exactly(size).startswith(b"\x05READY"):
            raise Disconnected
        self._socket.sendall(b"\x00\x01\x01")  # a message of one byte: subscribe, to everything

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            if not more:
                raise Disconnected
            data += more
        return data

    def receive(self) -> list[Parts]:
        """Return the messages that are complete, after reading once. Raises Disconnected."""
        self._feed(memoryview(self._read()))
        complete, self._messages = self._messages, []
        return complete

    def _feed(self, chunk: memoryview) -> None:
        while chunk:
            if self._left is None:
                chunk = self._feed_head(chunk)
            else:
                piece, chunk = chunk[: self._left], chunk[self._left :]
                self._left -= len(piece)
                if not self._dropped:
                    self._parts[-1] += piece
            if self._left == 0:
                self._end_part()

    def _feed_head(self, chunk: memoryview) -> memoryview:
        wanted = 9 if self._head and self._head[0] & _LONG else 2
        take = wanted - len(self._head) if self._head else 1
        self._head += chunk[:take]
        if self._head[0] & ~(_MORE | _LONG | _COMMAND):
            raise Disconnected
        if len(self._head) == (9 if self._head[0] & _LONG else 2):
            self._flags, self._left = self._head[0], int.from_bytes(self._head[1:])
            self._head.clear()
            self._begin_part(self._left)
        return chunk[take:]

    def _begin_part(self, size: int) -> None:
        self._size += size
        if self._size > self._largest or len(self._parts) == _PARTS:
            self._dropped = True
            self._parts = []
        if not self._dropped:
            self._parts.append(bytearray())

    def _end_part(self) -> None:
        self._left = None
        if self._flags & _COMMAND:
            # Pings and the like: nobody here needs an answer.
            if not self._dropped:
                self._size -= len(self._parts.pop())
        elif not self._flags & _MORE:
            if self._dropped:
                self.dropped += 1
            else:
                self._messages.append(self._parts)
            self._parts, self._size, self._dropped = [], 0, False
