"""The second oracle: whether a variant differs from the solution at all, on inputs that no test has seen.

The inputs are those with which a test calls the solution, drawn from other seeds. Where a test always uses
the same ones, their numbers are moved a little: then nothing is known of more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from course.checking.compare import Difference, Tolerance, compare, normalise
from course.checking.trial import warnings_ignored
from course.values import clone, unchanged

CLOSER = 10
"""how many times closer than the test the second oracle compares; rounding stays below"""
MOVED = 3
"""copies of a call with numbers a little different, where a test has only fixed ones"""

Call = tuple[Any, ...]


def moved(calls: Iterable[Call], rng: np.random.Generator) -> list[Call]:
    """Return calls with their arrays and floats multiplied by numbers close to 1."""
    return [_moved(call, rng) for call in calls for _ in range(MOVED)]


def _moved(value: Any, rng: np.random.Generator) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(_moved(item, rng) for item in value)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value * rng.uniform(0.9, 1.1, size=value.shape)
    return value * rng.uniform(0.9, 1.1) if type(value) is float else value


def differs(
    variant: Callable[..., Any],
    solution: Callable[..., Any],
    calls: Sequence[Call],
    tolerance: Tolerance,
) -> bool:
    """Return whether a variant returns something else on one of the calls, or does something else to it.

    `tolerance` is the test's.
    """
    closer = Tolerance(tolerance.rtol / CLOSER, tolerance.atol / CLOSER)
    with warnings_ignored():
        return any(_differs(variant, solution, call, closer) for call in calls)


def _differs(
    variant: Callable[..., Any], solution: Callable[..., Any], call: Call, tolerance: Tolerance
) -> bool:
    mine, its = clone(call), clone(call)
    try:
        want = solution(*mine)
    except Exception:  # no input for this function
        return False
    try:
        got = variant(*its)
        compare(normalise(got, want), want, tolerance)
    except (Difference, Exception):
        return True
    return not unchanged(mine, its)
