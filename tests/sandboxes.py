"""Kernels in sandboxes for tests, and what is left of them."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from course.grading.kernels import StudentKernel
from course.grading.limits import Limits

MIB = 1 << 20
# Small enough to be reached in no time, and harmless to the machine if nothing held them.
SMALL = {"cell": 5.0, "memory": 320 * MIB, "tasks": 30, "files": 8 * MIB, "file_count": 300}


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


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def namespace_of(kernel: StudentKernel) -> str:
    return os.readlink("ns/pid", dir_fd=kernel._client.sandbox.folders.first)


class Kernels:
    """Starts kernels, and remembers what must be gone afterwards."""

    def __init__(self) -> None:
        self.started: list[StudentKernel] = []
        self.spaces: set[str] = set()

    def __call__(self, given=None, *, hidden=(), variables=None, **limits) -> StudentKernel:
        kernel = StudentKernel(
            given, limits=Limits(**{**SMALL, **limits}), hidden=hidden, variables=variables
        )
        self.started.append(kernel)
        self.spaces.add(namespace_of(kernel))
        assert namespace("self") not in self.spaces
        return kernel


def peak_memory() -> int:
    """The most bytes this process has had in memory since `forget_peak`."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def forget_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return peak_memory()
