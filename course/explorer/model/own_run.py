"""Gradient descent that follows a student's own gradient, and where it departs from the true run."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
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
        self.mistake: Mistake | None = None
        """where the gradient was first wrong; two runs can part although it never is: rounding errors grow"""

    def go(self) -> Iterator[int]:
        """Compute the run until it ends or its gradient fails; yield after each call of the gradient."""
        theta, velocity = self._problem.theta, np.zeros_like(self._problem.theta)
        for t in range(len(self.gradients)):
            self.thetas[t] = theta
            true = self._observe(t)
            try:
                with np.errstate(all="ignore"):
                    self.gradients[t] = own_gradient(self._problem, self._gradient, theta, t)
                    velocity = self._problem.momentum * velocity + self.gradients[t]
                    theta = theta - self.rate * velocity
            except GradientError as error:
                self.error = error
                return
            if self.mistake is None:
                self.mistake = first_mistake(self._problem, self.gradients[t], true, t)
            yield t
        self.thetas[-1] = theta
        self._observe(len(self.gradients))

    def _observe(self, t: int) -> Array:
        """Note the loss before step t; return the true gradient there (P,)."""
        weights = self._problem.batch_weights(t)
        losses, gradients = self._problem.losses_and_gradients(self.thetas[t : t + 1], weights)
        self.losses[t] = losses[0]
        true: Array = gradients[0]
        return true


@dataclass(frozen=True)
class Mistake:
    """The first step at which a gradient is wrong, and the array that is, or is most, wrong there."""

    step: int
    array: str
    entry: tuple[int, ...]
    """the index of its worst entry, counted from 0"""
    factor: float
    """yours at that entry, divided by the true one"""
    constant: bool
    """whether the whole array is wrong by that factor"""

    def __str__(self) -> str:
        where = ", ".join(map(str, self.entry))
        times = (
            f"{self.factor:.3g} times the true one"
            if np.isfinite(self.factor)
            else "not 0, and the true one is"
        )
        place = f"each entry of {self.array}" if self.constant else f"{self.array}[{where}]"
        return f"{place} is {times} at step {self.step}"


def first_mistake(problem: Problem, own: Array, true: Array, step: int) -> Mistake | None:
    """Return what is wrong with a gradient `own` (P,) at a step, or None.

    The arrays are looked at from the last layer back, as the derivation goes: a mistake in one layer's δ
    passes on to those before it.
    """
    # rounding errors of a gradient that is nearly 0 are no mistake
    with np.errstate(all="ignore"):
        if not np.linalg.norm(own - true) > max(WRONG * float(np.linalg.norm(true)), 1e-12):
            return None
        parts = [*zip(array_names(problem), arrays(problem, own), arrays(problem, true), strict=True)]
        for name, mine, right in reversed(parts):
            error = np.abs(mine - right)
            if not error.max() > max(WRONG * float(np.abs(right).max()), 1e-13):
                continue
            entry = np.unravel_index(int(np.argmax(error)), error.shape)
            factor = float(mine[entry] / right[entry])
            constant = bool(np.allclose(mine, factor * right, rtol=1e-6, atol=1e-13))
            return Mistake(step, name, tuple(int(k) for k in entry), factor, constant)
    return None


def array_names(problem: Problem) -> list[str]:
    """Return what the gradient's arrays are called, layer by layer."""
    if problem.network == "seed 1":
        return ["dC_dW1", "dC_dW2"]
    return [f"{name}[{l}]" for l in range(len(problem.start)) for name in ("dWs", "dbs")]


def arrays(problem: Problem, gradient: Array) -> list[Array]:
    """Return the arrays of a gradient (P,), as `array_names` names them."""
    if problem.network == "seed 1":
        return list(problem.arguments(gradient))
    return [array for layer in zip(*problem.arguments(gradient), strict=True) for array in layer]


def first_parted(own: Array, true: Array) -> int | None:
    """Return the first step at which two loss curves differ by more than PARTED, or None."""
    with np.errstate(all="ignore"):
        same = np.isclose(own, true, rtol=PARTED, atol=0.0, equal_nan=True)
    parted = np.flatnonzero(np.logical_not(same))
    return int(parted[0]) if len(parted) else None


