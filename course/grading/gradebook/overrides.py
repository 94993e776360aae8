"""Points that somebody gave by hand instead of a test's."""

from __future__ import annotations

from dataclasses import dataclass

from nbgrader.api import (
    Assignment,
    Grade,
    GradeCell,
    Notebook,
    SolutionCell,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Override:
    """One student's points for a test, given by hand."""

    student: str
    notebook: str
    cell: str
    """its `grade_id`"""
    points: float
    """that count"""
    tests_points: float | None
    """that the test gives, None where it has not been judged"""


def read_overrides(session: Session, assignment: str, student: str | None = None) -> list[Override]:
    """Return the overrides of an assignment, by student, notebook and cell."""
    written = (
        select(SolutionCell.notebook_id, SolutionCell.name)
        .join(Notebook, SolutionCell.notebook_id == Notebook.id)
        .join(Assignment, Notebook.assignment_id == Assignment.id)
        .where(Assignment.name == assignment)
    )
    answers = {(notebook, name) for notebook, name in session.execute(written)}
    query = (
        select(
            Notebook.id,
            SubmittedAssignment.student_id,
            Notebook.name,
            GradeCell.name,
            Grade.manual_score,
            Grade.auto_score,
        )
        .select_from(Grade)
        .join(GradeCell, Grade.cell_id == GradeCell.id)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .where(Assignment.name == assignment, Grade.manual_score.is_not(None))
    )
    if student is not None:
        query = query.where(SubmittedAssignment.student_id == student)
    overrides = [
        Override(*row) for notebook, *row in session.execute(query) if (notebook, row[2]) not in answers
    ]
    return sorted(overrides, key=lambda override: (override.student, override.notebook, override.cell))
