"""The table of all runs of a problem, a row for each learning rate, filled slice by slice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from course.explorer.model import runs, words
from course.explorer.model.curvature import top_curvatures
from course.explorer.model.problem import Problem
from course.explorer.model.regimes import REGIMES, regimes

Array = NDArray[np.float64]

SLICE = 0.05
"""seconds after which a slice of the student's run ends"""


@dataclass
class Table:
    """Runs of one problem at all learning rates, as far as they are known."""

    problem: Problem
    rates: Array
    """(K,)"""
    steps: int = runs.STEPS
    losses: Array = field(init=False)
    """(K, steps + 1)"""
    known: NDArray[np.bool_] = field(init=False)
    """(K,): whether the true run is there"""
    own: Array = field(init=False)
    """(K, steps + 1): the losses of the student's runs"""
    own_known: NDArray[np.bool_] = field(init=False)
    codes: NDArray[np.int64] = field(init=False)
    """(K,): regimes"""
    parts: list[int | None] = field(init=False)
    """the step at which each of the student's runs parts from the true one"""
    said: list[str] = field(init=False)
    """what is to be said of each of the student's runs"""
    trouble: str = ""
    """what is wrong with the student's gradient, in words"""
    error: Exception | None = None
    """the student's exception behind it"""
    curvatures: Array = field(init=False)
    """(K, M): η λ_max at every KEPT_EVERY-th step"""
    kept: Array = field(init=False)
    """(K, M, P): the weights there"""
    curved: NDArray[np.bool_] = field(init=False)
    following: bool = False
    """whether the student's function is at work"""

    def __post_init__(self) -> None:
        count, kept = len(self.rates), self.steps // runs.KEPT_EVERY + 1
        self.losses = np.full((count, self.steps + 1), np.nan)
        self.own = self.losses.copy()
        self.known = np.zeros(count, dtype=bool)
        self.own_known = self.known.copy()
        self.codes = np.zeros(count, dtype=int)
        self.parts, self.said = [None] * count, [""] * count
        self.kept = np.full((count, kept, self.problem.theta.size), np.nan)
        self.curvatures = np.full((count, kept), np.nan)
        self.curved = self.known.copy()

    def with_rate(self, index: int, rate: float) -> Self:
        """Return a copy in which the rate at `index` is `rate`, its runs not known yet."""
        rates = self.rates.copy()
        rates[index] = rate
        new = type(self)(self.problem, rates, self.steps)
        others = np.arange(len(rates)) != index
        for name in ("losses", "known", "own", "own_known", "codes", "kept", "curvatures", "curved"):
            getattr(new, name)[others] = getattr(self, name)[others]
        new.parts, new.said, new.trouble, new.error = (
            list(self.parts),
            list(self.said),
            self.trouble,
            self.error,
        )
        return new

    @property
    def complete(self) -> bool:
        """Whether all true runs are there."""
        return bool(self.known.all())

    def regime(self, index: int) -> str:
        """Return the name of a known run's regime."""
        return REGIMES[self.codes[index]]

    def headline(self, index: int) -> str:
        """Return a run in a line, and how the student's differs; "" while it is not known."""
        if not self.known[index]:
            return ""
        text = words.headline(self.rates[index], self.losses[index], self.regime(index))
        return f"{text}; {self.said[index]}" if self.said[index] else text

    def limits(self) -> tuple[float, float]:
        """Return the range of losses to draw; one run at least is known."""
        return runs.limits(self.losses[self.known])

    def landmarks(self) -> tuple[int, int, int, int]:
        """Return the indices of a rate too slow, a good one, the edge and one too large; all are known."""
        return runs.landmarks(self.losses, self.codes)

    def fill(
        self, gradient: runs.Gradient | None, shown: Callable[[], int], curvature: bool
    ) -> Iterator[tuple[float, bool]]:
        """Fill in what is not known; yield after each slice the part done, and whether rows are new.

        The rate that `shown()` names comes first; the others behind it, all together. Then the student's
        `gradient` is followed, always next at the rate nearest to the one shown.
        """
        first = np.array([shown()])
        for wanted in (first, np.arange(len(self.rates))):
            missing = wanted[~self.known[wanted]]
            if len(missing):
                yield from self._fill_true(missing)
        if gradient is not None:
            self.following = True
            yield from self._fill_own(gradient, shown)
            self.following = False
        if curvature:
            yield from self._fill_curvatures(shown)

    def _fill_true(self, missing: NDArray[np.int64]) -> Iterator[tuple[float, bool]]:
        descent = runs.Descent(self.problem, self.rates[missing], self.steps)
        for t in descent.go():
            if len(missing) > 1:
                yield t / (self.steps + 1), False
        self.losses[missing], self.kept[missing] = descent.losses, descent.kept
        self.codes[missing] = regimes(descent.losses)
        self.known[missing] = True
        yield float(self.complete), True

    def _fill_own(self, gradient: runs.Gradient, shown: Callable[[], int]) -> Iterator[tuple[float, bool]]:
        while (index := _nearest(self.own_known, shown())) is not None:
            begun = time.monotonic()
            run = runs.OwnRun(self.problem, gradient, self.rates[index], self.steps)
            for _ in run.go():
                if time.monotonic() - begun > SLICE:
                    yield float(self.own_known.mean()), False
                    begun = time.monotonic()
            self._note(index, run)
            yield float(self.own_known.mean()), True
            if run.error is not None and run.error.step == 0:
                return  # the first step is the same at every rate

    def _note(self, index: int, run: runs.OwnRun) -> None:
        self.own[index], self.own_known[index] = run.losses, True
        part = runs.parting(run.losses, self.losses[index])
        if run.error is None:
            self.said[index] = words.own_part(part, run.first_wrong())
        else:
            self.said[index] = f"your gradient ends the run at step {run.error.step}"
            if not self.trouble:
                where = f"at step {run.error.step} with η = {words.number(self.rates[index])}"
                self.trouble = f"Your gradient {run.error} ({where}). The true curves are complete."
                self.error = run.error
        self.parts[index] = part

    def _fill_curvatures(self, shown: Callable[[], int]) -> Iterator[tuple[float, bool]]:
        while (index := _nearest(self.curved, shown())) is not None:
            tops = []
            for thetas in np.array_split(self.kept[index], 4):
                tops.append(top_curvatures(self.problem, thetas))
                yield float(self.curved.mean()), False
            self.curvatures[index] = self.rates[index] * np.concatenate(tops)
            self.curved[index] = True
            yield float(self.curved.mean()), True

    def as_data(self) -> dict[str, Any]:
        """Return the table as plain data and bytes, for the browser."""
        count = len(self.rates)
        return {
            "rates": [float(rate) for rate in self.rates],
            "losses": _float32(self.losses),
            "own_losses": _float32(self.own) if self.own_known.any() else b"",
            "known": (self.known + 2 * self.own_known).astype(np.uint8).tobytes(),
            "regimes": [self.regime(k) if self.known[k] else "" for k in range(count)],
            "headlines": [self.headline(k) for k in range(count)],
            "parts": list(self.parts),  # a copy: traitlets looks for what has changed
            "limits": list(self.limits()) if self.known.any() else [],
            "landmarks": list(self.landmarks()) if self.complete else [],
            "curvatures": _float32(self.curvatures) if self.curved.any() else b"",
        }


def _nearest(done: NDArray[np.bool_], index: int) -> int | None:
    missing = np.flatnonzero(~done)
    return int(missing[np.argmin(np.abs(missing - index))]) if len(missing) else None


def _float32(values: Array) -> bytes:
    with np.errstate(all="ignore"):
        return values.astype(np.float32).tobytes()
