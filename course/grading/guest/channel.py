"""The guest's end of the control channel, and the form of its packets.

The socket keeps the bounds of packets, and one system call sends a packet, whole or not at all. So threads,
signal handlers and processes that the student's code forks need no lock to send, and none of them can leave
half a packet behind.

A message is one packet or several: a header, and a part of the message's bytes. What belongs to a request
names it; what names another is late, and the host drops it.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

HEADER = struct.Struct(">16sIIc?")
"""of a packet: request, the sender's process, its number of the message, kind, whether it is the last"""
PACKET = 1 << 16
"""bytes of the longest packet, its header included"""
_PART = PACKET - HEADER.size
LARGEST_MESSAGE = 64 << 20
"""bytes of the longest message"""
OUTPUT, CALLBACK, REPLY = b"o", b"c", b"r"
"""kinds of what the guest sends"""
REQUEST, RETURN = b"q", b"a"
"""kinds of what the host sends: something to do, and what a callback has returned"""
OVER = "The call that this function was handed to is over."
NOBODY = bytes(16)
"""no request: what is sent while none is under way, the host drops"""


def packets(request: bytes, sender: int, number: int, kind: bytes, message: bytes) -> list[bytes]:
    """Return the packets of a message."""
    origin = request, sender & 0xFFFFFFFF, number & 0xFFFFFFFF, kind
    if len(message) <= _PART:
        return [HEADER.pack(*origin, True) + message]
    parts = [message[start : start + _PART] for start in range(0, len(message), _PART)]
    last = parts.pop()
    return [*(HEADER.pack(*origin, False) + part for part in parts), HEADER.pack(*origin, True) + last]


def _as_json(value: Any) -> Any:
    """Return what stands for a value in what a cell displays: pictures are bytes, numbers may be NumPy's."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.tolist() if hasattr(value, "tolist") else str(value)


_encode_output = json.JSONEncoder(default=_as_json).encode
# replies and callbacks are trees of the codec's making, in which nothing contains itself
_encode_tree = json.JSONEncoder(default=_as_json, check_circular=False).encode


class Channel:
    """Receives requests, and sends what belongs to the one under way."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._process = os.getpid()
        self._numbers = itertools.count()
        self._receiving = threading.RLock()
        self.request = NOBODY
        """the one under way"""

    def wait(self) -> None:
        """Wait until the host has sent something, or is gone."""
        select.select([self._connection], [], [])

    def receive(self) -> tuple[bytes, Any]:
        """Return the host's next message and its kind; a request is under way from then on.

        Raises ConnectionResetError when the host is gone.
        """
        parts = []
        is_last = False
        while not is_last:
            packet = self._connection.recv(PACKET)
            if not packet:
                raise ConnectionResetError
            request, _, _, kind, is_last = HEADER.unpack_from(packet)
            parts.append(packet[HEADER.size :])
        self.request = request
        return kind, json.loads(b"".join(parts).decode())  # of bytes it would first guess the encoding

    def send(self, kind: bytes, message: Any) -> None:
        """Send a message. Raises MemoryError when it is too long."""
        encode = _encode_output if kind == OUTPUT else _encode_tree
        data = encode(message).encode()
        if len(data) > LARGEST_MESSAGE:
            raise MemoryError(f"The result is larger than {LARGEST_MESSAGE >> 20} MiB.")
        for packet in packets(self.request, os.getpid(), next(self._numbers), kind, data):
            self._connection.send(packet)

    def reply(self, message: Any) -> None:
        """Send the reply, after which nothing is under way. Raises MemoryError when it is too long."""
        with self._receiving:  # a thread that the code left behind may still have a callback under way
            self.send(REPLY, message)
            self.request = NOBODY

    def call_back(self, request: bytes, message: Any, serve: Callable[[Any], Any]) -> Any:
        """Have the host do something for a request, and return its answer.

        What the host asks meanwhile, because the function that it calls needs another of the notebook's,
        `serve` does and returns the reply. Raises RuntimeError when the request is over, or in another
        process.
        """
        with self._receiving:
            if request != self.request or os.getpid() != self._process:
                raise RuntimeError(OVER)
            self.send(CALLBACK, message)
            while True:
                kind, answer = self.receive()
                if kind == REQUEST:
                    self.send(REPLY, serve(answer))
                    self.request = request
                elif self.request == request:
                    return answer
