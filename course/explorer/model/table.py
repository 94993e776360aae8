"""The table of all runs of a problem, a row for each learning rate: the true ones, and those of a student."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from course.explorer.model import runs
from course.explorer.model.own_run import Gradient, Mistake, OwnRun, first_parted
from course.explorer.model.problem import Problem
from course.explorer.model.tape import Array

SLICE = 0.05
"""seconds after which a slice of the student's run ends"""


@dataclass
class Table:
    """The runs of one problem at all learning rates; the true ones are computed when first needed."""

    problem: Problem
    exact: Mapping[int, float] = field(default_factory=dict)
    """rates that were chosen exactly, by the index of the nearest one"""
    steps: int = runs.STEPS
    rates: Array = field(init=False)
    """(K,), increasing"""
    own: Array = field(init=False)
    """(K, steps + 1): the losses of the student's runs, as far as they are computed"""
    own_known: NDArray[np.bool_] = field(init=False)
    """(K,): whether the student's run has begun"""
    parted: list[int | None] = field(init=False)
    """the step at which each of the student's runs parts from the true one"""
    mistakes: list[Mistake | None] = field(init=False)
    """where the gradient is first wrong in each of the student's runs"""
    ended: list[int | None] = field(init=False)
    """the step at which the student's gradient failed and ended the run"""
    done: NDArray[np.bool_] = field(init=False)
    """(K,): whether the student's run is complete"""
    failed_run: OwnRun | None = None
    """the first of the student's runs that ended early"""
    following: bool = False
    """whether the student's runs are being computed"""

    def __post_init__(self) -> None:
        grid = runs.learning_rates(self.problem)
        self.rates = grid.copy()
        for index, rate in self.exact.items():
            if runs.nearest(grid, rate) == index:
                self.rates[index] = rate
        count = len(grid)
        self.own = np.full((count, self.steps + 1), np.nan)
        self.own_known, self.done = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        self.parted, self.mistakes, self.ended = [None] * count, [None] * count, [None] * count
        self._losses: Array | None = None
        self._codes: NDArray[np.int64] | None = None
        self._computing = threading.Lock()

    @property
    def losses(self) -> Array:
        """(K, steps + 1): the true runs' losses."""
        with self._computing:
            if self._losses is None:
                self._losses = runs.loss_curves(self.problem, self.rates, self.steps)
            return self._losses

    @property
    def codes(self) -> NDArray[np.int64]:
        """(K,): each true run's regime, as an index of `runs.REGIMES`."""
        if self._codes is None:
            self._codes = runs.regimes(self.losses)
        return self._codes

    def regime(self, index: int) -> str:
        """Return the name of a run's regime."""
        return runs.REGIMES[self.codes[index]]

    def limits(self) -> tuple[float, float]:
        """Return the lowest and highest loss to draw."""
        return runs.limits(self.losses)

    def landmarks(self) -> dict[str, int | None]:
        """Return `runs.landmarks` of the true runs."""
        return runs.landmarks(self.losses, self.codes)

    def curvatures(self, index: int) -> Array:
        """Return η λ_max at every `runs.KEPT_EVERY`-th step of a run."""
        descent = runs.Descent(self.problem, self.rates[[index]], self.steps)
        for _ in descent.go():
            pass
        return float(self.rates[index]) * runs.top_curvatures(self.problem, descent.kept[0])

    def follow(self, gradient: Gradient, shown: Callable[[], int]) -> Iterator[None]:
        """Compute the student's runs, always next the one nearest to `shown()`; yield after each slice."""
        self.following = True
        while (index := _nearest(self.done, shown())) is not None:
            begun = time.monotonic()
            run = OwnRun(self.problem, gradient, float(self.rates[index]), self.steps)
            for _ in run.go():
                if time.monotonic() - begun > SLICE:
                    self._record(index, run)
                    yield
                    begun = time.monotonic()
            self._record(index, run)
            self.done[index] = True
            if run.error is not None and run.error.step == 0:
                break  # the first step is the same at every rate
            yield
        self.following = False

    def _record(self, index: int, run: OwnRun) -> None:
        self.own[index] = run.losses
        reached = np.isfinite(run.thetas[:, 0])
        true = np.where(reached, self.losses[index], np.nan)
        self.parted[index] = first_parted(np.where(reached, run.losses, np.nan), true)
        self.mistakes[index] = run.mistake
        if run.error is not None:
            self.ended[index] = run.error.step
            self.failed_run = self.failed_run or run
        self.own_known[index] = True


def _nearest(known: NDArray[np.bool_], index: int) -> int | None:
    missing = np.flatnonzero(~known)
    return int(missing[np.argmin(np.abs(missing - index))]) if len(missing) else None
