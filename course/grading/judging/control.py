"""The control: before anybody is graded, the instructor's own solution has to get full credit the same way.

It fails where packages cannot be read by the student's user, a library is missing, a test cannot be judged
from outside of the notebook's process, or the solution is wrong: then every right answer would get nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from course.grading.errors import ControlFailed
from course.grading.judging.grade import VARIABLES, grade
from course.grading.judging.remedies import passed_limits, remedies
from course.grading.judging.results import CellResult, Result
from course.grading.judging.test_cells import BESIDE_RELEASED, OR_INSIDE
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import (
    Assignment,
    is_in_kernel,
    names_in_plain_cells,
    with_in_kernel,
)
from course.grading.problem_sets.notebooks import grade_id
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.mounts import mounts, packages_state
from course.grading.sandbox.readable import on_host
from course.grading.sandbox.zygote import Description, zygotes
from course.text import printable

FAILURE_KEPT = 60.0
"""seconds for which a failure is repeated without another try"""
_MOST_KEPT = 16
_LONGEST = 500


class ControlOutcome(NamedTuple):
    """What a control gave."""

    subject: tuple[Any, ...]
    """all that it depends on"""
    time: float
    failure: str
    """why nobody may be graded; empty where everybody may"""
    in_kernel: tuple[str, ...] = ()
    """the tests that are judged within the notebook's process, since they pass there only"""


class FailedCell(NamedTuple):
    """A cell that is to blame, or a test without full credit."""

    cell: str
    text: str


_outcomes: list[ControlOutcome] = []
_one_at_a_time = threading.Lock()


def check(assignment: Assignment, limits: Limits | None = None) -> Assignment:
    """Grade the instructor's own solution as submissions are, once for what an outcome depends on.

    Return the assignment as submissions are to be graded: where it `may_run_inside`, a test that passes only
    within the notebook's process has the tag IN_KERNEL in it. Without `source/`, or without tests that give
    points by themselves, there is nothing to check. Raises ControlFailed unless every such test gives full
    credit, and SandboxUnavailable.
    """
    if assignment.solutions is None or not _tests(assignment):
        return assignment
    limits = limits or Limits()
    with _one_at_a_time:
        now = time.monotonic()
        inputs = (assignment.name, assignment.version, assignment.solutions, limits)
        subject = (*inputs, _surroundings(assignment.hidden, int(now)))
        outcome = _kept(subject)
        if outcome is not None and outcome.failure:  # its cause may be gone since they were looked at
            subject = (*inputs, _look(assignment.hidden))
            outcome = _kept(subject)
        if outcome is None or (outcome.failure and now - outcome.time > FAILURE_KEPT):
            if outcome is not None:
                _outcomes.remove(outcome)
            if _outcomes and _outcomes[-1].subject[-1] != subject[-1]:
                zygotes.close()  # it has imported what was installed before
            outcome = ControlOutcome(subject, time.monotonic(), *_failure(assignment, limits))
            _outcomes.append(outcome)
            del _outcomes[:-_MOST_KEPT]
    if outcome.failure:
        raise ControlFailed(outcome.failure)
    return with_in_kernel(assignment, outcome.in_kernel)


def left_out(assignment: Assignment) -> str:
    """Return a line for the instructor where there is no solution to check; nothing where there is one."""
    if assignment.solutions is not None:
        return ""
    return (
        f"{assignment.name}: without the solution in its source it is not checked that right answers get "
        "their points here"
    )


def _kept(subject: tuple[Any, ...]) -> ControlOutcome | None:
    return next((outcome for outcome in _outcomes if outcome.subject == subject), None)


def _look(hidden: tuple[str, ...]) -> tuple[Any, ...]:
    """Return what the sandbox and its packages are."""
    return Description.now(hidden), packages_state()


@lru_cache(maxsize=8)
def _surroundings(hidden: tuple[str, ...], second: int) -> tuple[Any, ...]:
    """Return what `_look` does, from a look at most a second ago."""
    return _look(hidden)


def _tests(assignment: Assignment) -> list[str]:
    """Return the names of the cells that give points by themselves."""
    named = ((grade_id(cell), cell) for cell in assignment.skeleton.cells if cell.cell_type == "code")
    settings = [(name, cell.metadata.nbgrader) for name, cell in named if name]
    return [name for name, setting in settings if setting.get("grade") and not setting.get("solution")]


