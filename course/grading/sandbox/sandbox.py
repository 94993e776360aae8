"""The sandbox of one guest: its processes, its private file systems, its end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from course.grading.errors import SandboxUnavailable
from course.grading.sandbox import confinement, control_group
from course.grading.sandbox.bubblewrap import is_ready
from course.grading.sandbox.control_group import ControlGroup
from course.grading.sandbox.limits import Limits, Watcher
from course.grading.sandbox.usage import Folders
from course.grading.sandbox.working_folder import put
from course.grading.sandbox.zygote import zygotes

_SECONDS_TO_DIE = 20.0
# Bytes that a control group allows beyond the limit, so that the watcher notices a breach first.
_MORE_MEMORY = 64 << 20


class Processes(NamedTuple):
    """The process ids of a sandbox, as the host counts them."""

    bubblewrap: int
    """started by the grader; whatever else runs in the sandbox descends from it"""
    zygote: int
    first: int
    """the first of the guest's process namespace, forked from the zygote"""
    guest: int


class Sandbox:
    """A place for one guest; nothing runs in it until `start`.

    It writes nothing to the host's disk: its files are in memory of its own.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        files: Mapping[str, bytes],
        hidden: Collection[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Take a zygote for a guest with `files` (by relative path) in its working folder.

        `hidden` are modules of the course that it cannot use, `variables` nbgrader's for its environment.
        Raises SandboxUnavailable if there can be no zygote, ValueError for a wrong argument.
        """
        self.limits = limits
        self._files = files
        self._descriptors: list[int] = []
        self._group: ControlGroup | None = None
        self._is_closed = False
        self._deadline = time.monotonic() + limits.startup
        self._settings = confinement.guest_settings(limits, variables or {})
        self.zygote = zygotes.take(hidden, self._deadline)

    def start(self) -> None:
        """Start the guest, and hold it to the limits.

        Raises SandboxUnavailable, and ValueError for a file's path that leads elsewhere.
        """
        self.guest_pid, self._descriptors = self.zygote.fork(self._settings, self._deadline)
        self._first, self._guest, self.channel, *opened = self._descriptors
        proc, first, home, tmp, shm, self.work = opened
        self.folders = Folders(proc, first, files=(home, tmp), memory=(shm,))
        self.schedstat = -1
        with suppress(FileNotFoundError):  # the guest has ended already, or the system has no such file
            self.schedstat = os.open(f"{self.guest_pid}/schedstat", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
            self._descriptors.append(self.schedstat)
        self._group = control_group.make(
            self.limits.memory + _MORE_MEMORY,
            *(_field(f"fdinfo/{pidfd}", "Pid", "self") for pidfd in (self._first, self._guest)),
        )
        self.watcher = Watcher(self.limits, self.folders, self.kill, self._group)
        put(self.work, self._files, self._settings["user"])
        self.watcher.start()

    def processes(self) -> Processes:
        """Return the ids of its processes, while the guest runs."""
        first, guest = (_field(f"fdinfo/{pidfd}", "Pid", "self") for pidfd in (self._first, self._guest))
        return Processes(self.zygote.pid, _field("status", "PPid", guest), first, guest)

    @property
    def running(self) -> bool:
        """Whether the guest's process has not ended."""
        return not self.wait(0)

    def wait(self, seconds: float) -> bool:
        """Wait until the guest's process has ended, and everything with it; return whether it has."""
        return is_ready(self._first, seconds)

    def unavailable(self) -> SandboxUnavailable:
        """Return why the guest has not started."""
        return self.zygote.unavailable(self._deadline)

    def send(self, number: int) -> None:
        """Send the guest's process a signal."""
        with suppress(OSError):
            signal.pidfd_send_signal(self._guest, number)

    def kill(self) -> None:
        """Kill everything in it, and take no other guest from its zygote. Callable from any thread."""
        self.zygote.in_doubt = True
        self._end()

    def _end(self) -> None:
        # With the first process of their namespace all others end.
        with suppress(OSError):
            signal.pidfd_send_signal(self._first, signal.SIGKILL)

    def close(self) -> None:
        """Kill everything, wait until it is gone, and close the files. May be called again."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._descriptors:
            if not self.running:
                self.zygote.in_doubt = True
            self._end()
            self.wait(_SECONDS_TO_DIE)
            self.watcher.close()
        if self._group is not None:
            self._group.close()
        while self._descriptors:
            os.close(self._descriptors.pop())
        zygotes.give_back(self.zygote)


def _field(file: str, name: str, process: int | str) -> int:
    """Return a number from a file of the host's /proc that has a name and a value on each line."""
    lines = Path("/proc", str(process), file).read_text().splitlines()
    return next(int(value) for key, _, value in (line.partition(":") for line in lines) if key == name)
