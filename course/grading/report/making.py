"""`course report`: from a course folder to the page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from course.files import write
from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.gradebook.book import snapshot
from course.grading.gradebook.lateness import bring_up_to_date
from course.grading.gradebook.reading import read_graded_class
from course.grading.report.answers import read_answers, read_forms
from course.grading.report.kept import KeptForms
from course.grading.report.overview import overview
from course.grading.report.page import page
from course.grading.report.students import rows

FOLDER = "report"


def make(root: Path, assignment: str, to: Path | None = None, section: str | None = None) -> Path:
    """Write the report on `assignment` of the course in `root`, and return its path.

    That is `to`, or report/PS.html in the course. With a `section` it is on those in it.
    Raises CourseError, GradebookError; then nothing is
    written, and an older report is still there.
    """
    course_folder = CourseFolder(root)
    course = course_folder.course
    bring_up_to_date(course_folder, assignment)
    with snapshot(course, assignment) as session:
        record = read_graded_class(session, course, assignment, section)
    if not record.graded:
        raise CourseError(
            f"nobody's {assignment} is graded: `course grade {assignment}` grades what is in "
            f"{course_folder.folders.submitted}/"
        )
    target = to if to is not None else root / FOLDER / f"{assignment}.html"
    with _folder(target.parent, is_ours=to is None):
        kept = KeptForms(None if to is not None else target.with_name(f".{assignment}.json"), record)
        forms, unread = read_forms(course, record, kept)
        contents = overview(record, forms, unread, datetime.now(UTC))
        answers = read_answers(course, record, {each for pair in contents.pairs for each in pair.students})
        text = page(replace(contents, rows=rows(record, course, target.absolute()), answers=answers))
        try:
            write(target, text.encode())
        except OSError as error:
            raise _unwritable(target, error) from error
    kept.save()
    return target


@contextmanager
def _folder(folder: Path, is_ours: bool) -> Iterator[None]:
    """Make a folder of ours where there is none, and remove it again if the body raises."""
    is_new = is_ours and not folder.is_dir()
    if is_new:
        try:
            folder.mkdir()
        except OSError as error:
            raise _unwritable(folder, error) from error
    try:
        yield
    except BaseException:
        if is_new:
            folder.rmdir()
        raise


def _unwritable(path: Path, error: OSError) -> CourseError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return CourseError(f"{path} cannot be written ({reason}): say --to FILE.html for another place")
