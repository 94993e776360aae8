"""Gives what one of a group got for a written answer, points and comment, to the others of the group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from course.grading.gradebook import history


class WrittenAnswer(NamedTuple):
    """One student's written answer: its row of points, and of comments."""

    student: str
    grade: Grade
    comment: Comment


def unread(session: Session, assignment: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the students of groups who have an answer that waits, and is read for another of the group."""
    return sorted({waiting.student for _, waiting in _pairs(session, assignment, groups)})


def save(session: Session, assignment: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Enter what is read for one of a group for all of it, without a commit; return whom it was entered for.

    Where somebody has given two of them different points, nothing is entered for the others.
    """
    students = set()
    for read, waiting in list(_pairs(session, assignment, groups)):
        # extra credit that was given to this student before anything was read stays
        if waiting.grade.manual_score is not None or waiting.grade.extra_credit is None:
            waiting.grade.extra_credit = read.grade.extra_credit
        waiting.grade.manual_score, waiting.grade.needs_manual_grade = read.grade.manual_score, False
        waiting.comment.manual_comment = read.comment.manual_comment
        students.add(waiting.student)
    return sorted(students)


def _pairs(
    session: Session, assignment: str, groups: Mapping[str, Sequence[str]]
) -> Iterator[tuple[WrittenAnswer, WrittenAnswer]]:
    """Yield an answer that is read, and the same answer of another student of the group, which waits."""
    if not groups or not history.exists(session):
        return
    group_of = {student: group for group, students in groups.items() for student in students}
    digests = {student: digest for student, (digest, _) in history.seeds(session, assignment).items()}
    same: dict[tuple[Any, ...], list[WrittenAnswer]] = defaultdict(list)
    for notebook, cell, reading in _written(session, assignment, list(group_of)):
        same[group_of[reading.student], digests.get(reading.student), notebook, cell].append(reading)
    for readings in same.values():
        read = [reading for reading in readings if not reading.grade.needs_manual_grade]
        points = {reading.grade.manual_score for reading in read}
        if len(points) == 1 and None not in points:
            yield from ((read[0], waiting) for waiting in readings if waiting.grade.needs_manual_grade)


def _written(
    session: Session, assignment: str, students: Sequence[str]
) -> Iterator[tuple[str, str, WrittenAnswer]]:
    """Yield notebook and cell of each written answer of these students, which has points and a comment."""

    def rows(kind: Any) -> Any:
        query = (
            select(SubmittedAssignment.student_id, Notebook.name, BaseCell.name, kind)
            .select_from(kind)
            .join(BaseCell, kind.cell_id == BaseCell.id)
            .join(SubmittedNotebook, kind.notebook_id == SubmittedNotebook.id)
            .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
            .where(Assignment.name == assignment, SubmittedAssignment.student_id.in_(students))
        )
        return session.execute(query.order_by(SubmittedAssignment.student_id))

    comments = {(student, notebook, cell): row for student, notebook, cell, row in rows(Comment)}
    for student, notebook, cell, grade in rows(Grade):
        if comment := comments.get((student, notebook, cell)):
            yield notebook, cell, WrittenAnswer(student, grade, comment)
