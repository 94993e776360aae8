"""The largest curvature along runs: the top of the Hessian's spectrum, from differences of gradients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from course.explorer.model.problem import Problem

Array = NDArray[np.float64]

STEP = 1e-4
"""over which gradients are differenced"""


def top_curvatures(problem: Problem, thetas: Array) -> Array:
    """Return λ_max of the loss's Hessian at each of `thetas` (B, P): (B,), NaN where they are not finite."""
    count, size = thetas.shape
    tops = np.full(count, np.nan)
    here = np.isfinite(thetas).all(axis=1)
    if not here.any():
        return tops
    shifts = STEP * np.concatenate([np.eye(size), -np.eye(size)])
    points = (thetas[here, None, :] + shifts).reshape(-1, size)
    _, gradients = problem.losses_and_gradients(points)
    above, below = np.split(gradients.reshape(-1, 2 * size, size), 2, axis=1)
    hessians = (above - below) / (2 * STEP)
    tops[here] = np.linalg.eigvalsh((hessians + hessians.transpose(0, 2, 1)) / 2)[:, -1]
    return tops
