"""Kernels in sandboxes for tests, and what is left of them."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

from course.grading.sandbox.execution import Execution
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.student_kernel import StudentKernel
from course.grading.sandbox.zygote import zygotes

MIB = 1 << 20
# Small enough to be reached in no time, and harmless to the machine if nothing held them.
SMALL = {"cell": 5.0, "memory": 320 * MIB, "tasks": 30, "files": 8 * MIB, "file_count": 300}


def texts(execution: Execution) -> str:
    """What a cell has printed."""
    return "".join(output.text for output in execution.outputs if output.output_type == "stream")


def namespace(pid: int | str) -> str:
    return str(Path(f"/proc/{pid}/ns/pid").readlink())


def _processes_in(spaces: set[str]) -> list[str]:
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError):
                status = (path / "status").read_text()
                # A dead one is on the list until the machine's first process takes it off, seconds later.
                if "State:\tZ" not in status and namespace(path.name) in spaces:
                    found.append(status)
    return found


def left_of(spaces: set[str], patience: float = 2.0) -> list[str]:
    """The processes in these namespaces, after a moment in which the killed may die."""
    deadline = time.monotonic() + patience
    while (found := _processes_in(spaces)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def descendants(of: int, processes: dict[int, tuple[int, str]] | None = None) -> set[int]:
    processes = processes or _processes()
    found = {of}
    while more := {pid for pid, (parent, _) in processes.items() if parent in found} - found:
        found |= more
    return found - {of}


def _processes() -> dict[int, tuple[int, str]]:
    """All processes' parents and names. (/proc/…/children leaves some out while others end.)"""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, _, rest = stat.read_text().partition(" (")
            name, _, rest = rest.rpartition(")")
            found[int(pid)] = int(rest.split()[1]), name
    return found


def _open_descriptors() -> int:
    # A watcher of a kernel opens files for a moment, again and again.
    def count() -> int:
        time.sleep(0.003)
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # pathlib would open one more

    return min(count() for _ in range(8))


def belongings() -> tuple[set[int], int, int]:
    """This process's descendants, and how many descriptors and threads it has: all but the warm parents'."""
    parent = zygotes._current
    if parent and not parent.children:
        inside = descendants(parent._process.pid)
        assert len(inside) == 2, "bubblewrap's first process and the parent, which has no children"
    processes = _processes()
    # The warm parents' bubblewraps: one is kept, and others serve kernels that still run.
    sandboxes = [pid for pid, (parent, name) in processes.items() if (parent, name) == (os.getpid(), "bwrap")]
    warm = {pid for sandbox in sandboxes for pid in (sandbox, *descendants(sandbox, processes))}
    # The socket and standard error of each parent, and the thread that started them.
    count = _open_descriptors() - 2 * len(sandboxes)
    threads = [thread for thread in threading.enumerate() if not thread.name.startswith("sandbox starter")]
    return descendants(os.getpid(), processes) - warm, count, len(threads)


def added_to(before: tuple[set[int], int, int], up_to: int = 3) -> list[object]:
    """What has come to these belongings and stays, after a moment for the killed to die in.

    Only the first parts are looked at, `up_to` of them. Others may lose something meanwhile: a browser of
    earlier tests ends processes when it likes.
    """
    deadline = time.monotonic() + 2
    while True:
        is_last = time.monotonic() > deadline
        try:
            now = belongings()
        except AssertionError:
            if is_last:
                raise
        else:
            more = [now[0] - before[0], max(0, now[1] - before[1]), max(0, now[2] - before[2])]
            if is_last or not any(more[:up_to]):
                return [part for part in more[:up_to] if part]
        time.sleep(0.02)


def namespace_of(kernel: StudentKernel) -> str:
    return os.readlink("ns/pid", dir_fd=kernel._client.sandbox.folders.first)


def value_in(kernel: StudentKernel, expression: str, code: str = "") -> str:
    """The text of an expression's value in a kernel, after it has run `code`."""
    if code:
        assert kernel.execute(code).status == "ok"
    execution = kernel.execute(expression)
    assert execution.status == "ok", execution
    return str(execution.outputs[-1].data["text/plain"])


class Kernels:
    """Starts kernels, and remembers what must be gone afterwards."""

    def __init__(self) -> None:
        self.started: list[StudentKernel] = []
        self.spaces: set[str] = set()
        self._held: list[int] = []

    def forget(self) -> None:
        """Let go of the namespaces: from now on their numbers may be given to others."""
        while self._held:
            os.close(self._held.pop())

    def __call__(self, given=None, *, hidden=(), variables=None, **limits) -> StudentKernel:
        kernel = StudentKernel(
            given, limits=Limits(**{**SMALL, **limits}), hidden=hidden, variables=variables
        )
        self.started.append(kernel)
        self.spaces.add(namespace_of(kernel))
        # A namespace that is held keeps its number, by which what is left of a kernel is found.
        self._held.append(os.open("ns/pid", os.O_RDONLY, dir_fd=kernel._client.sandbox.folders.first))
        assert namespace("self") not in self.spaces
        return kernel


def peak_memory() -> int:
    """The most bytes this process has had in memory since `forget_peak`."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def forget_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return peak_memory()
