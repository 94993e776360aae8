"""Reads the formgrader's lists of submissions: quickly in a large class, and with what groups hand in.

nbgrader sums the points of all assignments, in a query for each kind of cell, before it chooses one.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
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
from nbgrader.apps.api import NbGraderAPI
from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import contains_eager

from course.grading.errors import RosterError
from course.grading.gradebook.groups import read_groups

_GRADE_CELL, _TASK_CELL = GradeCell.__table__.columns, TaskCell.__table__.columns
_IS_CODE = _GRADE_CELL.cell_type == "code"
_IS_WRITTEN = _GRADE_CELL.cell_type == "markdown"
_IS_TASK = _TASK_CELL.cell_type == "markdown"
_IS_ANY = or_(_IS_CODE, _IS_WRITTEN, _IS_TASK)
_KINDS = {"": _IS_ANY, "code_": _IS_CODE, "written_": _IS_WRITTEN, "task_": _IS_TASK}
"""kinds of graded cells, by what the names of their sums begin with"""
_get_submitted_students = NbGraderAPI.get_submitted_students
_get_autograded_students = NbGraderAPI.get_autograded_students
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


def get_submitted_students(api: NbGraderAPI, assignment: str) -> set[str]:
    """Return who has handed in, also those of a group whose work is in another's folder."""
    return _get_submitted_students(api, assignment) | _graded_in_groups(api, assignment).keys()


def get_autograded_students(api: NbGraderAPI, assignment: str) -> set[str]:
    """Return whose work is graded and not replaced since; of a group's folders the last one counts."""

    def is_last(student: str, graded: datetime | None) -> bool:
        time = api.get_submitted_timestamp(assignment, student)
        return time is None or (graded is not None and time <= graded)

    students: set[str] = _get_autograded_students(api, assignment)
    in_groups = _graded_in_groups(api, assignment)
    return students | {student for student, graded in in_groups.items() if is_last(student, graded)}


def _graded_in_groups(api: NbGraderAPI, assignment: str) -> dict[str, datetime | None]:
    """Return the students of groups who have graded work, and when it was handed in."""
    course = api.coursedir
    try:
        groups = read_groups(Path(course.root), assignment)
    except RosterError:  # which grading tells of
        groups = {}
    if not groups:
        return {}
    query = select(SubmittedAssignment.student_id, SubmittedAssignment.timestamp)
    query = query.join(Assignment).where(Assignment.name == assignment)
    with api.gradebook as gradebook:
        times = {row.student_id: row.timestamp for row in gradebook.db.execute(query)}
    members = {student for students in groups.values() for student in students}
    return {
        student: times[student]
        for student in members & times.keys()
        if Path(course.format_path(course.autograded_directory, student, assignment)).is_dir()
    }
