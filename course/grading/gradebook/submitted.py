"""Enters submissions in nbgrader's gradebook, with the rows that nbgrader makes of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    MissingEntry,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
)
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from course.grading.gradebook.entries import Entry, comment_values, found, grade_values
from course.grading.submissions.times import HandIn

_STUDENT = select(Student.id).where(Student.id == bindparam("student"))
_SUBMISSION = (
    select(SubmittedAssignment.id)
    .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    .where(Assignment.name == bindparam("assignment"), SubmittedAssignment.student_id == bindparam("student"))
)
_NOTEBOOKS = (
    select(Notebook.name, SubmittedNotebook.id)
    .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
    .where(SubmittedNotebook.assignment_id == bindparam("submission"))
)
_RELEASED = (
    select(Notebook.id, Notebook.name, Notebook.assignment_id)
    .join(Assignment, Notebook.assignment_id == Assignment.id)
    .where(Assignment.name == bindparam("assignment"))
)
_CELLS = select(BaseCell.id, BaseCell.name, BaseCell.type).where(
    BaseCell.notebook_id == bindparam("notebook")
)
_GRADED, _COMMENTED = ("GradeCell", "TaskCell"), ("SolutionCell", "TaskCell")
"""the types of cells that have a grade, and of those that have a comment"""


def enter_students(session: Session, students: Iterable[str]) -> None:
    """Make those known who are not, in this order, in which an export lists them; without a commit."""
    known = set(session.scalars(select(Student.id)))
    _insert(session, Student, [{"id": student} for student in students if student not in known])


class Entered(NamedTuple):
    """A submission in the gradebook."""

    notebooks: dict[str, str]
    """their ids, by name"""
    is_new: bool
    """whether it has not been known before"""


def enter(
    session: Session,
    assignment: str,
    student: str,
    hand_in: HandIn,
    entries: Mapping[str, Sequence[Entry]],
) -> Entered:
    """Enter a submission where it is not known, with the entries of its notebooks; without a commit.

    For a whole class nbgrader's own way, object by object, would take three times as long.
    """
    submission = session.scalar(_SUBMISSION, {"assignment": assignment, "student": student})
    if submission is None:
        return Entered(_add(session, assignment, student, hand_in.time, entries), True)
    # a time that is not known takes the place of an earlier one, by which this submission would be late
    if hand_in.is_written:
        row = update(SubmittedAssignment).where(SubmittedAssignment.id == submission)
        session.execute(row.values(timestamp=hand_in.time))
    rows = session.execute(_NOTEBOOKS, {"submission": submission})
    return Entered({row.name: row.id for row in rows}, False)


def _add(
    session: Session,
    assignment: str,
    student: str,
    time: datetime | None,
    entries: Mapping[str, Sequence[Entry]],
) -> dict[str, str]:
    """Enter a submission with all its rows; return the ids of its notebooks, by name."""
    if session.scalar(_STUDENT, {"student": student}) is None:
        _insert(session, Student, [{"id": student}])
    released = session.execute(_RELEASED, {"assignment": assignment}).all()
    if not released:
        raise MissingEntry(f"the gradebook knows no notebook of {assignment}")
    submission, notebooks = new_uuid(), {each.name: new_uuid() for each in released}
    row = {"id": submission, "assignment_id": released[0].assignment_id, "student_id": student}
    _insert(session, SubmittedAssignment, [{**row, "timestamp": time}])
    for notebook in released:
        own = notebooks[notebook.name]
        row = {"id": own, "notebook_id": notebook.id, "assignment_id": submission}
        _insert(session, SubmittedNotebook, [row])
        cells = session.execute(_CELLS, {"notebook": notebook.id}).all()
        of_notebook = entries.get(notebook.name, ())
        for kind, types, values, waiting in (
            (Grade, _GRADED, grade_values(of_notebook), {"auto_score": None, "needs_manual_grade": True}),
            (Comment, _COMMENTED, comment_values(of_notebook), {"auto_comment": None}),
        ):
            of_kind = {cell.name: cell.id for cell in cells if cell.type in types}
            for name in values:  # none that the gradebook does not have
                found(of_kind, name)
            rows = [
                {"cell_id": cell, "notebook_id": own, **values.get(name, waiting)}
                for name, cell in of_kind.items()
            ]
            _insert(session, kind, rows)
    return notebooks


def _insert(session: Session, kind: Any, rows: list[dict[str, Any]]) -> None:
    if rows:  # of none SQLAlchemy would make one
        session.execute(insert(kind.__table__), rows)
