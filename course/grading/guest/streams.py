"""Standard output and error of the student's code, as messages on the control channel."""

from __future__ import annotations

import io
import os
import select
import sys
import threading
from collections import deque
from typing import Any

from .channel import OUTPUT, Channel

KEPT = 8192
"""characters after which a stream sends what it has"""
_READ = 1 << 16


class TextStream(io.TextIOBase):
    """What stands for `sys.stdout` or `sys.stderr`."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, descriptor: int, channel: Channel, streams: Streams) -> None:
        self.name = f"<{name}>"
        self._kind, self._descriptor, self._channel, self._streams = name, descriptor, channel, streams
        self._parts: deque[str] = deque()  # whose methods signal handlers and threads may interrupt
        self._size = 0

    def writable(self) -> bool:
        """Say yes."""
        return True

    def fileno(self) -> int:
        """Return the descriptor, which is captured as well."""
        return self._descriptor

    def isatty(self) -> bool:
        """Say no."""
        return False

    def write(self, text: str) -> int:
        """Take `text`; it is sent in time."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._streams.turn(self)
        self._parts.append(text)
        self._size += len(text)
        if self._size > KEPT:
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Send what there is, after what was written to the descriptors before."""
        self._size = 0
        parts = []
        while self._parts:
            try:
                parts.append(self._parts.popleft())
            except IndexError:  # a signal handler has taken it
                break
        if parts:
            self._streams.drain()
            self._channel.send(OUTPUT, {"kind": "stream", "name": self._kind, "text": "".join(parts)})


class Streams:
    """Both streams, and the pipes behind descriptors 1 and 2: what C code and other programs write."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._process = os.getpid()
        self._draining = threading.RLock()
        self._pipes: dict[int, str] = {}
        self._last: TextStream | None = None
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            reading, writing = os.pipe()
            os.set_blocking(reading, False)
            os.dup2(writing, descriptor)
            os.close(writing)
            self._pipes[reading] = name
        self.output = TextStream("stdout", 1, channel, self)
        self.error = TextStream("stderr", 2, channel, self)
        sys.stdout, sys.stderr = self.output, self.error
        sys.addaudithook(self._before_programs)
        threading.Thread(target=self._read, name="descriptors 1 and 2", daemon=True).start()

    def turn(self, stream: TextStream) -> None:
        """Keep the order of the two streams."""
        if self._last is not stream:
            last, self._last = self._last, stream
            if last is not None:
                last.flush()

    def flush(self) -> None:
        """Send all there is."""
        self.output.flush()
        self.error.flush()
        self.drain()

    def drain(self) -> None:
        """Send what is in the pipes."""
        if os.getpid() != self._process:
            return  # the pipes are the parent's to read, and a lock that was held would stay so
        with self._draining:
            for descriptor in self._pipes:
                self._pass_on(descriptor)

    def _pass_on(self, descriptor: int) -> None:
        try:
            data = os.read(descriptor, _READ)
        except BlockingIOError:
            return
        if data:
            self._channel.send(
                OUTPUT,
                {"kind": "stream", "name": self._pipes[descriptor], "text": data.decode(errors="replace")},
            )

    def _read(self) -> None:
        poll = select.poll()
        for descriptor in self._pipes:
            poll.register(descriptor, select.POLLIN)
        while True:
            poll.poll()
            self.drain()

    def _before_programs(self, event: str, _: tuple[Any, ...]) -> None:
        if event in ("subprocess.Popen", "os.system", "os.posix_spawn", "os.fork", "os.forkpty"):
            self.output.flush()
            self.error.flush()
