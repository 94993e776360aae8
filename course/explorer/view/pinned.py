"""Pinned runs: those of the problem shown, by their index, and those of others, with their curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from course.explorer.model import runs, words
from course.explorer.model.problem import Problem
from course.explorer.model.table import Table

MOST = 4

Code = float | Mapping[str, Any]
"""a pin as it is written in code: a learning rate, and what another problem's settings are"""
Pin = dict[str, Any]
"""a pin as the chart knows it: `index`, or `label`, `rate`, `losses` and `problem`"""


def of_another(code: Mapping[str, Any], problem: Problem, steps: int) -> Pin:
    """Return the pin of a run whose settings are not all those of `problem`. Raises ValueError, TypeError."""
    its = replace(problem, **{name: value for name, value in code.items() if name != "rate"})
    rate = float(code["rate"])
    return _with_curve(rate, runs.loss_curves(its, np.array([rate]), steps)[0], its, problem)


def kept(pin: Pin, table: Table, problem: Problem, chosen: Problem) -> Pin:
    """Return a pin that keeps its curve when `problem` changes to `chosen`."""
    if "index" not in pin:
        return pin
    k = pin["index"]
    return _with_curve(float(table.rates[k]), table.losses[k], problem, chosen)


def code(pin: Pin, rates: runs.Array, problem: Problem) -> Code:
    """Return what is written for a pin beside `problem`."""
    if "index" in pin:
        return float(rates[pin["index"]])
    return {"rate": pin["rate"], **_differences(Problem(**pin["problem"]), problem)}


def _with_curve(rate: float, losses: runs.Array, problem: Problem, shown: Problem) -> Pin:
    changed = _differences(problem, shown)
    label = ", ".join([words.rate(rate), *(words.setting(name, value) for name, value in changed.items())])
    finite = [float(loss) if np.isfinite(loss) else None for loss in losses]
    return {"label": label, "rate": rate, "losses": finite, "problem": asdict(problem)}


def _differences(one: Problem, other: Problem) -> dict[str, Any]:
    """Return the settings of `one` that `other` has otherwise."""
    others = asdict(other)
    return {name: value for name, value in asdict(one).items() if others[name] != value}
