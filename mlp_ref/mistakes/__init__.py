"""Named mistakes: wrong variants of each function, with what to say about them.

The table has two uses. `course verify` proves the hidden tests with it: every mistake must fail, in its own
cell only. And a wrong answer is named with it: as the mistake that gives the same on all inputs.

The variants are solutions with one thing wrong, so they never reach students. What the visible checks
suspect as well (`course.checking.tables`, on networks with one thing altered) is called the same there: the
words are in `course.checking.hints`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np

from course.checking import hints
from course.checking.compare import Tolerance, agrees
from course.checking.diagnose import Relation, related
from course.checking.trial import Trial, compare_call, recorded_calls, warnings_ignored
from course.values import clone, shares_memory, unchanged
from mlp_ref.mistakes import (
    best_learning_rate,
    classify_run,
    curvature,
    delta_step,
    descent,
    find_the_bug,
    loss_curves,
    ps0,
    ps0_gradients,
    ps1,
    ps1_chains,
    ps1_factors,
    ps1_gradients,
    ps1_step,
    ps2,
    ps2_forward,
    ps2_gradients,
    ps2_losses,
    recursion,
    softmax,
    softmax_loss,
    three_layers,
    transfer,
    transfer_deep,
)
from mlp_ref.mistakes.mistake import Mistake, Named, Table
from mlp_ref.mistakes.recipe import Recipe
from mlp_ref.slips.search import one_common_slip, slips_of
from mlp_ref.slips.switched import Slip

PARTS = (
    ps0,
    ps0_gradients,
    find_the_bug,
    ps1,
    ps1_factors,
    ps1_chains,
    ps1_gradients,
    ps1_step,
    ps2_losses,
    ps2,
    ps2_forward,
    delta_step,
    recursion,
    three_layers,
    ps2_gradients,
    descent,
    classify_run,
    loss_curves,
    best_learning_rate,
    curvature,
    transfer,
    transfer_deep,
    softmax,
    softmax_loss,
)
MISTAKES: Table = {name: mistakes for part in PARTS for name, mistakes in part.MISTAKES.items()}

RECIPES: dict[str, Recipe] = {
    name: recipe for part in PARTS for name, recipe in getattr(part, "RECIPES", {}).items()
}
"""How functions of which parts are known are made of these."""

__all__ = ["MISTAKES", "Mistake", "recognise"]


SCALINGS: dict[str, Relation] = {
    hints.SIGN: lambda want, _: -want,
    "it is multiplied by N": lambda want, n: n * want,
    "it is divided by N": lambda want, n: want / n,
    "it is doubled": lambda want, _: 2 * want,
    "it is halved": lambda want, _: want / 2,
}
"""What may be wrong beside a named mistake."""


def recognise(
    name: str, trials: Sequence[Trial], tolerance: Tolerance, *, parts: Sequence[str] = ()
) -> Named | None:
    """Return the mistake of function `name` that does what was seen in every trial, or None.

    Where none does by itself, two slips may together, or one with another factor; its hint then tells both.
    Last, what is in no table is searched for among the slips that a formula has room for. Neither is tried
    where functions it may be built of, `parts`, are wrong: then it is most likely wrong as these are.
    """
    mistakes = MISTAKES.get(name, ())
    # those that failed tell most mistakes apart, and small ones take no time
    trials = sorted(trials, key=lambda trial: (trial.difference is None, _size(trial.case.want)))
    call = _caller(trials)
    with warnings_ignored():
        for mistake in mistakes:
            if _explains(mistake, trials, call, tolerance):
                return mistake
        if parts:
            return None
        # one slip is likelier than two that come to the same
        slips = one_common_slip(name, trials, tolerance)
        if slips:
            return _of(slips)
        pairs = [*RECIPES[name].pairs()] if name in RECIPES else []
        for pair in pairs:
            if _explains(pair, trials, call, tolerance):
                return pair
        for mistake in (*mistakes, *pairs):
            slip = None if mistake.seen else _second_slip(mistake, trials, call, tolerance)
            if slip:
                return replace(mistake, hint=f"{mistake.hint}. Besides, {slip}")
        slips = slips_of(name, trials, tolerance)
    return _of(slips) if slips else None


def _of(slips: Sequence[Slip]) -> Named:
    """Return the name of a mistake that is in no table, from its slips."""
    name = " and ".join(slip.text for slip in slips)
    return Named(name, f"the same numbers come from a formula with {name}")


Call = Callable[[Callable[..., Any], int], tuple[Any, tuple[Any, ...]]]
"""Gives what a variant returns in the trial of this number, and what it leaves of the arguments."""


def _caller(trials: Sequence[Trial]) -> Call:
    @cache  # most variants are tried for themselves, and again with a second slip
    def call(function: Callable[..., Any], number: int) -> tuple[Any, tuple[Any, ...]]:
        args = clone(trials[number].case.args)
        return function(*args), args

    return call


def _size(value: Any) -> int:
    return sum(map(_size, value)) if isinstance(value, (list, tuple)) else np.size(value)


def _second_slip(mistake: Mistake, trials: Sequence[Trial], call: Call, tolerance: Tolerance) -> str | None:
    """Return the slip with which `mistake` does what was seen in every trial, or None."""
    if any(trial.difference is not None and trial.difference.stage == "inputs" for trial in trials):
        return None
    for function in (mistake.function, *mistake.variants):
        slips = dict(SCALINGS)
        for number, trial in enumerate(trials):
            slips = _fitting(slips, trial, partial(call, function, number), tolerance)
            if not slips:
                break
        else:
            return next(iter(slips))
    return None


def _fitting(
    slips: dict[str, Relation], trial: Trial, variant: Callable[[], tuple[Any, Any]], tolerance: Tolerance
) -> dict[str, Relation]:
    """Return the slips with which what `variant` gives is what was seen in a trial."""
    try:
        wrong, _ = variant()
        return {
            slip: relation
            for slip, relation in slips.items()
            if agrees(trial.got, related(relation, wrong, trial.case.n), tolerance)
        }
    except Exception:  # a variant that cannot take these inputs explains nothing
        return {}


def _explains(mistake: Mistake, trials: Sequence[Trial], call: Call, tolerance: Tolerance) -> bool:
    """Return whether `mistake` does the same in every trial, and is refused where the answer was."""
    if mistake.seen is not None:
        try:
            return mistake.seen(trials)
        except Exception:  # an answer may be anything
            return False
    functions = (mistake.function, *mistake.variants)
    return any(_does_the_same(function, trials, call, tolerance) for function in functions)


def _does_the_same(
    function: Callable[..., Any], trials: Sequence[Trial], call: Call, tolerance: Tolerance
) -> bool:
    refused = False
    for number, trial in enumerate(trials):
        try:
            wrong, args = call(function, number)
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
