"""One kernel's sandbox: its processes, its private file systems, its end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from course.grading.errors import SandboxUnavailable
from course.grading.sandbox import confinement, seccomp
from course.grading.sandbox.bubblewrap import is_ready
from course.grading.sandbox.limits import Limits, Watcher
from course.grading.sandbox.usage import Folders
from course.grading.sandbox.working_folder import put
from course.grading.sandbox.zygote import zygotes

__all__ = ["Sandbox", "SandboxUnavailable"]

_SECONDS_TO_DIE = 20.0


class Sandbox:
    """A place for a kernel, with nothing running in it until `start`.

    Nothing of it is on the host's disk: its files are in memory of its own.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        files: Mapping[str, bytes],
        hidden: Collection[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Find a parent for a kernel with `files` (by relative path) in its working folder.

        Raises SandboxUnavailable if there can be none, ValueError for a wrong argument.
        """
        self.limits = limits
        self._files = files
        self._descriptors: list[int] = []
        self._given_back = False
        self._deadline = time.monotonic() + limits.startup
        try:
            self._orders = confinement.orders(limits, variables or {})
        except seccomp.UnsupportedMachine as error:
            raise SandboxUnavailable(f"Grading needs a sandbox, and {error}.") from error
        self._parent = zygotes.take(hidden, self._deadline)

    def start(self, connection: Mapping[str, Any]) -> None:
        """Start the kernel with the content of its connection file, and hold it to the limits.

        Raises SandboxUnavailable, and ValueError for a file's path that leads elsewhere.
        """
        orders = {**self._orders, "connection": dict(connection)}
        self.kernel_pid, self._descriptors = self._parent.fork(orders, self._deadline)
        self._first, self._kernel, self.line, *opened = self._descriptors
        proc, first, home, tmp, shm, self.work, self.sockets = opened
        self.folders = Folders(proc, first, files=(home, tmp), memory=(shm,))
        self.watcher = Watcher(self.limits, self.folders, self.kill)
        put(self.work, self._files, self._orders["user"])
        self.watcher.start()

    @property
    def running(self) -> bool:
        """Whether the kernel's process has not ended."""
        return not self.wait(0)

    def wait(self, seconds: float) -> bool:
        """Wait until the kernel's process has ended, and everything with it; return whether it has."""
        return is_ready(self._first, seconds)

    def unavailable(self) -> SandboxUnavailable:
        """Return why the kernel has not started."""
        return self._parent.unavailable(self._deadline)

    def send(self, number: int) -> None:
        """Send the kernel's process a signal."""
        with suppress(OSError):
            signal.pidfd_send_signal(self._kernel, number)

    def kill(self) -> None:
        """Kill everything in it, and have no other kernel of this parent. Callable from any thread."""
        self._parent.in_doubt = True
        self._end()

    def _end(self) -> None:
        # With the first process of their namespace all others go.
        with suppress(OSError):
            signal.pidfd_send_signal(self._first, signal.SIGKILL)

    def close(self) -> None:
        """Kill everything, wait until it is gone, and let go of the files. May be called again."""
        if self._given_back:
            return
        self._given_back = True
        if self._descriptors:
            if not self.running:
                self._parent.in_doubt = True
            self._end()
            self.wait(_SECONDS_TO_DIE)
            self.watcher.close()
        while self._descriptors:
            os.close(self._descriptors.pop())
        zygotes.give_back(self._parent)
