"""One sandbox: its processes, its private file systems, its end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from course.grading import bubblewrap, confinement, seccomp, staging
from course.grading.bubblewrap import SandboxUnavailable, could_not_start, is_ready, said
from course.grading.files import put
from course.grading.limits import Limits, Watcher
from course.grading.usage import Folders

__all__ = ["Sandbox", "SandboxUnavailable"]

_ARGUMENTS = (
    "--HistoryManager.hist_file=:memory:",
    "--InteractiveShellApp.ignore_cwd=True",
    "--IPKernelApp.parent_handle=0",
)
_SECONDS_TO_DIE = 20.0


class Sandbox:
    """A bubblewrap sandbox, made but with nothing running in it until `start`.

    Nothing of it is on the host's disk: its files are in memory of its own. When the thread that makes it
    ends, it ends too (`--die-with-parent` means the thread).
    """

    def __init__(
        self,
        limits: Limits,
        *,
        files: Mapping[str, bytes],
        hidden: Collection[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Make a sandbox, `files` (by relative path) in its working folder.

        Raises SandboxUnavailable if it cannot be made, ValueError for a wrong argument.
        """
        self.limits = limits
        self._mounts = staging.mounts()
        self._user = confinement.fresh_user()
        self._descriptors: list[int] = []
        self._first: int | None = None
        self._watching = False
        self._deadline = time.monotonic() + limits.startup
        program = bubblewrap.program()
        try:
            plan = confinement.confinement(limits, self._mounts, self._user, hidden, variables or {})
        except seccomp.UnsupportedMachine as error:
            raise SandboxUnavailable(f"Grading needs a sandbox, and {error}.") from error
        information, tell = os.pipe()
        self._descriptors.append(information)
        try:
            self.process = self._run(program, plan, tell)
        except OSError as error:
            os.close(self._descriptors.pop())
            raise could_not_start(str(error)) from error
        finally:
            plan.close()
            os.close(tell)
        try:
            self._enter(information)
            put(self.work, files, self._user)
        except BaseException:
            self.close()
            raise

    def _run(self, program: str, plan: confinement.Confinement, tell: int) -> subprocess.Popen[bytes]:
        # Everything that names the host goes through a descriptor: a command line can be read inside.
        arguments = plan.data("\0".join([*plan.options, "--info-fd", str(tell)]).encode())
        interpreter = [str(self._mounts.executable), "-I", "-S", "-B", str(confinement.LAUNCHER)]
        return subprocess.Popen(
            ["bwrap", "--args", str(arguments), *interpreter],
            executable=program,
            env={},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(*plan.descriptors, tell),
        )

    def _enter(self, information: int) -> None:
        assert self.process.stdout is not None
        found = re.search(rb'"child-pid":\s*(\d+)', said(information, b"}", self._deadline))
        number = said(self.process.stdout.fileno(), b"\n", self._deadline)
        if found is None or not number.strip().isdigit():
            raise self.unavailable()
        pid = int(found[1])
        self._first = self._keep(os.pidfd_open(pid))
        self.kernel_pid = int(number)
        self._kernel = self._find_kernel(pid)
        first = f"/proc/{pid}"
        proc, home, tmp, shm, self.work, self.sockets = (
            self._open(f"{first}/root{inside}")
            for inside in (
                "/proc",
                confinement.HOME,
                "/tmp",
                "/dev/shm",
                confinement.WORK,
                confinement.SOCKETS,
            )
        )
        self.folders = Folders(proc, self._open(first), files=(home, tmp), memory=(shm,))
        # Had the process ended, its number might have been another's when the folders were opened.
        signal.pidfd_send_signal(self._first, 0)
        self.watcher = Watcher(self.limits, self.folders, self.kill)

    def _keep(self, descriptor: int) -> int:
        self._descriptors.append(descriptor)
        return descriptor

    def _open(self, folder: str) -> int:
        return self._keep(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))

    def _find_kernel(self, pid: int) -> int | None:
        # Signalled through a descriptor, since a number may be another process's by then.
        try:
            [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            # When the machine runs out of memory, it begins here. Inside, nothing of /proc can be written.
            Path("/proc", child, "oom_score_adj").write_text("1000")
            return self._keep(os.pidfd_open(int(child)))
        except (OSError, ValueError):
            return None

    def start(self, connection: Mapping[str, Any]) -> None:
        """Start the kernel with the content of its connection file, and hold it to the limits."""
        assert self.process.stdin is not None
        orders = {
            "limits": confinement.process_limits(self.limits),
            "user": self._user,
            "folder": confinement.WORK,
            "path": self._mounts.path,
            "connection": dict(connection),
            "arguments": _ARGUMENTS,
        }
        self.watcher.start()
        self._watching = True
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(orders).encode())
            self.process.stdin.close()

    @property
    def running(self) -> bool:
        """Whether the kernel's process has not ended."""
        return self.process.poll() is None

    def unavailable(self) -> SandboxUnavailable:
        """Return why nothing has started; kills what has."""
        assert self.process.stderr is not None
        self.process.kill()
        words = said(self.process.stderr.fileno(), b"\0", self._deadline)
        return could_not_start(words.decode(errors="replace").strip())

    def interrupt(self) -> None:
        """Send the kernel's process SIGINT."""
        if self._kernel is not None:
            with suppress(OSError):
                signal.pidfd_send_signal(self._kernel, signal.SIGINT)

    def kill(self) -> None:
        """Kill everything in the sandbox: with its first process all others go. Callable from any thread."""
        if self._first is not None:
            with suppress(OSError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)

    def close(self) -> None:
        """Kill everything, wait until it is gone, and let go of the files. May be called again."""
        if self._first is None:
            self.process.kill()
        elif self._descriptors:
            self.kill()
            is_ready(self._first, _SECONDS_TO_DIE)
        if self._watching:
            self.watcher.close()
        # bubblewrap ends with what it started, and takes it off the list of processes.
        try:
            self.process.wait(_SECONDS_TO_DIE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            with suppress(OSError):
                stream.close()
        while self._descriptors:
            os.close(self._descriptors.pop())
