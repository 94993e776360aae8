"""Finds the slips with which a formula does what an answer did, in every trial."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations, islice, product
from typing import Any

import numpy as np

from course.checking.compare import Tolerance, agrees
from course.checking.trial import Trial
from mlp_ref.slips import forms_deep, forms_one_hidden
from mlp_ref.slips.switched import Slip, Switched, switched

FORMS = {**forms_one_hidden.FORMS, **forms_deep.FORMS}
MOST_PLACES = 400_000
"""how many parts of formulas a search for two slips may compute: this takes about a second"""
MOST_PLACES_OF_TWO = 1_200_000
CALL = 10
"""places that take as long as what is done around them"""
PROBES = 3
"""trials on which every slip is tried: the one that tells most of them apart is used for two"""


def slips_of(name: str, trials: Sequence[Trial], tolerance: Tolerance) -> tuple[Slip, ...]:
    """Return the one or two slips in function `name` that give the result of every trial, or none.

    Of several, the first in the order of the formula's text, common ones before rare ones.
    """
    if any(trial.difference and trial.difference.stage == "inputs" for trial in trials):
        return ()
    searches = [_Search(switched(form), trials, tolerance) for form in FORMS.get(name, ())]
    candidates = [*(search.one() for search in searches), *(search.two() for search in searches)]
    return next((slips for found in candidates for slips in found), ())


class _Search:
    """The trials of an answer beside a formula with switches."""

    def __init__(self, formula: Switched, trials: Sequence[Trial], tolerance: Tolerance) -> None:
        self.formula = formula
        self.tolerance = tolerance
        self.trials = sorted(trials, key=lambda trial: (trial.difference is None, trial.case.n < 2))
        self.results: dict[Slip, Any] = {}
        """what the formula gives at the probe with each slip, of those with the same the first"""
        self.probe: Trial | None = None
        """the failed trial that tells most slips apart; None where all take long"""
        self.slips = formula.slips
        if not any(self._short()):
            self.slips = [slip for slip in formula.slips if not slip.rare]
        for trial in self._short():
            results = self._distinct(trial)
            if len(results) > len(self.results):
                self.probe, self.results = trial, results

    def _short(self) -> Iterator[Trial]:
        """Yield failed trials on which every slip can be tried, the shortest first."""
        failed = [(self._places(trial), trial) for trial in self.trials if trial.difference]
        left = MOST_PLACES
        for places, trial in sorted(failed, key=lambda pair: (pair[1].case.n < 2, pair[0]))[:PROBES]:
            left -= places * len(self.slips)
            if left > 0:
                yield trial

    def _places(self, trial: Trial) -> int:
        return CALL + self.formula.places(trial.case.args)

    def _distinct(self, trial: Trial) -> dict[Slip, Any]:
        results: dict[Any, tuple[Slip, Any]] = {}
        for slip in self.slips:
            result = self._result(trial, slip)
            if result is not None:
                results.setdefault(_key(result), (slip, result))
        return dict(results.values())

    def _result(self, trial: Trial, *slips: Slip) -> Any:
        """Return what the formula with these slips gives; None where it cannot take the arguments."""
        try:
            result = self.formula(trial.case.args, *slips)
            return result if all(a.dtype.kind in "bif" for a in _numbers(result)) else None
        except Exception:  # slips may do anything
            return None

    def one(self) -> Iterator[tuple[Slip, ...]]:
        """Yield the slips that explain the answer by themselves."""
        if self.probe is None:
            return
        for slip in self.slips:
            if self._near(self._result(self.probe, slip)) and self._explains(slip):
                yield (slip,)

    def two(self) -> Iterator[tuple[Slip, ...]]:
        """Yield pairs of slips that explain the answer, as many as are tried."""
        if self.probe is None:
            return
        right = _key(self.probe.case.want)
        slips = [slip for slip, result in self.results.items() if _key(result) != right]
        common, rare = [s for s in slips if not s.rare], [s for s in slips if s.rare]
        by_kind: dict[Any, list[Slip]] = {}
        for slip in slips:
            by_kind.setdefault(slip.kind, []).append(slip)
        alike = chain.from_iterable(combinations(group, 2) for group in by_kind.values())
        count = MOST_PLACES_OF_TWO // self._places(self.probe)
        for a, b in islice(chain(alike, combinations(common, 2), product(common, rare)), count):
            if a.site != b.site and self._near(self._result(self.probe, a, b)) and self._explains(a, b):
                yield a, b

    def _near(self, result: Any) -> bool:
        """Return whether a result may be that of the probe, judged by its first number."""
        assert self.probe is not None
        return result is not None and _begin_alike(self.probe.got, result, self.tolerance)

    def _explains(self, *slips: Slip) -> bool:
        """Return whether the formula with these slips does the same in every trial that can tell.

        Those cannot tell in which something is not finite: there, it matters how a formula is written.
        """
        same = refused = 0
        for trial in self.trials:
            result = self._result(trial, *slips)
            if result is None:
                return False
            if _finite(result) and _finite(trial.got):
                if not agrees(trial.got, result, self.tolerance):
                    return False
                same += 1
                refused += trial.difference is not None and not agrees(
                    result, trial.case.want, self.tolerance
                )
        return refused > 0 and 2 * same > len(self.trials)


def _finite(value: Any) -> bool:
    try:
        return all(np.isfinite(a).all() for a in _numbers(value))
    except TypeError:
        return False


def _numbers(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [number for item in value for number in _numbers(item)]
    return [np.asarray(value)]


def _key(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(map(_key, value))
    array = np.asarray(value, float)
    # ten digits: rounding depends on how a formula is written
    with np.errstate(all="ignore"):
        scale = 10.0 ** (10 - np.ceil(np.log10(np.max(np.abs(array), initial=1e-300))))
        return array.shape, (np.rint(array * scale) + 0.0).tobytes()


def _begin_alike(got: Any, result: Any, tolerance: Tolerance) -> bool:
    if isinstance(result, (list, tuple)):
        return (
            isinstance(got, (list, tuple))
            and len(got) == len(result)
            and all(_begin_alike(g, r, tolerance) for g, r in zip(got, result, strict=True))
        )
    if isinstance(got, (list, tuple)) or np.shape(got) != np.shape(result):
        return False
    if not np.size(got):
        return True
    a, b = np.ravel(got)[0], np.ravel(result)[0]
    return bool(abs(a - b) <= tolerance.atol + tolerance.rtol * abs(b)) or not np.isfinite(a - b)
