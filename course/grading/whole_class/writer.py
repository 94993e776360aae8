"""The one writer of `course grade`: merges results into gradebook, `autograded/` and history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties

from course.grading.gradebook import entries, history
from course.grading.gradebook.book import Book
from course.grading.gradebook.entries import Entry
from course.grading.gradebook.history import Grading
from course.grading.submissions.folders import Submission
from course.grading.whole_class.autograded import Staging
from course.grading.whole_class.task import unpacked

Outcome = Mapping[str, Any]
"""what the task says of one notebook"""


@dataclass(frozen=True)
class Job:
    """A submission to be graded."""

    submission: Submission
    seed: int
    versions: Mapping[str, str]
    """the assignment's, by notebook"""
    grader: str

    def is_done(self, last: Mapping[tuple[str, str], Grading]) -> bool:
        """Say whether these last gradings, by student and notebook, are of the same inputs."""
        mine = self.submission
        for name in mine.notebooks:
            grading = last.get((mine.student, name))
            inputs = (mine.digest, mine.others_digest, self.versions[name], self.grader)
            if grading is None or grading.inputs != inputs:
                return False
        return True

    def grading(self, assignment: str, outcome: Outcome) -> Grading:
        """Return the record of one notebook's outcome."""
        mine = self.submission
        return Grading(
            assignment,
            mine.student,
            outcome["name"],
            mine.digest,
            mine.others_digest,
            self.versions[outcome["name"]],
            self.grader,
            self.seed,
            outcome["status"],
            outcome["seconds"],
            outcome["cells"],
            tuple(outcome["repairs"]),
            outcome["problem"],
        )


@dataclass(frozen=True)
class Writer:
    """Writes results, one transaction a submission."""

    book: Book
    staging: Staging
    assignment: str
    penalties: AssignLatePenalties | None
    """nbgrader's step, if the course uses it"""

    def enrol(self, students: list[str]) -> None:
        """Make the students known, in this order: an export lists them in the order they came."""

        def work(gradebook: Gradebook) -> None:
            for student in students:
                gradebook.update_or_create_student(student)

        self.book.transact(work)

    def merge(self, job: Job, outcomes: list[Outcome], force: bool) -> None:
        """Save the outcomes of a submission's notebooks, all graded: everything or nothing.

        Another grader's result of the same inputs, come in the meantime, stays unless `force`.
        Raises GradebookError, OSError.
        """
        staged = self.staging.stage(
            self.assignment,
            job.submission,
            {outcome["name"]: outcome["notebook"] for outcome in outcomes},
            {
                outcome["name"]: {name: unpacked(data) for name, data in outcome["files"].items()}
                for outcome in outcomes
            },
        )

        def work(gradebook: Gradebook) -> None:
            staged.undo()
            student = job.submission.student
            if not force and job.is_done(history.latest(gradebook.db, self.assignment, student)):
                return
            self._save(gradebook, job, outcomes)
            gradebook.db.flush()
            staged.swap()

        try:
            self.book.transact(work)
        except BaseException:
            staged.undo()
            raise
        finally:
            staged.done()

    def _save(self, gradebook: Gradebook, job: Job, outcomes: list[Outcome]) -> None:
        mine = job.submission
        gradebook.update_or_create_student(mine.student)
        gradebook.db.flush()  # to be found below
        time = {"timestamp": mine.timestamp} if mine.timestamp else {}
        with gradebook.db.no_autoflush:  # SQLAlchemy would warn of what nbgrader has half made
            submission = gradebook.update_or_create_submission(self.assignment, mine.student, **time)
        by_name = {outcome["name"]: outcome for outcome in outcomes}
        for notebook in submission.notebooks:
            outcome = by_name.get(notebook.name)
            if outcome is None:
                entries.save_missing(notebook)
                continue
            entries.save(notebook, [Entry(**entry) for entry in outcome["entries"]])
            if self.penalties is not None:
                entries.penalise(gradebook, notebook, self.penalties)
            history.append(gradebook.db, job.grading(self.assignment, outcome))

    def note_failure(self, job: Job, outcomes: list[Outcome]) -> None:
        """Keep a record of gradings that failed; the gradebook is as it was."""

        def work(gradebook: Gradebook) -> None:
            for outcome in outcomes:
                history.append(gradebook.db, job.grading(self.assignment, outcome))

        self.book.transact(work)
