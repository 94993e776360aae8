"""Late penalties, computed from the gradebook alone: lateness is no part of a verdict."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from nbgrader.api import Assignment, Grade, Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.orm import Session
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from course.grading.course_folder import CourseFolder
from course.grading.gradebook import extensions, read_together
from course.grading.gradebook.book import Book, snapshot
from course.grading.gradebook.groups import read_groups
from course.grading.submissions.folders import nbgrader_rules
from course.grading.submissions.times import HandIn

Work = Callable[[Gradebook], None]
"""what is done in a transaction"""


class Penalty(NamedTuple):
    """The late penalty of one notebook, which is not the one in the gradebook."""

    student: str
    notebook: str
    """its id in the gradebook"""
    points: float | None


def late_rule(rules: Autograde, config: Config) -> AssignLatePenalties | None:
    """Return nbgrader's step for late submissions, None where the course does not use it."""
    for name in rules.autograde_preprocessors:
        step = import_item(name) if isinstance(name, str) else name
        if issubclass(step, AssignLatePenalties):
            rule = step(config=config)
            rule.init_plugin()
            return rule
    return None


def bring_up_to_date(course_folder: CourseFolder, assignment: str) -> list[str]:
    """Set the late penalties of an assignment where they have changed; return the students concerned.

    Before that, what is read for one of a group is entered for all of it. The gradebook is opened for
    writing only if there is something to write. Raises GradebookError, RosterError.
    """
    course = course_folder.course
    rule = late_rule(nbgrader_rules(course_folder), course_folder.config)
    groups = read_groups(course_folder.root, assignment)
    with snapshot(course, assignment) as session:
        is_behind = read_together.is_behind(session, assignment, groups)
        if not is_behind and next(_changed(session, assignment, rule), None) is None:
            return []

    def work(gradebook: Gradebook) -> list[str]:
        read_together.save(gradebook.db, assignment, groups)
        return save_penalties(gradebook.db, assignment, rule)

    book = Book(course.db_url, course.course_id, assignment)
    try:
        return book.transact(work)
    finally:
        book.close()


def save_penalties(session: Session, assignment: str, rule: AssignLatePenalties | None) -> list[str]:
    """Set the late penalties of an assignment, without a commit; return the students whose have changed."""
    session.flush()
    return _save(session, list(_changed(session, assignment, rule)))


def penalise(session: Session, assignment: str, rule: AssignLatePenalties, student: str) -> None:
    """Set the late penalties of a submission whose scores are saved, without a commit."""
    extensions.hand_over(session, assignment, student)
    _save(session, list(_changed(session, assignment, rule, student)))


def _save(session: Session, penalties: list[Penalty]) -> list[str]:
    for penalty in penalties:
        row = update(SubmittedNotebook).where(SubmittedNotebook.id == penalty.notebook)
        session.execute(row.values(late_submission_penalty=penalty.points))
    return sorted({penalty.student for penalty in penalties})


def save_times(session: Session, assignment: str, hand_ins: Mapping[str, HandIn]) -> None:
    """Save when submissions that are graded already were handed in, without a commit.

    What is recorded stays where nothing is written.
    """
    query = select(SubmittedAssignment).join(Assignment).where(Assignment.name == assignment)
    for submission in session.scalars(query):
        hand_in = hand_ins.get(submission.student_id)
        if hand_in and hand_in.is_written and submission.timestamp != hand_in.time:
            submission.timestamp = hand_in.time


def _changed(
    session: Session, assignment: str, rule: AssignLatePenalties | None, of_student: str | None = None
) -> Iterator[Penalty]:
    """Yield the penalties that are not as in the gradebook; by the score with the written answers read."""
    if rule is None:
        return
    query = _late_notebooks(of_one_student=of_student is not None)
    rows = session.execute(query, {"assignment": assignment, "student": of_student})
    # where nbgrader knows a submission, it has the extension
    waiting = extensions.waiting(session, assignment) if of_student is None else {}
    for score, notebook, old, student, timestamp, extension, due in rows:
        late = _seconds_late(timestamp, due, waiting.get(student, extension))
        points = _penalty(rule, student, score or 0.0, late)
        if not math.isclose(points or 0.0, old or 0.0, abs_tol=1e-9):  # sums differ with their order
            yield Penalty(student, notebook, points)


@functools.cache  # grading a class needs it for every submission
def _late_notebooks(*, of_one_student: bool) -> Select[Any]:
    columns = (
        SubmittedNotebook.id,
        SubmittedNotebook.late_submission_penalty,
        SubmittedAssignment.student_id,
        SubmittedAssignment.timestamp,
        SubmittedAssignment.extension,
        Assignment.duedate,
    )
    condition = Assignment.name == bindparam("assignment")
    if of_one_student:
        condition &= SubmittedAssignment.student_id == bindparam("student")
    return (
        select(func.sum(Grade.score), *columns)
        .select_from(SubmittedNotebook)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .outerjoin(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .where(condition)
        .group_by(*columns)
    )


def _seconds_late(timestamp: datetime | None, due: datetime | None, extension: timedelta | None) -> float:
    """Return by how much a submission is late; 0 where one of the times is not known."""
    if timestamp is None or due is None:
        return 0.0
    return max(0.0, (timestamp - due - (extension or timedelta())).total_seconds())


def _penalty(rule: AssignLatePenalties, student: str, score: float, late: float) -> float | None:
    """Return the points that a notebook with this score loses for being so many seconds late."""
    if late <= 0:
        return None
    points = rule.plugin_inst.late_submission_penalty(student, score, late)
    if points is None:
        return None
    return 0.0 if points < 0 else min(points, score)  # nbgrader's rule
