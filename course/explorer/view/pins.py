"""Pinned runs, of any problem: each is a learning rate and all settings of its problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from course.explorer.model import runs
from course.explorer.model.plain import plain
from course.explorer.model.problem import Problem
from course.explorer.model.tape import Array
from course.explorer.view import words

MOST = 4

Code = float | Mapping[str, Any]
"""a pin as it is written in code: a learning rate, or that with the settings in which the problem differs"""
Pin = dict[str, Any]
"""a pin as the chart holds it: `rate` and all settings of its problem"""


def pin(code: Code, shown: Problem) -> Pin:
    """Return the pin that is written as `code` beside the problem shown. Raises ValueError."""
    written = {k: plain(v) for k, v in code.items()} if isinstance(code, Mapping) else {"rate": code}
    rate = written.pop("rate", None)
    if not (isinstance(rate, (int, float, np.integer, np.floating)) and np.isfinite(rate) and rate > 0):
        raise ValueError(f"a pin with rate={rate!r}: a learning rate is a positive number")
    settings = asdict(shown)
    if unknown := sorted(map(str, written.keys() - settings.keys())):
        raise ValueError(
            f"a pin with {', '.join(unknown)}: it has a rate and of {', '.join(settings)} what differs"
        )
    return {"rate": float(rate), **asdict(replace(shown, **written))}


def code(pinned: Pin, shown: Problem) -> Code:
    """Return what is written in code for a pin beside the problem shown."""
    differences = _differences(pinned, shown)
    return {"rate": pinned["rate"], **differences} if differences else float(pinned["rate"])


def curve(pinned: Pin, shown: Problem, steps: int) -> tuple[str, Array]:
    """Return a pin's label beside the problem shown, and its losses (steps + 1,)."""
    settings = [words.setting(name, value) for name, value in _differences(pinned, shown).items()]
    losses = runs.loss_curves(problem_of(pinned), np.array([pinned["rate"]]), steps)[0]
    return ", ".join([words.rate(pinned["rate"]), *settings]), losses


def problem_of(pinned: Pin) -> Problem:
    """Return the problem of a pinned run."""
    return Problem(**{name: value for name, value in pinned.items() if name != "rate"})


def _differences(pinned: Pin, shown: Problem) -> dict[str, Any]:
    return {name: pinned[name] for name, value in asdict(shown).items() if pinned[name] != value}
