"""What students get wrong in ps0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.tools import numerical_gradient, relative_error, sigmoid

SIGN = "the sign is reversed"


def _naive(t: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.exp(t) / (1 + np.exp(t))


def _unparenthesised(t: Any) -> Any:
    with np.errstate(all="ignore"):
        return 1 / 1 + np.exp(-np.asarray(t))


def _norm(a: Any) -> Any:
    return np.linalg.norm(np.ravel(a))


def _ratio(above: Any, below: Any) -> float:
    return float(above / below) if below else 0.0


def _no_zero_case(a: Any, b: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.float64(_norm(np.subtract(a, b))) / (_norm(a) + _norm(b))


def _largest_entries(a: Any, b: Any) -> float:
    return _ratio(np.abs(np.subtract(a, b)).max(), np.abs(a).max() + np.abs(b).max())


def _entry_by_entry(difference: Callable[..., Any]) -> Callable[..., Any]:
    """Return a numerical gradient that treats each entry with `difference(f, W, E, h)`, E a unit array."""

    def gradient(f: Any, W: Any, h: float = 1e-5) -> Any:
        result = np.zeros_like(W)
        for p in np.ndindex(W.shape):
            E = np.zeros_like(W)
            E[p] = h
            result[p] = difference(f, W, E, h)
        return result

    return gradient


def _all_at_once(f: Any, W: Any, h: float = 1e-5) -> Any:
    return np.full_like(W, (f(W + h) - f(W - h)) / (2 * h))


def _left_perturbed(f: Any, W: Any, h: float = 1e-5) -> Any:
    result = numerical_gradient(f, W, h)
    W += h
    return result


def _by(distance: Callable[[Any, Any], Any]) -> Callable[..., int]:
    """Return a bug finder that takes the candidate of largest `distance` from the numerical gradient."""

    def find(candidates: Any, f: Any, W: Any) -> int:
        gradient = numerical_gradient(f, W)
        return int(np.argmax([distance(candidate, gradient) for candidate in candidates]))

    return find


def _right_one(candidates: Any, f: Any, W: Any) -> int:
    gradient = numerical_gradient(f, W)
    return int(np.argmin([relative_error(candidate, gradient) for candidate in candidates]))


_find = _by(relative_error)

MISTAKES: Table = {
    "ps0.sigmoid": (
        Mistake("sign of t", "the sign of t is reversed", lambda t: sigmoid(-np.asarray(t))),
        Mistake("overflow", "exp overflows for large t, and inf / inf is NaN", _naive),
        Mistake("parentheses", "1 / 1 + … is not 1 / (1 + …)", _unparenthesised),
        Mistake("tanh", "this is tanh", lambda t: np.tanh(t)),
        Mistake("slope", "this is the slope of σ", lambda t: sigmoid(t) * (1 - sigmoid(t))),
        Mistake("cut off", "t was cut off at ±10: σ goes on beyond", lambda t: sigmoid(np.clip(t, -10, 10))),
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
            lambda a, b: float(_norm(np.subtract(a, b)) / (_norm(a) + _norm(b) + 1e-8)),
        ),
    ),
    "ps0.numerical_gradient": (
        Mistake(
            "forward difference",
            "a one-sided difference: its error is proportional to h, not h²",
            _entry_by_entry(lambda f, W, E, h: (f(W + E) - f(W)) / h),
        ),
        Mistake(
            "backward difference",
            "a one-sided difference: its error is proportional to h, not h²",
            _entry_by_entry(lambda f, W, E, h: (f(W) - f(W - E)) / h),
        ),
        Mistake(
            "2 missing",
            "the two points are 2h apart",
            _entry_by_entry(lambda f, W, E, h: (f(W + E) - f(W - E)) / h),
        ),
        Mistake("sign", SIGN, _entry_by_entry(lambda f, W, E, h: (f(W - E) - f(W + E)) / (2 * h))),
        Mistake(
            "h ignored",
            "h is an argument; here it has no effect",
            lambda f, W, h=1e-5: numerical_gradient(f, W),
        ),
        Mistake(
            "half of h",
            "the points are h away, not h/2",
            lambda f, W, h=1e-5: numerical_gradient(f, W, h / 2),
        ),
        Mistake("all entries at once", "all entries were moved at once: one at a time", _all_at_once),
        Mistake("W left changed", "W was not restored", _left_perturbed),
        Mistake(
            "flattened",
            "the shape of W is lost",
            lambda f, W, h=1e-5: np.atleast_1d(numerical_gradient(f, W, h)).ravel()[None],
        ),
        Mistake(
            "not divided",
            "the difference is not divided by 2h",
            _entry_by_entry(lambda f, W, E, h: f(W + E) - f(W - E)),
        ),
    ),
    "ps0.find_the_bug": (
        Mistake("first", "the answer is always 0", lambda candidates, f, W: 0),
        Mistake("last", "the answer is always the last", lambda candidates, f, W: len(candidates) - 1),
        Mistake("a right one", "this is the best of them; the wrong one is asked for", _right_one),
        Mistake("counted from 1", "indices start at 0", lambda *args: _find(*args) + 1),
        Mistake(
            "sign-blind",
            "a reversed sign goes unnoticed",
            _by(lambda c, g: relative_error(np.abs(c), np.abs(g))),
        ),
        Mistake(
            "norms only",
            "only the norms are compared: scrambled entries go unnoticed",
            _by(lambda c, g: abs(_norm(c) - _norm(g)) / _norm(g)),
        ),
        Mistake(
            "first entry only",
            "only the first entry is looked at",
            _by(lambda c, g: abs(c.flat[0] - g.flat[0])),
        ),
        Mistake(
            "sums only", "only the sums of the entries are compared", _by(lambda c, g: abs(c.sum() - g.sum()))
        ),
        Mistake("largest", "the largest candidate need not be the wrong one", _by(lambda c, g: _norm(c))),
    ),
}
