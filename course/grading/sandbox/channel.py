"""The line on which a kernel in a sandbox is asked questions; what comes back may be anything."""

from __future__ import annotations

import os
import secrets
import socket

from course.grading.guest.codec import IDENTITY, LARGEST_ANSWER, LENGTH
from course.grading.sandbox.streams import Disconnected, Stream


class Line(Stream):
    """The grader's end. Never holds more than one answer of the largest size."""

    def __init__(self, descriptor: int) -> None:
        """Use a copy of a socket's descriptor."""
        super().__init__(socket.socket(fileno=os.dup(descriptor)))
        self._socket.setblocking(False)
        self._in = bytearray()

    def send(self, question: bytes) -> bytes:
        """Queue a question; return what its answer begins with. Raises Disconnected."""
        identity = secrets.token_bytes(IDENTITY)
        self._out += (IDENTITY + len(question)).to_bytes(LENGTH) + identity + question
        self.flush()
        return identity

    def receive(self) -> list[tuple[bytes, bytes]]:
        """Return the identities and texts of answers that are complete, after reading once.

        Raises Disconnected.
        """
        self._in += self._read()
        complete = []
        while len(self._in) >= LENGTH:
            size = int.from_bytes(self._in[:LENGTH])
            if not IDENTITY <= size <= LARGEST_ANSWER:
                raise Disconnected
            if len(self._in) < LENGTH + size:
                break
            body = bytes(self._in[LENGTH : LENGTH + size])
            complete.append((body[:IDENTITY], body[IDENTITY:]))
            del self._in[: LENGTH + size]
        return complete
