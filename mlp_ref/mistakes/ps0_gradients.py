"""What students get wrong in numerical gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course.checking import hints
from course.checking.trial import Trial
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart
from mlp_ref.tools import numerical_gradient

ONE_SIDED = "a one-sided difference: its error is proportional to h, not h²"


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


def _central(f: Any, W: Any, E: Any, h: float) -> Any:
    return (f(W + E) - f(W - E)) / (2 * h)


def _gradient(
    difference: Callable[..., Any] = _central, form: Callable[..., Any] = lambda g: g
) -> Callable[..., Any]:
    """Return a numerical gradient with another difference, or in another shape."""
    gradient = _entry_by_entry(difference)
    return lambda f, W, h=1e-5: form(gradient(f, W, h))


GRADIENT = Recipe(
    _gradient,
    {
        "difference": (
            WrongPart(
                "2 missing", "the two points are 2h apart", lambda f, W, E, h: (f(W + E) - f(W - E)) / h
            ),
            WrongPart("forward difference", ONE_SIDED, lambda f, W, E, h: (f(W + E) - f(W)) / h),
            WrongPart("backward difference", ONE_SIDED, lambda f, W, E, h: (f(W) - f(W - E)) / h),
            WrongPart("sign", hints.SIGN, lambda f, W, E, h: (f(W - E) - f(W + E)) / (2 * h)),
            WrongPart(
                "times h",
                "/ 2 * h is not / (2 * h): brackets are missing",
                lambda f, W, E, h: (f(W + E) - f(W - E)) / 2 * h,
            ),
            WrongPart(
                "not divided", "the difference is not divided by 2h", lambda f, W, E, h: f(W + E) - f(W - E)
            ),
        ),
        "form": (
            WrongPart("flattened", "the shape of W is lost", np.ravel),
            WrongPart("row", "the shape of W is lost", lambda g: g.reshape(1, -1)),
            WrongPart("column", "the shape of W is lost", lambda g: g.reshape(-1, 1)),
        ),
    },
)


def _not_copied(f: Any, W: Any, h: float = 1e-5) -> Any:
    """Return differences of two values at the same point, W itself, which was moved there and back."""
    result = np.zeros(W.shape)
    for p in np.ndindex(W.shape):
        up = down = W
        up[p] += h
        down[p] -= h
        result[p] = (f(up) - f(down)) / (2 * h)
    return result


def _nothing_but_zeros(trials: Sequence[Trial]) -> bool:
    """Return whether all results are 0 everywhere, in the shape that is wanted, and some were refused."""
    alike = all(
        isinstance(trial.got, (np.ndarray, float)) and np.shape(trial.got) == np.shape(trial.case.want)
        for trial in trials
    )
    return alike and not any(np.any(trial.got) for trial in trials)


def _on_flat(flatten: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a numerical gradient that moves entries of what may be W itself, in one row, or a copy."""

    def gradient(f: Any, W: Any, h: float = 1e-5) -> Any:
        result, flat = np.zeros(W.size), flatten(W)
        for k in range(W.size):
            old = flat[k]
            flat[k] = old + h
            above = f(W)
            flat[k] = old - h
            result[k] = (above - f(W)) / (2 * h)
            flat[k] = old
        return result.reshape(W.shape)

    return gradient


def _rows_at_once(f: Any, W: Any, h: float = 1e-5) -> Any:
    if W.ndim == 0:
        return numerical_gradient(f, W, h)
    result = np.zeros(W.shape)
    for i in range(len(W)):
        E = np.zeros(W.shape)
        E[i] = h
        result[i] = _central(f, W, E, h)
    return result


def _columns_at_once(f: Any, W: Any, h: float = 1e-5) -> Any:
    if W.ndim < 2:
        return numerical_gradient(f, W, h)
    result = np.zeros(W.shape)
    for j in range(W.shape[1]):
        E = np.zeros(W.shape)
        E[:, j] = h
        result[:, j] = _central(f, W, E, h)
    return result


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


RECIPES = {"ps0.numerical_gradient": GRADIENT}
MISTAKES: Table = {
    "ps0.numerical_gradient": (
        *GRADIENT.mistakes(),
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
        Mistake(
            "rows at once",
            "whole rows were moved at once: one entry at a time",
            _rows_at_once,
        ),
        Mistake(
            "columns at once",
            "whole columns were moved at once: one entry at a time",
            _columns_at_once,
        ),
        Mistake(
            "not copied",
            "the result is 0 everywhere, as where both values of f are taken at the same point: is W copied, "
            "so that one is moved up and the other down?",
            _not_copied,
            seen=_nothing_but_zeros,
        ),
        Mistake(
            "moved on a copy",
            "0 comes out where W is not in one piece: W.ravel() and W.reshape(-1) are copies there, and W "
            "does not move with them",
            _on_flat(np.ravel),
            (_on_flat(lambda W: W.reshape(-1)),),
        ),
        Mistake("W left changed", "W was not restored", _left_perturbed),
        Mistake(
            "second difference",
            "this is the second derivative",
            _entry_by_entry(lambda f, W, E, h: (f(W + E) - 2 * f(W) + f(W - E)) / h**2),
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
    ),
}
