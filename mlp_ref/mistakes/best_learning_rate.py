"""What students get wrong in the choice of a rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course.checking.trial import Trial
from mlp_ref import curves as ref
from mlp_ref.mistakes.common import quiet
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart

ANYWHERE = "a curve with NaN or inf anywhere is out"
DROP = "the last loss counts, not how far it fell"
TOO_LOW = (
    "no rate is found where all last losses are high: the lowest so far has to start from infinity, or from "
    "the first curve that is finite"
)


def _finite(curves: Any) -> Any:
    return np.isfinite(curves).all(axis=1)


def _pick(etas: Any, score: Any) -> float:
    return float(etas[int(np.argmin(score))])


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
            WrongPart(
                "last of ties",
                "of rates with equal last losses the first counts",
                lambda etas, score: etas[len(score) - 1 - int(np.argmin(np.asarray(score)[::-1]))],
            ),
            WrongPart(
                "smallest of ties",
                "of rates with equal last losses the first counts, not the smallest",
                lambda etas, score: min(zip(score, etas, strict=True))[1],
            ),
            WrongPart("index", "the rate is asked for, not its index", lambda etas, score: np.argmin(score)),
            WrongPart(
                "rates sorted",
                "the rates were sorted: they belong to the curves in the order in which they are given",
                lambda etas, score: sorted(etas)[int(np.argmin(score))],
                (lambda etas, score: sorted(etas)[::-1][int(np.argmin(score))],),
            ),
            WrongPart("loss", "the rate is asked for, not its loss", lambda etas, score: np.min(score)),
            WrongPart(
                "highest",
                "the lowest loss is asked for, not the highest",
                lambda etas, score: etas[int(np.argmax(np.where(np.isfinite(score), score, -np.inf)))],
                (lambda etas, score: etas[int(np.argmax(score))],),
            ),
        ),
        "out": (
            WrongPart("only NaN out", "inf is not finite either", lambda c: np.isnan(c).any(axis=1)),
            WrongPart("only the end looked at", ANYWHERE, lambda c: ~np.isfinite(c[:, -1])),
            WrongPart("NaN at the end skipped", ANYWHERE, lambda c: np.isnan(c[:, -1])),
            WrongPart(
                "NaN wins",
                "curves with NaN or inf are out; argmin takes NaN for the lowest",
                lambda c: np.zeros(len(c), bool),
            ),
        ),
        "score": (
            WrongPart(
                "lowest anywhere", "the last loss counts, not the lowest on the way", lambda c: c.min(axis=1)
            ),
            WrongPart("mean loss", "the last loss counts, not the mean", lambda c: c.mean(axis=1)),
            WrongPart("largest drop", DROP, lambda c: c[:, -1] - c[:, 0]),
        ),
    },
)

RECIPES = {"ps3.best_learning_rate": CHOICE}
MISTAKES: Table = {
    "ps3.best_learning_rate": (
        *CHOICE.mistakes(),
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
            "relative drop",
            DROP,
            lambda etas, c: _pick(etas, np.where(_finite(c), c[:, -1] / c[:, 0], np.inf)),
        ),
        Mistake("largest rate", "the largest rate need not be the best", lambda etas, c: float(np.max(etas))),
    ),
}
