"""Sends runs to the chart while they are computed, from the thread that computes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from course.explorer.model.own_run import Gradient
from course.explorer.model.table import Table
from course.explorer.view import words
from course.explorer.view.chart import Chart, table_data

PERIOD = 0.4
"""seconds between two messages with the student's runs so far"""
PROGRESS = 0.08
"""part of the work after which the progress bar moves"""


class Publisher:
    """Fills a table, and the chart with it."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self.lock = threading.RLock()
        """to be held while the chart is changed"""

    def fill(
        self, table: Table, gradient: Gradient | None, curvature: bool, is_latest: Callable[[], bool]
    ) -> Iterator[None]:
        """Compute run after run; send them to the chart as long as `is_latest()`."""
        sent = sent_part = 0.0
        for part, changed in table.fill(gradient, lambda: self._chart.index, curvature):
            now = time.monotonic()
            due = not table.complete or now - sent > PERIOD
            if changed and (due or table.own_known.sum() == 1 or part == 1.0):
                self._send(table, part, is_latest)
                sent = now
            elif abs(part - sent_part) > PROGRESS:
                self._send_progress(table, part, is_latest)
                sent_part = part
            yield
        self._send(table, 1.0, is_latest)

    def say(self, text: str) -> None:
        """Show `text` in the status line."""
        with self.lock:
            self._chart.status = text

    def _send(self, table: Table, part: float, is_latest: Callable[[], bool]) -> None:
        data = table_data(table)
        with self.lock:
            if is_latest():
                with self._chart.hold_sync():
                    for name, value in data.items():
                        setattr(self._chart, name, value)
                    self._send_progress(table, part, is_latest)

    def _send_progress(self, table: Table, part: float, is_latest: Callable[[], bool]) -> None:
        with self.lock:
            if is_latest():
                self._chart.progress = part
                if trouble := words.trouble(table):
                    self._chart.status = trouble
                elif table.following and part < 1:
                    done, count = table.own_known.sum(), len(table.rates)
                    self._chart.status = (
                        f"Following your gradient: {done} of {count} rates, those near this one first."
                    )
                elif part == 1 or not table.following:
                    self._chart.status = ""
