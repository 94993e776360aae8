"""`course export`: writes the grades, question by question, to a file for a learning management system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.plugins import ExportPlugin
from sqlalchemy.orm import Session
from traitlets import Bool, Unicode

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.gradebook import read_together
from course.grading.gradebook.book import snapshot
from course.grading.gradebook.class_record import ClassRecord
from course.grading.gradebook.groups import read_groups
from course.grading.gradebook.lateness import bring_up_to_date, late_rule, save_penalties
from course.grading.gradebook.reading import read_class
from course.grading.lms import rosters
from course.grading.lms.hand_ins import read_hand_ins
from course.grading.lms.sheets import SHEETS
from course.grading.replacing import replace_file
from course.grading.submissions.folders import nbgrader_rules


def export(
    root: Path,
    system: str,
    assignment: str,
    *,
    to: Path | None = None,
    roster: Path | None = None,
    provisional: bool = False,
    section: str | None = None,
) -> list[str]:
    """Write the grades of `assignment` for `system`; return the lines that `course export` prints.

    The file is `to`, or PS-SYSTEM.csv in the course. Totals of students with answers that wait to be graded
    are left out, unless `provisional`. Raises CourseError, and then writes nothing.
    """
    course_folder = CourseFolder(root)
    course_folder.notebooks(assignment)
    course = course_folder.course
    target = to or root / f"{assignment}-{system}.csv"
    bring_up_to_date(course_folder, assignment)
    with snapshot(course, assignment) as session:
        rules = nbgrader_rules(course_folder)
        return write_grades(session, rules, system, assignment, target, roster, provisional, section)


def write_grades(
    session: Session,
    rules: Autograde,
    system: str,
    assignment: str,
    to: Path,
    roster: Path | None,
    provisional: bool,
    section: str | None = None,
) -> list[str]:
    """Write the grades in a gradebook to a file; return what to tell of it."""
    record = read_class(session, rules.coursedir, assignment, section)
    if not record.graded:
        raise CourseError(f"nobody's {assignment} is graded: `course grade {assignment}` comes first")
    groups = read_groups(Path(rules.coursedir.root), assignment)
    hand_ins = read_hand_ins(session, rules, record, groups, section)
    record = replace(record, ungraded=hand_ins.ungraded, older=frozenset(hand_ins.older))
    sheet = SHEETS[system](record, rosters.read_roster(roster) if roster else None, provisional)
    replace_file(to, sheet.text(bom=system == "csv"))
    differing = read_together.differing(session, assignment, groups, {s.id for s in record.students})
    lines = [*_lines(record, assignment, to, provisional), *sheet.remarks, differing]
    return [*filter(None, lines), *hand_ins.lines(assignment)]


def _lines(record: ClassRecord, assignment: str, to: Path, provisional: bool) -> Iterator[str]:
    waiting = {student.id: labels for student in record.students if (labels := record.waiting(student))}
    ungraded = {student.id for student in record.students} & set(record.ungraded)
    missing = len(record.students) - len(record.graded) - len(ungraded)
    graded = len(record.graded) - len(waiting)
    yield f"{to.name}: {graded} graded, {len(waiting)} wait for grading, {missing} have not handed in"
    if record.strangers:
        yield f"in no roster: {', '.join(record.strangers)}"
    if waiting:
        names = sorted({label for labels in waiting.values() for label in labels})
        totals = "their totals miss these points" if provisional else "their totals are left out"
        yield (
            f"{', '.join(waiting)}: {totals}, since {', '.join(names)} "
            "wait for somebody to grade them: the formgrader's Manual Grading lists them, "
            f"once `course grade {assignment}` has run tests that are new"
        )


class SystemExport(ExportPlugin):  # type: ignore[misc]  # nbgrader has no types
    """What its subclasses do for `nbgrader export --exporter=course.grading.lms.export.MoodleExport`."""

    system = "csv"
    roster = Unicode("", help="the roster, a CSV file").tag(config=True)
    provisional = Bool(False, help="whether to give totals although answers wait to be graded").tag(
        config=True
    )

    def export(self, gradebook: Gradebook) -> None:
        """Write the grades of the one assignment that `--assignment` names."""
        if len(self.assignment) != 1:
            raise CourseError("a file holds one assignment's grades: name it, as --assignment ['ps1']")
        name = str(self.assignment[0])
        to = Path(self.to or f"{name}-{self.system}.csv")
        roster = Path(self.roster) if self.roster else None
        course = self.parent.coursedir
        rules = Autograde(coursedir=course, config=self.config)
        rule = late_rule(rules, self.config)
        read_together.save(gradebook.db, name, read_groups(Path(course.root), name))
        save_penalties(gradebook.db, name, rule)
        gradebook.db.commit()
        lines = write_grades(gradebook.db, rules, self.system, name, to, roster, self.provisional)
        for line in lines:
            self.log.info(line)


class MoodleExport(SystemExport):
    """Writes the grades for Moodle."""

    system = "moodle"


class CanvasExport(SystemExport):
    """Writes the grades for Canvas."""

    system = "canvas"


class QuestionsExport(SystemExport):
    """Writes the grades for a spreadsheet."""
