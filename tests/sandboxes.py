"""Kernels in sandboxes for tests, and what is left of them."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from course.grading.sandbox.execution import Execution
from course.grading.sandbox.guest import Guest
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.zygote import zygotes
from tests.helpers import PATIENCE

MIB = 1 << 20
# What fills up is small, so that it is harmless to the machine if nothing held it; time is plenty.
SMALL = {
    "cell": 60.0,
    "notebook": 600.0,
    "patience": 60.0,
    "memory": 320 * MIB,
    "tasks": 30,
    "files": 8 * MIB,
    "file_count": 300,
}


def wait_until(happens: Callable[[], bool]) -> bool:
    """Wait for something to happen; return whether it has within PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    while not (has_happened := happens()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return has_happened


def threads(kernel: Guest) -> int:
    """Return how many threads the guest's process has."""
    return len(list(Path(f"/proc/{kernel.sandbox.processes().guest}/task").iterdir()))


def texts(execution: Execution) -> str:
    """What a cell has printed."""
    return "".join(output.text for output in execution.outputs if output.output_type == "stream")


def text_of(execution: Execution) -> str:
    """The plain text of the one output, which is a value."""
    (output,) = execution.outputs
    return str(output.data["text/plain"])


def namespace(pid: int | str) -> str:
    return str(Path(f"/proc/{pid}/ns/pid").readlink())


def processes_in(spaces: set[str]) -> list[str]:
    """Return the status of each living process in these namespaces of processes."""
    statuses = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError):
                status = (path / "status").read_text()
                # A dead one is on the list until the machine's first process takes it off, seconds later.
                if "State:\tZ" not in status and namespace(path.name) in spaces:
                    statuses.append(status)
    return statuses


def left_of(spaces: set[str]) -> list[str]:
    """The processes in these namespaces, once the killed have died."""
    wait_until(lambda: not processes_in(spaces))
    return processes_in(spaces)


def descendants(of: int, processes: dict[int, tuple[int, str]] | None = None) -> set[int]:
    processes = processes or _processes()
    family = {of}
    while more := {pid for pid, (parent, _) in processes.items() if parent in family} - family:
        family |= more
    return family - {of}


def _processes() -> dict[int, tuple[int, str]]:
    """All processes' parents and names. (/proc/…/children leaves some out while others end.)"""
    processes = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, _, rest = stat.read_text().partition(" (")
            name, _, rest = rest.rpartition(")")
            processes[int(pid)] = int(rest.split()[1]), name
    return processes


def open_descriptors() -> int:
    """How many descriptors this process holds, but for those that a kernel's watcher opens for a moment."""

    def count() -> int:
        time.sleep(0.003)
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # pathlib would open one more

    return min(count() for _ in range(8))


def belongings() -> tuple[set[int], int, int]:
    """This process's descendants, and how many descriptors and threads it has: all but the zygotes'."""
    kept = zygotes.current
    if kept and not kept.children:
        alone = wait_until(lambda: len(descendants(kept.pid)) == 3)
        assert alone, "bubblewrap's first process, the zygote, and what starts the guests' first processes"
    processes = _processes()
    # The zygotes' bubblewraps: one is kept, and others serve kernels that still run.
    sandboxes = [pid for pid, (parent, name) in processes.items() if (parent, name) == (os.getpid(), "bwrap")]
    theirs = {pid for sandbox in sandboxes for pid in (sandbox, *descendants(sandbox, processes))}
    # The socket and standard error of each zygote, and the thread that started them.
    count = open_descriptors() - 2 * len(sandboxes)
    threads = [thread for thread in threading.enumerate() if not thread.name.startswith("sandbox starter")]
    return descendants(os.getpid(), processes) - theirs, count, len(threads)


def added_to(before: tuple[set[int], int, int], up_to: int = 3) -> list[object]:
    """What has come to these belongings and stays, once the killed have died.

    Only the first parts are looked at, `up_to` of them. Others may lose something meanwhile: a browser of
    earlier tests ends processes when it likes.
    """

    def added() -> list[object]:
        now = belongings()
        parts = [now[0] - before[0], max(0, now[1] - before[1]), max(0, now[2] - before[2])]
        return [part for part in parts[:up_to] if part]

    wait_until(lambda: not added())
    return added()


def namespace_of(kernel: Guest, kind: str = "pid") -> str:
    return os.readlink(f"{kernel.sandbox.guest_pid}/ns/{kind}", dir_fd=kernel.sandbox.folders.proc)


def value_in(kernel: Guest, expression: str, code: str = "") -> str:
    """The text of an expression's value in a kernel, after it has run `code`."""
    if code:
        assert kernel.execute(code).status == "ok"
    execution = kernel.execute(expression)
    assert execution.status == "ok", execution
    return str(execution.outputs[-1].data["text/plain"])


class Kernels:
    """Starts kernels, and remembers what must be gone afterwards."""

    def __init__(self) -> None:
        self.started: list[Guest] = []
        self.spaces: set[str] = set()
        self._held: list[int] = []

    def forget(self) -> None:
        """Let go of the namespaces: from now on their numbers may be given to others."""
        while self._held:
            os.close(self._held.pop())

    def __call__(self, given=None, *, hidden=(), variables=None, **limits) -> Guest:
        kernel = Guest(given, limits=Limits(**{**SMALL, **limits}), hidden=hidden, variables=variables)
        self.started.append(kernel)
        self.spaces.add(namespace_of(kernel))
        # A namespace that is held keeps its number, by which what is left of a kernel is found.
        self._held.append(os.open("ns/pid", os.O_RDONLY, dir_fd=kernel.sandbox.folders.first))
        assert namespace("self") not in self.spaces
        return kernel


def peak_memory() -> int:
    """The most bytes this process has had in memory since `forget_peak`."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def forget_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return peak_memory()
