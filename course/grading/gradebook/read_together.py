"""Gives what one of a group got for a written answer, points and comment, to the others of the group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
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

from course.grading.gradebook import copied, history
from course.grading.gradebook.copied import CellOfStudent, Copied


class WrittenAnswer(NamedTuple):
    """One student's written answer: its row of points, and of comments."""

    place: CellOfStudent
    grade: Grade
    comment: Comment
    copied: Copied | None
    """what was entered here last since it was read for another of the group"""

    @property
    def points(self) -> tuple[float | None, float]:
        """What was given by hand, and extra credit."""
        return self.grade.manual_score, self.grade.extra_credit or 0.0

    @property
    def text(self) -> str:
        """The comment that was given by hand."""
        return self.comment.manual_comment or ""

    @property
    def has_copied_points(self) -> bool:
        """Whether nobody has entered other points since they were copied."""
        return self.copied is not None and self.copied.points == self.points

    @property
    def has_copied_text(self) -> bool:
        """Whether nobody has entered another comment since it was copied."""
        return self.copied is not None and self.copied.comment == self.text

    @property
    def score(self) -> float:
        """The points that count, extra credit among them."""
        manual, extra = self.points
        return extra + ((self.grade.auto_score or 0.0) if manual is None else manual)


def is_behind(session: Session, assignment: str, groups: Mapping[str, Sequence[str]]) -> bool:
    """Return whether `save` would enter anything."""
    return next(_pairs(session, assignment, groups), None) is not None


def save(session: Session, assignment: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Enter what is read for one of a group for all of it, without a commit; return whom it was entered for.

    What is corrected for one replaces what was copied for the others. What somebody has entered for a
    student stays; where two of a group were given different points, nothing is entered for the others.
    """
    students = set()
    for read, other in list(_pairs(session, assignment, groups)):
        is_new = other.grade.manual_score is None  # or the points are an earlier answer's, or copied
        if not is_new or other.grade.extra_credit is None:
            other.grade.extra_credit = read.grade.extra_credit
        if other.has_copied_text or not other.text or (not is_new and other.grade.needs_manual_grade):
            other.comment.manual_comment = read.comment.manual_comment
        other.grade.manual_score, other.grade.needs_manual_grade = read.grade.manual_score, False
        points = (read.grade.manual_score, read.grade.extra_credit or 0.0)
        copied.record(session, assignment, other.place, Copied(points, read.text))
        students.add(other.place.student)
    return sorted(students)


def differing(
    session: Session,
    assignment: str,
    groups: Mapping[str, Sequence[str]],
    shown: Collection[str] | None = None,
) -> str:
    """Return what to tell where one of a group has other points than another for the same answer, or nothing.

    With `shown` it is of groups with one of these students.
    """
    parts = []
    for group, place, answers in _same(session, assignment, groups):
        read = [answer for answer in answers if not answer.grade.needs_manual_grade]
        students = {answer.place.student for answer in read}
        if len({answer.score for answer in read}) > 1 and (shown is None or students & {*shown}):
            points = ", ".join(f"{answer.place.student} {answer.score:g}" for answer in read)
            parts.append(f"{group}, {place.cell}: {points}")
    if not parts:
        return ""
    return (
        f"different points by hand for the same answer of a group, and left so: {'; '.join(parts)}; to give "
        "all of a group the same, enter it for each of them in the formgrader's Manual Grading"
    )


def _pairs(
    session: Session, assignment: str, groups: Mapping[str, Sequence[str]]
) -> Iterator[tuple[WrittenAnswer, WrittenAnswer]]:
    """Yield an answer that is read, and the same of another of the group, for which it is to be entered."""
    for _, _, answers in _same(session, assignment, groups):
        read = [
            answer
            for answer in answers
            if not answer.grade.needs_manual_grade and answer.grade.manual_score is not None
        ]
        by_hand = [answer for answer in read if not answer.has_copied_points]
        sources = by_hand or read
        if len({answer.points for answer in sources}) == 1:
            source, has_one_text = sources[0], len({answer.text for answer in sources}) == 1
            for answer in answers:
                if _is_behind(answer, source, has_one_text, bool(by_hand)):
                    yield source, answer


def _is_behind(answer: WrittenAnswer, source: WrittenAnswer, has_one_text: bool, is_by_hand: bool) -> bool:
    """Return whether an answer waits, or has what was given before it was read, or corrected, for another."""
    if answer.grade.needs_manual_grade:
        return True
    if answer.grade.manual_score is None:  # the points of an answer that was left empty, say
        return is_by_hand and not answer.grade.extra_credit
    if not answer.has_copied_points:
        return False
    return answer.points != source.points or (
        has_one_text and answer.has_copied_text and answer.text != source.text
    )


def _same(
    session: Session, assignment: str, groups: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, CellOfStudent, list[WrittenAnswer]]]:
    """Yield of each group the same written answer of those who have it; with the place of the first."""
    if not groups or not history.exists(session):
        return
    group_of = {student: group for group, students in groups.items() for student in students}
    digests = {student: digest for student, (digest, _) in history.seeds(session, assignment).items()}
    same: dict[tuple[Any, ...], list[WrittenAnswer]] = defaultdict(list)
    for answer in _written(session, assignment, list(group_of)):
        student, notebook, cell = answer.place
        same[group_of[student], digests.get(student), notebook, cell].append(answer)
    for (group, *_), answers in same.items():
        yield group, answers[0].place, answers


def _written(session: Session, assignment: str, students: Sequence[str]) -> Iterator[WrittenAnswer]:
    """Yield each written answer of these students: a cell that has points and a comment."""

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

    comments = {CellOfStudent(*place): row for *place, row in rows(Comment)}
    earlier = copied.read(session, assignment)
    for *place, grade in rows(Grade):
        where = CellOfStudent(*place)
        if comment := comments.get(where):
            yield WrittenAnswer(where, grade, comment, earlier.get(where))
