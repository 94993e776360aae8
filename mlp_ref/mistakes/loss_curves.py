"""What students get wrong in the curves of several rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlp_ref import curves as ref
from mlp_ref.mistakes.common import quiet
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart

SORTED = "the rates were sorted: keep their order"
PASS_THROUGH = "inf and NaN have to pass through"


def _rows(change: Callable[[Any], Any]) -> Callable[..., Any]:
    return quiet(lambda etas, train: change(ref.loss_curves(etas, train)))


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
            WrongPart("sorted", SORTED, sorted),
            WrongPart("sorted down", SORTED, lambda etas: sorted(etas)[::-1]),
            WrongPart("reversed", "the rates were trained in reverse", lambda etas: etas[::-1]),
            WrongPart(
                "different rates",
                "the rates were sorted, and one that comes twice left out: row k belongs to etas[k]",
                np.unique,
            ),
        ),
        "rows": (
            WrongPart("NaN removed", PASS_THROUGH, np.nan_to_num),
            WrongPart("NaN for inf", PASS_THROUGH, lambda c: np.where(np.isfinite(c), c, np.nan)),
            WrongPart("inf for NaN", PASS_THROUGH, lambda c: np.where(np.isfinite(c), c, np.inf)),
            WrongPart("0 for NaN", PASS_THROUGH, lambda c: np.where(np.isfinite(c), c, 0)),
            WrongPart("transposed", "the result is transposed: a row for each rate", np.transpose),
            WrongPart("first losses missing", "the first loss of each curve is missing", lambda c: c[:, 1:]),
            WrongPart("last step missing", "the last loss of each curve is missing", lambda c: c[:, :-1]),
            WrongPart(
                "last losses",
                "whole curves are asked for, not their ends",
                lambda c: c[:, -1],
                (lambda c: c[:, -1:],),
            ),
        ),
    },
)

RECIPES = {"ps3.loss_curves": CURVES}
MISTAKES: Table = {
    "ps3.loss_curves": (
        *CURVES.mistakes(),
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
    ),
}
