"""`course export`: grades, question by question, in a file that a learning management system imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin
from sqlalchemy.orm import Session
from traitlets import Bool, Unicode

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.gradebook.book import reading
from course.grading.lms import grades, rosters
from course.grading.lms.grades import Grades
from course.grading.lms.sheets import SHEETS
from course.grading.problem_sets import notebooks
from course.grading.replacing import replace_file
from course.grading.submissions.folders import nbgrader_rules, submitted_folders


def export(
    root: Path,
    system: str,
    assignment: str,
    *,
    to: Path | None = None,
    roster: Path | None = None,
    provisional: bool = False,
) -> list[str]:
    """Write the grades of `assignment` for `system`; return what should be known of the file.

    A total that misses points still to be given by hand is left out, unless it may be `provisional`.
    Raises CourseError, and then writes nothing.
    """
    course_folder = CourseFolder(root)
    course_folder.notebooks(assignment)
    course = course_folder.course
    target = to or root / f"{assignment}-{system}.csv"
    order = _order(course_folder, assignment)
    with reading(course.db_url, course.course_id, assignment) as session:
        found, told = write(session, system, assignment, target, order, roster, provisional)
    known = {line.student for line in found.lines if line.handed_in}
    ungraded = sorted(set(submitted_folders(nbgrader_rules(course_folder), assignment)) - known)
    if ungraded:
        told.append(f"handed in, but not graded: {', '.join(ungraded)}; `course grade {assignment}` does it")
    return told


def write(
    session: Session,
    system: str,
    assignment: str,
    to: Path,
    order: dict[str, int],
    roster: Path | None,
    provisional: bool,
) -> tuple[Grades, list[str]]:
    """Write a gradebook's grades to a file; return them, and what should be known of the file."""
    found = grades.read(session, assignment, order)
    if not any(line.handed_in for line in found.lines):
        raise CourseError(f"nobody's {assignment} is graded: `course grade {assignment}` comes first")
    sheet = SHEETS[system](found, rosters.read(roster) if roster else None, provisional)
    replace_file(to, sheet.text(bom=system == "csv"))
    return found, [*_told(found, to, provisional), *sheet.remarks]


def _told(found: Grades, to: Path, provisional: bool) -> Iterator[str]:
    waiting = [line for line in found.lines if line.waiting]
    missing = sum(not line.handed_in for line in found.lines)
    graded = len(found.lines) - missing - len(waiting)
    yield f"{to.name}: {graded} graded, {len(waiting)} wait for grading, {missing} have not handed in"
    if waiting:
        names = sorted({name for line in waiting for name in line.waiting})
        totals = "their totals miss these points" if provisional else "their totals are left out"
        yield (
            f"{', '.join(line.student for line in waiting)}: {totals}, since {', '.join(names)} "
            "wait for somebody to grade them: the formgrader's Manual Grading lists them"
        )


def _order(course_folder: CourseFolder, assignment: str) -> dict[str, int]:
    """Return the place of each cell among those of the assignment, by `grade_id`."""
    names: list[str] = []
    for name in course_folder.notebooks(assignment):
        source = course_folder.root / course_folder.course.source_directory / assignment / f"{name}.ipynb"
        names += filter(None, map(notebooks.grade_id, notebooks.read(source).cells))
    return {name: place for place, name in reversed(list(enumerate(names)))}


class SystemExport(ExportPlugin):  # type: ignore[misc]  # nbgrader has no types
    """The same for `nbgrader export --exporter=course.grading.lms.export.MoodleExport`."""

    system = "csv"
    roster = Unicode("", help="the roster, a CSV file").tag(config=True)
    provisional = Bool(False, help="whether totals may miss points still to be given").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """Write the grades of the one assignment that `--assignment` names."""
        if len(self.assignment) != 1:
            raise CourseError("a file holds one assignment's grades: name it, as --assignment ['ps1']")
        name = str(self.assignment[0])
        to = Path(self.to or f"{name}-{self.system}.csv")
        roster = Path(self.roster) if self.roster else None
        _, told = write(gradebook.db, self.system, name, to, {}, roster, self.provisional)
        for line in told:
            self.log.info(line)


class MoodleExport(SystemExport):
    """A file for Moodle."""

    system = "moodle"


class CanvasExport(SystemExport):
    """A file for Canvas."""

    system = "canvas"


class QuestionsExport(SystemExport):
    """A file for spreadsheets."""
