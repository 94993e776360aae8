"""ps0: the tools every later problem set is checked with.

Three of the four are the course's own, which students get from ps1 on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from course.activations import sigmoid
from course.gradcheck import numerical_gradient, relative_error

__all__ = ["find_the_bug", "numerical_gradient", "relative_error", "sigmoid"]

Array = NDArray[np.float64]


def find_the_bug(candidates: Sequence[Array], f: Callable[[Array], float], W: Array) -> int:
    """Return the index of the one candidate that is not ∂f/∂W: furthest from central differences."""
    gradient = numerical_gradient(f, W)
    return int(np.argmax([relative_error(candidate, gradient) for candidate in candidates]))
