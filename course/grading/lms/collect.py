"""`course collect`: takes the submissions in an archive of a learning management system to `submitted/`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.api import Assignment
from sqlalchemy import select

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError, NoGradebook
from course.grading.gradebook.book import snapshot
from course.grading.lms import rosters
from course.grading.lms.archive import casefolded, open_archive
from course.grading.lms.enrol import enrol_roster
from course.grading.lms.matching import archived_submissions, match_students
from course.grading.lms.submitted import SubmittedWriter
from course.grading.lms.summary import CollectSummary


def collect(
    root: Path,
    system: str,
    file: Path,
    assignment: str,
    *,
    roster: Path | None = None,
    update: bool = False,
    picks: Mapping[str, str] | None = None,
) -> CollectSummary:
    """Write the submissions in the archive `file` of `system` to `submitted/`: all, or none on an error.

    A submission that is there already is replaced by a newer one, with `update` by any other; it is kept
    under `submitted/.replaced/`. `picks` names the file that is meant, by student, where one handed in
    several. Raises CourseError.
    """
    picks = {casefolded(student): name for student, name in (picks or {}).items()}
    course_folder = CourseFolder(root)
    notebooks = course_folder.notebooks(assignment)
    due = _due(course_folder, assignment)
    people = rosters.read_roster(roster) if roster else None
    summary = CollectSummary()
    with open_archive(file) as archive:
        submissions = list(archived_submissions(archive, system, notebooks, people, summary))
        summary.total = len(submissions) + len(summary.refused)
        by_student = dict(match_students(submissions, people, system, summary))
        if unknown := picks.keys() - set(map(casefolded, by_student)):
            raise CourseError(
                f"nothing of {', '.join(sorted(unknown))} is in {file}: --pick names a student's id"
            )
        top = (course_folder.root / course_folder.course.submitted_directory).resolve()
        try:
            writer = SubmittedWriter(course_folder, top, assignment, notebooks, summary, update, picks)
            writer.write(by_student, system, due)
        except OSError as error:
            raise CourseError(
                f"nothing was collected, {top} cannot be written: {error.strerror}; make room there, or "
                "make it writable, and collect again"
            ) from error
    if people is not None:
        summary.advice += enrol_roster(course_folder, people)
    _advise(summary, system, has_roster=people is not None, has_due=due is not None)
    return summary


def _due(course_folder: CourseFolder, assignment: str) -> datetime | None:
    """Return when the assignment is due, in UTC, or None where the gradebook has no date."""
    try:
        with snapshot(course_folder.course, assignment) as session:
            due = session.scalar(select(Assignment.duedate).where(Assignment.name == assignment))
    except NoGradebook:
        return None
    return due.replace(tzinfo=UTC) if due else None


def _advise(summary: CollectSummary, system: str, has_roster: bool, has_due: bool) -> None:
    """Add what an instructor should know of archives of this system."""
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
