"""Reads a class out of the gradebook and the recorded gradings, with as many queries as there are tables."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    GradeCell,
    Notebook,
    SolutionCell,
    SourceCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from course.grading.gradebook import history
from course.grading.gradebook.history import Grading
from course.grading.report.records import ClassRecord, Key, Mark, Participant, Question, Template

Gradings = dict[str, dict[str, Grading]]
"""by student and notebook"""


def gather(session: Session, course: str, assignment: str) -> ClassRecord:
    """Return what the gradebook knows of an assignment that it has."""
    gradings: Gradings = defaultdict(dict)
    failures: dict[str, dict[str, str]] = defaultdict(dict)
    if history.exists(session):
        for (student, notebook), grading in history.latest(session, assignment).items():
            gradings[student][notebook] = grading
        for (student, notebook), (last,) in history.recent(session, assignment, 1, graded=False).items():
            if last.status != "graded":
                failures[student][notebook] = last.problem
    marks = _marks(session, assignment)
    penalties = _penalties(session, assignment)
    students = [
        Participant(
            name,
            " ".join(filter(None, (first, last))),
            marks.get(name, {}),
            penalties.get(name, 0.0),
            gradings.get(name, {}),
            failures.get(name, {}),
        )
        for name, first, last in session.execute(
            select(Student.id, Student.first_name, Student.last_name).order_by(Student.id)
        )
    ]
    questions = _questions(session, assignment, gradings)
    return ClassRecord(course, assignment, questions, students, _templates(session, assignment))


def _marks(session: Session, assignment: str) -> dict[str, dict[Key, Mark]]:
    query = (
        select(
            SubmittedAssignment.student_id,
            Notebook.name,
            BaseCell.name,
            Grade.score,
            Grade.needs_manual_grade,
        )
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .where(Assignment.name == assignment)
    )
    found: dict[str, dict[Key, Mark]] = defaultdict(dict)
    for student, notebook, name, points, waits in session.execute(query):
        found[student][notebook, name] = Mark(float(points or 0.0), bool(waits))
    return found


def _penalties(session: Session, assignment: str) -> dict[str, float]:
    query = (
        select(SubmittedAssignment.student_id, SubmittedNotebook.late_submission_penalty)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .where(Assignment.name == assignment)
    )
    found: dict[str, float] = defaultdict(float)
    for student, penalty in session.execute(query):
        found[student] += penalty or 0.0
    return found


def _questions(session: Session, assignment: str, gradings: Gradings) -> list[Question]:
    def of(kind: Any, *columns: Any) -> Any:
        query = select(Notebook.name, kind.name, *columns).join(Notebook, kind.notebook_id == Notebook.id)
        query = query.join(Assignment, Notebook.assignment_id == Assignment.id)
        return session.execute(query.where(Assignment.name == assignment))

    answers = {(notebook, name) for notebook, name in of(SolutionCell)}
    found = [
        Question(notebook, name, points, is_written=(notebook, name) in answers)
        for notebook, name, points in of(GradeCell, GradeCell.max_score)
    ]
    found += [
        Question(notebook, name, points, is_written=True)
        for notebook, name, points in of(TaskCell, TaskCell.max_score)
    ]
    # The gradebook has no order of cells; a grading is recorded in that of the notebook.
    places: dict[Key, int] = {}
    for notebooks in gradings.values():
        for notebook, grading in notebooks.items():
            for place, name in enumerate(grading.cells):
                places.setdefault((notebook, name), place)
    return sorted(found, key=lambda q: (q.notebook, places.get(q.key, len(places)), q.name))


def _templates(session: Session, assignment: str) -> list[Template]:
    query = (
        select(Notebook.name, SourceCell.name, SourceCell.cell_type, SourceCell.source, SourceCell.locked)
        .join(Notebook, SourceCell.notebook_id == Notebook.id)
        .join(Assignment, Notebook.assignment_id == Assignment.id)
        .where(Assignment.name == assignment)
        .order_by(Notebook.name, SourceCell.name)
    )
    return [
        Template(notebook, name, kind, source or "", not locked)
        for notebook, name, kind, source, locked in session.execute(query)
    ]