def _failure(
    assignment: Assignment, limits: Limits, moved: tuple[str, ...] = ()
) -> tuple[str, tuple[str, ...]]:
    """Return why nobody may be graded, nothing when all is well, and the tests to be judged inside.

    `moved` are those that have been found so far.
    """
    result = _graded(assignment, limits)
    failures = list(_failures(assignment, result))
    if not failures:
        return "", moved
    texts = [failure.text for failure in failures]
    tests = [failure.cell for failure in failures if failure.cell in _tests(assignment)]
    # what has taken too long would do so again
    inside = [] if any(map(passed_limits, texts)) else _pass_inside(assignment, tests, limits)
    if assignment.may_run_inside and inside and set(tests) <= set(inside):
        # others may fail once these do not
        return _failure(with_in_kernel(assignment, inside), limits, (*moved, *inside))
    # what the zygote has imported, or has not found, must not outlive a repair
    zygotes.close()
    lines = [f"  Likely cause: {assignment.notice}"] if assignment.notice else []
    lines += [f"  {cell}: {printable(_shown(cell, text, inside), _LONGEST)}" for cell, text in failures]
    actions = remedies(texts, inside, limits, names_in_plain_cells(assignment.skeleton))
    if not tests or set(tests) - set(inside):
        wrong = "where the solution or a test is wrong, correct it in its source"
        actions.append(f"{wrong}, and generate the assignment again")
    lines += [f"  To do: {action}" for action in actions]
    message = "\n".join(
        [
            f"nobody is graded: of {assignment.name}, the instructor's own solution in its source, graded as "
            f"submissions are (seed {result.seed}), does not get every automatic point:",
            *lines,
        ]
    )
    return message, ()


def _shown(cell: str, text: str, inside: list[str]) -> str:
    """Return a failure's text without the advice to release files, where tagging helps, or to tag a cell."""
    return text.partition(f"; {BESIDE_RELEASED}")[0] if cell in inside else text.replace(OR_INSIDE, "")


def _graded(assignment: Assignment, limits: Limits) -> Result:
    names = {grade_id(cell) for cell in assignment.skeleton.cells}
    answers = {name: text for name, text in (assignment.solutions or {}).items() if name in names}
    solved = notebooks.with_answers(assignment.skeleton, answers)
    return grade(assignment, notebooks.dumps(solved).encode(), limits=limits, variables=VARIABLES)


def _failures(assignment: Assignment, result: Result) -> Iterator[FailedCell]:
    """Yield the tests without full credit, with the cells that raised something before; none if all pass."""
    if result.notebook is None:
        names = filter(None, map(grade_id, assignment.skeleton.cells))
        texts = {name: result.problem.partition(f" {name} of {assignment.name}.ipynb ")[2] for name in names}
        named = (FailedCell(name, text) for name, text in texts.items() if text)
        yield next(named, FailedCell("the grader", result.problem))
        return
    failing = {name: cell for name, cell in result.cells.items() if cell.verdict not in ("pass", "manual")}
    for cell in result.notebook.cells if failing else ():
        name = grade_id(cell) or cell.id
        errors = [output for output in cell.get("outputs", ()) if output.output_type == "error"]
        raised = filter(None, (errors[0].ename, errors[0].evalue)) if errors else ()
        shown = on_host(": ".join(raised), mounts())
        if name in failing:
            yield FailedCell(name, _described(failing[name], shown if is_in_kernel(cell) else ""))
        elif shown:
            yield FailedCell(name, shown)


def _described(cell: CellResult, shown: str) -> str:
    reason = shown or " ".join(filter(None, (cell.message, f"({cell.cause})" if cell.cause else "")))
    return f"{cell.verdict}, {cell.points or 0:g} of {cell.max_points:g} points: {on_host(reason, mounts())}"


def _pass_inside(assignment: Assignment, tests: list[str], limits: Limits) -> list[str]:
    """Return which of these tests, all judged from outside, pass when they run in the notebook's process."""
    tagged = {grade_id(cell) for cell in assignment.skeleton.cells if is_in_kernel(cell)}
    tried = dict.fromkeys(tests)
    while outside := [name for name in tried if name not in tagged]:
        result = _graded(with_in_kernel(assignment, outside), limits)
        # a test that fails in the grader ends the grading: the next one of them is tried too
        more = [failure.cell for failure in _failures(assignment, result) if result.notebook is None]
        if not set(more) & set(_tests(assignment)) - tried.keys():
            return [name for name in outside if name in result.cells and result.cells[name].verdict == "pass"]
        tried |= dict.fromkeys(more)
    return []
