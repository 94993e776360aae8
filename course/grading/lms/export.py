"""`course export`: grades, question by question, in a file that a learning management system imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin
from sqlalchemy.orm import Session
from traitlets import Bool, Unicode

from course.grading import atomic, notebooks
from course.grading.classroom import Classroom, ClassroomError
from course.grading.gradebook import reading
from course.grading.lms import grades, rosters
from course.grading.lms.grades import Grades
from course.grading.lms.sheets import SHEETS
from course.grading.submitted import converter, folders


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
    Raises ClassroomError, and then writes nothing.
    """
    classroom = Classroom(root)
    classroom.notebooks(assignment)
    course = classroom.course
    target = to or root / f"{assignment}-{system}.csv"
    order = _order(classroom, assignment)
    with reading(course.db_url, course.course_id, assignment) as session:
        found, told = write(session, system, assignment, target, order, roster, provisional)
    known = {line.student for line in found.lines if line.handed_in}
    ungraded = sorted(set(folders(converter(classroom), assignment)) - known)
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
        raise ClassroomError(f"nobody's {assignment} is graded: `course grade {assignment}` comes first")
    sheet = SHEETS[system](found, rosters.read(roster) if roster else None, provisional)
    atomic.write(to, sheet.text(bom=system == "csv"))
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


def _order(classroom: Classroom, assignment: str) -> dict[str, int]:
    """Return the place of each cell among those of the assignment, by `grade_id`."""
    names: list[str] = []
    for name in classroom.notebooks(assignment):
        source = classroom.root / classroom.course.source_directory / assignment / f"{name}.ipynb"
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
            raise ClassroomError("a file holds one assignment's grades: name it, as --assignment ['ps1']")
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
