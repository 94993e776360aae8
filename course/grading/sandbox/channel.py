"""The control channel: a socket on which a sandbox is asked questions. What comes back may be anything."""

from __future__ import annotations

import os
import secrets
import socket

from course.grading.guest.codec import IDENTITY, LARGEST_ANSWER, LENGTH

_CHUNK = 1 << 18


class Disconnected(Exception):
    """The other end has closed the connection, or does not keep to the protocol."""


class Connection:
    """A socket to a sandbox, read and written as far as it goes without waiting."""

    def __init__(self, connected: socket.socket) -> None:
        """Take over a socket."""
        self._socket = connected
        self._out = bytearray()

    def fileno(self) -> int:
        """Return the descriptor, for select."""
        return self._socket.fileno()

    @property
    def sending(self) -> bool:
        """Whether something waits until the other end reads."""
        return bool(self._out)

    def flush(self) -> None:
        """Send what the other end takes now. Raises Disconnected."""
        try:
            while self._out:
                sent = self._socket.send(memoryview(self._out)[:_CHUNK])
                del self._out[:sent]
        except BlockingIOError:
            pass
        except OSError as error:
            raise Disconnected from error

    def _read(self) -> bytes:
        """Return what has come, nothing if nothing has. Raises Disconnected."""
        try:
            chunk = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise Disconnected from error
        if not chunk:
            raise Disconnected
        return chunk

    def close(self) -> None:
        """Close the connection. May be called again."""
        self._socket.close()


class ControlChannel(Connection):
    """The grader's end of the control channel. It never holds more than one answer of the largest size.

    A message is its length (4 bytes), its question's identity (16 bytes) and its text.
    """

    def __init__(self, descriptor: int) -> None:
        """Use a copy of a socket's descriptor."""
        super().__init__(socket.socket(fileno=os.dup(descriptor)))
        self._socket.setblocking(False)
        self._in = bytearray()

    def send(self, question: bytes) -> bytes:
        """Queue a question; return its identity, which the answer repeats. Raises Disconnected."""
        identity = secrets.token_bytes(IDENTITY)
        self._out += (IDENTITY + len(question)).to_bytes(LENGTH) + identity + question
        self.flush()
        return identity

    def receive(self) -> list[tuple[bytes, bytes]]:
        """Read once; return the identity and the text of each answer that is complete.

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
