"""`course due` and `course extend`: when an assignment is due, for everybody and for one student."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, Student
from sqlalchemy import select

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError, GradebookError
from course.grading.gradebook import extensions, lateness
from course.grading.gradebook.book import Book
from course.grading.submissions.folders import nbgrader_rules, submitted_folders
from course.grading.submissions.times import UnclearTime, course_zone, parse_due

UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
_DURATION = re.compile(r"(?:\d+[wdhm])+")
LONGEST = timedelta(days=3660)


def set_due(root: Path, assignment: str, text: str) -> list[str]:
    """Set when an assignment is due; return the lines that tell of it. Raises CourseError."""
    course_folder = CourseFolder(root)
    try:
        due = parse_due(text, course_zone(course_folder.config.Exchange.get("timezone")))
    except UnclearTime as error:
        raise CourseError(f"nothing was changed: {error}") from None

    def work(gradebook: Gradebook) -> None:
        _assignment(gradebook, assignment).duedate = due.astimezone(UTC).replace(tzinfo=None)

    return [
        f"{assignment} is due {due.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        *_changed(course_folder, assignment, work),
    ]


def extend(root: Path, assignment: str, student: str, text: str) -> list[str]:
    """Let a student hand in later by `text`, such as 3d; return the lines that tell of it.

    It takes the place of an earlier extension; 0d takes that away. Raises CourseError.
    """
    course_folder = CourseFolder(root)
    extension = _duration(text)
    submitted = submitted_folders(course_folder.course, assignment)
    due: list[datetime] = []

    def work(gradebook: Gradebook) -> None:
        date = _assignment(gradebook, assignment).duedate
        if date is None:
            raise CourseError(
                f'{assignment} has no due date: `course due {assignment} "2026-11-20 18:00 Europe/Berlin"` '
                "sets one, then extend it"
            )
        if gradebook.db.get(Student, student) is None and student not in submitted:
            raise CourseError(
                f"nobody has the id {student}: `course roster FILE` enters a class, `nbgrader db student "
                "list` lists it"
            )
        extensions.grant(gradebook.db, assignment, student, extension)
        due[:] = [date + extension]

    changed = _changed(course_folder, assignment, work)
    return [f"{assignment} is due {due[0]:%Y-%m-%d %H:%M:%S} UTC for {student}", *changed]


def _assignment(gradebook: Gradebook, name: str) -> Assignment:
    row = gradebook.db.scalar(select(Assignment).where(Assignment.name == name))
    if row is None:
        raise GradebookError(f"the gradebook knows no assignment {name}")
    return row


def _changed(course_folder: CourseFolder, assignment: str, work: lateness.Work) -> list[str]:
    """Change dates and penalties in one transaction; return a line that names whose penalty has changed."""
    course = course_folder.course
    rule = lateness.late_rule(nbgrader_rules(course_folder), course_folder.config)

    def work_and_penalties(gradebook: Gradebook) -> list[str]:
        work(gradebook)
        return lateness.save_penalties(gradebook.db, assignment, rule)

    book = Book(course.db_url, course.course_id, assignment)
    try:
        students = book.transact(work_and_penalties)
    finally:
        book.close()
    return [f"late penalties have changed: {', '.join(students)}"] if students else []


def _duration(text: str) -> timedelta:
    """Return how long 3d, 36h, 1d12h or 90m is. Raises CourseError."""
    if not _DURATION.fullmatch(text):
        raise CourseError(
            f"nothing was changed: {text[:50]!a} is no length of time: write 3d, 36h or 1d12h (weeks w, "
            "days d, hours h, minutes m)"
        )
    parts = re.findall(r"(\d+)([wdhm])", text)
    try:
        extension = sum((timedelta(**{UNITS[unit]: int(count)}) for count, unit in parts), timedelta())
    except (OverflowError, ValueError):
        extension = timedelta.max
    if extension > LONGEST:
        raise CourseError(f"nothing was changed: an extension of {text[:50]} is longer than ten years")
    return extension
