"""`course diff`: the last two gradings of each notebook, compared."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.gradebook import history
from course.grading.gradebook.book import snapshot
from course.grading.gradebook.history import Grading
from course.grading.gradebook.overrides import Override, read_overrides
from course.text import printable

RecordedCell = Mapping[str, Any]
"""the recorded result of one graded cell"""

COMPARED = ("verdict", "points", "max_points", "mistake")
LONGEST = 60
"""characters of a name in the table"""


@dataclass(frozen=True)
class Change:
    """A notebook's last grading and the one before it."""

    before: Grading
    after: Grading

    @property
    def cells(self) -> dict[str, tuple[RecordedCell | None, RecordedCell | None]]:
        """The cells that differ, by `grade_id`: before and after, None where there was no such cell."""
        old, new = self.before.cells, self.after.cells
        pairs = {name: (old.get(name), new.get(name)) for name in [*new, *(old.keys() - new.keys())]}
        return {name: pair for name, pair in pairs.items() if _compared(pair[0]) != _compared(pair[1])}

    @property
    def reasons(self) -> list[str]:
        """What differs between the two gradings' inputs, the likeliest cause of a change first."""
        return list(_reasons(self.before, self.after))


@dataclass(frozen=True)
class Changes:
    """What grading a class again has changed."""

    assignment: str
    changes: tuple[Change, ...]
    """of every notebook graded at least twice, by student"""
    once: int
    """notebooks graded only once"""
    failures: tuple[Grading, ...]
    """last gradings that failed: the result of the one before is still in the gradebook"""
    overrides: tuple[Override, ...] = ()
    """points given by hand instead of a test's: they count, whatever the grader gives"""


def find_changes(root: Path, assignment: str, student: str | None = None) -> Changes:
    """Compare the last two gradings of each notebook handed in for `assignment` in the course at `root`.

    Raises CourseError, GradebookError; also when no grading is recorded.
    """
    with snapshot(CourseFolder(root).course, assignment) as session:
        recorded = failed = {}
        if history.exists(session):
            recorded = history.recent(session, assignment, 2, student)
            failed = history.recent(session, assignment, 1, student, graded=False)
        overrides = read_overrides(session, assignment, student)
    failures = tuple(last for (last,) in failed.values() if last.status != "graded")
    if not recorded and not failures:
        whose = "" if student is None else f" of {student}"
        raise CourseError(f"no grading{whose} is on record for {assignment}: `course grade {assignment}`")
    changes = [Change(pair[1], pair[0]) for _, pair in sorted(recorded.items()) if len(pair) == 2]
    return Changes(assignment, tuple(changes), len(recorded) - len(changes), failures, tuple(overrides))


def _compared(cell: RecordedCell | None) -> tuple[Any, ...] | None:
    return None if cell is None else tuple(cell.get(name) for name in COMPARED)


def _reasons(before: Grading, after: Grading) -> Iterator[str]:
    if before.submission != after.submission:
        yield "another submission"
    if before.version != after.version:
        yield "the assignment changed"
    if before.grader != after.grader:
        yield f"the course's code changed ({before.grader} → {after.grader})"
    for name in sorted(before.versions.keys() | after.versions.keys()):
        old, new = (grading.versions.get(name, "none") for grading in (before, after))
        if old != new:
            yield f"{name} {old} → {new}"
    if before.files != after.files:
        yield "other files beside the notebook"
    if before.seed != after.seed:
        yield "other hidden inputs"
    if before.inputs == after.inputs and (before.seed, before.versions) == (after.seed, after.versions):
        yield "graded again as it was (--force)"


def print_json(changes: Changes) -> None:
    """Print each notebook whose grading has changed as a line of JSON."""
    overrides: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for override in changes.overrides:
        overrides[override.student, override.notebook][override.cell] = override.points
    for change in filter(attrgetter("cells"), changes.changes):
        line = {
            "student": change.after.student,
            "notebook": change.after.notebook,
            "reasons": change.reasons,
            "before": _side(change.before),
            "after": _side(change.after),
            "cells": {name: {"before": old, "after": new} for name, (old, new) in change.cells.items()},
            "by_hand": overrides[change.after.student, change.after.notebook],
        }
        print(json.dumps(line, allow_nan=False))


