"""What grading again changed, and why: the last two gradings of each notebook, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.gradebook import history
from course.grading.gradebook.book import reading
from course.grading.gradebook.history import Grading

Cell = Mapping[str, Any]
"""what is recorded of one graded cell"""

WHAT_COUNTS = ("verdict", "points", "max_points", "mistake")


@dataclass(frozen=True)
class Change:
    """One notebook's grading and the one before it."""

    before: Grading
    after: Grading

    @property
    def cells(self) -> dict[str, tuple[Cell | None, Cell | None]]:
        """What was and what is, by `grade_id`, where they differ; None where there is no such cell."""
        old, new = self.before.cells, self.after.cells
        found = {name: (old.get(name), new.get(name)) for name in [*new, *(old.keys() - new.keys())]}
        return {name: pair for name, pair in found.items() if _counted(pair[0]) != _counted(pair[1])}

    @property
    def reasons(self) -> list[str]:
        """What was not the same, in the order in which it is likely to matter."""
        return list(_reasons(self.before, self.after))


@dataclass(frozen=True)
class Changes:
    """All that is known of a class."""

    assignment: str
    changes: tuple[Change, ...]
    """of every notebook graded at least twice, by student"""
    once: int
    """notebooks graded only once"""
    failures: tuple[Grading, ...]
    """gradings that failed since: the one before still holds"""


def changes(root: Path, assignment: str, student: str | None = None) -> Changes:
    """Compare the last two gradings of each notebook handed in for `assignment` in the course at `root`.

    Raises CourseError, GradebookError; also when nothing is recorded.
    """
    course = CourseFolder(root).course
    with reading(course.db_url, course.course_id, assignment) as session:
        recorded = failed = {}
        if history.exists(session):
            recorded = history.recent(session, assignment, 2, student)
            failed = history.recent(session, assignment, 1, student, graded=False)
    failures = tuple(last for (last,) in failed.values() if last.status != "graded")
    if not recorded and not failures:
        whose = "" if student is None else f" of {student}"
        raise CourseError(f"no grading{whose} is on record for {assignment}: `course grade {assignment}`")
    twice = [Change(pair[1], pair[0]) for _, pair in sorted(recorded.items()) if len(pair) == 2]
    return Changes(assignment, tuple(twice), len(recorded) - len(twice), failures)


def total(grading: Grading) -> tuple[float, float]:
    """Return the points that the grader gave, and those there were; written answers count in the second."""
    cells = grading.cells.values()
    return sum(cell["points"] or 0.0 for cell in cells), sum(cell["max_points"] for cell in cells)


def _counted(cell: Cell | None) -> tuple[Any, ...] | None:
    return None if cell is None else tuple(cell.get(name) for name in WHAT_COUNTS)


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
