"""What students get wrong in σ and in relative errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart
from mlp_ref.tools import relative_error, sigmoid

BOTH = "the denominator has both norms"
LARGER = "the denominator is the sum of both norms, not the larger one"
NOT_THE_LARGEST = "the norm is the root of the sum of squares, not the largest entry"
NOT_THE_SUM = "the norm is the root of the sum of squares, not the sum of absolute values"
SMALL_ADDED = "a small number was added in the denominator: gradients can be as small"
SMALL = (1e-8, 1e-5, 1e-6, 1e-7, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16)


def _naive(t: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.exp(t) / (1 + np.exp(t))


def _unparenthesised(t: Any) -> Any:
    with np.errstate(all="ignore"):
        return 1 / 1 + np.exp(-np.asarray(t))


def _minus_below(t: Any) -> Any:
    with np.errstate(all="ignore"):
        return 1 / (1 - np.exp(-np.asarray(t)))


def _norm(a: Any) -> Any:
    return np.linalg.norm(np.ravel(a))


def _ratio(above: Any, below: Any) -> float:
    return float(above / below) if below else 0.0


def _no_zero_case(a: Any, b: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.float64(_norm(np.subtract(a, b))) / (_norm(a) + _norm(b))


def _no_brackets(a: Any, b: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.float64(_norm(np.subtract(a, b))) / _norm(a) + _norm(b) if np.any(a) or np.any(b) else 0.0


def _mean_of_ratios(a: Any, b: Any) -> float:
    above, below = np.abs(np.subtract(a, b)), np.abs(a) + np.abs(b)
    return float(np.mean(np.divide(above, below, out=np.zeros_like(above), where=below > 0)))


def _zero_below(eps: float) -> Callable[..., Any]:
    return lambda a, b: 0.0 if _norm(a) + _norm(b) < eps else relative_error(a, b)


def _sum_of_sizes(a: Any) -> Any:
    return np.abs(a).sum()


def _largest_size(a: Any) -> Any:
    return np.abs(a).max()


def _error(
    norm: Callable[[Any], Any] = _norm,
    below: Callable[[Any, Any], Any] = np.add,
    added: float = 0.0,
    scale: float = 1.0,
) -> Callable[..., Any]:
    return lambda a, b: scale * _ratio(norm(np.subtract(a, b)), below(norm(a), norm(b)) + added)


ERROR = Recipe(
    _error,
    {
        "below": (
            WrongPart("larger norm", LARGER, max),
            WrongPart("only ‖a‖ below", BOTH, lambda a, b: a),
            WrongPart("only ‖b‖ below", BOTH, lambda a, b: b),
            WrongPart(
                "product below", "the denominator is the sum of both norms, not their product", np.multiply
            ),
            WrongPart("absolute", "this is the absolute error: the denominator is missing", lambda a, b: 1.0),
        ),
        "norm": (
            WrongPart("largest entries", NOT_THE_LARGEST, _largest_size),
            WrongPart("sums of sizes", NOT_THE_SUM, _sum_of_sizes),
            WrongPart("squared", "the norms are squared", lambda a: _norm(a) ** 2),
        ),
        "added": (WrongPart("small number added", SMALL_ADDED, SMALL[0], SMALL[1:]),),
        "scale": (
            WrongPart("factor 2", "the result is twice the expected one", 2.0),
            WrongPart("factor ½", "the result is half the expected one", 0.5),
        ),
    },
)
RECIPES = {"ps0.relative_error": ERROR}
MISTAKES: Table = {
    "ps0.sigmoid": (
        Mistake("sign of t", "the sign of t is reversed", lambda t: sigmoid(-np.asarray(t))),
        Mistake(
            "overflow",
            "exp overflows for large t, and inf / inf is NaN",
            _naive,
            (lambda t: _naive(t) if np.any(np.asarray(t) < 0) else sigmoid(t),),
        ),
        Mistake(
            "NaN replaced",
            "exp overflows for large t, inf / inf is NaN, and NaN became another number than 1",
            lambda t: np.nan_to_num(_naive(t)),
            tuple(lambda t, nan=nan: np.nan_to_num(_naive(t), nan=nan) for nan in (0.5, -1.0)),
        ),
        Mistake(
            "0 left out",
            "σ(0) is ½: is 0 in neither of the cases t > 0 and t < 0?",
            lambda t: np.where(np.asarray(t) == 0, 0, sigmoid(t)),
            tuple(
                lambda t, at_0=at_0: np.where(np.asarray(t) == 0, at_0, sigmoid(t)) for at_0 in (1, np.nan)
            ),
        ),
        Mistake(
            "denominator missing",
            "on one side of 0 the denominator is missing: σ is e^t / (1 + e^t) there",
            lambda t: np.where(np.asarray(t) >= 0, sigmoid(t), np.exp(np.minimum(t, 0))),
            (lambda t: np.where(np.asarray(t) > 0, sigmoid(t), np.exp(np.minimum(t, 0))),),
        ),
        Mistake("parentheses", "1 / 1 + … is not 1 / (1 + …)", _unparenthesised),
        Mistake("tanh", "this is tanh", lambda t: np.tanh(t)),
        Mistake("slope", "this is the slope of σ", lambda t: sigmoid(t) * (1 - sigmoid(t))),
        Mistake(
            "cut off",
            "t was cut off: σ goes on beyond",
            lambda t: sigmoid(np.clip(t, -10, 10)),
            tuple(lambda t, at=at: sigmoid(np.clip(t, -at, at)) for at in (5, 15, 20, 30)),
        ),
        Mistake("sign lost", "the sign of t is lost", lambda t: sigmoid(np.abs(t))),
        Mistake("minus below", "1 + e^−t where 1 − e^−t stands", _minus_below),
        Mistake(
            "tanh of t",
            "σ(t) is (1 + tanh(t / 2)) / 2, with t / 2",
            lambda t: 0.5 * (1 + np.tanh(t)),
        ),
        Mistake("step", "this is a step, 0 or 1", lambda t: np.where(np.asarray(t) > 0, 1.0, 0.0)),
        Mistake("flattened", "the shape of t is lost", lambda t: np.ravel(sigmoid(t))),
    ),
    "ps0.relative_error": (
        *ERROR.mistakes(),
        Mistake(
            "brackets below",
            "/ ‖a‖ + ‖b‖ is not / (‖a‖ + ‖b‖): brackets are missing",
            _no_brackets,
        ),
        Mistake("0/0", "when both are zero, 0/0 comes out", _no_zero_case),
        Mistake(
            "difference of norms",
            "the norm of the difference is not the difference of the norms",
            lambda a, b: _ratio(abs(_norm(a) - _norm(b)), _norm(a) + _norm(b)),
        ),
        Mistake(
            "norm of the sum",
            "the sum of the norms is not the norm of the sum",
            lambda a, b: _ratio(_norm(np.subtract(a, b)), _norm(np.add(a, b))),
        ),
        Mistake(
            "squared below",
            "the norms below the line are squared",
            lambda a, b: _ratio(_norm(np.subtract(a, b)), _norm(a) ** 2 + _norm(b) ** 2),
        ),
        Mistake(
            "entry by entry",
            "one ratio of norms is asked for, not the mean of a ratio for each entry",
            _mean_of_ratios,
        ),
        Mistake(
            "0 where one is zero",
            "the error is 0 where both are zero, not where one is",
            lambda a, b: (
                _ratio(_norm(np.subtract(a, b)), _norm(a) + _norm(b)) if _norm(a) * _norm(b) else 0.0
            ),
            (
                lambda a, b: relative_error(a, b) if _norm(a) else 0.0,
                lambda a, b: relative_error(a, b) if _norm(b) else 0.0,
            ),
        ),
        Mistake(
            "small taken for equal",
            "two small arrays are taken for equal, as np.allclose does: the error can be as large as 1",
            lambda a, b: 0.0 if np.allclose(a, b) else relative_error(a, b),
            tuple(map(_zero_below, (1e-8, 1e-6, 1e-7, 1e-9, 1e-10, 1e-12))),
        ),
    ),
}
