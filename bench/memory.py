"""The memory of a command's worker processes, sandboxes included, while it runs."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import psutil

PERIOD = 2.0
"""seconds; a look at all of them takes tens of milliseconds, which the measured run has to wait for"""
MIB = 1 << 20


class Sampler(threading.Thread):
    """Looks at the process `pid` every PERIOD seconds until closed."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.samples: list[float] = []
        """MiB of the largest worker at each look"""
        self._process = psutil.Process(pid)
        self._ended = threading.Event()

    def run(self) -> None:
        """Look until closed, or until the process has ended."""
        while not self._ended.wait(PERIOD):
            with suppress(psutil.NoSuchProcess):
                servers = [child for child in self._process.children() if _forks_workers(child)]
                workers = [_tree(worker) for server in servers for worker in server.children()]
                if workers:
                    self.samples.append(max(workers) / MIB)

    def close(self) -> list[float]:
        """Stop looking, and return the samples."""
        self._ended.set()
        self.join()
        return self.samples


def _forks_workers(process: psutil.Process) -> bool:
    return "multiprocessing.forkserver" in " ".join(process.cmdline())


def _tree(process: psutil.Process) -> int:
    return sum(_proportional(each) for each in (process, *process.children(recursive=True)))


def _proportional(process: psutil.Process) -> int:
    """Return the bytes of a process, its share of what it shares with others."""
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        found: Any = process.memory_full_info()
        return int(found.pss)
    return 0
