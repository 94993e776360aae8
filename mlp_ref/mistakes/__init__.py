"""Named mistakes: wrong variants of each function, with what to say about them.

The table has two uses. `course verify` proves the hidden tests with it: every mistake must fail, in its own
cell only. And a wrong answer is named with it: as the mistake that gives the same on all inputs.

The variants are solutions with one thing wrong, so they never reach students. The visible checks have
suspicions and hints of their own, see `course.checking.tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from course.checking.compare import Tolerance, agrees
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


def recognise(name: str, trials: Sequence[Trial], tolerance: Tolerance) -> Mistake | None:
    """Return the mistake of function `name` that does what was seen in every trial, or None."""
    with warnings_ignored():
        for mistake in MISTAKES.get(name, ()):
            if _explains(mistake, trials, tolerance):
                return mistake
    return None


def _explains(mistake: Mistake, trials: Sequence[Trial], tolerance: Tolerance) -> bool:
    """Return whether `mistake` does the same in every trial, and is refused where the answer was."""
    refused = False
    # those that failed tell most mistakes apart
    for trial in sorted(trials, key=lambda trial: trial.difference is None):
        args = clone(trial.case.args)
        try:
            wrong = mistake.function(*args)
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
