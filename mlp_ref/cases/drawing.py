"""What the inputs of several problem sets are drawn with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course.values import arrays
from mlp_ref.networks import Size

Array = NDArray[np.float64]
Generator = np.random.Generator
Arguments = tuple[Any, ...]
Draw = Callable[..., Iterator[Arguments]]
"""Yields the arguments of one call for each size, from a generator and, in ps1, what draws networks."""


NUDGE, GROWTH = 1e-9, 1e3
"""A relative change of weights, and how much larger it may be at the end of a run."""


def upstream(rng: Generator, N: int, n: int = 1) -> Array:
    """Draw a random upstream gradient (N, n)."""
    return rng.normal(size=(N, n))


def steps_of(size: Size) -> tuple[int, ...]:
    """Return the numbers of steps to train a net: none, a few, and for some nets as many as may be."""
    return (0, 1, 4, 12) if size.layers[:2] == (3, 3) or size.label == 0 else (0, 3)


def rising(draw: Callable[[], Arguments], train: Callable[..., Any]) -> Iterator[Arguments]:
    """Yield drawn arguments of `train` with which the loss rises on the way, and does not end at its lowest.

    Where rounding would grow to what a test sees, they are drawn anew.
    """
    while True:
        args = draw()
        losses, *ends = train(*args)
        *early, late = np.diff(losses)
        goes_up = max(early) > 1e-3 * losses[0] and losses[-1] > losses.min() * (1 + 1e-3)
        if not (goes_up and late):
            continue
        first = args[2][0] if isinstance(args[2], list) else args[2]
        before = first.copy()
        first *= 1 + NUDGE
        nudged = train(*args)
        first[...] = before
        pairs = zip(arrays([losses, *ends]), arrays(list(nudged)), strict=True)
        if all(np.abs(a - b).max() < GROWTH * NUDGE for a, b in pairs):
            yield args
            return
