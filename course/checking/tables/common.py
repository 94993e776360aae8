"""What the tables of visible checks have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course.gradcheck import COMPLEX_STEP

Array = NDArray[np.float64]

LN3 = np.log(3)


def column(*numbers: float) -> Array:
    """Return numbers as an (N, 1) array."""
    return np.array(numbers, dtype=float)[:, None]


def slope(f: Callable[[Any], Any], at: Array) -> Array:
    """Return the derivative of an elementwise function at each entry, by the complex step."""
    derivative: Array = np.imag(f(at + 1j * COMPLEX_STEP)) / COMPLEX_STEP
    return derivative
