"""What students get wrong where they look for the wrong gradient with a numerical one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course.checking.trial import Trial
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart
from mlp_ref.tools import numerical_gradient, relative_error

AMONG_THEMSELVES = (
    "the candidates are compared with each other, and any of them may be wrong: compare each with the "
    "numerical gradient"
)
_NORMS_ONLY = "only the norms are compared: scrambled entries go unnoticed"


def _norm(a: Any) -> Any:
    return np.linalg.norm(np.ravel(a))


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


def _distance_of_norms_in_gs(c: Any, g: Any) -> Any:
    return _distance_of_norms(c, g) / _norm(g)


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


def _among_themselves(other: Callable[[Any], Any], threshold: float | None) -> Callable[..., int]:
    """Return a bug finder that compares candidates with one made of them, and f with none.

    It takes the first beyond `threshold`, or else the first; without one, the candidate furthest away.
    """

    def find(candidates: Any, f: Any, W: Any) -> int:
        errors = [float(relative_error(candidate, other(candidates))) for candidate in candidates]
        if threshold is None:
            return int(np.argmax(errors))
        return next((k for k, error in enumerate(errors) if error > threshold), 0)

    return find


def _furthest_from_the_middle(candidates: Any, f: Any, W: Any) -> int:
    middle = sum(candidates) / len(candidates)
    return int(np.argmax([_norm(candidate - middle) for candidate in candidates]))


AMONG = [
    _among_themselves(other, threshold)
    for other in (
        lambda all_of_them: all_of_them[0],
        lambda all_of_them: all_of_them[-1],
        lambda all_of_them: np.mean(all_of_them, axis=0),
        lambda all_of_them: np.median(all_of_them, axis=0),
    )
    for threshold in (1e-4, None, 1e-3, 1e-5, 1e-2, 1e-6)
]


def _undecided_between_two(trials: Sequence[Trial]) -> bool:
    """Return whether nothing is wrong but the choice between two, which are equally far from their middle."""
    refused = [len(trial.case.args[0]) for trial in trials if trial.difference]
    taken = all(type(trial.got) is int and 0 <= trial.got < len(trial.case.args[0]) for trial in trials)
    return taken and bool(refused) and max(refused) == 2


def _only_the_first(trials: Sequence[Trial]) -> bool:
    """Return whether the first is found where it is wrong, and nothing but −1 or None elsewhere."""
    others = [trial.got for trial in trials if trial.case.want != 0]
    found = all(type(trial.got) is int and trial.got == 0 for trial in trials if trial.case.want == 0)
    return found and len(others) > 1 and all(other is None or other == -1 for other in others)


def _with_index(
    pick: Callable[[Any], Any] = np.argmax,
    distance: Callable[[Any, Any], Any] = relative_error,
    offset: int = 0,
) -> Callable[..., int]:
    def find(candidates: Any, f: Any, W: Any) -> int:
        gradient = numerical_gradient(f, W)
        return int(pick([distance(candidate, gradient) for candidate in candidates])) + offset

    return find


BUG = Recipe(
    _with_index,
    {
        "pick": (
            WrongPart("a right one", "this is the best of them; the wrong one is asked for", np.argmin),
        ),
        "distance": (
            WrongPart("sign-blind", "a reversed sign goes unnoticed", _distance_of_sizes),
            WrongPart("norms only", _NORMS_ONLY, _relative_distance_of_norms, (_distance_of_norms_in_gs,)),
        ),
        "offset": (WrongPart("counted from 1", "indices start at 0", 1),),
    },
)
RECIPES = {"ps0.find_the_bug": BUG}
_find = _by(relative_error)
THRESHOLDS = (1e-4, 1e-3, 1e-5, 1e-2, 1e-6, 1e-7)

MISTAKES: Table = {
    "ps0.find_the_bug": (
        Mistake(
            "first",
            "the answer is always 0: is the first one called wrong by an exact comparison, or by rounding?",
            lambda candidates, f, W: 0,
        ),
        Mistake("last", "the answer is always the last", lambda candidates, f, W: len(candidates) - 1),
        *BUG.mistakes(),
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
        Mistake(
            "compared among themselves",
            AMONG_THEMSELVES,
            AMONG[0],
            tuple(AMONG[1:]),
        ),
        Mistake(
            "compared with their middle",
            AMONG_THEMSELVES,
            _furthest_from_the_middle,
            seen=_undecided_between_two,
        ),
        Mistake(
            "only the first looked at",
            "only the first candidate is looked at: does a return end the loop too early?",
            lambda *args: 0 if _find(*args) == 0 else -1,
            seen=_only_the_first,
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
