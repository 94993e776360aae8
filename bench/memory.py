"""Samples the memory of a command's worker processes, with their sandboxes, while it runs."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import psutil

PERIOD = 5.0
"""seconds between samples; each takes tens of milliseconds, for which the measured run has to wait"""
MIB = 1 << 20


class Sampler(threading.Thread):
    """Samples the workers of the process `pid` every PERIOD seconds until closed."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.samples: list[float] = []
        """MiB of the largest worker in each sample"""
        self._process = psutil.Process(pid)
        self._ended = threading.Event()

    def run(self) -> None:
        """Take samples until closed, or until the process has ended."""
        while not self._ended.wait(PERIOD):
            with suppress(psutil.NoSuchProcess):
                servers = [child for child in self._process.children() if _forks_workers(child)]
                workers = [_tree(worker) for server in servers for worker in server.children()]
                if workers:
                    self.samples.append(max(workers) / MIB)

    def close(self) -> list[float]:
        """Stop, and return the samples."""
        self._ended.set()
        self.join()
        return self.samples


def _forks_workers(process: psutil.Process) -> bool:
    return "multiprocessing.forkserver" in " ".join(process.cmdline())


def _tree(process: psutil.Process) -> int:
    return sum(_proportional(each) for each in (process, *process.children(recursive=True)))


def _proportional(process: psutil.Process) -> int:
    """Return the bytes of a process, and its part of memory that it shares with others."""
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        memory: Any = process.memory_full_info()
        return int(memory.pss)
    return 0
