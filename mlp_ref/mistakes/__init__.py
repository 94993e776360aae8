"""Named mistakes: wrong variants of each function, with what to say about them.

The table has two users. It proves the tests, because every mistake in it must fail, in its own cell
only. And it writes the feedback: a wrong answer is compared with what each mistake gives on the same
inputs, and the one that gives the same on all of them is named.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from course.compare import Tolerance, agrees
from course.trial import Trial, clone, notes, shares_memory
from mlp_ref.mistakes import ps0, ps1, ps2, ps3
from mlp_ref.mistakes.common import Mistake, Table

MISTAKES: Table = {**ps0.MISTAKES, **ps1.MISTAKES, **ps2.MISTAKES, **ps3.MISTAKES}

__all__ = ["MISTAKES", "Mistake", "recognise"]


def recognise(name: str, trials: Sequence[Trial], tolerance: Tolerance) -> Mistake | None:
    """Return the mistake of function `name` that does what was seen in every trial, or None."""
    for mistake in MISTAKES.get(name, ()):
        if all(_explains(mistake, trial, tolerance) for trial in trials):
            return mistake
    return None


def _explains(mistake: Mistake, trial: Trial, tolerance: Tolerance) -> bool:
    args = clone(trial.case.args)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wrong = mistake.function(*args)
    except Exception:  # a variant that cannot take these inputs explains nothing
        return False
    if trial.case.fresh and shares_memory(trial.got, trial.after) != shares_memory(wrong, args):
        return False
    return agrees(trial.got, wrong, tolerance) and _same(trial.after, args, tolerance)


def _same(a: Any, b: Any, tolerance: Tolerance) -> bool:
    """Return whether two sets of arguments, after a call, hold the same values."""
    if isinstance(b, (list, tuple)):
        return (
            isinstance(a, (list, tuple))
            and len(a) == len(b)
            and all(_same(x, y, tolerance) for x, y in zip(a, b, strict=True))
        )
    return notes(a) == notes(b) if callable(b) else agrees(a, b, tolerance)
