"""What the chart is told while runs are computed, in the thread that computes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from course.explorer.model import runs
from course.explorer.model.table import Table
from course.explorer.view.chart import Chart

EVERY = 0.4
"""seconds between two messages with the student's runs so far"""
STEP = 0.08
"""of the progress, which is told in between"""


class Publisher:
    """Fills a table, and the chart with it."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self.lock = threading.RLock()
        """to be held by whoever changes the chart"""

    def fill(
        self, table: Table, gradient: runs.Gradient | None, curvature: bool, is_latest: Callable[[], bool]
    ) -> Iterator[None]:
        """Compute run after run; tell the chart as long as this is the latest that is computed."""
        published = shown = 0.0
        for part, changed in table.fill(gradient, lambda: self._chart.index, curvature):
            now = time.monotonic()
            early = not table.complete or now - published > EVERY
            if changed and (early or table.own_known.sum() == 1 or part == 1.0):
                self._publish(table, part, is_latest)
                published = now
            elif abs(part - shown) > STEP:
                self._publish_progress(table, part, is_latest)
                shown = part
            yield
        self._publish(table, 1.0, is_latest)

    def say(self, text: str) -> None:
        """Say something in the status line."""
        with self.lock:
            self._chart.status = text

    def _publish(self, table: Table, part: float, is_latest: Callable[[], bool]) -> None:
        data = table.as_data()
        with self.lock:
            if is_latest():
                with self._chart.hold_sync():
                    for name, value in data.items():
                        setattr(self._chart, name, value)
                    self._publish_progress(table, part, is_latest)

    def _publish_progress(self, table: Table, part: float, is_latest: Callable[[], bool]) -> None:
        with self.lock:
            if is_latest():
                self._chart.progress = part
                if table.trouble:
                    self._chart.status = table.trouble
                elif table.following and part < 1:
                    done, count = table.own_known.sum(), len(table.rates)
                    self._chart.status = (
                        f"Following your gradient: {done} of {count} rates, those near this one first."
                    )
                elif part == 1 or not table.following:
                    self._chart.status = ""
