"""ps0: the tools every later problem set is checked with.

Students get three of the four from the course from ps1 on. Those refuse to work within a judged answer, so
the reference has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def sigmoid(t: Any) -> Any:
    """Return σ(t), from exp of non-positive numbers alone."""
    t = np.asarray(t)
    return np.exp(np.minimum(t, 0)) / (1.0 + np.exp(-np.abs(t)))


def relative_error(a: Any, b: Any) -> float:
    """Return ‖a − b‖ / (‖a‖ + ‖b‖), 0 when both are zero."""
    total = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(np.subtract(a, b)) / total) if total else 0.0


def numerical_gradient(f: Callable[[Array], float], W: Array, h: float = 1e-5) -> Array:
    """Return central differences (f(W + h e_p) − f(W − h e_p)) / 2h, in the shape of W."""
    gradient = np.zeros(W.shape)
    for p in np.ndindex(W.shape):
        step = np.zeros(W.shape)
        step[p] = h
        gradient[p] = (f(W + step) - f(W - step)) / (2 * h)
    return gradient


def find_the_bug(candidates: Sequence[Array], f: Callable[[Array], float], W: Array) -> int:
    """Return the index of the one candidate that is not ∂f/∂W: furthest from central differences."""
    gradient = numerical_gradient(f, W)
    return int(np.argmax([relative_error(candidate, gradient) for candidate in candidates]))
