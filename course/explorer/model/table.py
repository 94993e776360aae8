"""The table of all runs of a problem, a row for each learning rate, computed slice by slice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from course.explorer.model import runs
from course.explorer.model.own_run import Gradient, OwnRun, first_parted
from course.explorer.model.problem import Problem
from course.explorer.model.tape import Array

SLICE = 0.05
"""seconds after which a slice of the student's run ends"""


@dataclass
class Table:
    """The runs of one problem at all learning rates, as far as they are computed."""

    problem: Problem
    rates: Array
    """(K,), increasing"""
    steps: int = runs.STEPS
    losses: Array = field(init=False)
    """(K, steps + 1)"""
    known: NDArray[np.bool_] = field(init=False)
    """(K,): whether the true run is computed"""
    codes: NDArray[np.int64] = field(init=False)
    """(K,): each run's regime, as an index of `runs.REGIMES`"""
    own: Array = field(init=False)
    """(K, steps + 1): the losses of the student's runs"""
    own_known: NDArray[np.bool_] = field(init=False)
    """(K,): whether the student's run is computed"""
    parted: list[int | None] = field(init=False)
    """the step at which each of the student's runs parts from the true one"""
    wrong: list[int | None] = field(init=False)
    """the step of each of the student's runs at which the gradient is first wrong"""
    ended: list[int | None] = field(init=False)
    """the step at which the student's gradient failed and ended the run"""
    failed_run: OwnRun | None = None
    """the first of the student's runs that ended early"""
    following: bool = False
    """whether the student's runs are being computed"""
    kept: Array = field(init=False)
    """(K, M, P): the weights at every `runs.KEPT_EVERY`-th step"""
    curvatures: Array = field(init=False)
    """(K, M): η λ_max there"""
    curved: NDArray[np.bool_] = field(init=False)
    """(K,): whether the run's curvatures are computed"""

    def __post_init__(self) -> None:
        count, kept = len(self.rates), self.steps // runs.KEPT_EVERY + 1
        self.losses = np.full((count, self.steps + 1), np.nan)
        self.own = self.losses.copy()
        self.known, self.own_known, self.curved = (np.zeros(count, dtype=bool) for _ in range(3))
        self.codes = np.zeros(count, dtype=int)
        self.parted, self.wrong, self.ended = [None] * count, [None] * count, [None] * count
        self.kept = np.full((count, kept, self.problem.theta.size), np.nan)
        self.curvatures = np.full((count, kept), np.nan)

    def with_rate(self, index: int, rate: float) -> Self:
        """Return a copy in which the rate at `index` is `rate` and its runs are not computed yet."""
        rates = self.rates.copy()
        rates[index] = rate
        copy = type(self)(self.problem, rates, self.steps, failed_run=self.failed_run)
        others = np.arange(len(rates)) != index
        for name in ("losses", "known", "codes", "own", "own_known", "kept", "curvatures", "curved"):
            getattr(copy, name)[others] = getattr(self, name)[others]
        for name in ("parted", "wrong", "ended"):
            setattr(copy, name, [*getattr(self, name)])
            getattr(copy, name)[index] = None
        return copy

    @property
    def complete(self) -> bool:
        """Whether all true runs are computed."""
        return bool(self.known.all())

    def regime(self, index: int) -> str:
        """Return the name of a known run's regime."""
        return runs.REGIMES[self.codes[index]]

    def limits(self) -> tuple[float, float]:
        """Return the lowest and highest loss to draw; at least one run must be known."""
        return runs.limits(self.losses[self.known])

    def landmarks(self) -> tuple[int, int, int, int]:
        """Return `runs.landmarks`; all true runs must be known."""
        return runs.landmarks(self.losses, self.codes)

    def fill(
        self, gradient: Gradient | None, shown: Callable[[], int], curvature: bool
    ) -> Iterator[tuple[float, bool]]:
        """Compute what is not known; yield after each slice the part done, and whether rows are new.

        The true run at the index `shown()` comes first, then all the others together. Then come the runs
        of the student's `gradient` and, with `curvature`, the curvatures, always next at the rate nearest
        to `shown()`.
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
        self.codes[missing] = runs.regimes(descent.losses)
        self.known[missing] = True
        yield float(self.complete), True

    def _fill_own(self, gradient: Gradient, shown: Callable[[], int]) -> Iterator[tuple[float, bool]]:
        while (index := _nearest(self.own_known, shown())) is not None:
            begun = time.monotonic()
            run = OwnRun(self.problem, gradient, self.rates[index], self.steps)
            for _ in run.go():
                if time.monotonic() - begun > SLICE:
                    yield float(self.own_known.mean()), False
                    begun = time.monotonic()
            self._record(index, run)
            yield float(self.own_known.mean()), True
            if run.error is not None and run.error.step == 0:
                return  # the first step is the same at every rate

    def _record(self, index: int, run: OwnRun) -> None:
        self.own[index] = run.losses
        self.parted[index] = first_parted(run.losses, self.losses[index])
        if run.error is None:
            self.wrong[index] = run.first_wrong()
        else:
            self.ended[index] = run.error.step
            self.failed_run = self.failed_run or run
        self.own_known[index] = True

    def _fill_curvatures(self, shown: Callable[[], int]) -> Iterator[tuple[float, bool]]:
        while (index := _nearest(self.curved, shown())) is not None:
            tops = []
            for thetas in np.array_split(self.kept[index], 4):
                tops.append(runs.top_curvatures(self.problem, thetas))
                yield float(self.curved.mean()), False
            self.curvatures[index] = self.rates[index] * np.concatenate(tops)
            self.curved[index] = True
            yield float(self.curved.mean()), True


def _nearest(known: NDArray[np.bool_], index: int) -> int | None:
    missing = np.flatnonzero(~known)
    return int(missing[np.argmin(np.abs(missing - index))]) if len(missing) else None
