"""Gradient descent at many learning rates at once, and the student's own run beside it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course.explorer.model.problem import Problem
from course.explorer.model.regimes import REGIMES

Array = NDArray[np.float64]
Gradient = Callable[..., Any]

STEPS = 300
RATES = 121
PER_DECADE = 24
"""learning rates: five decades of them"""
KEPT_EVERY = 10
"""steps after which the weights of a run are kept, for its curvature"""
PARTED = 1e-6
"""relative difference of two losses from which on the runs are called parted"""
WRONG = 1e-5
"""relative error of a gradient from which on it is called wrong; central differences are far below it"""


class GradientError(Exception):
    """The student's gradient function cannot be followed; the message says at which step and why."""

    def __init__(self, step: int, what: str) -> None:
        super().__init__(what)
        self.step = step


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
    """Gradient descent from one start at many learning rates together, a row for each."""

    def __init__(self, problem: Problem, rates: Array, steps: int = STEPS) -> None:
        self.problem, self.rates = problem, rates
        self.losses = np.full((len(rates), steps + 1), np.nan)
        """(K, steps + 1): before each step, and after the last"""
        self.kept = np.full((len(rates), steps // KEPT_EVERY + 1, problem.theta.size), np.nan)
        """(K, M, P): the weights at every KEPT_EVERY-th of these points"""

    def go(self) -> Iterator[int]:
        """Fill in the runs; yield the number of each point when it is there."""
        thetas = np.tile(self.problem.theta, (len(self.rates), 1))
        for t in range(self.losses.shape[1]):
            if t % KEPT_EVERY == 0:
                self.kept[:, t // KEPT_EVERY] = thetas
            self.losses[:, t], gradients = self.problem.losses_and_gradients(thetas)
            with np.errstate(all="ignore"):
                thetas = thetas - self.rates[:, None] * gradients
            yield t


def loss_curves(problem: Problem, rates: Array, steps: int = STEPS) -> Array:
    """Return the losses of gradient descent at `rates` (K,): (K, steps + 1)."""
    descent = Descent(problem, rates, steps)
    for _ in descent.go():
        pass
    return descent.losses


def own_gradient(problem: Problem, gradient: Gradient, theta: Array, step: int = 0) -> Array:
    """Return what `gradient` gives at `theta` (P,), flat.

    It is called `gradient(X, y, W1, W2)` and must return `(dC_dW1, dC_dW2)` in seed 1; in seed 2 it is
    called `gradient(X, y, Ws, bs)` and must return `(dWs, dbs)`, two lists. Raises GradientError.
    """
    X, y = problem.examples
    weights = problem.arguments(theta)
    names = ("dC_dW1", "dC_dW2") if problem.network == "seed 1" else ("dWs", "dbs")
    try:
        result = gradient(X.copy(), y.copy(), *problem.arguments(theta))
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        what = f"raised {type(error).__name__}: {error} (line {last.lineno} of {last.name})"
        raise GradientError(step, what) from error
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise GradientError(step, f"must return {names[0]} and {names[1]}, and returned {_kind(result)}")
    flat = []
    for name, got, want in zip(names, result, weights, strict=True):
        pieces, wanted = ([got], [want]) if isinstance(want, np.ndarray) else (list(got), want)
        if len(pieces) != len(wanted):
            raise GradientError(
                step, f"returned {len(pieces)} arrays in {name}, and there are {len(wanted)} layers"
            )
        for number, (piece, like) in enumerate(zip(pieces, wanted, strict=True), start=1):
            label = name if isinstance(want, np.ndarray) else f"{name[:-1]}_{number}"
            flat.append(_checked(label, piece, like, step))
    if problem.network == "seed 2":  # W_l and b_l follow each other in theta
        half = len(flat) // 2
        flat = [piece for layer in zip(flat[:half], flat[half:], strict=True) for piece in layer]
    return np.concatenate(flat)


def _checked(name: str, piece: Any, like: Array, step: int) -> Array:
    try:
        array = np.array(piece, dtype=float)
    except (TypeError, ValueError) as error:
        raise GradientError(step, f"returned {_kind(piece)} for {name}, not an array of numbers") from error
    if array.shape != like.shape:
        raise GradientError(step, f"returned {name} with shape {array.shape}; it must be {like.shape}")
    if not np.isfinite(array).all():
        raise GradientError(
            step, f"returned {name} with {'NaN' if np.isnan(array).any() else 'infinity'} in it"
        )
    return array.ravel()


def _kind(value: Any) -> str:
    return (
        f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
    )


class OwnRun:
    """Gradient descent that follows a student's gradient, at one learning rate."""

    def __init__(self, problem: Problem, gradient: Gradient, rate: float, steps: int = STEPS) -> None:
        self._problem, self._gradient, self._rate = problem, gradient, rate
        self.losses = np.full(steps + 1, np.nan)
        """(steps + 1,), the true losses of the weights that are reached"""
        self.thetas = np.full((steps + 1, problem.theta.size), np.nan)
        self.gradients = np.full((steps, problem.theta.size), np.nan)
        """(steps, P): what the student's function returned"""
        self.error: GradientError | None = None
        """why the run ended early, if it did"""

    def go(self) -> Iterator[int]:
        """Fill in the run, as far as the gradient can be followed; yield after each call of it."""
        self.thetas[0] = self._problem.theta
        for t in range(len(self.gradients)):
            try:
                with np.errstate(all="ignore"):
                    self.gradients[t] = own_gradient(self._problem, self._gradient, self.thetas[t], t)
                    self.thetas[t + 1] = self.thetas[t] - self._rate * self.gradients[t]
            except GradientError as error:
                self.error = error
                break
            yield t
        self.losses[:], _ = self._problem.losses_and_gradients(self.thetas)

    def first_wrong(self) -> int | None:
        """Return the first step whose gradient is not the true one at the same weights, None: there is none.

        Two runs can part with nothing wrong: where a run is unstable, rounding errors grow.
        """
        _, true = self._problem.losses_and_gradients(self.thetas[:-1])
        with np.errstate(all="ignore"):
            off = np.linalg.norm(self.gradients - true, axis=1) / np.linalg.norm(true, axis=1)
            # rounding errors of a gradient that is nearly 0 are no mistake
            wrong = (off > WRONG) & (np.abs(self.gradients - true).max(axis=1) > 1e-12)
        return int(np.argmax(wrong)) if wrong.any() else None


def parting(yours: Array, true: Array) -> int | None:
    """Return the first step at which two loss curves differ, by PARTED relatively; None: they never do."""
    with np.errstate(all="ignore"):
        same = np.isclose(yours, true, rtol=PARTED, atol=0.0, equal_nan=True)
    parted = np.flatnonzero(np.logical_not(same))
    return int(parted[0]) if len(parted) else None


def landmarks(losses: Array, codes: NDArray[np.int64]) -> tuple[int, int, int, int]:
    """Return the indices of a rate that is too slow, a good one, the edge, and one that is too large.

    Good: of the rates whose loss falls at every step, the one that ends lowest. Edge: the next larger rate
    whose loss goes up somewhere. Too large: halfway from where every rate fails to the largest. Too slow:
    halfway to the first that halves its loss.
    """
    last = len(losses) - 1
    with np.errstate(all="ignore"):
        falls = np.all(np.diff(losses, axis=1) <= 1e-12 * losses[:, :1], axis=1)
        final = np.where(falls & np.isfinite(losses[:, -1]), losses[:, -1], np.inf)
    good = int(np.argmin(final))
    beyond = np.flatnonzero(~falls[good:])
    edge = good + int(beyond[0]) if len(beyond) else last
    works = np.flatnonzero((codes == REGIMES.index("steady")) | (codes == REGIMES.index("slow")))
    largest = max(int(works[-1]) if len(works) else 0, edge)
    halves = np.flatnonzero(codes == REGIMES.index("steady"))
    return (
        min(int(halves[0]) if len(halves) else good, good) // 2,
        good,
        edge,
        min((largest + 1 + last) // 2, last),
    )


def limits(losses: Array) -> tuple[float, float]:
    """Return the range of losses to draw, the same for all rates; ten times the first loss is its limit."""
    finite = losses[np.isfinite(losses)]
    first = float(losses[0, 0])
    high = min(float(finite.max()), 10 * first) if len(finite) else first
    low = float(finite.min()) if len(finite) else first
    return max(low, 1e-6 * first) / 1.3, high * 1.3
