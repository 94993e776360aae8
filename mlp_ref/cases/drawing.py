"""What the inputs of several problem sets are drawn with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlp_ref.networks import Size

Array = NDArray[np.float64]
Generator = np.random.Generator
Arguments = tuple[Any, ...]
Draw = Callable[..., Iterator[Arguments]]
"""Yields the arguments of one call for each size, from a generator and, in ps1, what draws networks."""


def upstream(rng: Generator, N: int, n: int = 1) -> Array:
    """Draw a random upstream gradient (N, n)."""
    return rng.normal(size=(N, n))


def steps_of(size: Size) -> tuple[int, ...]:
    """Return the numbers of steps to train a net: none, a few, and for some nets as many as may be."""
    return (0, 1, 4, 20) if size.layers[:2] == (3, 3) or size.label == 0 else (0, 3)
