"""The way from a course folder to the page."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from course.files import write
from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.gradebook.book import reading
from course.grading.report.answers import answers
from course.grading.report.gather import gather
from course.grading.report.overview import Answers, overview
from course.grading.report.page import page
from course.grading.report.records import ClassRecord, Key

FOLDER = "report"


def make(root: Path, assignment: str, to: Path | None = None) -> Path:
    """Write the report on `assignment` of the course in `root`, and return where it is.

    That is `to`, or report/PS.html in the course. Raises CourseError, GradebookError; then nothing is
    written, and what was there still is.
    """
    course = CourseFolder(root).course
    with reading(course.db_url, course.course_id, assignment) as session:
        record = gather(session, course.course_id, assignment)
    if not record.graded:
        raise CourseError(
            f"nobody's {assignment} is graded: `course grade {assignment}` grades what is in submitted/"
        )
    found, unread = _answers(course, record)
    text = page(overview(record, found, unread, datetime.now(UTC)))
    target = to if to is not None else root / FOLDER / f"{assignment}.html"
    with _folder(target.parent, may_be_made=to is None):
        try:
            return write(target, text.encode())
        except OSError as error:
            raise _unwritable(target, error) from error


def _answers(course: CourseDirectory, record: ClassRecord) -> tuple[Answers, int]:
    """Return the answers as they were graded, and how many students' could not be read."""
    wanted: dict[str, list[Key]] = defaultdict(list)
    for template in record.templates:
        if template.is_answer:
            wanted[template.notebook].append((template.notebook, template.name))
    found: dict[Key, dict[str, str]] = defaultdict(dict)
    unread = set()
    for student in record.graded:
        folder = Path(course.format_path(course.autograded_directory, student.id, record.assignment))
        for notebook, keys in wanted.items():
            try:
                given = answers(notebook, folder / f"{notebook}.ipynb", keys)
            except FileNotFoundError:
                # of several notebooks one may not have been handed in
                unread |= {student.id} if len(wanted) == 1 or notebook in student.gradings else set()
            except (OSError, ValueError, RecursionError):
                unread.add(student.id)
            else:
                for key, text in given.items():
                    found[key][student.id] = text
    return found, len(unread)


@contextmanager
def _folder(folder: Path, may_be_made: bool) -> Iterator[None]:
    """Make sure that there is the folder; one that had to be made does not stay if what follows fails."""
    is_new = may_be_made and not folder.is_dir()
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
    why = os.strerror(error.errno) if error.errno else str(error)
    return CourseError(f"{path} cannot be written ({why}): say --to FILE.html for another place")
