"""What the processes of a sandbox use. It is read on the host, where they cannot change it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Tasks:
    """What all processes of a sandbox use at one moment."""

    count: int
    """processes and threads, without the sandbox's own first process"""
    resident: int
    """bytes; a page that several processes share counts for each of them"""
    mapped: int
    """bytes of all address spaces"""
    seconds: float
    """processor time, that of ended children included"""
    is_hidden: bool
    """whether a process goes on without its main thread: the system then tells nothing of its memory"""


@dataclass(frozen=True)
class Folders:
    """A sandbox's private file systems as open folders. They stay readable when its processes have ended."""

    proc: int
    """its /proc, in which only its own processes are"""
    first: int
    """its process 1, and the network of all; what the guest sees in /proc shows nothing of it"""
    files: Sequence[int]
    """what counts as files"""
    memory: Sequence[int]
    """what counts as memory only: /dev/shm"""


def read(path: str, folder: int) -> bytes:
    """Return up to 4 KiB of a file of /proc, nothing when its process has gone.

    Raises OSError when it cannot be read for another reason: a limit would go unwatched.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
        try:
            return os.read(descriptor, 4096)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def _pids(proc: int) -> list[str]:
    # Opened anew: listing the descriptor itself would share its position with other threads.
    try:
        with os.scandir(f"/proc/self/fd/{proc}") as entries:
            return [entry.name for entry in entries if entry.name.isdigit() and entry.name != "1"]
    except (FileNotFoundError, ProcessLookupError):
        return []


def tasks(folders: Folders) -> Tasks:
    """Return what the processes of a sandbox use."""
    count, pages, mapped, ticks, is_hidden = 0, 0, 0, 0, False
    inside = [(folders.proc, f"{pid}/stat") for pid in _pids(folders.proc)]
    for where, path in ((folders.first, "stat"), *inside):
        # The command's name, in parentheses, is the process's to choose: look behind it.
        fields = read(path, where).rpartition(b")")[2].split()
        if len(fields) < 22:
            continue
        ticks += sum(map(int, fields[11:15]))
        if where == folders.proc:
            count += int(fields[17])
            mapped += int(fields[20])
            pages += max(0, int(fields[21]))
            is_hidden |= fields[0] == b"Z" and int(fields[17]) > 1
    return Tasks(count, pages * _PAGE, mapped, ticks * _TICK, is_hidden)


def run_delay(schedstat: int) -> float:
    """Return the seconds which a thread has waited for a processor, 0 after its end.

    `schedstat` is its file of that name, opened once: it is read before and after every request.
    """
    try:
        fields = os.pread(schedstat, 100, 0).split()
    except OSError:
        return 0.0
    return int(fields[1]) / 1e9 if len(fields) > 1 else 0.0


def proportional_set_size(proc: int) -> int:
    """Return the bytes resident in all processes, shared pages counted once. Takes milliseconds."""
    total = 0
    for pid in _pids(proc):
        share = re.search(rb"^Pss:\s+(\d+)", read(f"{pid}/smaps_rollup", proc), re.MULTILINE)
        # A process that does not show it counts with all it has.
        fields = read(f"{pid}/statm", proc).split()
        total += int(share[1]) * 1024 if share else int(fields[1]) * _PAGE if fields else 0
    return total


def page_tables(proc: int) -> int:
    """Return the bytes of all processes' page tables, which grow with each page that is looked at."""
    sizes = (re.search(rb"^VmPTE:\s+(\d+)", read(f"{pid}/status", proc), re.MULTILINE) for pid in _pids(proc))
    return sum(int(size[1]) * 1024 for size in sizes if size)


def mappings(proc: int, most: int) -> int:
    """Return how many mappings all processes have, or some number above `most`."""
    count = 0
    for pid in _pids(proc):
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            descriptor = os.open(f"{pid}/maps", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
            try:
                while count <= most and (lines := os.read(descriptor, 1 << 16)):
                    count += lines.count(b"\n")
            finally:
                os.close(descriptor)
    return count


def file_usage(folders: Sequence[int]) -> tuple[int, int]:
    """Return the bytes and the number of files in file systems, those deleted but still open included."""
    systems = [os.fstatvfs(folder) for folder in folders]
    return (
        sum((system.f_blocks - system.f_bfree) * system.f_frsize for system in systems),
        sum(system.f_files - system.f_ffree for system in systems),
    )
