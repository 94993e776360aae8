"""Reads what the gradebook has for each graded notebook of a class: the points and comments of its cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import Select, select
from sqlalchemy.orm import Session


@dataclass
class NotebookGrades:
    """The points and comments of one student's notebook."""

    score: float
    """without the late penalty"""
    max_score: float
    late_penalty: float | None
    scores: dict[str, tuple[float | None, float]] = field(default_factory=dict)
    """points and most points of each graded cell, by `grade_id`"""
    waiting: set[str] = field(default_factory=set)
    """the written answers that nobody has read yet"""
    comments: dict[str, str | None] = field(default_factory=dict)
    """of each cell with an answer, by `grade_id`"""


def read_notebook_grades(
    session: Session, assignment: str, students: Iterable[str]
) -> dict[str, dict[str, NotebookGrades]]:
    """Return the grades of these students by student and notebook.

    The number of queries does not depend on the class.
    """
    wanted = set(students)
    grades: dict[str, dict[str, NotebookGrades]] = {student: {} for student in wanted}
    columns = (
        SubmittedNotebook.score,
        SubmittedNotebook.max_score,
        SubmittedNotebook.late_submission_penalty,
    )
    for student, notebook, *numbers in session.execute(_of(assignment, *columns)):
        if student in wanted:
            grades[student][notebook] = NotebookGrades(*numbers)
    unread = Grade.needs_manual_grade & Grade.manual_score.is_(None)
    query = _of(assignment, BaseCell.name, Grade.score, Grade.max_score, unread)
    query = query.join(Grade, Grade.notebook_id == SubmittedNotebook.id)
    for student, notebook, cell, score, most, is_waiting in session.execute(
        query.join(BaseCell, Grade.cell_id == BaseCell.id)
    ):
        if student in wanted:
            grades[student][notebook].scores[cell] = score, most
            if is_waiting:
                grades[student][notebook].waiting.add(cell)
    query = _of(assignment, BaseCell.name, Comment.comment)
    query = query.join(Comment, Comment.notebook_id == SubmittedNotebook.id)
    for student, notebook, cell, comment in session.execute(
        query.join(BaseCell, Comment.cell_id == BaseCell.id)
    ):
        if student in wanted:
            grades[student][notebook].comments[cell] = comment
    return grades


def _of(assignment: str, *columns: Any) -> Select[Any]:
    """Return a query for student, notebook and these columns of all submitted notebooks."""
    query = select(SubmittedAssignment.student_id, Notebook.name, *columns)
    query = query.select_from(SubmittedNotebook)
    query = query.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
    query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    query = query.join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
    return query.where(Assignment.name == assignment)
