"""A control group for a sandbox, where one can be had: the system then counts and limits all its memory."""

from __future__ import annotations

import functools
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PREFIX = "course-"
_SECONDS_TO_EMPTY = 2.0


class ControlGroup:
    """A group of version 2. What its processes cause, in the kernel too, counts towards its limit."""

    def __init__(self, folder: Path, memory: int) -> None:
        """Make the group; it may have so many bytes. Raises OSError."""
        self._folder = folder
        folder.mkdir()
        try:
            (folder / "memory.max").write_text(str(memory))
            # all its processes end together; there may be no swap to be limited
            (folder / "memory.oom.group").write_text("1")
            with suppress(FileNotFoundError):
                (folder / "memory.swap.max").write_text("0")
        except OSError:
            self.close()
            raise

    def add(self, pid: int) -> None:
        """Put a process into it; what the process starts from now on is in it too. Raises OSError."""
        (self._folder / "cgroup.procs").write_text(str(pid))

    def has_run_out(self) -> bool:
        """Return whether the system has ended a process in it for its memory."""
        events = dict(line.split() for line in (self._folder / "memory.events").read_text().splitlines())
        return events.get("oom_kill", "0") != "0"

    def close(self) -> None:
        """Remove the group, whose processes have been killed."""
        deadline = time.monotonic() + _SECONDS_TO_EMPTY
        while True:
            try:
                self._folder.rmdir()
            except FileNotFoundError:
                return
            except OSError:  # a killed process has not gone yet
                if time.monotonic() > deadline:
                    return
                time.sleep(0.005)


def make(memory: int, *pids: int) -> ControlGroup | None:
    """Return a group with these processes, or None where this user cannot have one."""
    folder = place()
    if folder is None:
        return None
    with suppress(OSError):
        group = ControlGroup(folder / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}", memory)
        try:
            for pid in pids:
                group.add(pid)
        except OSError:
            group.close()
            raise
        return group
    return None


@functools.cache
def place() -> Path | None:
    """Return the folder in which groups can be made, without those that killed graders left there."""
    for folder in candidates():
        with suppress(OSError):
            if "memory" in (folder / "cgroup.subtree_control").read_text().split():
                ControlGroup(folder / f"{_PREFIX}{os.getpid()}", 1 << 30).close()
                _remove_left(folder)
                return folder
    return None


def candidates() -> Iterator[Path]:
    """Yield this process's own group, and the one around it, in which its siblings would be."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    top = next((Path(line.split()[4]) for line in mounts if " - cgroup2 " in line), None)
    own = [line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::/")]
    if top is None or not own or ".." in Path(own[0]).parts:
        return
    group = top / own[0].lstrip("/")
    yield group
    if group != top:
        yield group.parent


def _remove_left(folder: Path) -> None:
    for left in folder.glob(f"{_PREFIX}*-*"):
        pid = left.name.split("-")[1]
        if pid.isdigit() and not Path("/proc", pid).exists():
            with suppress(OSError):
                left.rmdir()
