"""Calls a student's function on cases and finds the first thing that is wrong.

Visible checks and hidden tests both end here: `examine` returns a `Finding` or None. What is shown of it, and
whether a named mistake is added, is up to them.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from course.checking import diagnose, inexact, trainings
from course.checking.compare import Difference, Tolerance, agrees, compare, describe, normalise
from course.judged import judged_call, refuse_while_judged
from course.values import clone, shares_memory, unchanged

Suspects = Mapping[str, Callable[[], Any]]
"""What a call returns where one thing is wrong, by suspicion."""
Outcome = tuple[Any, tuple[Any, ...]]
"""What a call returned, and its arguments as it left them."""


@contextmanager
def warnings_ignored() -> Iterator[None]:
    """Ignore warnings, whatever the student's code has set: np.seterr, or warnings as errors."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@dataclass(frozen=True)
class Case:
    """Arguments of one call and what the call must return."""

    args: tuple[Any, ...]
    want: Any
    n: int
    """number of examples, N"""
    fresh: bool = False
    """whether the result must not share memory with the arguments"""
    after: tuple[Any, ...] = ()
    """the arguments as a right call leaves them: functions among them may record their calls"""
    wrong: Suspects = field(default_factory=dict)
    """what is suspected of an answer that fits here and in all other cases, beside what `diagnose` knows"""
    special: str = ""
    """what is special here, suspected of an answer that is wrong only in cases of which this is said"""


@dataclass(frozen=True)
class Trial:
    """One call made: what was passed, what came back, and the difference, if any."""

    case: Case
    got: Any
    after: tuple[Any, ...]
    """the arguments as the call left them"""
    difference: Difference | None


@dataclass(frozen=True)
class Finding:
    """What is wrong with a function: its trials, the first that failed, a suspicion that fits them all."""

    trials: Sequence[Trial]
    failed: Trial
    suspicion: str | None

    @property
    def description(self) -> str:
        """What is wrong, on inputs of which shapes."""
        return f"{self.failed.difference} (called with {describe_arguments(self.failed.case.args)})"

    @property
    def message(self) -> str:
        """One or two sentences: the description and what is suspected."""
        return sentences(self.description, self.suspicion)


def sentences(description: str, suspicion: str | None) -> str:
    """Return the two as a message."""
    if suspicion is None:
        return f"{description}."
    return f"{description}. Suspicion: {suspicion}{'' if suspicion.endswith('?') else '.'}"


SIZES = (
    "sizes do not fit together: are these the arrays that the formula asks for, of the right layer and the "
    "right way round?"
)


class WrongAnswer(AssertionError):
    """A function returns something wrong; the message does not say what would be right."""

    def __init__(self, name: str, message: str, mistake: str | None = None) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.mistake = mistake
        """the name of the mistake it was recognised as"""


def examine(
    function: Callable[..., Any],
    cases: Sequence[Case],
    tolerance: Tolerance,
    withheld: Collection[str] = (),
    averages: bool = False,
    *,
    kept: bool = False,
) -> Finding | None:
    """Call `function` on every case, while tools for checking refuse to work; return None when all is right.

    An exception of `function` is not caught: it is the student's to read. All cases are run before
    anything is concluded, so that a suspicion is only voiced when it fits every one. `averages`: whether
    the right result carries 1/N; `kept`: whether the cases come again, as they are now.
    """
    refuse_while_judged("course.checking")
    outcomes = call_all(function, [case.args for case in cases], withheld, kept=kept)
    with warnings_ignored():
        return _judge(cases, outcomes, tolerance, averages)


def _judge(
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    tolerance: Tolerance,
    averages: bool,
) -> Finding | None:
    trials = [
        compare_call(case, args, got, tolerance) for case, (got, args) in zip(cases, outcomes, strict=True)
    ]
    failed = next((trial for trial in trials if trial.difference), None)
    if failed is None:
        return None
    stages = {trial.difference.stage for trial in trials if trial.difference}
    # a function that changes its arguments often returns one: then the suspicion is about the wrong fault
    left_alone = "inputs" not in stages or all(unchanged(trial.case.args, trial.after) for trial in trials)
    suspicion = _suspected(trials, tolerance) if left_alone else None
    if suspicion is None and left_alone:
        suspicion = trainings.suspicion([(t.got, t.case.want, t.case.args[-1]) for t in trials])
    pairs = [(trial.got, trial.case.want, trial.case.n) for trial in trials]

    def agree(got: Any, want: Any) -> bool:
        return agrees(got, want, tolerance)

    if suspicion is None and "inputs" not in stages:
        suspicion = diagnose.order_suspicion(pairs, agree)
    if suspicion is None:
        suspicion = diagnose.word_suspicion(pairs)
    if suspicion is None and stages == {"shape"}:
        suspicion = _common_hint(trials, agree)
    elif suspicion is None and "value" in stages:
        suspicion = diagnose.value_suspicion(pairs, agree, averages)
    if suspicion is None and stages == {"value"}:
        suspicion = _inexact(trials)
    if suspicion is None and stages <= {"value", "finite"}:
        suspicion = _special(trials)
    return Finding(trials, failed, suspicion)


