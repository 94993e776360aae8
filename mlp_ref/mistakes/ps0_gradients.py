"""What students get wrong in numerical gradients, and where they look for a bug with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course.checking import hints
from course.checking.trial import Trial
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.tools import numerical_gradient, relative_error


def _norm(a: Any) -> Any:
    return np.linalg.norm(np.ravel(a))


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


def _left_moved_down(f: Any, W: Any, h: float = 1e-5) -> Any:
    result = np.zeros_like(W)
    for p in np.ndindex(W.shape):
        W[p] += h
        above = f(W)
        W[p] -= 2 * h
        result[p] = (above - f(W)) / (2 * h)
    return result


def _moved_half_way_back(f: Any, W: Any, h: float = 1e-5) -> Any:
    return _left_moved_down(f, W.copy(), h)


def _never_moved_back(f: Any, W: Any, h: float = 1e-5) -> Any:
    result, up, down = np.zeros_like(W), W.copy(), W.copy()
    for p in np.ndindex(W.shape):
        up[p] += h
        down[p] -= h
        result[p] = (f(up) - f(down)) / (2 * h)
    return result


def _by(distance: Callable[[Any, Any], Any]) -> Callable[..., int]:
    """Return a bug finder that takes the candidate of largest `distance` from the numerical gradient."""

    def find(candidates: Any, f: Any, W: Any) -> int:
        gradient = numerical_gradient(f, W)
        return int(np.argmax([distance(candidate, gradient) for candidate in candidates]))

    return find


def _first_beyond(distance: Callable[[Any, Any], Any], threshold: float) -> Callable[..., int | None]:
    """Return a bug finder that takes the first candidate further than `threshold` away, or None."""

    def find(candidates: Any, f: Any, W: Any) -> int | None:
        gradient = numerical_gradient(f, W)
        beyond = (k for k, candidate in enumerate(candidates) if distance(candidate, gradient) > threshold)
        return next(beyond, None)

    return find


def _distance_of_norms(c: Any, g: Any) -> Any:
    return abs(_norm(c) - _norm(g))


def _relative_distance_of_norms(c: Any, g: Any) -> Any:
    return _distance_of_norms(c, g) / (_norm(c) + _norm(g))


def _distance_of_sizes(c: Any, g: Any) -> Any:
    return relative_error(np.abs(c), np.abs(g))


def _with_none(name: str, hint: str, *distances: Callable[[Any, Any], Any]) -> Mistake:
    """Return the mistake of a search by one of these distances that ends without an answer at times."""
    finders = [_first_beyond(distance, threshold) for distance in distances for threshold in THRESHOLDS]

    def seen(trials: Sequence[Trial]) -> bool:
        return any(trial.got is None for trial in trials) and any(
            all(trial.got == find(*trial.case.args) for trial in trials) for find in finders
        )

    return Mistake(name, hint, finders[0], tuple(finders[1:]), seen=seen)


def _sometimes_nothing(trials: Sequence[Trial]) -> bool:
    """Return whether what comes back is right or None, and each of them somewhere."""
    found = [trial.got is not None for trial in trials]
    right = all(trial.got is None or trial.difference is None for trial in trials)
    return right and any(found) and not all(found)


def _errors(candidates: Any, f: Any, W: Any) -> list[float]:
    gradient = numerical_gradient(f, W)
    return [float(relative_error(candidate, gradient)) for candidate in candidates]


def _wrong_array(candidates: Any, f: Any, W: Any) -> Any:
    return candidates[_find(candidates, f, W)].copy()


def _right_one(candidates: Any, f: Any, W: Any) -> int:
    gradient = numerical_gradient(f, W)
    return int(np.argmin([relative_error(candidate, gradient) for candidate in candidates]))


_find = _by(relative_error)
_NORMS_ONLY = "only the norms are compared: scrambled entries go unnoticed"
THRESHOLDS = (1e-4, 1e-3, 1e-5, 1e-2, 1e-6, 1e-7)

MISTAKES: Table = {
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
        Mistake("sign", hints.SIGN, _entry_by_entry(lambda f, W, E, h: (f(W - E) - f(W + E)) / (2 * h))),
        Mistake(
            "h ignored",
            "h is an argument; here it has no effect",
            lambda f, W, h=1e-5: numerical_gradient(f, W),
            tuple(lambda f, W, h=1e-5, own=own: numerical_gradient(f, W, own) for own in (1e-3, 1e-4, 1e-2)),
        ),
        Mistake(
            "a fixed h below",
            "the points are 2h apart, for every h; the division is by a fixed number",
            _entry_by_entry(lambda f, W, E, h: (f(W + E) - f(W - E)) / 2e-5),
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
            "second difference",
            "this is the second derivative",
            _entry_by_entry(lambda f, W, E, h: (f(W + E) - 2 * f(W) + f(W - E)) / h**2),
        ),
        Mistake(
            "times h",
            "/ 2 * h is not / (2 * h): brackets are missing",
            _entry_by_entry(lambda f, W, E, h: (f(W + E) - f(W - E)) / 2 * h),
        ),
        Mistake(
            "not moved back",
            "the entries before are still moved: move each back before the next",
            _never_moved_back,
            (_moved_half_way_back,),
        ),
        Mistake(
            "moved in place and left",
            "W was not restored",
            _left_moved_down,
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
            _NORMS_ONLY,
            _by(lambda c, g: abs(_norm(c) - _norm(g)) / _norm(g)),
        ),
        Mistake(
            "signed differences",
            "an entry that is too small goes unnoticed",
            _by(lambda c, g: np.max(c - g)),
            (
                _by(lambda c, g: np.sum(c - g)),
                _by(lambda c, g: np.mean(c - g)),
                _by(lambda c, g: np.max(g - c)),
            ),
        ),
        Mistake(
            "first entry only",
            "only the first entry is looked at",
            _by(lambda c, g: abs(c.flat[0] - g.flat[0])),
        ),
        Mistake(
            "sums only", "only the sums of the entries are compared", _by(lambda c, g: abs(c.sum() - g.sum()))
        ),
        _with_none(
            "norms only, None",
            f"{_NORMS_ONLY}, and reversed signs; then nothing comes back",
            _distance_of_norms,
            _relative_distance_of_norms,
        ),
        _with_none(
            "sign-blind, None",
            "a reversed sign goes unnoticed, and then nothing comes back",
            _distance_of_sizes,
        ),
        Mistake(
            "sometimes None",
            "at times nothing comes back: one is always wrong, if only by a hundredth",
            _first_beyond(relative_error, 0.4),
            seen=_sometimes_nothing,
        ),
        Mistake(
            "error",
            "this is the error of the wrong one: its index is asked for",
            lambda *args: max(_errors(*args)),
        ),
        Mistake(
            "smallest error",
            "this is the smallest of the errors: the index of the wrong one is asked for",
            lambda *args: min(_errors(*args)),
        ),
        Mistake("errors", "these are the errors of all: the index of the wrong one is asked for", _errors),
        Mistake("wrong array", "this is the wrong array itself: its index is asked for", _wrong_array),
        Mistake("largest", "the largest candidate need not be the wrong one", _by(lambda c, g: _norm(c))),
    ),
}
