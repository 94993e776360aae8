"""What students get wrong in σ and in relative errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.tools import relative_error, sigmoid


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


def _added(eps: float) -> Callable[..., Any]:
    return lambda a, b: float(_norm(np.subtract(a, b)) / (_norm(a) + _norm(b) + eps))


def _mean_of_ratios(a: Any, b: Any) -> float:
    above, below = np.abs(np.subtract(a, b)), np.abs(a) + np.abs(b)
    return float(np.mean(np.divide(above, below, out=np.zeros_like(above), where=below > 0)))


def _largest_entries(a: Any, b: Any) -> float:
    return _ratio(np.abs(np.subtract(a, b)).max(), np.abs(a).max() + np.abs(b).max())


MISTAKES: Table = {
    "ps0.sigmoid": (
        Mistake("sign of t", "the sign of t is reversed", lambda t: sigmoid(-np.asarray(t))),
        Mistake("overflow", "exp overflows for large t, and inf / inf is NaN", _naive),
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
        Mistake(
            "absolute",
            "this is the absolute error: the denominator is missing",
            lambda a, b: float(_norm(np.subtract(a, b))),
        ),
        Mistake("0/0", "when both are zero, 0/0 comes out", _no_zero_case),
        Mistake(
            "only ‖a‖ below",
            "the denominator has both norms",
            lambda a, b: _ratio(_norm(np.subtract(a, b)), _norm(a)),
        ),
        Mistake(
            "only ‖b‖ below",
            "the denominator has both norms",
            lambda a, b: _ratio(_norm(np.subtract(a, b)), _norm(b)),
        ),
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
            "squared",
            "the norms are squared",
            lambda a, b: _ratio(_norm(np.subtract(a, b)) ** 2, _norm(a) ** 2 + _norm(b) ** 2),
        ),
        Mistake(
            "largest entries",
            "the norm is the root of the sum of squares, not the largest entry",
            _largest_entries,
        ),
        Mistake("factor 2", "the result is twice the expected one", lambda a, b: 2 * relative_error(a, b)),
        Mistake(
            "small number added",
            "a small number was added in the denominator: gradients can be as small",
            _added(1e-8),
            tuple(map(_added, (1e-5, 1e-6, 1e-7, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16))),
        ),
        Mistake(
            "squared below",
            "the norms below the line are squared",
            lambda a, b: _ratio(_norm(np.subtract(a, b)), _norm(a) ** 2 + _norm(b) ** 2),
        ),
        Mistake(
            "product below",
            "the denominator is the sum of both norms, not their product",
            lambda a, b: _ratio(_norm(np.subtract(a, b)), _norm(a) * _norm(b)),
        ),
        Mistake(
            "larger norm",
            "the denominator is the sum of both norms, not the larger one",
            lambda a, b: _ratio(_norm(np.subtract(a, b)), max(_norm(a), _norm(b))),
        ),
        Mistake(
            "sums of sizes",
            "the norm is the root of the sum of squares, not the sum of absolute values",
            lambda a, b: _ratio(np.abs(np.subtract(a, b)).sum(), np.abs(a).sum() + np.abs(b).sum()),
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
        ),
    ),
}