def own_gradient(problem: Problem, gradient: Gradient, theta: Array, step: int = 0) -> Array:
    """Return what a student's `gradient` gives at the weights `theta` (P,), as one array (P,).

    It is called `gradient(X, y, W1, W2)` and must return `(dC_dW1, dC_dW2)` in seed 1; in seed 2 it is
    called `gradient(X, y, Ws, bs)` and must return `(dWs, dbs)`, two lists. X and y are the step's batch.
    Raises GradientError.
    """
    rows = problem.batch_rows(step)
    X, y = (array[rows] for array in problem.examples)
    try:
        result = gradient(X, y, *problem.arguments(theta))
    except BaseException as error:  # sys.exit() and an interrupt are told as well
        raise GradientError(step, _raised(error)) from error
    try:
        flat = _read(problem, result, problem.arguments(theta))
    except _Unusable as unusable:
        raise GradientError(step, str(unusable)) from unusable.__cause__
    except BaseException as error:  # what was returned may be of the student's own making, and run their code
        what = f"returned what cannot be read as arrays; reading it {_raised(error)}"
        raise GradientError(step, what) from error
    if problem.network == "seed 2":  # W_l and b_l follow each other in theta
        half = len(flat) // 2
        flat = [piece for layer in zip(flat[:half], flat[half:], strict=True) for piece in layer]
    # a mean is that of its batch; a sum over a batch stands for the sum over all
    scale = 1.0 if problem.network == "seed 1" else len(problem.examples[1]) / len(rows)
    return scale * np.concatenate(flat)


class _Unusable(Exception):
    """What was returned is no gradient; the message says why."""


def _read(problem: Problem, result: Any, weights: Any) -> list[Array]:
    """Return what a gradient returned as flat arrays, in its order. Raises _Unusable, or whatever it does."""
    names = ("dC_dW1", "dC_dW2") if problem.network == "seed 1" else ("dWs", "dbs")
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise _Unusable(f"must return {names[0]} and {names[1]}, and returned {_kind(result)}")
    flat = []
    for name, part, wanted in zip(names, result, weights, strict=True):
        if isinstance(wanted, np.ndarray):
            flat.append(_checked(name, part, wanted))
            continue
        if not hasattr(part, "__iter__"):
            raise _Unusable(f"returned {_kind(part)} for {name}, not a list of arrays")
        pieces = list(islice(part, len(wanted) + 1))  # one that never ends is too long as well
        if len(pieces) != len(wanted):
            count = len(pieces) if len(pieces) < len(wanted) else f"more than {len(wanted)}"
            raise _Unusable(f"returned {count} arrays in {name}, and there are {len(wanted)} layers")
        for number, (piece, like) in enumerate(zip(pieces, wanted, strict=True), start=1):
            flat.append(_checked(f"{name[:-1]}_{number}", piece, like))
    return flat


def _checked(name: str, piece: Any, like: Array) -> Array:
    try:
        given = np.array(piece)
        array = given if np.iscomplexobj(given) else np.array(given, dtype=float)
    except (TypeError, ValueError) as error:
        raise _Unusable(f"returned {_kind(piece)} for {name}, not an array of numbers") from error
    if array.shape != like.shape:
        raise _Unusable(f"returned {name} with shape {array.shape}; it must be {like.shape}")
    if np.iscomplexobj(array):
        raise _Unusable(f"returned {name} with complex numbers in it; they must be real")
    if not np.isfinite(array).all():
        kind = "NaN" if np.isnan(array).any() else "infinity"
        raise _Unusable(f"returned {name} with {kind} in it")
    return array.ravel()


def _raised(error: BaseException) -> str:
    """Return what was raised, and where in the student's code."""
    try:
        text = str(error)
    except BaseException as another:  # the exception may be of the student's own making
        text = f"its text cannot be read, for that raises {type(another).__name__}"
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f" (line {last.lineno} of {last.name})" if last.filename != __file__ else ""
    return f"raised {type(error).__name__}{f': {text}' if text else ''}{place}"


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"a {type(value).__name__}"
