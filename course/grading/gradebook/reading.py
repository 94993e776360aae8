"""Reads a class from the gradebook: the questions of an assignment, its students and their points."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
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
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from course.grading.gradebook import history, people
from course.grading.gradebook.book import snapshot
from course.grading.gradebook.class_record import (
    CellKey,
    ClassRecord,
    Mark,
    Question,
    ReleasedCell,
    StudentRecord,
)
from course.grading.gradebook.history import Grading
from course.grading.problem_sets import notebooks


def read_marks(course: CourseDirectory, assignment: str) -> dict[str, dict[str, Mark]]:
    """Return the marks for an assignment of one notebook, by student and `grade_id`.

    Raises GradebookError as `snapshot` does.
    """
    with snapshot(course, assignment) as session:
        students = read_class(session, course, assignment).students
    return {
        student.id: {name: mark for (_, name), mark in student.marks.items()}
        for student in students
        if student.is_graded
    }


def read_class(
    session: Session, course: CourseDirectory, assignment: str, section: str | None = None
) -> ClassRecord:
    """Return what the gradebook has of an assignment; the number of queries does not depend on the class.

    With a `section` it is of those in it. Raises CourseError where nobody is, and NotebookError where a
    notebook under `source/`, which has the order of the questions, is damaged.
    """
    questions = _questions(session, course, assignment)
    marks = _marks(session, assignment)
    submissions = _submissions(session, assignment)
    columns = (Student.id, Student.last_name, Student.first_name, Student.email)
    sections = people.listed(session)
    if section is not None:
        people.require_section(sections, section)
    students = []
    for student, *names in session.execute(select(*columns).order_by(Student.id)):
        last_name, first_name, email = (name or "" for name in names)
        if section is not None and sections.get(student) != section:
            continue
        timestamp, penalty = submissions.get(student, (None, 0.0))
        students.append(
            StudentRecord(
                student,
                last_name,
                first_name,
                email,
                sections.get(student, ""),
                is_graded=student in submissions,
                timestamp=timestamp,
                marks=marks.get(student, {}),
                penalty=penalty,
            )
        )
    strangers = [student.id for student in students if sections and student.id not in sections]
    return ClassRecord(course.course_id, assignment, questions, students, strangers=strangers)


def read_graded_class(
    session: Session, course: CourseDirectory, assignment: str, section: str | None = None
) -> ClassRecord:
    """Return what `read_class` does, with the recorded gradings of each and the cells that they received."""
    record = read_class(session, course, assignment, section)
    gradings: dict[str, dict[str, Grading]] = defaultdict(dict)
    failures: dict[str, dict[str, str]] = defaultdict(dict)
    if history.exists(session):
        last = {
            key: grading for key, (grading,) in history.recent(session, assignment, 1, graded=False).items()
        }
        for (student, notebook), grading in last.items():
            if grading.status != "graded":
                failures[student][notebook] = grading.problem
        for (student, notebook), grading in (
            history.latest(session, assignment) if failures else last
        ).items():
            gradings[student][notebook] = grading
    students = [
        replace(student, gradings=gradings.get(student.id, {}), failures=failures.get(student.id, {}))
        for student in record.students
    ]
    return replace(record, students=students, released=_released(session, assignment))


def _questions(session: Session, course: CourseDirectory, assignment: str) -> list[Question]:
    answers = {(notebook, name) for notebook, name in _cells(session, assignment, SolutionCell)}
    questions = [
        Question(notebook, name, points or 0.0, kind is TaskCell or (notebook, name) in answers)
        for kind in (GradeCell, TaskCell)
        for notebook, name, points in _cells(session, assignment, kind, kind.max_score)
    ]
    places = dict(_places(course, assignment, sorted({question.notebook for question in questions})))
    return sorted(questions, key=lambda q: (q.notebook, places.get(q.key, math.inf), q.name))


def _places(course: CourseDirectory, assignment: str, names: Iterable[str]) -> Iterator[tuple[CellKey, int]]:
    """Yield each cell's place in its notebook under `source/`: the gradebook has no order of cells."""
    folder = Path(course.format_path(course.source_directory, ".", assignment))
    for notebook in names:
        path = folder / f"{notebook}.ipynb"
        if path.is_file():
            for place, cell in enumerate(notebooks.read(path).cells):
                yield (notebook, notebooks.grade_id(cell) or ""), place


def _cells(session: Session, assignment: str, kind: Any, *columns: Any) -> Any:
    """Return notebook, name and these columns of all cells of one kind."""
    query = select(Notebook.name, kind.name, *columns).join(Notebook, kind.notebook_id == Notebook.id)
    query = query.join(Assignment, Notebook.assignment_id == Assignment.id)
    return session.execute(query.where(Assignment.name == assignment).order_by(Notebook.name, kind.name))


def _marks(session: Session, assignment: str) -> dict[str, dict[CellKey, Mark]]:
    """Return the marks of each student, without grades whose cell was removed from the assignment."""
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
    marks: dict[str, dict[CellKey, Mark]] = defaultdict(dict)
    for student, notebook, name, points, is_waiting in session.execute(query):
        marks[student][notebook, name] = Mark(points or 0.0, bool(is_waiting))
    return marks


def _submissions(session: Session, assignment: str) -> dict[str, tuple[datetime | None, float]]:
    """Return when each student handed in, and the late penalty of all notebooks together."""
    query = (
        select(
            SubmittedAssignment.student_id,
            SubmittedAssignment.timestamp,
            func.sum(SubmittedNotebook.late_submission_penalty),
        )
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .outerjoin(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .where(Assignment.name == assignment)
        .group_by(SubmittedAssignment.id, SubmittedAssignment.student_id, SubmittedAssignment.timestamp)
    )
    return {student: (timestamp, penalty or 0.0) for student, timestamp, penalty in session.execute(query)}


def _released(session: Session, assignment: str) -> list[ReleasedCell]:
    columns = (SourceCell.cell_type, SourceCell.source, SourceCell.locked)
    return [
        ReleasedCell(notebook, name, kind, source or "", not is_locked)
        for notebook, name, kind, source, is_locked in _cells(session, assignment, SourceCell, *columns)
    ]
