"""`course release`: the released files and the gradebook change together, or not at all."""

from __future__ import annotations

from pathlib import Path

from course.grading import locks
from course.grading.course_folder import CONFIG, CourseFolder
from course.grading.errors import GradebookError
from course.grading.gradebook.book import snapshot
from course.grading.nbgrader_steps.generate import save
from course.grading.problem_sets import release
from course.grading.problem_sets.release import Release


def write(root: Path, *names: str) -> tuple[list[Release], list[str]]:
    """Release these problem sets; return what was written, and lines on questions that came or went.

    A gradebook that knows a problem set follows; the others learn of it when it is generated. Raises
    CourseError, and then what was released and what is in the gradebook is as before.
    """
    course_folder = CourseFolder(root) if (root / CONFIG).is_file() else None
    lines: list[str] = []

    def save_cells(written: Release) -> None:
        if course_folder is not None and _knows(course_folder, written.assignment):
            summary = save(course_folder, written.assignment, written.cells)
            lines.extend(summary.lines(written.assignment))

    with locks.releasing(root):
        return release.write(root, *names, save=save_cells), lines


def _knows(course_folder: CourseFolder, assignment: str) -> bool:
    """Return whether the gradebook has the assignment. Raises GradebookError where it cannot be read."""
    try:
        with snapshot(course_folder.course, assignment):
            return True
    except GradebookError:
        return False
