"""Reads the formgrader's lists of submissions with one query each, which stays quick in a large class.

nbgrader sums the points of all assignments, in a query for each kind of cell, before it chooses one.
"""

from __future__ import annotations

from typing import Any

from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import contains_eager

_GRADE_CELL, _TASK_CELL = GradeCell.__table__.columns, TaskCell.__table__.columns
_IS_CODE = _GRADE_CELL.cell_type == "code"
_IS_WRITTEN = _GRADE_CELL.cell_type == "markdown"
_IS_TASK = _TASK_CELL.cell_type == "markdown"
_IS_ANY = or_(_IS_CODE, _IS_WRITTEN, _IS_TASK)
_KINDS = {"": _IS_ANY, "code_": _IS_CODE, "written_": _IS_WRITTEN, "task_": _IS_TASK}
"""kinds of graded cells, by what the names of their sums begin with"""
_MAX_SCORE = func.coalesce(_GRADE_CELL.max_score, _TASK_CELL.max_score)
_IS_FAILED = and_(_IS_CODE, Grade.auto_score < _GRADE_CELL.max_score)


def submission_dicts(gradebook: Gradebook, assignment: str) -> list[dict[str, Any]]:
    """Return what `Gradebook.submission_dicts` returns: each student's points for an assignment."""
    columns = {
        "id": SubmittedAssignment.id,
        "name": Assignment.name,
        "timestamp": SubmittedAssignment.timestamp,
        "first_name": Student.first_name,
        "last_name": Student.last_name,
        "student": Student.id,
    }
    return _summed(gradebook, columns, Assignment.name == assignment)


def notebook_submission_dicts(gradebook: Gradebook, notebook: str, assignment: str) -> list[dict[str, Any]]:
    """Return what `Gradebook.notebook_submission_dicts` returns: each student's points for a notebook."""
    columns = {
        "id": SubmittedNotebook.id,
        "name": Notebook.name,
        "student": Student.id,
        "first_name": Student.first_name,
        "last_name": Student.last_name,
        "flagged": SubmittedNotebook.flagged,
    }
    condition = and_(Assignment.name == assignment, Notebook.name == notebook)
    return _summed(gradebook, columns, condition, failed_tests=_IS_FAILED)


def _summed(
    gradebook: Gradebook,
    columns: dict[str, Any],
    condition: ColumnElement[bool],
    **questions: ColumnElement[bool],
) -> list[dict[str, Any]]:
    """Return these columns, the sums of points, and whether each of `questions` is true of any grade."""
    sums = {}
    for kind, is_of_kind in _KINDS.items():
        sums[f"{kind}score"] = func.sum(case((is_of_kind, Grade.score), else_=0.0))
        sums[f"max_{kind}score"] = func.sum(case((is_of_kind, _MAX_SCORE), else_=0.0))
    questions["needs_manual_grade"] = Grade.needs_manual_grade
    answers = {name: func.max(case((is_so, 1), else_=0)) for name, is_so in questions.items()}
    selected = {**columns, **sums, **answers}
    query = (
        select(*(column.label(name) for name, column in selected.items()))
        .select_from(SubmittedNotebook)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(Student, SubmittedAssignment.student_id == Student.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .outerjoin(GradeCell.__table__, _GRADE_CELL.id == Grade.cell_id)
        .outerjoin(TaskCell.__table__, _TASK_CELL.id == Grade.cell_id)
        .where(condition, _IS_ANY)
        .group_by(*columns.values())
    )
    rows = gradebook.db.execute(query).mappings()
    return [{**row, **{name: bool(row[name]) for name in answers}} for row in rows]


def notebook_submissions(gradebook: Gradebook, notebook: str, assignment: str) -> list[SubmittedNotebook]:
    """Return what `Gradebook.notebook_submissions` returns, with the students: nbgrader asks for each."""
    query = (
        select(SubmittedNotebook)
        .join(SubmittedNotebook.notebook)
        .join(SubmittedNotebook.assignment)
        .join(SubmittedAssignment.assignment)
        .join(SubmittedAssignment.student)
        .where(Notebook.name == notebook, Assignment.name == assignment)
        .options(
            contains_eager(SubmittedNotebook.notebook),
            contains_eager(SubmittedNotebook.assignment).contains_eager(SubmittedAssignment.student),
        )
    )
    return list(gradebook.db.scalars(query))
