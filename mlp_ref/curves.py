"""ps3: learning rates and the loss curves they give."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP = 1e-4
"""Length of the step over which `gradient` is differenced."""


def loss_curves(etas: Sequence[float], train: Callable[[float], Sequence[float]]) -> Array:
    """Row k is train(η_k), each rate trained once, in order → (K, steps + 1)."""
    return np.array([train(eta) for eta in etas])


def classify_run(losses: Sequence[float]) -> str:
    """Return the regime of a run with n losses; m = n // 2, step t is losses[t + 1] − losses[t].

    The first that holds: "diverged", a loss is not finite or > 10 losses[0]; "oscillating", more than ⅕
    of the steps t ≥ m go up; "steady", the last loss ≤ ½ the first; "stuck", Σ |step| over t ≥ m is ≤ ⅒
    of that over t < m; "slow".

    The explorer names its runs by the same rule, for many at once, in code that students receive; a test
    of the explorer holds the two to each other.
    """
    curve = np.asarray(losses, dtype=float)
    if not np.isfinite(curve).all() or curve.max() > 10 * curve[0]:
        return "diverged"
    m, steps = len(curve) // 2, curve[1:] - curve[:-1]
    early, late = steps[:m], steps[m:]
    if 5 * np.sum(late > 0) > len(late):
        return "oscillating"
    if curve[-1] <= curve[0] / 2:
        return "steady"
    return "stuck" if 10 * np.sum(np.abs(late)) <= np.sum(np.abs(early)) else "slow"


def largest_curvature(gradient: Callable[[Array], Array], theta: Array, iterations: int = 50) -> float:
    """λ_max of the Hessian at `theta` (n,): v ← Hv / ‖Hv‖, λ = vᵀHv, Hv a difference of `gradient`.

    Power iteration finds the eigenvalue of largest |λ|; its error shrinks by |λ₂/λ₁| an iteration.
    """

    def hessian_times(v: Array) -> Array:
        return (gradient(theta + STEP * v) - gradient(theta - STEP * v)) / (2 * STEP)

    v: Array = np.random.default_rng(0).normal(size=theta.shape)
    for _ in range(iterations):
        v = v / np.linalg.norm(v)
        v = hessian_times(v)
    v = v / np.linalg.norm(v)
    return float(v @ hessian_times(v))


def best_learning_rate(etas: Sequence[float], curves: Array) -> float:
    """The η_k with the lowest last loss among the rows of `curves` (K, steps + 1) that are all finite."""
    curves = np.asarray(curves)
    last = np.where(np.isfinite(curves).all(axis=1), curves[:, -1], np.inf)
    return float(etas[int(np.argmin(last))])
