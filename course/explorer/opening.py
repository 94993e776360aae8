"""What a new explorer shows: checks what it is told to, and makes its chart."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import ipywidgets as widgets
import numpy as np

from course.explorer.model import runs
from course.explorer.model.own_run import Gradient
from course.explorer.model.plain import plain
from course.explorer.model.problem import Problem
from course.explorer.model.table import Table
from course.explorer.view import pins as pinned
from course.explorer.view import script, words
from course.explorer.view.chart import PANELS, Chart, own_data

START = 72
"""index of the rate shown first, three decades above the smallest"""
STORY = Problem("seed 1", "moons", 3, 0.5, 55)
"""the problem of the first view: slow, steady, oscillating and stuck runs, in one band each, in this order"""


def problem_of(gradient: Gradient | None, settings: dict[str, Any]) -> Problem:
    """Return the problem of these settings, in which None is a default; with nothing given, STORY.

    Raises ValueError for a gradient that is no function, and an impossible setting.
    """
    if gradient is not None and not callable(gradient):
        raise ValueError(f"gradient must be a function, and is a {type(gradient).__name__}")
    chosen = {name: plain(value) for name, value in settings.items() if value is not None}
    return Problem(**chosen) if chosen or gradient is not None else STORY


def check_view(steps: int, step: int | None, panel: str) -> None:
    """Raise ValueError for a number of steps, a step or a panel that cannot be."""
    for name, value in (("steps", steps), ("step", 0 if step is None else step)):
        if not isinstance(value, (int, np.integer)):
            raise ValueError(f"{name}={value!r}: a whole number of steps")
    if steps < 1 or (step is not None and not 0 <= step <= steps):
        raise ValueError(f"step={step!r}, steps={steps!r}: at least one step, and a step among them")
    if panel not in PANELS:
        raise ValueError(f"panel={panel!r}: choose one of {', '.join(map(repr, PANELS))}")


def table_at(problem: Problem, steps: int, rate: float | None) -> tuple[Table, int]:
    """Return a table without runs, and the index in it of the rate shown. Raises ValueError."""
    table = Table(problem, {}, steps)
    if rate is None:
        return table, START
    index, exact = place(table, rate)
    return Table(problem, exact, steps), index


def chart_of(table: Table, index: int, step: int | None, codes: Sequence[pinned.Code], **view: Any) -> Chart:
    """Return the chart of a table, at a rate's index and a step, by default the last. Raises ValueError."""
    problem = table.problem
    return Chart(
        key=uuid.uuid4().hex,
        **asdict(problem),
        steps=table.steps,
        index=index,
        exact={str(k): value for k, value in table.exact.items()},
        rate=float(table.rates[index]),
        step=table.steps if step is None else step,
        pins=pins_of(codes, problem),
        draws=draws(problem.seed),
        layout=widgets.Layout(flex="1 1 480px", width="auto", min_width="0"),
        **view,
        **own_data(table),
    )


def place(table: Table, rate: float) -> tuple[int, dict[int, float]]:
    """Return the index of a rate, and the table's exact rates with it among them. Raises ValueError."""
    rates = table.rates
    if not (isinstance(rate, (int, float, np.number)) and rates[0] / 2 <= rate <= rates[-1] * 2):
        low, high = words.number(rates[0]), words.number(rates[-1])
        raise ValueError(f"η = {rate}: the learning rates here go from {low} to {high}")
    index = runs.nearest(rates, float(rate))
    exact = dict(table.exact)
    if rates[index] != rate:
        exact[index] = float(rate)
    return index, exact


def pins_of(codes: Sequence[pinned.Code], problem: Problem) -> list[pinned.Pin]:
    """Return the pins that are written as `codes` beside the problem shown. Raises ValueError."""
    if not isinstance(codes, Sequence):
        raise ValueError(f"pins={codes!r}: a list of learning rates")
    if len(codes) > pinned.MOST:
        raise ValueError(f"{len(codes)} pins: at most {pinned.MOST} runs can be pinned")
    return [pinned.pin(code, problem) for code in codes]


def draws(seed: int) -> str:
    """Return the numbers of a seed that the page does not hold, "" of one that it holds."""
    return "" if seed in script.SEEDS else script.draws(seed)
