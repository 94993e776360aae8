"""The line on which a kernel in a sandbox is asked questions; what comes back may be anything."""

from __future__ import annotations

import os
import secrets
import socket

from course.grading.zmtp import Disconnected
from course.wire import IDENTITY, LARGEST_ANSWER, LENGTH

_CHUNK = 1 << 18


class Line:
    """The grader's end. Never holds more than one answer of the largest size."""

    def __init__(self, descriptor: int) -> None:
        """Use a copy of a socket's descriptor."""
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._socket.setblocking(False)
        self._out = bytearray()
        self._in = bytearray()

    def fileno(self) -> int:
        """Return the descriptor, for select."""
        return self._socket.fileno()

    @property
    def sending(self) -> bool:
        """Whether something waits until the other end reads."""
        return bool(self._out)

    def send(self, question: bytes) -> bytes:
        """Queue a question; return what its answer begins with. Raises Disconnected."""
        identity = secrets.token_bytes(IDENTITY)
        self._out += (IDENTITY + len(question)).to_bytes(LENGTH) + identity + question
        self.flush()
        return identity

    def flush(self) -> None:
        """Send what the other end takes now. Raises Disconnected."""
        try:
            while self._out:
                del self._out[: self._socket.send(memoryview(self._out)[:_CHUNK])]
        except BlockingIOError:
            pass
        except OSError as error:
            raise Disconnected from error

    def receive(self) -> list[tuple[bytes, bytes]]:
        """Return the identities and texts of answers that are complete, after reading once.

        Raises Disconnected.
        """
        try:
            chunk = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return []
        except OSError as error:
            raise Disconnected from error
        if not chunk:
            raise Disconnected
        self._in += chunk
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

    def close(self) -> None:
        """Close it. May be called again."""
        self._socket.close()
