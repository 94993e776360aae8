"""Visible checks, which students call: `check("ps1.dC_dW2", dC_dW2)`.

The cases come from `course.checking.tables`, the calls and comparisons from `course.checking.trial`; here a
check is looked up, and shown as passed or failed. What a function must return is known from numbers worked
by hand and from numerical derivatives of the forward pass: nothing in here is a solution.
"""

from __future__ import annotations

import html
import importlib
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Any, TextIO

from course.checking.diagnose import AVERAGING
from course.checking.tables.table import Check
from course.checking.trial import Case, Finding, WrongAnswer, examine, warnings_ignored
from course.judged import refuse_while_judged
from course.values import clone


class CheckFailed(WrongAnswer):
    """A visible check failed. In Lab it shows as a block."""

    def __init__(self, name: str, finding: Finding) -> None:
        super().__init__(name, finding.message)
        self.finding = finding

    def _render_traceback_(self) -> list[str]:
        """Show a block instead of a traceback through the course's own code (IPython's protocol)."""
        difference = self.finding.failed.difference
        return [
            f"✗ {self.name}: not yet",
            f"  stage      {difference.stage if difference else ''}",
            f"  found      {difference}",
            f"  suspicion  {self.finding.suspicion or 'none of the usual ones'}",
            "  debug      from course.checking.check import last_failed; last_failed.args, last_failed.got",
        ]


@dataclass
class LastFailed:
    """Arguments and result of the call that the last failed check complained about."""

    name: str = ""
    args: tuple[Any, ...] = ()
    got: Any = None


@dataclass(frozen=True)
class Passed:
    """A passed check and what it has established. It shows as a block in Lab, as a line of text elsewhere."""

    name: str
    established: str

    def __repr__(self) -> str:
        return f"✓ {self.name}: {self.established}"

    def _repr_html_(self) -> str:
        return (
            '<div style="border-left:4px solid #009E73;padding:2px 10px">'
            f"✓ <b>{html.escape(self.name)}</b>: {html.escape(self.established)}</div>"
        )


last_failed = LastFailed()


def check(name: str, function: Callable[..., Any]) -> None:
    """Check the student's `function`, called `name` ("ps1.dC_dW2"), and show what has been established.

    Raises CheckFailed when it is wrong, KeyError when there is no such check; what `function` itself
    raises passes through, without the frames between.
    """
    __tracebackhide__ = True  # IPython leaves such a frame out
    refuse_while_judged("check")
    table = checks_of(name.partition(".")[0])
    if name not in table:
        raise KeyError(f"there is no check named {name!r}; there are: {', '.join(table)}")
    entry = table[name]
    called: list[tuple[Any, ...]] = []
    try:
        with _warnings_as_advice():
            finding = examine(
                _noting(called, function),
                _cases(entry.cases),
                entry.tolerance,
                entry.withheld,
                name in AVERAGING,
                kept=True,
            )
    except Exception as error:
        if called:
            last_failed.name, last_failed.args, last_failed.got = name, called[-1], None
        # `from error` would make it its own cause
        raise error.with_traceback(_from_the_students_frame(error.__traceback__))  # noqa: B904
    if finding is not None:
        failed = finding.failed
        last_failed.name, last_failed.args, last_failed.got = name, clone(failed.case.args), failed.got
        # the frames between are the course's, of no use to the student
        raise CheckFailed(name, finding) from None
    _show(Passed(name, entry.established))


def _noting(called: list[tuple[Any, ...]], function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function`, noting the arguments of each call; as it is where it takes all calls at once."""
    if hasattr(function, "call_all"):
        return function

    def noted(*args: Any) -> Any:
        called[:] = [clone(args)]
        return function(*args)

    return noted


# cached: nothing changes them, calls get copies
@lru_cache(maxsize=100)
def _cases(make: Callable[[], Sequence[Case]]) -> Sequence[Case]:
    with warnings_ignored():
        return make()


def checks_of(problem_set: str) -> dict[str, Check]:
    """Return the table of a problem set's visible checks, empty when there is none."""
    refuse_while_judged("course.checking")
    try:
        module = importlib.import_module(f"course.checking.tables.{problem_set}")
    except ModuleNotFoundError as error:
        if error.name != f"course.checking.tables.{problem_set}":
            raise
        return {}
    table: dict[str, Check] = module.CHECKS
    return table


@contextmanager
def _warnings_as_advice() -> Iterator[None]:
    """Show warnings on stdout: stock nbgrader takes a test that writes to stderr for a failed one."""

    def advise(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        sys.stdout.write(warnings.formatwarning(message, category, filename, lineno, line))

    with warnings.catch_warnings():
        warnings.showwarning = advise
        yield


def _from_the_students_frame(traceback: TracebackType | None) -> TracebackType | None:
    """Return the part of `traceback` from the student's first frame on; all of it when there is none."""
    frame = traceback
    while frame is not None and frame.tb_frame.f_globals.get("__name__", "").startswith("course."):
        frame = frame.tb_next
    return frame or traceback


def _show(passed: Passed) -> None:
    from IPython.display import display  # late: scripts and graders do not need IPython

    display(passed)
