"""Sends the student's runs to the chart while they are computed, from the thread that computes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

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
        self.lock = threading.RLock()
        """to be held while the chart is changed"""

    def follow(self, table: Table, gradient: Gradient, is_latest: Callable[[], bool]) -> Iterator[None]:
        """Compute run after run; send them to the chart as long as `is_latest()`."""
        sent = 0.0
        for _ in table.follow(gradient, lambda: self._chart.index):
            now = time.monotonic()
            if now - sent > PERIOD or table.done.sum() == 1:
                self._send(table, is_latest)
                sent = now
            yield
        self._send(table, is_latest)

    def say(self, text: str) -> None:
        """Show `text` in the status line."""
        with self.lock:
            self._chart.status = text

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
