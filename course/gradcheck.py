"""Numerical derivatives, which tell whether a formula is the derivative.

Two methods, because they fail differently. Central differences need nothing but the function, and
lose about half of the digits. The complex step, Im f(x + ih) / h, subtracts nothing and is exact to
rounding, but the function must accept complex numbers (no abs, no comparison of values).

Both refuse to work within an answer that is being judged: they check a formula, and replace none.

Source: W. Squire and G. Trapp, Using complex variables to estimate derivatives of real functions,
SIAM Review 40 (1998).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course.judged import refuse_if_withheld, refuse_while_judged

Array = NDArray[np.float64]

COMPLEX_STEP = 1e-100


def relative_error(a: Any, b: Any) -> float:
    """Return ‖a − b‖ / (‖a‖ + ‖b‖), between 0 and 1; 0 when both are zero.

    `a` and `b` are numbers or arrays of one shape. Below 1e-7 the two agree as well as central
    differences can tell; above 1e-4 something is wrong.

    Raises ValueError when the shapes differ, because broadcasting would hide a mistake.
    """
    refuse_if_withheld("relative_error")
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"relative_error compares arrays of one shape, got {a.shape} and {b.shape}")
    total = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / total) if total else 0.0


def numerical_gradient(f: Callable[[Array], float], W: Array, h: float = 1e-5) -> Array:
    """Return the gradient of the scalar function `f` at `W` by central differences.

    The result has the shape of `W`; entry p is (f(W + h e_p) − f(W − h e_p)) / 2h. `W` is unchanged.
    """
    refuse_if_withheld("numerical_gradient")
    refuse_while_judged("numerical_gradient")
    W = np.array(W, dtype=float)
    gradient = np.zeros_like(W)
    for p in np.ndindex(W.shape):
        original = W[p]
        W[p] = original + h
        above = f(W)
        W[p] = original - h
        below = f(W)
        W[p] = original
        gradient[p] = (above - below) / (2 * h)
    return gradient


def complex_step_gradient(f: Callable[[Any], Any], W: Any) -> Array:
    """Return the gradient of the analytic scalar function `f` at `W`, exact to rounding.

    `f` takes an array of the shape of `W` and must accept complex entries.
    """
    return complex_step_jacobian(f, W)


def complex_step_jacobian(f: Callable[[Any], Any], W: Any) -> Array:
    """Return ∂f/∂W for an analytic `f` of any shape: shape `f(W).shape + W.shape`."""
    refuse_while_judged("The complex step")
    W = np.array(W, dtype=complex)
    columns = []
    for p in np.ndindex(W.shape):
        W[p] += 1j * COMPLEX_STEP
        columns.append(np.imag(np.asarray(f(W))) / COMPLEX_STEP)
        W[p] = W[p].real
    return np.stack(columns, axis=-1).reshape(columns[0].shape + W.shape)