def _side(grading: Grading) -> dict[str, Any]:
    points, max_points = _total(grading)
    return {
        "points": points,
        "max_points": max_points,
        "graded_at": _time(grading),
        "submission": grading.submission,
        "files": grading.files,
        "assignment": grading.version,
        "grader": grading.grader,
        "versions": dict(grading.versions),
        "seed": grading.seed,
    }


def print_table(changes: Changes, console: Console) -> None:
    """Print what changed, student by student, and how many notebooks did not change."""
    changed = [change for change in changes.changes if change.cells]
    counts = {
        "changed": len(changed),
        "graded again with no change": len(changes.changes) - len(changed),
        "graded only once": changes.once,
        "not graded, the last time": len(changes.failures),
        "points given by hand instead of a test's": len(changes.overrides),
    }
    summary = "; ".join(f"{count} {what}" for what, count in counts.items() if count)
    console.print(f"{changes.assignment}: {summary}", soft_wrap=True)
    reasons = Counter(reason for change in changes.changes for reason in change.reasons)
    for reason, count in reasons.most_common():
        console.print(f"  {reason}: {count}", soft_wrap=True)
    for change in changed:
        _print_change(change, console)
    for override in changes.overrides:
        title = printable(f"{override.student}, {override.cell}", 2 * LONGEST)
        tests = "nothing yet" if override.tests_points is None else f"{override.tests_points:g}"
        console.print(f"{title}: {override.points:g} by hand; the test gives {tests}", soft_wrap=True)
    for grading in changes.failures:
        title, problem = printable(_title(grading), LONGEST), printable(grading.problem, 500)
        console.print(
            f"{title}: the last grading failed, the result before it still counts: {problem}", soft_wrap=True
        )


def _print_change(change: Change, console: Console) -> None:
    (old, _), (new, most) = _total(change.before), _total(change.after)
    title = printable(_title(change.after), LONGEST)
    times = f"{_time(change.before)} and {_time(change.after)}"
    console.print()
    console.print(
        f"{title}: {old:g} → {new:g} of {most:g} points from the grader, graded {times} UTC", soft_wrap=True
    )
    console.print(f"  why: {'; '.join(change.reasons)}", soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, (before, after) in change.cells.items():
        verdicts = _arrow(_verdict(before), _verdict(after))
        table.add_row("", printable(name, LONGEST), verdicts, _arrow(_points(before), _points(after)))
    console.print(table)


def _total(grading: Grading) -> tuple[float, float]:
    """Return the points that the grader gave, and those of all cells, written answers included."""
    cells = grading.cells.values()
    return sum(cell["points"] or 0.0 for cell in cells), sum(cell["max_points"] for cell in cells)


def _arrow(old: str, new: str) -> str:
    return old if old == new else f"{old} → {new}"


def _verdict(cell: RecordedCell | None) -> str:
    if cell is None:
        return "no such cell"
    return f"{cell['verdict']} ({cell['mistake']})" if cell.get("mistake") else str(cell["verdict"])


def _points(cell: RecordedCell | None) -> str:
    if cell is None:
        return "-"
    if cell["points"] is None:
        return f"by hand, of {cell['max_points']:g}"
    return f"{cell['points']:g} of {cell['max_points']:g}"


def _title(grading: Grading) -> str:
    """Return the student's name, with the notebook's if it has another name than the assignment."""
    if grading.notebook == grading.assignment:
        return grading.student
    return f"{grading.student}, {grading.notebook}"


def _time(grading: Grading) -> str:
    return f"{grading.graded_at:%Y-%m-%d %H:%M}" if grading.graded_at else ""
