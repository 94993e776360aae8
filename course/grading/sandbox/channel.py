"""The host's end of the control channel. What comes in is not trusted: its size is limited."""

from __future__ import annotations

import errno
import os
import secrets
import socket
import struct
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from course.grading.guest.channel import (
    CALLBACK,
    HEADER,
    LARGEST_MESSAGE,
    OUTPUT,
    PACKET,
    REPLY,
    REQUEST,
    RETURN,
    packets,
)

MOST_INCOMPLETE = 64
"""messages of which a part is still to come: threads and forked processes send at the same time"""
MOST_UNSENT = 64
"""packets that wait for the guest when it calls back: an honest one has taken them all by then"""
SECONDS_TO_WAIT = 0.1
_LONGEST_WAIT = struct.pack("@ll", 0, int(1e6 * SECONDS_TO_WAIT))
_AT_A_TIME = 64
"""packets read before the time-out is checked again"""


class Disconnected(Exception):
    """The guest has closed the channel, or has sent a malformed packet."""


class Message(NamedTuple):
    """A complete message of the request under way."""

    kind: bytes
    """OUTPUT, CALLBACK or REPLY"""
    data: bytes
    """what should be JSON; nothing of an output that was too long"""


class Channel:
    """Sends requests, and receives what belongs to the one under way.

    Holds at most one message of the largest size, complete or not.
    """

    def __init__(self, descriptor: int, largest_output: int) -> None:
        """Use a copy of the socket's descriptor; of outputs of more than so many bytes nothing is kept."""
        self._largest_output = largest_output
        self._connection = socket.socket(fileno=os.dup(descriptor))
        # only what waits for a packet waits, and that in the one call that reads it
        self._connection.setblocking(True)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _LONGEST_WAIT)
        self._out: deque[bytes] = deque()
        self._request = b""
        self._parts: dict[tuple[int, int], bytearray] = {}
        self._held = 0

    def fileno(self) -> int:
        """Return the descriptor, to be polled."""
        return self._connection.fileno()

    @property
    def is_sending(self) -> bool:
        """Whether there is more to be sent when the guest is ready for it."""
        return bool(self._out)

    @contextmanager
    def asking(self, request: bytes) -> Iterator[None]:
        """Send a request, which is under way within the block; one around it waits. Raises Disconnected."""
        outer = self._request
        self._begin(secrets.token_bytes(16))
        try:
            self._send(REQUEST, request)
            yield
        finally:
            self._begin(outer)

    def _begin(self, request: bytes) -> None:
        self._request = request
        self._parts.clear()
        self._held = 0

    def give_back(self, answer: bytes) -> None:
        """Send what a callback has returned. Raises Disconnected, also where the guest takes no answers."""
        if len(self._out) > MOST_UNSENT:
            raise Disconnected
        self._send(RETURN, answer)

    def _send(self, kind: bytes, message: bytes) -> None:
        self._out.extend(packets(self._request, 0, 0, kind, message))
        self.flush()

    def flush(self) -> None:
        """Send as much as the guest takes. Raises Disconnected."""
        try:
            while self._out:
                self._connection.send(self._out[0], socket.MSG_DONTWAIT)
                self._out.popleft()
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # it will be taken a moment later
                raise Disconnected from error

    def receive(self, *, wait: bool = False) -> Iterator[Message]:
        """Yield the complete messages of the request under way among some packets. Raises Disconnected.

        With `wait` it is one packet at most, for which it waits SECONDS_TO_WAIT.
        """
        for _ in range(1 if wait else _AT_A_TIME):
            try:
                packet = self._connection.recv(PACKET + 1, 0 if wait else socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError as error:
                raise Disconnected from error
            message = self._completed(packet)
            if message is not None:
                yield message
                del message  # before the next one, which may be as large

    def _completed(self, packet: bytes) -> Message | None:
        if not HEADER.size <= len(packet) <= PACKET:
            raise Disconnected
        request, process, number, kind, is_last = HEADER.unpack_from(packet)
        if kind not in (OUTPUT, CALLBACK, REPLY):
            raise Disconnected
        if request != self._request:
            return None  # late: its request has ended
        part = packet[HEADER.size :]
        if is_last and (process, number) not in self._parts:
            return Message(kind, part)
        message = self._parts.setdefault((process, number), bytearray())
        message += part
        self._held += len(part)
        if kind == OUTPUT and len(message) > self._largest_output:
            self._held -= len(message)
            message.clear()
        if self._held > LARGEST_MESSAGE or len(self._parts) > MOST_INCOMPLETE:
            raise Disconnected
        if not is_last:
            return None
        del self._parts[process, number]
        self._held -= len(message)
        return Message(kind, bytes(message))

    def close(self) -> None:
        """Close this end. May be called again."""
        self._connection.close()
