"""What students get wrong in the curves and the choice of a rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course.checking.trial import Trial
from mlp_ref import curves as ref
from mlp_ref.mistakes.common import quiet
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, Slip

SORTED = "the rates were sorted: keep their order"
PASS_THROUGH = "inf and NaN have to pass through"
FIRST_MISSING = "the first loss of each curve is missing"
LAST_MISSING = "the last loss of each curve is missing"
ENDS = "whole curves are asked for, not their ends"
TIES = "of rates with equal last losses the first counts"
SMALLEST_OF_TIES = "of rates with equal last losses the first counts, not the smallest"
RATES_SORTED = "the rates were sorted: they belong to the curves in the order in which they are given"
ANYWHERE = "a curve with NaN or inf anywhere is out"
NAN_WINS = "curves with NaN or inf are out; argmin takes NaN for the lowest"
LOWEST_ANYWHERE = "the last loss counts, not the lowest on the way"
DROP = "the last loss counts, not how far it fell"


TOO_LOW = (
    "no rate is found where all last losses are high: the lowest so far has to start from infinity, or from "
    "the first curve that is finite"
)


def _rows(change: Callable[[Any], Any]) -> Callable[..., Any]:
    return quiet(lambda etas, train: change(ref.loss_curves(etas, train)))


def _finite(curves: Any) -> Any:
    return np.isfinite(curves).all(axis=1)


def _pick(etas: Any, score: Any) -> float:
    return float(etas[int(np.argmin(score))])


def _last_of_ties(etas: Any, curves: Any) -> float:
    last = np.where(_finite(curves), curves[:, -1], np.inf)
    return float(etas[len(last) - 1 - int(np.argmin(last[::-1]))])


def _best_below(start: float, otherwise: Callable[[Any], float]) -> Callable[..., float]:
    """Return a search for the lowest last loss that begins with `start` as the lowest so far."""

    def best(etas: Any, curves: Any) -> float:
        last = np.where(_finite(curves), curves[:, -1], np.inf)
        return _pick(etas, last) if last.min() < start else float(otherwise(etas))

    return best


BELOW = [
    _best_below(start, otherwise)
    for start in (1.0, 10.0, 100.0, 1e3, 1e4)
    for otherwise in (lambda etas: 0, lambda etas: -1, lambda etas: etas[0], lambda etas: 1)
]


def _nothing_where_high(trials: Sequence[Trial]) -> bool:
    """Return whether all is right but for None, which comes back where the lowest last loss is high."""
    ends = [
        (trial.got is None, np.where(_finite(c), c[:, -1], np.inf).min())
        for trial in trials
        for c in [np.asarray(trial.case.args[1])]
    ]
    right = all(trial.got is None or trial.difference is None for trial in trials)
    none = [end for nothing, end in ends if nothing]
    found = [end for nothing, end in ends if not nothing]
    return right and bool(none and found) and min(none) > max(found)


@quiet
def _from_the_first(etas: Any, curves: Any) -> float:
    """Return the choice of a search that takes the first curve without asking whether it is finite."""
    best = 0
    for k in range(1, len(curves)):
        if np.isfinite(curves[k]).all() and curves[k, -1] < curves[best, -1]:
            best = k
    return float(etas[best])


def _smallest_of_ties(etas: Any, curves: Any) -> float:
    last = np.where(_finite(curves), curves[:, -1], np.inf)
    return float(np.asarray(etas)[last == last.min()].min())


def _curves_of(
    rates: Callable[[Any], Any] = lambda etas: etas, rows: Callable[[Any], Any] = lambda c: c
) -> Callable[..., Any]:
    return lambda etas, train: rows(ref.loss_curves(rates(etas), train))


def _skipping_last(etas: Any, train: Any) -> Any:
    """Train all rates but the last, unless it is the only one, in rows of zeros."""
    curves = [train(etas[k]) for k in range(max(len(etas) - 1, 1))]
    result = np.zeros((len(etas), len(curves[0])))
    result[: len(curves)] = curves
    return result


CURVES = Recipe(
    _curves_of,
    {
        "rates": (
            Slip("sorted", SORTED, sorted),
            Slip("sorted down", SORTED, lambda etas: sorted(etas)[::-1]),
            Slip("reversed", "the rates were trained in reverse", lambda etas: etas[::-1]),
            Slip("different rates", "every rate has a row, also one that comes twice", np.unique),
        ),
        "rows": (
            Slip("NaN removed", PASS_THROUGH, np.nan_to_num),
            Slip("NaN for inf", PASS_THROUGH, lambda c: np.where(np.isfinite(c), c, np.nan)),
            Slip("inf for NaN", PASS_THROUGH, lambda c: np.where(np.isfinite(c), c, np.inf)),
            Slip("0 for NaN", PASS_THROUGH, lambda c: np.where(np.isfinite(c), c, 0)),
            Slip("transposed", "the result is transposed: a row for each rate", np.transpose),
            Slip("first losses missing", FIRST_MISSING, lambda c: c[:, 1:]),
            Slip("last step missing", LAST_MISSING, lambda c: c[:, :-1]),
            Slip("last losses", ENDS, lambda c: c[:, -1]),
        ),
    },
)


def _choice(
    score: Callable[[Any], Any] = lambda c: c[:, -1],
    out: Callable[[Any], Any] = lambda c: ~_finite(c),
    take: Callable[[Any, Any], Any] = lambda etas, score: etas[int(np.argmin(score))],
) -> Callable[..., float]:
    """Return a choice of the rate with the lowest score, of curves that are not out."""

    def choose(etas: Any, curves: Any) -> float:
        return float(take(etas, np.where(out(curves), np.inf, score(curves))))

    return quiet(choose)


CHOICE = Recipe(
    _choice,
    {
        "take": (
            Slip(
                "last of ties",
                TIES,
                lambda etas, score: etas[len(score) - 1 - int(np.argmin(np.asarray(score)[::-1]))],
            ),
            Slip(
                "smallest of ties",
                SMALLEST_OF_TIES,
                lambda etas, score: min(zip(score, etas, strict=True))[1],
            ),
            Slip("index", "the rate is asked for, not its index", lambda etas, score: np.argmin(score)),
            Slip("rates sorted", RATES_SORTED, lambda etas, score: sorted(etas)[int(np.argmin(score))]),
            Slip("loss", "the rate is asked for, not its loss", lambda etas, score: np.min(score)),
            Slip("highest", "the lowest loss is asked for", lambda etas, score: etas[int(np.argmax(score))]),
        ),
        "out": (
            Slip("only NaN out", "inf is not finite either", lambda c: np.isnan(c).any(axis=1)),
            Slip("only the end looked at", ANYWHERE, lambda c: ~np.isfinite(c[:, -1])),
            Slip("NaN at the end skipped", ANYWHERE, lambda c: np.isnan(c[:, -1])),
            Slip("NaN wins", NAN_WINS, lambda c: np.zeros(len(c), bool)),
        ),
        "score": (
            Slip("lowest anywhere", LOWEST_ANYWHERE, lambda c: c.min(axis=1)),
            Slip("mean loss", "the last loss counts, not the mean", lambda c: c.mean(axis=1)),
            Slip("largest drop", DROP, lambda c: c[:, -1] - c[:, 0]),
        ),
    },
)
RECIPES = {"ps3.loss_curves": CURVES, "ps3.best_learning_rate": CHOICE}
MISTAKES: Table = {
    "ps3.loss_curves": (
        Mistake("transposed", "the result is transposed: a row for each rate", _rows(lambda c: c.T)),
        Mistake(
            "sorted",
            SORTED,
            lambda etas, train: ref.loss_curves(sorted(etas), train),
            (lambda etas, train: ref.loss_curves(sorted(etas)[::-1], train),),
        ),
        Mistake(
            "sorted, each once",
            "the rates were sorted, and one that comes twice left out: row k belongs to etas[k]",
            lambda etas, train: ref.loss_curves(sorted(set(etas)), train),
        ),
        Mistake(
            "backwards",
            "the rates were trained in reverse",
            lambda etas, train: ref.loss_curves(etas[::-1], train)[::-1],
        ),
        Mistake(
            "trained twice",
            "rates were trained more than once",
            lambda etas, train: (ref.loss_curves(etas, train), ref.loss_curves(etas, train))[1],
        ),
        Mistake(
            "one training too many",
            "there is a training too many before the first",
            lambda etas, train: (train(etas[0]), ref.loss_curves(etas, train))[1],
        ),
        Mistake(
            "one training after the last",
            "there is a training too many after the last",
            lambda etas, train: (ref.loss_curves(etas, train), train(etas[0]))[0],
        ),
        Mistake(
            "NaN removed",
            PASS_THROUGH,
            _rows(lambda c: np.nan_to_num(c)),
            (
                _rows(lambda c: np.where(np.isfinite(c), c, np.nan)),
                _rows(lambda c: np.where(np.isfinite(c), c, np.inf)),
                _rows(lambda c: np.where(np.isfinite(c), c, 0)),
            ),
        ),
        Mistake("first losses missing", FIRST_MISSING, _rows(lambda c: c[:, 1:])),
        Mistake(
            "differences", "the losses are asked for, not their changes", _rows(lambda c: np.diff(c, axis=1))
        ),
        Mistake(
            "divided by the first", "the losses are asked for as they are", _rows(lambda c: c / c[:, :1])
        ),
        Mistake("logarithms", "the losses are asked for, not their logarithms", _rows(np.log)),
        Mistake(
            "lowest so far",
            "the losses are asked for as they are",
            _rows(lambda c: np.minimum.accumulate(c, axis=1)),
        ),
        Mistake("rows reversed", "row k belongs to etas[k]", _rows(lambda c: c[::-1])),
        Mistake(
            "diverged left out",
            "inf and NaN have to pass through: a row for each rate",
            _rows(lambda c: c[np.isfinite(c).all(axis=1)]),
        ),
        Mistake(
            "first rate for all",
            "row k is train(etas[k])",
            lambda etas, train: np.array([train(etas[0]) for _ in etas]),
        ),
        Mistake(
            "last curve in all rows",
            "all rows are the last curve: is one list filled again and again? Each row needs its own",
            _rows(lambda c: np.repeat(c[-1:], len(c), axis=0)),
        ),
        Mistake(
            "last losses",
            ENDS,
            _rows(lambda c: c[:, -1]),
            (_rows(lambda c: c[:, -1:]),),
        ),
        Mistake(
            "last rate left out",
            "the last rate is left out, and its row stays 0",
            _skipping_last,
        ),
        Mistake(
            "index for rate",
            "train takes the rate, etas[k], not its index k",
            lambda etas, train: np.array([train(k) for k in range(len(etas))]),
            (lambda etas, train: np.array([train(k + 1) for k in range(len(etas))]),),
        ),
        Mistake("one curve", "the curves were joined to one", _rows(lambda c: c.ravel())),
        Mistake("last step missing", LAST_MISSING, _rows(lambda c: c[:, :-1])),
    ),
    "ps3.best_learning_rate": (
        Mistake(
            "lowest anywhere",
            LOWEST_ANYWHERE,
            lambda etas, c: _pick(etas, np.where(_finite(c), c.min(axis=1), np.inf)),
        ),
        Mistake(
            "NaN wins",
            NAN_WINS,
            lambda etas, c: _pick(etas, c[:, -1]),
        ),
        Mistake(
            "only the end looked at",
            ANYWHERE,
            lambda etas, c: _pick(etas, np.where(np.isfinite(c[:, -1]), c[:, -1], np.inf)),
        ),
        Mistake(
            "index",
            "the rate is asked for, not its index",
            lambda etas, c: float(np.argmin(np.where(_finite(c), c[:, -1], np.inf))),
        ),
        Mistake("last of ties", TIES, _last_of_ties),
        Mistake(
            "rates sorted",
            RATES_SORTED,
            lambda etas, c: ref.best_learning_rate(sorted(etas), c),
            (lambda etas, c: ref.best_learning_rate(sorted(etas)[::-1], c),),
        ),
        Mistake(
            "lowest so far not high enough",
            TOO_LOW,
            BELOW[0],
            tuple(BELOW[1:]),
        ),
        Mistake(
            "None where losses are high",
            f"{TOO_LOW}, and then nothing comes back",
            lambda etas, c: ref.best_learning_rate(etas, c) if np.nanmin(c[:, -1]) < 10 else None,
            seen=_nothing_where_high,
        ),
        Mistake(
            "smallest of ties",
            SMALLEST_OF_TIES,
            _smallest_of_ties,
        ),
        Mistake(
            "highest",
            "the lowest loss is asked for, not the highest",
            lambda etas, c: _pick(etas, -np.where(_finite(c), c[:, -1], -np.inf)),
        ),
        Mistake(
            "loss",
            "the rate is asked for, not its loss",
            lambda etas, c: float(np.where(_finite(c), c[:, -1], np.inf).min()),
        ),
        Mistake(
            "mean loss",
            "the last loss counts, not the mean",
            lambda etas, c: _pick(etas, np.where(_finite(c), c.mean(axis=1), np.inf)),
        ),
        Mistake(
            "first curve not asked",
            "the search begins with the first curve, finite or not",
            _from_the_first,
        ),
        Mistake("first rate", "the first rate need not be the best", lambda etas, c: float(etas[0])),
        Mistake("last rate", "the last rate need not be the best", lambda etas, c: float(etas[-1])),
        Mistake(
            "middle rate", "the middle rate need not be the best", lambda etas, c: float(np.median(etas))
        ),
        Mistake(
            "smallest rate",
            "the smallest rate need not be the best",
            lambda etas, c: float(np.min(etas)),
        ),
        Mistake(
            "index among the finite",
            "the index counts the finite curves alone, etas all of them",
            lambda etas, c: float(etas[int(np.argmin(c[_finite(c)][:, -1]))]),
        ),
        Mistake(
            "largest finite rate",
            "the largest rate that does not diverge need not be the best",
            lambda etas, c: float(np.max(np.asarray(etas)[_finite(c)])),
        ),
        Mistake(
            "largest drop",
            DROP,
            lambda etas, c: _pick(etas, np.where(_finite(c), c[:, -1] - c[:, 0], np.inf)),
        ),
        Mistake(
            "relative drop",
            DROP,
            lambda etas, c: _pick(etas, np.where(_finite(c), c[:, -1] / c[:, 0], np.inf)),
        ),
        Mistake(
            "NaN at the end skipped",
            ANYWHERE,
            lambda etas, c: _pick(etas, np.where(np.isnan(c[:, -1]), np.inf, c[:, -1])),
        ),
        Mistake(
            "only NaN out",
            "inf is not finite either",
            lambda etas, c: _pick(etas, np.where(np.isnan(c).any(axis=1), np.inf, c[:, -1])),
        ),
        Mistake("largest rate", "the largest rate need not be the best", lambda etas, c: float(np.max(etas))),
    ),
}
