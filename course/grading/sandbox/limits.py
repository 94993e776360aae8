"""The limits of what one notebook's processes may use together, and the thread that enforces them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from course.grading.sandbox.control_group import ControlGroup
from course.grading.sandbox.usage import (
    Folders,
    Tasks,
    file_usage,
    mappings,
    page_tables,
    proportional_set_size,
    read,
    tasks,
)

# Seconds between two looks. In this time a process can fill another 0.2 GB of memory.
PERIOD = 0.05
# Seconds after a look, or a count of processor time, in which a short request needs no other one.
_RECENT = PERIOD / 2
# A process that ends is without its main thread for a moment.
_TO_END = 1.0
# Seconds between two looks at the mappings, which take a millisecond.
_PERIOD_OF_MAPPINGS = 0.25
# Bytes of the kernel's for a mapping, and those of page tables for a byte that is mapped, at most.
_MAPPING, _TABLES = 512, 1 / 512


@dataclass(frozen=True)
class Limits:
    """Limits of one notebook. They hold for all its processes together."""

    cell: float = 30.0
    """seconds of the student's own time for one cell, or for one question of a test"""
    notebook: float = 120.0
    """seconds of the student's own time for all cells of a notebook, replays included"""
    patience: float = 4.0
    """the seconds above, times this, are the time-out on the wall clock, however busy the machine is"""
    startup: float = 120.0
    """seconds on the wall clock for a guest to start; no student code runs in them"""
    memory: int = 1 << 30
    """bytes in memory, with those in temporary files and shared memory"""
    address_space: int = 4 << 30
    """bytes one process may map; beyond it NumPy raises MemoryError before any memory is touched"""
    tasks: int = 64
    """processes and threads, the guest's own (about ten) among them"""
    files: int = 64 << 20
    """bytes in files: working folder, home and /tmp"""
    file_count: int = 10_000
    """files and folders in these"""
    sockets: int = 512
    """open sockets, since what waits in them is memory too"""
    open_files: int = 256
    """open descriptors of one process"""
    output: int = 1 << 20
    """bytes of output kept of one cell"""


@dataclass(frozen=True)
class Breach:
    """A limit that was passed; everything in the sandbox has been killed for it."""

    kind: str
    """`memory`, `processes` or `files`"""
    reason: str
    """a sentence for the student"""


class Watcher(threading.Thread):
    """Holds a sandbox to its limits: `kill` is called once, after the reason is in `breach`."""

    def __init__(
        self, limits: Limits, folders: Folders, kill: Callable[[], None], group: ControlGroup | None = None
    ) -> None:
        """Watch what is in these folders of a sandbox, which may be in a control group."""
        super().__init__(name="sandbox watcher", daemon=True)
        self.breach: Breach | None = None
        self.failure: Exception | None = None
        """why it could not look any more; it has then killed everything, as the limits would go unwatched"""
        self._limits, self._folders, self._kill, self._group = limits, folders, kill, group
        self._ended = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._seconds = 0.0
        self._counted = self._looked = -PERIOD
        self._mappings, self._mappings_counted = 0, -_PERIOD_OF_MAPPINGS
        self._hidden_since: float | None = None

    def run(self) -> None:
        """Look every PERIOD seconds until closed or until a limit is passed."""
        try:
            while self.look() is None and not self._ended.wait(PERIOD):
                pass
        except Exception as error:
            self.failure = error
            self._kill()

    def close(self) -> None:
        """Stop looking. The folders may be closed after this."""
        self._ended.set()
        if self.is_alive():
            self.join()

    def seconds(self) -> float:
        """Return the seconds of processor time used, as counted a moment ago; it never decreases."""
        if time.monotonic() - self._counted >= _RECENT:
            self._count()
        return self._seconds

    def _count(self) -> Tasks:
        usage = tasks(self._folders)
        self._seconds, self._counted = max(self._seconds, usage.seconds), time.monotonic()
        return usage

    def look(self, *, again: bool = False) -> Breach | None:
        """Look once, unless the last look was a moment ago; kill everything if a limit is passed.

        `again` looks in any case: what has ended the processes may have happened since then.
        """
        with self._one_at_a_time:
            is_recent = time.monotonic() - self._looked < _RECENT and not again
            if self.breach is None and not self._ended.is_set() and not is_recent:
                self.breach = self._find()
                self._looked = time.monotonic()
                if self.breach is not None:
                    self._kill()
            return self.breach

    def _find(self) -> Breach | None:
        limits, folders = self._limits, self._folders
        usage = self._count()
        if usage.count > limits.tasks:
            return Breach("processes", f"The code started more than {limits.tasks} processes or threads.")
        if not usage.is_hidden:
            self._hidden_since = None
        elif self._hidden_since is None:
            self._hidden_since = time.monotonic()
        elif time.monotonic() - self._hidden_since > _TO_END:
            return Breach("processes", "The code ended the main thread of processes whose others go on.")
        fields = read("net/sockstat", folders.first).split(maxsplit=3)
        if len(fields) > 2 and int(fields[2]) > limits.sockets:
            return Breach("processes", f"The code opened more than {limits.sockets} sockets.")
        size, count = file_usage(folders.files)
        in_memory, count_in_memory = file_usage(folders.memory)
        if size > limits.files:
            return Breach("files", f"The code wrote more than {limits.files >> 20} MiB of files.")
        if count + count_in_memory > limits.file_count:
            return Breach("files", f"The code wrote more than {limits.file_count} files.")
        in_memory += size + self._of_mappings()
        is_over = (
            usage.resident + usage.mapped * _TABLES + in_memory > limits.memory
            and proportional_set_size(folders.proc) + page_tables(folders.proc) + in_memory > limits.memory
        )
        if is_over or (self._group is not None and self._group.has_run_out()):
            return Breach("memory", f"The code used more than {limits.memory >> 20} MiB of memory.")
        return None

    def _of_mappings(self) -> int:
        """Return the bytes that the kernel has for mappings, as counted a moment ago."""
        if time.monotonic() - self._mappings_counted >= _PERIOD_OF_MAPPINGS:
            most = self._limits.memory // _MAPPING
            self._mappings = mappings(self._folders.proc, most) * _MAPPING
            self._mappings_counted = time.monotonic()
        return self._mappings
