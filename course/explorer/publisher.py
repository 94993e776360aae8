"""Follows the student's gradient in the background, and sends its runs to the chart as they come."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from course.explorer.background import Worker
from course.explorer.model.own_run import Gradient
from course.explorer.model.table import Table
from course.explorer.view import words
from course.explorer.view.chart import Chart, own_data

PERIOD = 0.4
"""seconds between two messages with the student's runs so far"""


class Publisher:
    """Fills a table with a student's runs, and the chart with it."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._worker = Worker(self.failed, self._stuck)
        self._table: Table | None = None
        self.error: BaseException | None = None
        """what went wrong in the explorer itself since `start`"""
        self.lock = threading.RLock()
        """to be held while the chart is changed"""

    def start(self, table: Table, gradient: Gradient | None) -> None:
        """Compute the student's runs in place of what is being computed; without a gradient nothing."""
        self.error = None
        self._table = table
        if gradient is not None:
            self._worker.start(lambda is_latest: self._follow(table, gradient, is_latest))

    def wait(self, seconds: float) -> bool:
        """Wait until all runs are computed, `seconds` at most; return whether they are."""
        return self._worker.wait(seconds)

    def stop(self) -> None:
        """Stop computing."""
        self._worker.stop()

    def say(self, text: str) -> None:
        """Show `text` in the status line."""
        with self.lock:
            self._chart.status = text

    def failed(self, error: BaseException) -> None:
        """Show an exception in the status line, and keep it."""
        self.error = error
        self.say(f"{type(error).__name__}: {error}. explorer.error is the exception.")

    def telling(self, callback: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return `callback` with its exceptions in the status line; they would otherwise disappear."""

        @functools.wraps(callback)
        def told(change: Any) -> None:
            try:
                callback(change)
            except Exception as error:
                self.failed(error)

        return told

    def clear(self, table: Table, **more: Any) -> None:
        """Show a table whose runs are not computed yet, and `more` traits of the chart."""
        with self.lock, self._chart.hold_sync():
            for name, value in {**more, **own_data(table), "status": ""}.items():
                setattr(self._chart, name, value)

    def _follow(self, table: Table, gradient: Gradient, is_latest: Callable[[], bool]) -> Iterator[None]:
        sent = 0.0
        for _ in table.follow(gradient, lambda: self._chart.index):
            now = time.monotonic()
            if now - sent > PERIOD or table.done.sum() == 1:
                self._send(table, is_latest)
                sent = now
            yield
        self._send(table, is_latest)

    def _stuck(self) -> None:
        if self._table is not None and self._table.following:
            self.say(
                "Your gradient has not come back for 2 seconds. The true curves are complete; "
                "your runs follow when it does."
            )

    def _send(self, table: Table, is_latest: Callable[[], bool]) -> None:
        data = own_data(table)
        with self.lock:
            if not is_latest():
                return
            with self._chart.hold_sync():
                for name, value in data.items():
                    setattr(self._chart, name, value)
                self._chart.progress = float(table.done.mean()) if table.following else 1.0
                self._chart.status = words.trouble(table) or words.following(table, self._chart.index)
