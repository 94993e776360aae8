"""Extensions of due dates: nbgrader's, and those of students whose submission it does not know yet."""

from __future__ import annotations

from datetime import timedelta

from nbgrader.api import Assignment, SubmittedAssignment
from sqlalchemy import Column, Float, MetaData, String, Table, delete, inspect, select
from sqlalchemy.orm import Session

# nbgrader keeps an extension with the submission, which is entered when it is graded.
WAITING = Table(
    "course_extensions",
    MetaData(),
    Column("assignment", String(128), primary_key=True),
    Column("student", String(128), primary_key=True),
    Column("seconds", Float, nullable=False),
)


def grant(session: Session, assignment: str, student: str, extension: timedelta) -> None:
    """Let the student hand in so much later, instead of any earlier extension; without a commit."""
    _remove(session, assignment, student)
    submission = _submission(session, assignment, student)
    if submission is not None:
        submission.extension = extension or None
    elif extension:
        WAITING.create(session.connection(), checkfirst=True)
        row = {"assignment": assignment, "student": student, "seconds": extension.total_seconds()}
        session.execute(WAITING.insert(), row)


def waiting(session: Session, assignment: str) -> dict[str, timedelta]:
    """Return by student the extensions that nbgrader does not know yet."""
    if not _exists(session):
        return {}
    columns = WAITING.columns
    rows = session.execute(select(WAITING).where(columns.assignment == assignment))
    return {row.student: timedelta(seconds=row.seconds) for row in rows}


def hand_over(session: Session, assignment: str, student: str) -> None:
    """Give nbgrader the extension of a student whose submission it knows now; without a commit."""
    extension = waiting(session, assignment).get(student)
    if extension is not None:
        grant(session, assignment, student, extension)


def _remove(session: Session, assignment: str, student: str) -> None:
    if _exists(session):
        columns = WAITING.columns
        session.execute(
            delete(WAITING).where((columns.assignment == assignment) & (columns.student == student))
        )


def _submission(session: Session, assignment: str, student: str) -> SubmittedAssignment | None:
    query = select(SubmittedAssignment).join(Assignment).where(Assignment.name == assignment)
    submission: SubmittedAssignment | None = session.scalar(
        query.where(SubmittedAssignment.student_id == student)
    )
    return submission


def _exists(session: Session) -> bool:
    return inspect(session.connection()).has_table(WAITING.name)
