"""Standard output and error of the student's code, as messages on the control channel."""

from __future__ import annotations

import codecs
import io
import os
import select
import sys
import threading
from collections import deque

from . import signals
from .channel import OUTPUT, Channel

KEPT = 8192
"""characters after which a stream sends what it has"""
LONGEST = 1 << 20
"""characters of a message"""
_READ = 1 << 16


class TextStream(io.TextIOBase):
    """What stands for `sys.stdout` or `sys.stderr`."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, descriptor: int, streams: Streams) -> None:
        self.name = f"<{name}>"
        self._descriptor, self._streams = descriptor, streams
        self._parts: deque[str] = deque()  # whose methods signal handlers and threads may interrupt
        self._size = 0

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor, which is captured as well."""
        return self._descriptor

    def isatty(self) -> bool:
        """Return False."""
        return False

    def write(self, text: str) -> int:
        """Buffer `text`; it is sent soon."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._streams.turn(self)
        self._parts.append(text)
        self._size += len(text)
        if self._size > self._streams.kept:
            self._streams.flush()
        return len(text)

    def flush(self) -> None:
        """Send the buffered text."""
        self._streams.flush()

    def taken(self) -> str:
        """Return the buffered text, and empty the buffer."""
        self._size = 0
        parts = []
        while self._parts:
            try:
                parts.append(self._parts.popleft())
            except IndexError:  # a signal handler has taken it
                break
        return "".join(parts)


class Streams:
    """Both streams, and the pipes behind descriptors 1 and 2: what C code and other programs write.

    What is written is sent in its order: nothing is added to a stream while there is something in a pipe,
    or in the other stream, that came before.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._process = os.getpid()
        self._sending = threading.RLock()
        self._pipes: dict[int, tuple[str, codecs.IncrementalDecoder]] = {}
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            reading, writing = os.pipe()
            os.set_blocking(reading, False)
            os.dup2(writing, descriptor)
            os.close(writing)
            self._pipes[reading] = name, codecs.getincrementaldecoder("utf-8")("replace")
        self._streams = {"stdout": TextStream("stdout", 1, self), "stderr": TextStream("stderr", 2, self)}
        self._last = sys.stdout = self._streams["stdout"]
        sys.stderr = self._streams["stderr"]
        self.kept = KEPT
        # What was written before would be sent by both; a fork sends at once, since it may end in any way.
        os.register_at_fork(before=self.flush, after_in_child=self._keep_nothing)
        threading.Thread(target=self._watch, name="descriptors 1 and 2", daemon=True).start()

    def _keep_nothing(self) -> None:
        self.kept = 0

    def turn(self, stream: TextStream) -> None:
        """Send what came before something that is to be written to `stream`."""
        if self._last is not stream or self._ready():
            self._last = stream
            self.flush()

    def _ready(self) -> list[int]:
        try:
            return select.select(list(self._pipes), [], [], 0)[0]
        except (OSError, ValueError):  # the code has closed them
            return []

    def flush(self) -> None:
        """Send all there is."""
        if os.getpid() != self._process:
            self._send_texts()  # the pipes are the parent's to read, and the lock may have been held
            return
        with self._sending:
            # What is in the pipes by now came after the texts: these are added to empty pipes only.
            ready = self._ready()
            self._send_texts()
            for descriptor in ready:
                name, decoder = self._pipes[descriptor]
                self._send(name, decoder.decode(_read(descriptor)))

    def forget(self) -> None:
        """Drop what was written after the last reply: it belongs to no request."""
        with self._sending:
            for stream in self._streams.values():
                stream.taken()
            for descriptor in self._ready():
                _read(descriptor)

    def _send_texts(self) -> None:
        for name, stream in self._streams.items():
            self._send(name, stream.taken())

    def _send(self, name: str, text: str) -> None:
        for start in range(0, len(text), LONGEST):
            part = text[start : start + LONGEST]
            self._channel.send(OUTPUT, {"kind": "stream", "name": name, "text": part})

    def _watch(self) -> None:
        # Signals are the main thread's, which decides when one may come.
        signals.block_all()
        poll = select.poll()
        for descriptor in self._pipes:
            poll.register(descriptor, select.POLLIN)
        while True:
            for descriptor, event in poll.poll():
                if event & select.POLLIN:
                    self.flush()
                else:  # the code has closed it
                    poll.unregister(descriptor)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _READ)
    except BlockingIOError:  # a signal handler has taken it
        return b""
