"""Functions with known gradients and curvatures, which tests pass to the student's code.

A scalar landscape is Σ_j c_j φ(u_j) with u = A w, where w are the entries of `W`, an array of any shape
with as many entries as `A` has columns. `A` mixes them, so no term belongs to one entry alone. Bind the
data first: `f = partial(waves, A, c)`. Partials of these functions can be sent to the process in which a
student's code runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def squares(A: Array, c: Array, W: Any) -> float:
    """½ Σ_j c_j u_j². If the rows of A are orthonormal, its curvatures are c."""
    return float(c @ (A @ _entries(W)) ** 2 / 2)


def cubes(A: Array, c: Array, W: Any) -> float:
    """Σ_j c_j u_j³; a central difference is off by h² Σ_j c_j A_jp³, exactly."""
    return float(c @ (A @ _entries(W)) ** 3)


def waves(A: Array, c: Array, W: Any) -> float:
    """Σ_j c_j sin u_j."""
    return float(c @ np.sin(A @ _entries(W)))


def valleys(A: Array, c: Array, W: Any) -> float:
    """Σ_j c_j log cosh u_j: round at the bottom, and straight further out."""
    u = A @ _entries(W)
    return float(c @ (np.logaddexp(u, -u) - np.log(2)))


def squares_gradient(A: Array, c: Array, W: Any) -> Array:
    """Return the gradient of `squares`, in the shape of W."""
    return _back(A, c * (A @ _entries(W)), W)


def valleys_gradient(A: Array, c: Array, W: Any) -> Array:
    """Return the gradient of `valleys`, in the shape of W.

    If the rows of A are orthonormal, the curvatures at W are c_j / cosh² u_j.
    """
    return _back(A, c * np.tanh(A @ _entries(W)), W)


def _entries(W: Any) -> Array:
    """Return the entries of an array, or of nested lists of numbers. Raises ValueError for lists of others.

    A list of texts would become an array in which each has the room of the longest.
    """
    return np.ravel(np.asarray(W, dtype=float) if isinstance(W, (list, tuple)) else W)


def _back(A: Array, slopes: Array, W: Any) -> Array:
    gradient: Array = (A.T @ slopes).reshape(np.shape(W))
    return gradient


def recorded_run(calls: list[float], start: float, steps: int, as_list: int, eta: float) -> Any:
    """Return the losses of gradient descent on θ²/2, `steps` + 1 of them, as an array or as a list.

    The k-th call starts from θ = `start` + k, k from 0, and records its rate in `calls`: a rate trained
    twice, or in another order, shows in the losses. Too large rates end in inf, then NaN.
    """
    theta = np.float64(start + len(calls))
    calls.append(float(eta))
    losses = np.empty(steps + 1)
    with np.errstate(all="ignore"):
        for t in range(steps + 1):
            losses[t] = theta**2 / 2
            theta = theta - eta * theta
    return losses.tolist() if as_list else losses
