"""Whether what a student handed in is graded as it is now: the one answer, for `course grade` and others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from nbgrader import api
from nbgrader.api import Grade, Notebook, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import select
from sqlalchemy.orm import Session

from course.grading.gradebook import history
from course.grading.gradebook.history import Grading
from course.grading.judging.versions import own_packages
from course.grading.problem_sets.assignment import Assignment
from course.grading.submissions.folders import SubmittedFolder


@dataclass(frozen=True)
class Graded:
    """What the gradebook has of a class, or of one student."""

    latest: Mapping[tuple[str, str], Grading]
    """the last gradings, by student and notebook"""
    untested: Collection[tuple[str, str]]
    """students and notebooks with a question for which no grading has entered points"""

    def is_done(self, folder: SubmittedFolder, versions: Mapping[str, str], grader: str) -> bool:
        """Say whether this was graded from the same inputs, and what is missing was entered as missing.

        `versions` are those of all of the assignment's notebooks, by name.
        """
        for name, version in versions.items():
            key = folder.student, name
            if name not in folder.notebooks:
                if key in self.untested:
                    return False
                continue
            grading = self.latest.get(key)
            if grading is None or grading.inputs != (folder.digest, folder.others_digest, version, grader):
                return False
        return True


def packages(notebooks: Iterable[Assignment]) -> list[str]:
    """Return the packages whose code grades an assignment of these notebooks."""
    return sorted({name for notebook in notebooks for name in own_packages(notebook.skeleton)})


def read_graded(
    session: Session,
    assignment: str,
    student: str | None = None,
    *,
    is_whole: bool = False,
    has_table: bool = False,
) -> Graded:
    """Return what the gradebook has of an assignment, of one student or of all.

    `is_whole` says that no notebook is missing of what was handed in: then nothing is looked up for those.
    `has_table` says that the table of gradings is known to be there.
    """
    if not has_table and not history.exists(session):
        return Graded({}, ())
    latest = history.latest(session, assignment, student)
    return Graded(latest, () if is_whole else set(_untested(session, assignment, student)))


def _untested(session: Session, assignment: str, student: str | None) -> Iterator[tuple[str, str]]:
    query = (
        select(SubmittedAssignment.student_id, Notebook.name)
        .distinct()
        .join(api.Assignment, SubmittedAssignment.assignment_id == api.Assignment.id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .where(api.Assignment.name == assignment, Grade.auto_score.is_(None))
    )
    if student is not None:
        query = query.where(SubmittedAssignment.student_id == student)
    yield from session.execute(query)
