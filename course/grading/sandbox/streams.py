"""A socket to a sandbox, read and written as far as it goes without waiting."""

from __future__ import annotations

import socket

_CHUNK = 1 << 18


class Disconnected(Exception):
    """The other end has closed the connection, or does not keep to the protocol."""


class Stream:
    """What all connections have in common: bytes out, when the other end takes them, and bytes in."""

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
