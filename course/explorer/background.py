"""Work in the background, in slices, the last request winning."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from typing import Any

Job = Callable[[Callable[[], bool]], Iterator[None]]
"""Called with a function that says whether the job is still the latest; each item ends a slice."""

PATIENCE = 2.0
"""seconds that a slice may take before somebody is told"""


class Worker:
    """Runs one job at a time in a thread, the last one started.

    An older job ends after its slice. One that never comes back from its slice, as a student's function
    may, is left behind and keeps nobody from going on. `failed` is told the exception of a job, `stuck`
    that a slice takes longer than PATIENCE; both may be called from another thread. All of them run in
    a copy of the context in which the job was started: what a job says to the browser belongs to the
    cell that started it, and ipykernel takes the browser's answers where the question came from.
    """

    def __init__(self, failed: Callable[[Exception], None], stuck: Callable[[], None]) -> None:
        self._failed = failed
        self._stuck = stuck
        self._latest = 0
        self._starting = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()

    def start(self, job: Job) -> None:
        """Run `job` in the background, in place of what is running."""
        with self._starting:
            self._latest += 1
            self._idle.clear()
            _in_background(self._run, job, self._latest)

    def stop(self) -> None:
        """Let the job end after its slice."""
        with self._starting:
            self._latest += 1
            self._idle.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the latest job to end, `seconds` at most; return whether it has."""
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
        except Exception as error:
            if is_latest():
                self._failed(error)
        finally:
            ended.set()
            with self._starting:
                if is_latest():
                    self._idle.set()

    def _watch(self, is_latest: Callable[[], bool], ended: threading.Event, slices: list[int]) -> None:
        seen = 0
        while not ended.wait(PATIENCE) and is_latest():
            if slices[0] == seen:
                self._stuck()
            seen = slices[0]


def _in_background(function: Callable[..., None], *args: Any) -> None:
    run = contextvars.copy_context().run
    threading.Thread(target=run, args=(function, *args), daemon=True).start()
