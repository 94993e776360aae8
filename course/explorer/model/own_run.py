"""Gradient descent that follows a student's own gradient, and where it departs from the true run."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.explorer.model.problem import Problem
from course.explorer.model.runs import STEPS
from course.explorer.model.tape import Array

Gradient = Callable[..., Any]
"""a student's function, called as `own_gradient` says"""

PARTED = 1e-6
"""relative difference of two losses above which the runs count as parted"""
WRONG = 1e-5
"""relative error above which a gradient counts as wrong; that of central differences is far smaller"""


class GradientError(Exception):
    """A student's gradient cannot be used at `step`; the message says what it did."""

    def __init__(self, step: int, what: str) -> None:
        super().__init__(what)
        self.step = step


class OwnRun:
    """Gradient descent that follows a student's gradient, at one learning rate."""

    def __init__(self, problem: Problem, gradient: Gradient, rate: float, steps: int = STEPS) -> None:
        self._problem, self._gradient, self.rate = problem, gradient, rate
        self.losses = np.full(steps + 1, np.nan)
        """(steps + 1,): the true losses of the weights that the run reaches"""
        self.thetas = np.full((steps + 1, problem.theta.size), np.nan)
        """(steps + 1, P): the weights before each step, and after the last"""
        self.gradients = np.full((steps, problem.theta.size), np.nan)
        """(steps, P): what the student's function returned"""
        self.error: GradientError | None = None
        """why the run ended early, if it did"""

    def go(self) -> Iterator[int]:
        """Compute the run until it ends or its gradient fails; yield after each call of the gradient."""
        self.thetas[0] = self._problem.theta
        for t in range(len(self.gradients)):
            try:
                with np.errstate(all="ignore"):
                    self.gradients[t] = own_gradient(self._problem, self._gradient, self.thetas[t], t)
                    self.thetas[t + 1] = self.thetas[t] - self.rate * self.gradients[t]
            except GradientError as error:
                self.error = error
                break
            yield t
        self.losses[:], _ = self._problem.losses_and_gradients(self.thetas)

    def first_wrong(self) -> int | None:
        """Return the first step at which the student's gradient is wrong at the weights reached, or None.

        Two runs can part although no gradient is wrong: in an unstable run, rounding errors grow.
        """
        _, true = self._problem.losses_and_gradients(self.thetas[:-1])
        with np.errstate(all="ignore"):
            error = np.linalg.norm(self.gradients - true, axis=1) / np.linalg.norm(true, axis=1)
            # rounding errors of a gradient that is nearly 0 are no mistake
            wrong = (error > WRONG) & (np.abs(self.gradients - true).max(axis=1) > 1e-12)
        return int(np.argmax(wrong)) if wrong.any() else None


def first_parted(own: Array, true: Array) -> int | None:
    """Return the first step at which two loss curves differ by more than PARTED, or None."""
    with np.errstate(all="ignore"):
        same = np.isclose(own, true, rtol=PARTED, atol=0.0, equal_nan=True)
    parted = np.flatnonzero(np.logical_not(same))
    return int(parted[0]) if len(parted) else None


def own_gradient(problem: Problem, gradient: Gradient, theta: Array, step: int = 0) -> Array:
    """Return what a student's `gradient` gives at the weights `theta` (P,), as one array (P,).

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
    for name, part, wanted in zip(names, result, weights, strict=True):
        single = isinstance(wanted, np.ndarray)
        pieces, likes = ([part], [wanted]) if single else (list(part), wanted)
        if len(pieces) != len(likes):
            raise GradientError(
                step, f"returned {len(pieces)} arrays in {name}, and there are {len(likes)} layers"
            )
        for number, (piece, like) in enumerate(zip(pieces, likes, strict=True), start=1):
            flat.append(_checked(name if single else f"{name[:-1]}_{number}", piece, like, step))
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
        kind = "NaN" if np.isnan(array).any() else "infinity"
        raise GradientError(step, f"returned {name} with {kind} in it")
    return array.ravel()


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"a {type(value).__name__}"
