"""Runs work in slices, in a background thread or the event loop; a new job replaces the last one."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

Job = Callable[[Callable[[], bool]], Iterator[None]]
"""It is called with a function that says whether the job is still the latest; each item ends a slice."""

PATIENCE = 2.0
"""seconds that a slice may take before it is reported as stuck"""


class Worker:
    """Runs one job at a time in a thread: the one started last.

    An older job ends after its slice. A job whose slice never ends, as a student's function may not, is
    left behind, and the next job starts all the same. `failed` is called with the exception of a job,
    `stuck` when a slice takes longer than PATIENCE; both may be called from another thread.

    Threads run in a copy of the context in which the job was started. So what a job sends to the browser
    belongs to the cell that started it, and ipykernel handles the answers on the thread of that cell.

    Where there are no threads, as in a browser's Python, the event loop runs the slices, or who waits.
    """

    def __init__(self, failed: Callable[[BaseException], None], stuck: Callable[[], None]) -> None:
        self._failed = failed
        self._stuck = stuck
        self._latest = 0
        self._starting = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()
        self._slice: Callable[[], None] | None = None
        """runs a slice of the latest job, where there are no threads"""

    def start(self, job: Job) -> None:
        """Run `job` in the background, in place of what is running."""
        with self._starting:
            self._latest += 1
            self._idle.clear()
            self._slice = None
            try:
                _in_background(self._run, job, self._latest)
            except RuntimeError:  # there are no threads
                self._in_loop(job, self._latest)

    def stop(self) -> None:
        """Let the job end after its slice."""
        with self._starting:
            self._latest += 1
            self._idle.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the latest job to end, `seconds` at most; return whether it has."""
        deadline = time.monotonic() + seconds
        while self._slice and not self._idle.is_set() and time.monotonic() < deadline:
            self._slice()
        return self._idle.wait(seconds)

    def _run(self, job: Job, number: int) -> None:
        def is_latest() -> bool:
            return number == self._latest

        ended, slices = threading.Event(), [0]
        _in_background(self._watch, is_latest, ended, slices)
        try:
            for _ in job(is_latest):
                slices[0] += 1
                if not is_latest():
                    return
        except BaseException as error:  # a thread that exits would say nothing
            if is_latest():
                self._failed(error)
        finally:
            ended.set()
            with self._starting:
                if is_latest():
                    self._idle.set()

    def _in_loop(self, job: Job, number: int) -> None:
        slices = job(lambda: number == self._latest)

        def run_slice() -> None:
            try:
                next(slices)
            except StopIteration:
                self._idle.set()
            except Exception as error:
                self._idle.set()
                self._failed(error)

        def run_all() -> None:
            if number == self._latest and not self._idle.is_set():
                run_slice()
                loop.call_soon(run_all)

        self._slice = run_slice
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # who waits runs them
        loop.call_soon(run_all)

    def _watch(self, is_latest: Callable[[], bool], ended: threading.Event, slices: list[int]) -> None:
        seen = 0
        while not ended.wait(PATIENCE) and is_latest():
            if slices[0] == seen:
                self._stuck()
            seen = slices[0]


def _in_background(function: Callable[..., None], *args: Any) -> None:
    run = contextvars.copy_context().run
    threading.Thread(target=run, args=(function, *args), daemon=True).start()
