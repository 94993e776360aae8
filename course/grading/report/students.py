"""The table of all students, with the pages that belong to each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from nbgrader.coursedir import CourseDirectory

from course.grading.gradebook.class_record import ClassRecord, StudentRecord


@dataclass(frozen=True)
class Row:
    """One student."""

    student: StudentRecord
    state: str
    waiting: int
    """answers that somebody has to read"""
    feedback: str = ""
    """the address of the feedback, empty where there is none"""
    formgrader: str = ""
    """the address of the submission in Formgrader, on a server"""


def rows(record: ClassRecord, course: CourseDirectory, page: Path) -> list[Row]:
    """Return everybody in the class, for a report that stands at `page`."""
    return [_row(record, student, course, page) for student in record.students]


def _row(record: ClassRecord, student: StudentRecord, course: CourseDirectory, page: Path) -> Row:
    waiting = len(record.waiting(student))
    if student.failures:
        state = "grading failed"
    elif not student.is_graded:
        state = "missing"
    else:
        state = "to be read" if waiting else "graded"
    if not student.is_graded:
        return Row(student, state, waiting)
    folder = Path(course.format_path(course.feedback_directory, student.id, record.assignment))
    # several notebooks have a page each: the folder lists them
    files = [folder / f"{name}.html" for name in sorted({q.notebook for q in record.questions})]
    target = files[0] if len(files) == 1 else folder
    link = quote(os.path.relpath(target, page.parent)) if target.exists() else ""
    names = "/".join(quote(part, safe="") for part in (student.id, record.assignment))
    return Row(student, state, waiting, link, f"/formgrader/manage_students/{names}")
