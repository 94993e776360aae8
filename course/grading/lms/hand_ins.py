"""What an export says of hand-ins: which are not graded, cannot be, or were graded as they were before."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.converters import Autograde
from sqlalchemy.orm import Session

from course.grading.errors import CourseError
from course.grading.folders import Folders
from course.grading.gradebook.class_record import ClassRecord
from course.grading.gradebook.generated import generated_cells
from course.grading.gradebook.graded import Graded, packages, read_graded
from course.grading.gradebook.groups import shared
from course.grading.gradebook.remarks import MOST_NAMES
from course.grading.judging.versions import grader_version
from course.grading.nbgrader_steps.autograde import SandboxedExecute
from course.grading.problem_sets.assignment import load
from course.grading.submissions.folders import SubmittedFolder, read_folder, submitted_folders
from course.grading.submissions.times import course_zone
from course.text import printable

MOST_REFUSED = 20
"""of those that cannot be graded, which are listed"""


@dataclass(frozen=True)
class HandIns:
    """What was handed in for an assignment, beside what the gradebook has of it."""

    ungraded: list[str] = field(default_factory=list)
    """students of whom nothing is graded, in order"""
    older: list[str] = field(default_factory=list)
    """students whose grades are of an earlier hand-in, or an earlier version of assignment or grader"""
    refused: Mapping[str, str] = field(default_factory=dict)
    """why what a student handed in cannot be graded, as `course grade` says it"""
    problem: str = ""
    """why it is not known whose grades are older"""

    def lines(self, assignment: str) -> Iterator[str]:
        """Yield what to tell an instructor."""
        command = f"`course grade {assignment}`"
        if self.problem:
            yield f"whether grades are of what is handed in now is not known: {self.problem}"
        if older := [student for student in self.older if student not in self.refused]:
            whose = "student's grades are" if len(older) == 1 else "students' grades are"
            why = "of an earlier hand-in or version"
            yield f"{len(older)} {whose} {why}: {command} grades them again ({_listed(older)})"
        if waiting := [student for student in self.ungraded if student not in self.refused]:
            yield f"handed in, but not graded: {', '.join(waiting)}; {command} does it"
        for student in sorted(self.refused)[:MOST_REFUSED]:
            yield f"{printable(student, 60)} cannot be graded: {printable(self.refused[student], 500)}"
        if (rest := len(self.refused) - MOST_REFUSED) > 0:
            yield f"and {rest} more that cannot be graded: {command} with --all-names names them"


def read_hand_ins(
    session: Session,
    rules: Autograde,
    record: ClassRecord,
    groups: Mapping[str, Sequence[str]],
    section: str | None,
) -> HandIns:
    """Look at everything that was handed in, of the members of a section alone if there is one."""
    course, assignment = rules.coursedir, record.assignment
    zone = course_zone(rules.config.Exchange.get("timezone"))
    folders = shared(groups, submitted_folders(course, assignment, hidden=True), zone)
    if section is not None:
        members = {student.id for student in record.students}
        folders = {student: path for student, path in folders.items() if student in members}
    graded = {student.id for student in record.graded}
    ungraded = sorted(folders.keys() - graded)
    known = tuple(generated_cells(session, assignment))
    gradings = read_graded(session, assignment)
    # of grades that nobody recorded, points that somebody entered say, nothing is known to be older
    recorded = {student for student, _ in gradings.latest}
    read: dict[str, SubmittedFolder] = {}
    refused = {}
    for student, path in folders.items():
        if student in graded and student not in recorded:
            continue
        try:
            read[student] = read_folder(rules, student, path, known)
        except (ValueError, OSError) as error:
            refused[student] = str(error)
    older = sorted(graded & refused.keys())
    try:
        older += _older(session, rules, assignment, gradings, [read[name] for name in read if name in graded])
    except (CourseError, ModuleNotFoundError) as error:
        return HandIns(ungraded, older, refused, str(error))
    return HandIns(ungraded, sorted(older), refused)


def _older(
    session: Session,
    rules: Autograde,
    assignment: str,
    gradings: Graded,
    folders: Collection[SubmittedFolder],
) -> list[str]:
    """Return whose folder `course grade` would grade again. Raises CourseError, ModuleNotFoundError."""
    if not folders:
        return []
    course = rules.coursedir
    execute = SandboxedExecute(config=rules.config)
    notebooks = [
        execute.set_up(load(Path(course.root), assignment, name, cells, Folders.of(course)))
        for name, cells in generated_cells(session, assignment).items()
    ]
    versions = {notebook.name: notebook.version for notebook in notebooks}
    grader = grader_version(packages(notebooks))
    return [folder.student for folder in folders if not gradings.is_done(folder, versions, grader)]


def _listed(students: list[str]) -> str:
    rest = len(students) - MOST_NAMES
    return ", ".join(students[:MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")
