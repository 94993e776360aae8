"""`course collect`: an archive from a learning management system, into `submitted/`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from nbgrader.api import Assignment
from sqlalchemy import select

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError, NoGradebook
from course.grading.gradebook.book import reading
from course.grading.lms import rosters
from course.grading.lms.archive import opened
from course.grading.lms.placing import Placing
from course.grading.lms.students import students, submissions
from course.grading.lms.summary import Summary


def collect(
    root: Path, system: str, file: Path, assignment: str, *, roster: Path | None = None, update: bool = False
) -> Summary:
    """Put the submissions in an archive of `system` under `submitted/`: all of them, or none on an error.

    What is there already is replaced by what is newer, by anything else only to `update`; it is kept.
    Raises CourseError.
    """
    course_folder = CourseFolder(root)
    notebooks = course_folder.notebooks(assignment)
    due = _due(course_folder, assignment)
    people = rosters.read(roster) if roster else None
    summary = Summary()
    with opened(file) as archive:
        found = list(submissions(archive, system, notebooks, people, summary))
        summary.total = len(found) + len(summary.refused)
        named = dict(students(found, people, system, summary))
        top = (course_folder.root / course_folder.course.submitted_directory).resolve()
        try:
            Placing(course_folder, top, assignment, notebooks, summary, update).take(named, system, due)
        except OSError as error:
            raise CourseError(
                f"nothing was collected, {top} cannot be written: {error.strerror}; make room there, or "
                "make it writable, and collect again"
            ) from error
    _advise(summary, system, has_roster=people is not None, has_due=due is not None)
    return summary


def _due(course_folder: CourseFolder, assignment: str) -> datetime | None:
    """Return when the assignment is due, in UTC, if anybody has said so."""
    course = course_folder.course
    try:
        with reading(course.db_url, course.course_id, assignment) as session:
            found = session.scalar(select(Assignment.duedate).where(Assignment.name == assignment))
    except NoGradebook:
        return None
    return found.replace(tzinfo=UTC) if found else None


def _advise(summary: Summary, system: str, has_roster: bool, has_due: bool) -> None:
    """Say what an instructor should know of these archives."""
    if not summary.collected and not summary.replaced:
        return
    if system == "moodle" and not has_roster:
        summary.advice.append(
            "students are called by Moodle's numbers, which differ from assignment to assignment: with its "
            "grading worksheet as --roster they have the same id in all of them"
        )
    if system == "canvas" and summary.late and has_due:
        summary.advice.append("by how much they are late Canvas does not say: it counts as one second")
    if system == "canvas" and summary.late and not has_due:
        summary.advice.append(
            "the gradebook knows no due date, so nobody counts as late: set it in the formgrader, and "
            "collect again with --update"
        )
