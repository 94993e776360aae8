"""Counts, for each assignment of a course, what was handed in, graded and handed back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.gradebook import history
from course.grading.gradebook.book import SECONDS_OF_SILENCE, snapshot
from course.grading.gradebook.groups import read_groups, shared
from course.grading.gradebook.reading import read_class
from course.grading.submissions.folders import submitted_folders
from course.grading.submissions.other_files import digests
from course.grading.submissions.times import course_zone

SYSTEMS = {"csv": "a spreadsheet", "moodle": "Moodle", "canvas": "Canvas"}


@dataclass(frozen=True)
class Made:
    """A file that a command has made."""

    kind: str
    """report, or the system that an export is for"""
    time: datetime


@dataclass(frozen=True)
class Row:
    """One assignment."""

    assignment: str
    submitted: int = 0
    graded: int = 0
    """students whose results are in the gradebook"""
    waiting: int = 0
    """students whose submission is not graded, or was handed in anew since"""
    unread: int = 0
    """written answers that somebody has to read"""
    feedback: int = 0
    """students who have feedback"""
    files: list[Made] = field(default_factory=list)
    problem: str = ""
    """why nothing is known, in words"""


def assignments(root: Path) -> list[str]:
    """Return the names of all assignments of a course. Raises CourseError."""
    return _assignments(CourseFolder(root))


def rows(root: Path) -> list[Row]:
    """Return a row for each assignment of a course. Raises CourseError."""
    course_folder = CourseFolder(root)
    return [_row(course_folder, name) for name in _assignments(course_folder)]


def made_file(root: Path, kind: str, assignment: str) -> Path:
    """Return where a command puts what it makes; `kind` is report or a system, `assignment` of the course."""
    if kind == "report":
        return root / "report" / f"{assignment}.html"
    return root / f"{assignment}-{kind}.csv"


def _assignments(course_folder: CourseFolder) -> list[str]:
    source = course_folder.root / course_folder.folders.source
    return sorted({path.parent.name for path in source.glob("*/*.ipynb") if path.parent.name.isprintable()})


def _row(course_folder: CourseFolder, assignment: str) -> Row:
    try:
        return _counted(course_folder, assignment)
    except (CourseError, OSError) as error:
        return Row(assignment, problem=str(error))


def _counted(course_folder: CourseFolder, assignment: str) -> Row:
    course, root = course_folder.course, course_folder.root
    folders = shared(
        read_groups(root, assignment),
        submitted_folders(course, assignment, hidden=True),
        course_zone(course_folder.config.Exchange.get("timezone")),
    )

    def has_feedback(student: str) -> bool:
        folder = Path(course.format_path(course.feedback_directory, student, assignment))
        return any(folder.glob("*.html"))

    with snapshot(course, assignment, SECONDS_OF_SILENCE) as session:  # people wait for the page
        record = read_class(session, course, assignment)
        waiting = sum(1 for _ in _waiting(session, assignment, folders))
    return Row(
        assignment,
        len(folders),
        len(record.graded),
        waiting,
        sum(len(record.waiting(student)) for student in record.graded),
        sum(has_feedback(student.id) for student in record.graded),
        list(_made(root, assignment)),
    )


def _waiting(session: Session, assignment: str, folders: dict[str, Path]) -> Iterator[str]:
    """Yield the students whose submission is not the one that was graded last."""
    graded = history.graded_digests(session, assignment) if history.exists(session) else {}
    of_path: dict[Path, tuple[str, str]] = {}
    for student, path in folders.items():
        if student in graded and path not in of_path:
            with suppress(OSError, RecursionError):
                of_path[path] = digests(path)
        if student not in graded or graded[student] != of_path.get(path):
            yield student


def _made(root: Path, assignment: str) -> Iterator[Made]:
    for kind in ("report", *SYSTEMS):
        path = made_file(root, kind, assignment)
        if path.is_file() and not path.is_symlink():
            yield Made(kind, datetime.fromtimestamp(path.stat().st_mtime, UTC))
