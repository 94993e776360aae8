"""What a gradebook says of one assignment: every student's points, question by question."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from nbgrader.api import (
    Assignment,
    Grade,
    GradeCell,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import select
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Question:
    """A cell that gives points."""

    name: str
    """its `grade_id`, after the notebook's name where the assignment has several"""
    max_points: float


@dataclass(frozen=True)
class Line:
    """One student's grades."""

    student: str
    last_name: str = ""
    first_name: str = ""
    email: str = ""
    handed_in: bool = False
    timestamp: datetime | None = None
    """in UTC"""
    points: Mapping[str, float] = field(default_factory=dict)
    """by question"""
    waiting: tuple[str, ...] = ()
    """questions that nobody and nothing has graded yet"""
    penalty: float = 0.0
    """for handing in late"""

    @property
    def raw(self) -> float:
        """The points so far."""
        return math.fsum(self.points.values())

    @property
    def score(self) -> float:
        """The points so far, less the late penalty."""
        return max(0.0, self.raw - self.penalty)

    @property
    def status(self) -> str:
        """How far the grading is."""
        if not self.handed_in:
            return "not handed in"
        return "waits for grading" if self.waiting else "graded"


@dataclass(frozen=True)
class Grades:
    """The grades of a class for one assignment."""

    assignment: str
    questions: tuple[Question, ...]
    lines: tuple[Line, ...]

    @property
    def max_score(self) -> float:
        """What there is to win."""
        return math.fsum(question.max_points for question in self.questions)


def read(session: Session, assignment: str, order: Mapping[str, int]) -> Grades:
    """Return the grades of `assignment`; questions come in the `order` of their cells, by `grade_id`."""
    cells: dict[str, tuple[str, str, float]] = {}
    for kind in (GradeCell, TaskCell):
        query = select(kind.id, Notebook.name, kind.name, kind.max_score).join(
            Notebook, Notebook.id == kind.notebook_id
        )
        mine = query.join(Assignment, Assignment.id == Notebook.assignment_id)
        for key, notebook, name, most in session.execute(mine.where(Assignment.name == assignment)):
            cells[key] = (notebook, name, most or 0.0)
    several = len({notebook for notebook, _, _ in cells.values()}) > 1
    place = {key: (notebook, order.get(name, len(order)), name) for key, (notebook, name, _) in cells.items()}
    ordered = sorted(cells.items(), key=lambda item: place[item[0]])
    names = {key: f"{notebook}: {name}" if several else name for key, (notebook, name, _) in ordered}
    questions = tuple(Question(names[key], most) for key, (_, _, most) in ordered)
    return Grades(assignment, questions, _lines(session, assignment, names))


def _lines(session: Session, assignment: str, names: Mapping[str, str]) -> tuple[Line, ...]:
    mine = SubmittedAssignment.assignment_id.in_(select(Assignment.id).where(Assignment.name == assignment))
    handed_in = select(SubmittedAssignment.student_id, SubmittedAssignment.timestamp).where(mine)
    times = {row.student_id: row.timestamp for row in session.execute(handed_in)}
    penalties = dict.fromkeys(times, 0.0)
    late = select(SubmittedAssignment.student_id, SubmittedNotebook.late_submission_penalty)
    for student, penalty in session.execute(late.join(SubmittedNotebook).where(mine)):
        penalties[student] += penalty or 0.0
    points: dict[str, dict[str, float]] = {student: {} for student in times}
    waiting: dict[str, list[str]] = {student: [] for student in times}
    rows = (
        select(SubmittedAssignment.student_id, Grade.cell_id, Grade.score, Grade.needs_manual_grade)
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .where(mine)
    )
    for student, cell, score, waits in session.execute(rows):
        if cell in names:
            points[student][names[cell]] = score or 0.0
            if waits:
                waiting[student].append(names[cell])
    people = select(Student.id, Student.last_name, Student.first_name, Student.email).order_by(Student.id)
    return tuple(
        Line(
            student,
            last or "",
            first or "",
            email or "",
            student in times,
            times.get(student),
            points.get(student, {}),
            tuple(name for name in names.values() if name in waiting.get(student, ())),
            penalties.get(student, 0.0),
        )
        for student, last, first, email in session.execute(people)
    )