def _common_hint(trials: Sequence[Trial], agree: diagnose.Agree) -> str | None:
    hints = {trial.difference.hint for trial in trials if trial.difference}
    if hints == {diagnose.TRANSPOSED} and not all(
        diagnose.transposed(trial.got, trial.case.want, agree) for trial in trials if trial.difference
    ):
        return None
    return (hints.pop() or None) if len(hints) == 1 else None


def _inexact(trials: Sequence[Trial]) -> str | None:
    """Return the suspicion that results are rounded, or None. In special cases much can go wrong."""
    failed = [trial for trial in trials if trial.difference]
    ordinary = [trial for trial in failed if not trial.case.special]
    values = [
        (normalise(trial.got, trial.case.want), trial.case.want)
        for trial in ordinary or failed
        if not isinstance(trial.case.want, (str, int))
    ]
    return inexact.suspicion(values, with_few_digits=bool(ordinary)) if values else None


def _special(trials: Sequence[Trial]) -> str | None:
    """Return what is said of all cases that failed, and of no other."""
    texts = {trial.case.special for trial in trials if trial.difference}
    return (texts.pop() or None) if len(texts) == 1 else None


def _suspected(trials: Sequence[Trial], tolerance: Tolerance) -> str | None:
    for suspicion in trials[0].case.wrong:
        wrongs = [trial.case.wrong.get(suspicion) for trial in trials]
        if all(
            wrong is not None and agrees(trial.got, wrong(), tolerance)
            for trial, wrong in zip(trials, wrongs, strict=True)
        ):
            return suspicion
    return None


def describe_arguments(args: Sequence[Any]) -> str:
    """Say what the arguments are, as shapes: `(7, 5), (7, 1), 0.5`."""
    return ", ".join(_shape(a) for a in args)


def _shape(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"shape {value.shape}"
    if isinstance(value, (list, tuple)):
        return f"[{describe_arguments(value)}]"
    if isinstance(value, (int, float)):
        return f"{value:g}"
    if isinstance(value, partial):  # of the course's own functions: their names would tell what is hidden
        return "a function"
    name = getattr(value, "__name__", None)
    return f"the function {name}" if name else describe(value)


def raised_suspicion(name: str, text: str) -> str:
    """Return what an exception of an answer suggests, or an empty string."""
    if name == "ValueError" and re.search(r"mismatch|broadcast|not aligned|shapes? \(", text):
        return SIZES
    return ""


def call_all(
    function: Callable[..., Any],
    calls: Sequence[tuple[Any, ...]],
    withheld: Collection[str] = (),
    *,
    kept: bool = False,
) -> list[Outcome]:
    """Return what `function` returns for each set of arguments, and these as it left them.

    The arguments themselves stay as they are: a call gets copies. Tools for checking refuse to work
    meanwhile, those `withheld` too. A function that lives in another process takes all calls at once, in its
    method `call_all`: what it left alone are the arguments themselves, which nobody may change then either.
    `kept` says that the same sets of arguments come again, unchanged.
    """
    at_once = getattr(function, "call_all", None)
    if at_once is not None:
        return list(at_once(calls, kept=kept))
    outcomes = []
    with judged_call(withheld):
        for call in calls:
            args = clone(call)
            try:
                outcomes.append((function(*args), args))
            except Exception as error:
                error.add_note(f"called with {describe_arguments(args)}")
                if suspicion := raised_suspicion(type(error).__name__, str(error)):
                    error.add_note(f"suspicion: {suspicion}")
                raise
    return outcomes


def compare_call(case: Case, args: tuple[Any, ...], got: Any, tolerance: Tolerance) -> Trial:
    """Return the trial of one call that returned `got` and left its arguments as `args`."""
    try:
        for k, (before, after) in enumerate(zip(case.args, args, strict=True)):
            if before is not after and not unchanged(before, after):
                raise Difference("inputs", f"argument {k} was changed: compute a new array instead")
        if case.fresh and shares_memory(got, args):
            raise Difference("inputs", "a result shares memory with an argument: return new arrays")
        compare(normalise(got, case.want), case.want, tolerance)
        for k, (right, after) in enumerate(zip(case.after, args, strict=False)):
            if recorded_calls(right) != recorded_calls(after):
                raise Difference("inputs", f"argument {k}, a function, was called more often than needed")
    except Difference as difference:
        return Trial(case, got, args, difference)
    return Trial(case, got, args, None)


def recorded_calls(value: Any) -> list[Any]:
    """Return the lists bound in a partial, in which the course's own functions record their calls."""
    return [a for a in value.args if isinstance(a, list)] if isinstance(value, partial) else []
