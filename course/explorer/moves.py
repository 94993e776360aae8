"""Keeps an explorer's traits and its chart the same, whichever of the two is moved."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from course.explorer.model.problem import Problem
from course.explorer.model.table import Table
from course.explorer.opening import draws, pins_of, place
from course.explorer.publisher import Publisher
from course.explorer.traits import SETTINGS, VIEW, Traits
from course.explorer.view import pins as pinned
from course.explorer.view.chart import Chart


class Moves:
    """Follows an explorer and its chart from when it is made; `table` is always that of the chart."""

    def __init__(self, explorer: Traits, chart: Chart, table: Table, publisher: Publisher) -> None:
        self._explorer, self._chart, self._publisher = explorer, chart, publisher
        self.table = table
        self._following = False
        """whether the traits are being set to what the chart shows, or the chart to a trait"""
        self._first = {name: getattr(chart, name) for name in (*SETTINGS, "index", "exact", *VIEW.values())}
        self._take_from_chart()
        moved = publisher.telling(self._chart_moved)
        chart.observe(moved, [*SETTINGS, "index", "exact", "pins", *VIEW.values()])
        explorer.observe(self._trait_set, [*SETTINGS, "rate", "pins", *VIEW])
        chart.observe(publisher.telling(self._reset), "resets")

    def start(self) -> None:
        """Compute the student's runs, if there is a gradient."""
        self._publisher.start(self.table, self._explorer.gradient)

    def _take_from_chart(self) -> None:
        """Set the traits to what the chart shows."""
        explorer, chart = self._explorer, self._chart
        self._following = True
        try:
            with explorer.hold_trait_notifications():
                for name in SETTINGS:
                    setattr(explorer, name, getattr(chart, name))
                for name, inside in VIEW.items():
                    setattr(explorer, name, getattr(chart, inside))
                explorer.rate = float(self.table.rates[chart.index])
                explorer.pins = [pinned.code(pin, self.table.problem) for pin in chart.pins]
        finally:
            self._following = False

    def _chart_moved(self, _: Any) -> None:
        chart = self._chart
        problem = Problem(*(getattr(chart, name) for name in SETTINGS))
        exact = {int(k): rate for k, rate in chart.exact.items()}
        if problem != self.table.problem or exact != self.table.exact:
            self.table = Table(problem, exact, self.table.steps)
            self._publisher.clear(self.table, draws=draws(problem.seed))
            self.start()
        if not self._following:
            self._take_from_chart()

    def _trait_set(self, change: Any) -> None:
        """Move the chart to what a trait was set to from Python; refuse what cannot be shown."""
        if self._following:
            return
        self._following = True
        try:
            self._show(change.name, change.new)
        finally:
            self._take_from_chart()

    def _show(self, name: str, value: Any) -> None:
        chart, problem = self._chart, self.table.problem
        if name == "rate":
            index, exact = place(self.table, value)
            with chart.hold_sync():
                chart.exact = {str(k): rate for k, rate in exact.items()}
                chart.index = index
                chart.rate = float(value)
        elif name == "pins":
            chart.pins = pins_of(value, problem)
        elif name in SETTINGS:
            Problem(**{**asdict(problem), name: value})
            chart.draws = draws(self._explorer.seed)
            setattr(chart, name, value)
        elif name == "step" and not 0 <= value <= self.table.steps:
            raise ValueError(f"step={value}: a run has the steps 0 to {self.table.steps}")
        else:
            setattr(chart, VIEW[name], value)

    def _reset(self, _: Any) -> None:
        with self._chart.hold_sync():
            self._chart.pins = []
            # the browser also unpins runs of which Python does not know yet
            self._chart.clear = True
            for name, value in self._first.items():
                setattr(self._chart, name, value)
