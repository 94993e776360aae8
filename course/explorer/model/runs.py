"""Gradient descent at many learning rates at once, and what can be read off the runs: regimes, curvature."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from course.explorer.model.problem import Problem
from course.explorer.model.tape import Array

STEPS = 300
"""of each run, by default"""
RATES = 121
"""how many learning rates there are"""
PER_DECADE = 24
"""learning rates, so that RATES span five decades"""
KEPT_EVERY = 10
"""steps after which the weights of a run are kept, for its curvature"""
DIFFERENCE = 1e-4
"""added to and subtracted from a weight to difference the gradient"""

JUMPS = ("too slow", "good", "edge", "too large", "best")
"""what the named buttons jump to; `landmarks` says which run is which"""
MARGIN = 3
"""rates between a good one and the edge, at least"""

REGIMES = ("diverged", "oscillating", "steady", "stuck", "slow")
"""what a run can do; `regimes` says what is what"""


def learning_rates(problem: Problem) -> Array:
    """Return 121 learning rates, evenly spaced in their logarithm, four significant digits each.

    From 0.01 to 1000 for a mean. A sum over N examples has gradients N times as large, so its range begins
    at 0.01 / N, rounded to a power of ten.
    """
    lowest = -2 if problem.network == "seed 1" else -2 - round(np.log10(len(problem.examples[1])))
    exponents = lowest + np.arange(RATES) / PER_DECADE
    return np.array([float(f"{10.0**exponent:.4g}") for exponent in exponents])


def nearest(rates: Array, rate: float) -> int:
    """Return the index of the rate nearest to `rate`, by ratio."""
    return int(np.argmin(np.abs(np.log(rates) - np.log(rate))))


class Descent:
    """Gradient descent from the first weights at many learning rates together, a row for each."""

    def __init__(self, problem: Problem, rates: Array, steps: int = STEPS, every: int = KEPT_EVERY) -> None:
        self.problem, self.rates = problem, rates
        self.losses = np.full((len(rates), steps + 1), np.nan)
        """(K, steps + 1): the loss before each step, and after the last"""
        self.every = every
        self.kept = np.full((len(rates), steps // every + 1, problem.theta.size), np.nan)
        """(K, M, P): the weights before every `every`-th step"""

    def go(self) -> Iterator[int]:
        """Compute the runs step by step; yield t when the losses before step t are known."""
        thetas = np.tile(self.problem.theta, (len(self.rates), 1))
        velocities = np.zeros_like(thetas)
        for t in range(self.losses.shape[1]):
            if t % self.every == 0:
                self.kept[:, t // self.every] = thetas
            weights = self.problem.batch_weights(t)
            self.losses[:, t], gradients = self.problem.losses_and_gradients(thetas, weights)
            with np.errstate(all="ignore"):
                velocities = self.problem.momentum * velocities + gradients
                thetas = thetas - self.rates[:, None] * velocities
            yield t


def loss_curves(problem: Problem, rates: Array, steps: int = STEPS) -> Array:
    """Return the losses of gradient descent at `rates` (K,): (K, steps + 1)."""
    descent = Descent(problem, rates, steps)
    for _ in descent.go():
        pass
    return descent.losses


def regimes(curves: Array) -> NDArray[np.int64]:
    """Return for each row of `curves` (K, n) the regime of the run, as an index of REGIMES: (K,).

    The rule is the explorer's own, not that of ps3, so the two may differ on a run at the edge of a regime.
    It looks at the end, which is the median of the last tenth, at turns, which are steps up after steps down
    or the other way round, and at the band, from the lowest to the highest loss. The first that holds counts:

    - diverged: a value is not finite, or the end is above 10 times the first loss;
    - oscillating: more than a quarter of the steps of the last third are turns;
    - steady: the end is at most half the first loss;
    - stuck: the band of the second half is at most a tenth of that of the whole run;
    - slow: none of these.
    """
    count = curves.shape[1]
    with np.errstate(all="ignore"):
        end = np.median(curves[:, -max(count // 10, 1) :], axis=1)
        signs = np.sign(np.diff(curves[:, 2 * count // 3 :], axis=1))
        turns = signs[:, 1:] * signs[:, :-1] < 0
        conditions = [
            ~np.isfinite(curves).all(axis=1) | (end > 10 * curves[:, 0]),
            4 * turns.sum(axis=1) > signs.shape[1],
            2 * end <= curves[:, 0],
            10 * np.ptp(curves[:, count // 2 :], axis=1) <= np.ptp(curves, axis=1),
        ]
    return np.select(conditions, range(len(conditions)), len(conditions))


def ends(curves: Array) -> Array:
    """Return for each run of `curves` (K, n) the median of its last tenth: (K,)."""
    with np.errstate(all="ignore"):
        return np.median(curves[:, -max(curves.shape[1] // 10, 1) :], axis=1)


def landmarks(losses: Array, codes: NDArray[np.int64]) -> dict[str, int | None]:
    """Return for each of JUMPS the index of a rate whose run is what the name says, or None if none is.

    `losses` (K, steps + 1) are the runs at increasing rates, `codes` (K,) their regimes. The longest stretch
    of steady runs is the band of rates that work; where there is none, only the best has a place, for nothing
    is too slow or too large beside it.

    - too slow: the middle of the last stretch of slow runs below that band;
    - good: the steady run of the band that ends lowest, MARGIN rates or more below the edge;
    - edge: the largest rate of the band, if the next one's run is not steady;
    - too large: the middle of the longest stretch of stuck or diverged runs above the band, or, if there is
      none, of oscillating ones;
    - best: of all runs the one that ends lowest, by whatever luck.
    """
    final = ends(losses)
    names = [REGIMES[code] for code in codes]
    stretches = [[*group] for _, group in groupby(range(len(codes)), key=lambda k: names[k])]
    band = max((rows for rows in stretches if names[rows[0]] == "steady"), key=len, default=[])
    below = [rows for rows in stretches if band and names[rows[0]] == "slow" and rows[0] < band[0]]
    above = [rows for rows in stretches if band and rows[0] > band[-1]]
    frozen = [rows for rows in above if names[rows[0]] in ("stuck", "diverged")]
    large = frozen or [rows for rows in above if names[rows[0]] == "oscillating"]
    good = band[: max(len(band) - MARGIN, 1)]
    return {
        "too slow": _middle(below[-1]) if below else None,
        "good": min(good, key=lambda k: final[k]) if good else None,
        "edge": band[-1] if band and band[-1] + 1 < len(codes) else None,
        "too large": _middle(max(large, key=len)) if large else None,
        "best": int(np.nanargmin(final)) if np.isfinite(final).any() else None,
    }


def _middle(rows: list[int]) -> int:
    return rows[(len(rows) - 1) // 2]


def limits(losses: Array) -> tuple[float, float]:
    """Return the lowest and highest loss to draw for all rates; none above 10 times the first loss."""
    finite = losses[np.isfinite(losses)]
    first = float(losses[0, 0])
    high = min(float(finite.max()), 10 * first) if len(finite) else first
    low = float(finite.min()) if len(finite) else first
    return max(low, 1e-6 * first) / 1.3, high * 1.3


def top_curvatures(problem: Problem, thetas: Array) -> Array:
    """Return the largest eigenvalue of the loss's Hessian at each of `thetas` (B, P): (B,).

    It is NaN where the weights are not finite. The Hessian comes from central differences of gradients.
    """
    count, size = thetas.shape
    tops = np.full(count, np.nan)
    finite = np.isfinite(thetas).all(axis=1)
    if not finite.any():
        return tops
    shifts = DIFFERENCE * np.concatenate([np.eye(size), -np.eye(size)])
    points = (thetas[finite, None, :] + shifts).reshape(-1, size)
    _, gradients = problem.losses_and_gradients(points)
    above, below = np.split(gradients.reshape(-1, 2 * size, size), 2, axis=1)
    hessians = (above - below) / (2 * DIFFERENCE)
    tops[finite] = np.linalg.eigvalsh((hessians + hessians.transpose(0, 2, 1)) / 2)[:, -1]
    return tops
