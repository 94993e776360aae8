"""The one writer of `course grade`: saves results in the gradebook, `autograded/` and the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.orm import Session

from course.grading.gradebook import entries, history, lateness, read_together, submitted
from course.grading.gradebook.book import Book
from course.grading.gradebook.entries import Entry
from course.grading.gradebook.graded import Graded, read_graded
from course.grading.gradebook.history import Grading
from course.grading.submissions.folders import SubmittedFolder
from course.grading.submissions.times import HandIn
from course.grading.whole_class.autograded import AutogradedFiles
from course.grading.whole_class.task import unpacked

Outcome = Mapping[str, Any]
"""what the task says of one notebook"""


@dataclass(frozen=True)
class PendingSubmission:
    """A submission to be graded, and what decides its verdicts."""

    folder: SubmittedFolder
    seed: int
    versions: Mapping[str, str]
    """the assignment's, by notebook"""
    grader: str

    def is_done(self, graded: Graded) -> bool:
        """Say whether it is graded as it is now."""
        return graded.is_done(self.folder, self.versions, self.grader)

    def grading(self, assignment: str, outcome: Outcome) -> Grading:
        """Return the record of one notebook's outcome."""
        return history.grading_of(
            outcome,
            assignment=assignment,
            student=self.folder.student,
            notebook=outcome["name"],
            submission=self.folder.digest,
            files=self.folder.others_digest,
            version=self.versions[outcome["name"]],
            grader=self.grader,
            seed=self.seed,
        )


@dataclass(frozen=True)
class Writer:
    """Writes results, in one transaction for each submission."""

    book: Book
    files: AutogradedFiles
    assignment: str
    penalties: AssignLatePenalties | None
    """nbgrader's step, if the course uses it"""
    groups: Mapping[str, Sequence[str]]
    """of students who hand in together"""

    def enrol(self, students: list[str]) -> None:
        """Make the students known in this order, in which an export lists them, and the table of gradings."""

        def work(gradebook: Gradebook) -> None:
            history.create_in(gradebook)
            submitted.enter_students(gradebook.db, students)

        self.book.transact(work)

    def save(self, pending: PendingSubmission, outcomes: list[Outcome], force: bool) -> None:
        """Save the outcomes of a submission's notebooks, all graded: everything or nothing.

        A result that another grader saved meanwhile, of the same inputs, stays unless `force`; only files
        that are missing are written then.
        Raises GradebookError, OSError.
        """
        replacement = self.files.prepare(
            pending.folder,
            {outcome["name"]: outcome["notebook"] for outcome in outcomes},
            {
                outcome["name"]: {name: unpacked(data) for name, data in outcome["files"].items()}
                for outcome in outcomes
            },
        )

        def work(gradebook: Gradebook) -> None:
            replacement.undo()
            student = pending.folder.student
            is_whole = pending.versions.keys() == set(pending.folder.notebooks)
            graded = read_graded(gradebook.db, self.assignment, student, is_whole=is_whole, has_table=True)
            is_done = not force and pending.is_done(graded)
            if is_done and replacement.has_old:
                return
            if not is_done:
                self._save(gradebook.db, pending, outcomes, graded.latest)
            replacement.swap()

        try:
            self.book.transact(work)
        except BaseException:
            replacement.undo()
            raise
        finally:
            replacement.done()

    def _save(
        self,
        session: Session,
        pending: PendingSubmission,
        outcomes: list[Outcome],
        latest: Mapping[tuple[str, str], Grading],
    ) -> None:
        folder = pending.folder
        by_name = {outcome["name"]: outcome for outcome in outcomes}
        cells = {name: [Entry(**entry) for entry in each["entries"]] for name, each in by_name.items()}
        entered = submitted.enter(session, self.assignment, folder.student, folder.hand_in, cells)
        for name, notebook in entered.notebooks.items():
            outcome = by_name.get(name)
            if outcome is None:
                entries.save_missing(session, notebook)
                continue
            grading = pending.grading(self.assignment, outcome)
            if not entered.is_new:
                unchanged = history.unchanged_cells(latest.get((folder.student, name)), grading)
                entries.save(session, notebook, cells[name], unchanged)
            history.append(session, grading)
        if self.penalties is not None:
            lateness.penalise(session, self.assignment, self.penalties, folder.student)

    def save_lateness(self, hand_ins: Mapping[str, HandIn]) -> list[str]:
        """Save times of hand-in, what was read for a group, and penalties; return whose have changed."""

        def work(gradebook: Gradebook) -> list[str]:
            lateness.save_times(gradebook.db, self.assignment, hand_ins)
            read_together.save(gradebook.db, self.assignment, self.groups)
            return lateness.save_penalties(gradebook.db, self.assignment, self.penalties)

        return self.book.transact(work)

    def differing(self) -> str:
        """Return what `read_together.differing` says of the groups."""
        return self.book.transact(
            lambda gradebook: read_together.differing(gradebook.db, self.assignment, self.groups)
        )

    def note_failure(self, pending: PendingSubmission, outcomes: list[Outcome]) -> None:
        """Keep a record of gradings that failed; the gradebook is as it was."""

        def work(gradebook: Gradebook) -> None:
            for outcome in outcomes:
                history.append(gradebook.db, pending.grading(self.assignment, outcome))

        self.book.transact(work)
