"""Pinned runs: those of the problem shown, by their index, and those of other problems, with their curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from course.explorer.model import runs
from course.explorer.model.problem import Problem
from course.explorer.model.table import Table
from course.explorer.model.tape import Array
from course.explorer.view import words

MOST = 4

Code = float | Mapping[str, Any]
"""a pin as it is written in code: a learning rate, or that with the settings in which the problem differs"""
Pin = dict[str, Any]
"""a pin as the chart holds it: `index`, or `label`, `rate`, `losses` and `problem`"""


def of_another(code: Mapping[str, Any], problem: Problem, steps: int) -> Pin:
    """Return the pin of a run whose settings differ from those of `problem`. Raises ValueError, TypeError."""
    other = replace(problem, **{name: value for name, value in code.items() if name != "rate"})
    rate = float(code["rate"])
    return _with_curve(rate, runs.loss_curves(other, np.array([rate]), steps)[0], other, problem)


def with_own_curve(pin: Pin, table: Table, problem: Problem) -> Pin:
    """Return a pin that keeps its curve of `table` while the problem shown changes to `problem`."""
    if "index" not in pin:
        return pin
    index = pin["index"]
    return _with_curve(float(table.rates[index]), table.losses[index], table.problem, problem)


def code(pin: Pin, table: Table) -> Code:
    """Return what is written in code for a pin beside the runs of `table`."""
    if "index" in pin:
        return float(table.rates[pin["index"]])
    return {"rate": pin["rate"], **_differences(Problem(**pin["problem"]), table.problem)}


def curve(pin: Pin, table: Table) -> tuple[str, float, Array]:
    """Return a pin's label, learning rate and losses (steps + 1,)."""
    if "index" in pin:
        rate = float(table.rates[pin["index"]])
        return words.rate(rate), rate, table.losses[pin["index"]]
    return pin["label"], pin["rate"], np.array(pin["losses"], dtype=float)


def _with_curve(rate: float, losses: Array, problem: Problem, shown: Problem) -> Pin:
    differences = _differences(problem, shown)
    settings = [words.setting(name, value) for name, value in differences.items()]
    finite = [float(loss) if np.isfinite(loss) else None for loss in losses]
    label = ", ".join([words.rate(rate), *settings])
    return {"label": label, "rate": rate, "losses": finite, "problem": asdict(problem)}


def _differences(problem: Problem, shown: Problem) -> dict[str, Any]:
    """Return the settings of `problem` that are others in `shown`."""
    others = asdict(shown)
    return {name: value for name, value in asdict(problem).items() if others[name] != value}
