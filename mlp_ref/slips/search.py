"""Finds the slips with which a formula does what an answer did, in every trial."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations, islice, product
from threading import Lock
from typing import Any

import numpy as np

from course.checking.compare import Tolerance, agrees
from course.checking.trial import Trial
from mlp_ref.slips import forms_deep, forms_one_hidden
from mlp_ref.slips.switched import Slip, Switched, switched

FORMS = {**forms_one_hidden.FORMS, **forms_deep.FORMS}
MOST_PLACES = 100_000
"""how many parts of a formula may be computed to try every slip on a trial: about a tenth of a second"""
MOST_PLACES_OF_LONG = 400_000
"""the same, of a formula that takes long on every trial, as a training does"""
MOST_PLACES_OF_TWO = 100_000
"""the same, to try pairs of slips"""
FEW = 10
"""pairs are not tried where there are so many times more of them than can be"""
MOST_EXPLANATIONS = 100
"""how many slips, or pairs, that explain one trial are tried on the others"""
MOST_ALIKE = 8
"""how many places of the same slip are tried in pairs"""
_ONE_SEARCH = Lock()
"""the switches of a formula are set once for all threads"""
CALL = 10
"""places that take as long as what is done around them"""


def one_common_slip(name: str, trials: Sequence[Trial], tolerance: Tolerance) -> tuple[Slip, ...]:
    """Return the one common slip in function `name` that gives the result of every trial, or none."""
    if not _searchable(trials):
        return ()
    with _ONE_SEARCH:
        searches = (_Search(switched(form), trials, tolerance) for form in FORMS.get(name, ()))
        explanations = (slips for search in searches for slips in search.one())
        # a value that took the place of another may be two slips that come to the same, as N for weights is
        return next((slips for slips in explanations if not slips[0].rare and not slips[0].exchanged), ())


def slips_of(name: str, trials: Sequence[Trial], tolerance: Tolerance) -> tuple[Slip, ...]:
    """Return the one or two slips in function `name` that give the result of every trial, or none.

    Of several, the first in the order of the formula's text, common ones before rare ones.
    """
    if not _searchable(trials):
        return ()
    with _ONE_SEARCH:
        searches = [_Search(switched(form), trials, tolerance) for form in FORMS.get(name, ())]
        explanations = [*(search.one() for search in searches), *(search.two() for search in searches)]
        return next(chain.from_iterable(explanations), ())


def _searchable(trials: Sequence[Trial]) -> bool:
    """Return whether the results tell enough to search for what made them."""
    if any(trial.difference and trial.difference.stage == "inputs" for trial in trials):
        return False
    if not all(_numeric(trial.got) for trial in trials) or 2 * sum(map(_tells, trials)) <= len(trials):
        return False
    # zeros everywhere can come of anything
    return any(np.any(number) for trial in trials for number in _numbers(trial.got))


class _Search:
    """The trials of an answer beside a formula with switches."""

    def __init__(self, formula: Switched, trials: Sequence[Trial], tolerance: Tolerance) -> None:
        self.formula = formula
        self.tolerance = tolerance
        self.trials = sorted(trials, key=lambda trial: (trial.difference is None, trial.case.n < 2))
        self.results: dict[Slip, Any] = {}
        """what the formula gives at the probe, with each slip"""
        self.probe: Trial | None = None
        """the failed trial on which slips are tried first; None where all take too long"""
        self.distinct: list[Slip] = []
        """of those that give the same there, the first"""
        chosen = self._chosen()
        if chosen:
            self.probe, slips = chosen
            self.results = {slip: self._result(self.probe, slip) for slip in slips}
            self.distinct = _distinct(self.results)

    def _chosen(self) -> tuple[Trial, Sequence[Slip]] | None:
        """Return the longest failed trial on which all common slips can be tried, with these slips."""
        common = [slip for slip in self.formula.slips if not slip.rare]
        failed = [(self._places(trial), trial) for trial in self.trials if trial.difference and _tells(trial)]
        failed.sort(key=lambda pair: (pair[1].case.n > 1, pair[0]))
        trials = [pair for pair in failed if pair[0] * len(common) <= MOST_PLACES]
        shortest = sorted(failed, key=lambda pair: pair[0])[:1]
        trials = trials or [pair for pair in shortest if pair[0] * len(common) <= MOST_PLACES_OF_LONG]
        if not trials:
            return None
        places, trial = trials[-1]
        fits = places * len(self.formula.slips) <= MOST_PLACES
        return trial, self.formula.slips if fits else common

    def _places(self, trial: Trial) -> int:
        return CALL + self.formula.computed(trial.case.args)

    def _result(self, trial: Trial, *slips: Slip) -> Any:
        """Return what the formula with these slips gives; None where it cannot take the arguments."""
        try:
            result = self.formula(trial.case.args, *slips)
            return result if _numeric(result) else None
        except Exception:  # slips may do anything
            return None

    def one(self) -> Iterator[tuple[Slip, ...]]:
        """Yield the slips that explain the answer by themselves."""
        alike = ((slip,) for slip, result in self.results.items() if self._alike(result))
        return self._explaining(alike)

    def two(self) -> Iterator[tuple[Slip, ...]]:
        """Yield pairs of slips that explain the answer, as many as are tried."""
        if self.probe is None:
            return
        right = _key(self.probe.case.want)
        slips = [slip for slip in self.distinct if _key(self.results[slip]) != right]
        count = MOST_PLACES_OF_TWO // self._places(self.probe)
        if count * FEW < len(slips) ** 2 / 2:
            return
        pairs = (
            _one_after_the_other(a, b) if a.site == b.site else (a, b)
            for a, b in islice(_pairs(slips), count)
        )
        alike = (pair for pair in pairs if pair and self._alike(self._result(self.probe, *pair)))
        yield from self._explaining(alike)

    def _explaining(self, alike: Iterable[tuple[Slip, ...]]) -> Iterator[tuple[Slip, ...]]:
        """Yield those that explain every trial, of as many as are tried that do so for the probe."""
        return (slips for slips in islice(alike, MOST_EXPLANATIONS) if self._explains(*slips))

    def _alike(self, result: Any) -> bool:
        """Return whether a result is that of the probe."""
        assert self.probe is not None
        got = self.probe.got
        if result is None or not _begin_alike(got, result, self.tolerance):
            return False  # as most, by the first number, which is compared much faster
        return agrees(got, result, self.tolerance)

    def _explains(self, *slips: Slip) -> bool:
        """Return whether the formula with these slips does the same in every trial that can tell.

        Those cannot tell in which something is not finite.
        """
        same = refused = 0
        for trial in self.trials:
            result = self._result(trial, *slips)
            if result is None:
                return False
            if _finite(result) and _tells(trial):
                if not agrees(trial.got, result, self.tolerance):
                    return False
                same += 1
                refused += trial.difference is not None and not agrees(
                    result, trial.case.want, self.tolerance
                )
        return refused > 0 and 2 * same > len(self.trials)


def _distinct(results: Mapping[Slip, Any]) -> list[Slip]:
    """Return the slips that give something, of those that give the same the first."""
    by_key: dict[Any, Slip] = {}
    for slip, result in results.items():
        if result is not None:
            by_key.setdefault(_key(result), slip)
    return list(by_key.values())


def _pairs(slips: Sequence[Slip]) -> Iterator[tuple[Slip, Slip]]:
    """Yield pairs: the same slip at two places, then others, not both rare, the more common ones first."""
    by_kind: dict[Any, list[Slip]] = {}
    by_rank: dict[tuple[bool, int], list[Slip]] = {}
    for slip in slips:
        by_kind.setdefault(slip.kind, []).append(slip)
        by_rank.setdefault((slip.rare, slip.rank), []).append(slip)
    for alike in by_kind.values():
        yield from combinations(alike[:MOST_ALIKE], 2)
    highest = max((rank for _, rank in by_rank), default=0)
    for rare in (False, True):
        for ranks in range(2 * highest + 1):
            for rank in range(ranks // 2 + 1 if not rare else ranks + 1):
                first, second = by_rank.get((False, rank), []), by_rank.get((rare, ranks - rank), [])
                yield from combinations(first, 2) if first is second else product(first, second)


def _one_after_the_other(a: Slip, b: Slip) -> tuple[Slip, ...]:
    """Return two slips at one place as one, or none where they exclude each other."""
    if not (a.of_one and b.of_one):
        return ()
    text = f"{a.text} and {b.text}"
    return (replace(a, text=text, function=lambda value: b.function(a.function(value))),)


def _numeric(value: Any) -> bool:
    return all(a.dtype.kind in "bif" for a in _numbers(value))


def _tells(trial: Trial) -> bool:
    """Return whether a result can be compared; one that is not finite depends on how a formula is written."""
    return _finite(trial.got)


def _finite(value: Any) -> bool:
    return all(np.isfinite(a).all() for a in _numbers(value))


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
    is_number = isinstance(got, (np.ndarray, np.generic, int, float))
    if not is_number or np.shape(got) != np.shape(result):
        return False
    if not np.size(got):
        return True
    a, b = float(np.ravel(got)[0]), float(np.ravel(result)[0])
    return abs(a - b) <= tolerance.atol + tolerance.rtol * abs(b)
