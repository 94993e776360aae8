"""Named mistakes: wrong variants of each function, with what to say about them.

The table has two uses. `course verify` proves the hidden tests with it: every mistake must fail, in its own
cell only. And a wrong answer is named with it: as the mistake that gives the same on all inputs.

The variants are solutions with one thing wrong, so they never reach students. The visible checks have
suspicions and hints of their own, see `course.checking.tables`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from course.checking.compare import Tolerance, agrees
from course.checking.diagnose import Relation, related
from course.checking.trial import Trial, compare_call, recorded_calls, warnings_ignored
from course.values import clone, shares_memory, unchanged
from mlp_ref.mistakes import descent, ps0, ps1, ps2, ps3, recursion, transfer, transfer_deep
from mlp_ref.mistakes.mistake import Mistake, Table

MISTAKES: Table = {
    name: mistakes
    for part in (ps0, ps1, ps2, recursion, descent, ps3, transfer, transfer_deep)
    for name, mistakes in part.MISTAKES.items()
}

__all__ = ["MISTAKES", "Mistake", "recognise"]


SLIPS: dict[str, Relation] = {
    "the sign is reversed": lambda want, _: -want,
    "it is multiplied by N": lambda want, n: n * want,
    "it is divided by N": lambda want, n: want / n,
    "it is doubled": lambda want, _: 2 * want,
    "it is halved": lambda want, _: want / 2,
}
"""What may be wrong beside a named mistake."""


def recognise(name: str, trials: Sequence[Trial], tolerance: Tolerance) -> Mistake | None:
    """Return the mistake of function `name` that does what was seen in every trial, or None.

    Where none does by itself, one may with a second slip, which its hint then tells.
    """
    mistakes = MISTAKES.get(name, ())
    with warnings_ignored():
        for mistake in mistakes:
            if _explains(mistake, trials, tolerance):
                return mistake
        for mistake in mistakes:
            slip = None if mistake.seen else _second_slip(mistake, trials, tolerance)
            if slip:
                return replace(mistake, hint=f"{mistake.hint}. Besides, {slip}")
    return None


def _second_slip(mistake: Mistake, trials: Sequence[Trial], tolerance: Tolerance) -> str | None:
    """Return the slip with which `mistake` does what was seen in every trial, or None."""
    if not all(trial.difference is None or trial.difference.stage == "value" for trial in trials):
        return None
    try:
        pairs = [(trial.got, mistake.function(*clone(trial.case.args)), trial.case.n) for trial in trials]
        return next(
            (slip for slip, relation in SLIPS.items() if _all_related(relation, pairs, tolerance)), None
        )
    except Exception:  # a variant that cannot take these inputs explains nothing
        return None


def _all_related(relation: Relation, pairs: Sequence[tuple[Any, Any, int]], tolerance: Tolerance) -> bool:
    return all(agrees(got, related(relation, wrong, n), tolerance) for got, wrong, n in pairs)


def _explains(mistake: Mistake, trials: Sequence[Trial], tolerance: Tolerance) -> bool:
    """Return whether `mistake` does the same in every trial, and is refused where the answer was."""
    if mistake.seen is not None:
        return mistake.seen(trials)
    functions = (mistake.function, *mistake.variants)
    return any(_does_the_same(function, trials, tolerance) for function in functions)


def _does_the_same(function: Callable[..., Any], trials: Sequence[Trial], tolerance: Tolerance) -> bool:
    refused = False
    # those that failed tell most mistakes apart
    for trial in sorted(trials, key=lambda trial: trial.difference is None):
        args = clone(trial.case.args)
        try:
            wrong = function(*args)
        except Exception:  # a variant that cannot take these inputs explains nothing
            return False
        if not _same(trial, wrong, args, tolerance):
            return False
        if trial.difference:
            refused = refused or bool(compare_call(trial.case, args, wrong, tolerance).difference)
    return refused


def _same(trial: Trial, wrong: Any, args: tuple[Any, ...], tolerance: Tolerance) -> bool:
    if trial.case.fresh and shares_memory(trial.got, trial.after) != shares_memory(wrong, args):
        return False
    return agrees(trial.got, wrong, tolerance) and all(
        _left_alike(*arguments, tolerance)
        for arguments in zip(trial.case.args, trial.after, args, strict=True)
    )


def _left_alike(before: Any, a: Any, b: Any, tolerance: Tolerance) -> bool:
    """Return whether two calls did the same to an argument.

    Whether it is changed is a matter of bits; what it is changed to need only agree.
    """
    if isinstance(before, (list, tuple)):
        if any(type(item) is not type(before) or len(item) != len(before) for item in (a, b)):
            return unchanged(a, b)
        return all(_left_alike(*item, tolerance) for item in zip(before, a, b, strict=True))
    if callable(before):
        return recorded_calls(a) == recorded_calls(b)
    if unchanged(before, a) or unchanged(before, b):
        return unchanged(a, b)
    return agrees(a, b, tolerance)
