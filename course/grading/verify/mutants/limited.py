"""Calls a function in a child of this process, which may use only so much time and memory."""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

MEMORY = 1 << 30
"""bytes that a call may add to what the process has"""
WAITING = 6
"""times the seconds of computing after which a call is ended that does not compute"""


class Ended(Exception):
    """A call was ended, or ended its process: it used too much time, too much memory, or crashed."""


def limited(function: Callable[[], Any], seconds: int) -> Any:
    """Return what `function` returns, JSON, from a child of this process. Raises Ended.

    It may compute for so many seconds; one that only waits is ended some time later.
    """
    reader, writer = os.pipe()
    gc.freeze()  # so that a collection in the child copies no pages
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            os.close(reader)
            os.setsid()
            _limit(seconds)
            with os.fdopen(writer, "wb") as stream:
                stream.write(json.dumps(function()).encode())
        os._exit(0)
    os.close(writer)
    try:
        answer = _read(reader, WAITING * seconds)
    finally:
        os.close(reader)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if not answer:
        raise Ended(f"it ended without an answer, or after {seconds} s")
    return json.loads(answer)


def _limit(seconds: int) -> None:
    used = int(time.process_time()) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, used + seconds))
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    size = pages * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(reader: int, seconds: float) -> bytes:
    """Return all that comes until the other end is closed, nothing when that takes too long."""
    answer, end = b"", time.monotonic() + seconds
    while select.select([reader], [], [], max(end - time.monotonic(), 0))[0]:
        piece = os.read(reader, 1 << 16)
        if not piece:
            return answer
        answer += piece
    return b""
