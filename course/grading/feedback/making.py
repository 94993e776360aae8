"""`course feedback`: the pages of a class, made in parallel, where stock nbgrader puts them."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from nbgrader.converters import GenerateFeedback
from nbgrader.utils import find_all_files
from rich.console import Console
from rich.progress import Progress

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.feedback.pages import PageSettings, make_page, page_settings
from course.grading.gradebook.book import snapshot
from course.grading.gradebook.notebook_grades import NotebookGrades, read_notebook_grades
from course.grading.replacing import PendingFolder, Replacement, is_of_one_path
from course.grading.submissions.folders import submitted_folders
from course.grading.submissions.notebook import read_graded
from course.grading.whole_class.autograded import copy_file, set_permissions
from course.grading.whole_class.cluster import Died, TaskMap, workers
from course.grading.whole_class.grade_class import stoppable, working_in
from course.text import printable

PREFIX = ".course-feedback-"


@dataclass
class FeedbackSummary:
    """The outcome of making a class's pages."""

    assignment: str
    total: int
    """students with a graded submission"""
    written: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    """why a student got no new pages, by student"""
    elapsed: float = 0.0
    is_stopped: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every student got new pages."""
        return self.written == self.total

    def lines(self) -> Iterator[str]:
        """Yield what an instructor is told at the end."""
        parts = [f"{self.written} of {self.total} students have new feedback, in {self.elapsed:.1f} s"]
        if left := self.total - self.written - len(self.problems):
            parts.append(f"{left} left: run the same command again")
        yield f"{self.assignment}: {'; '.join(parts)}"
        for student, problem in sorted(self.problems.items()):
            yield printable(f"{student}: no new feedback: {problem}", 500)


class PageJob(NamedTuple):
    """One page to make."""

    student: str
    notebook: str
    text: str
    grades: NotebookGrades


def make_feedback(
    root: Path,
    assignment: str,
    *,
    jobs: int | None = None,
    cluster: str | None = None,
    students: Sequence[str] = (),
    console: Console | None = None,
) -> FeedbackSummary:
    """Write the feedback of `assignment` in the course at `root`, of all students or of these.

    A student's old pages are replaced by all the new ones, or stay. Raises CourseError, GradebookError,
    ClusterError.
    """
    course_folder = CourseFolder(root)
    course, config = course_folder.course, course_folder.config
    with working_in(root):
        rules = GenerateFeedback(coursedir=course, config=config)
        folders = submitted_folders(rules, assignment)
        for student in students:
            if student not in folders:
                where = os.path.relpath(course.format_path(course.autograded_directory, student, assignment))
                raise CourseError(f"nothing of {student} is graded: there is no {where}")
        folders = {name: path for name, path in folders.items() if not students or name in students}
        if not folders:
            raise CourseError(
                f"nobody's {assignment} is graded: `course grade {assignment}` grades what is in submitted/"
            )
        with snapshot(course, assignment) as session:
            grades = read_notebook_grades(session, assignment, folders)
        summary = FeedbackSummary(assignment, len(folders))
        begin = time.monotonic()
        try:
            pending = PendingFolder(Path(course.format_path(course.feedback_directory, ".", ".")), PREFIX)
            try:
                run = _Run(rules, assignment, folders, grades, pending.path, summary)
                settings = page_settings(rules, config)
                with (
                    stoppable() as stop,
                    _progress(summary, console or Console(quiet=True)) as advance,
                    workers(jobs, cluster, len(folders)) as client,
                ):
                    tasks = TaskMap[PageJob](client, make_page)
                    for job, text in tasks.map(
                        run.jobs(), partial(_arguments, settings, assignment), stop.is_set
                    ):
                        run.take(job, text)
                        advance()
                    summary.is_stopped = stop.is_set()
            finally:
                pending.close()
        except OSError as error:
            raise CourseError(
                f"making feedback stopped, pages that are written are kept: {error}; make room in {root} or "
                "make it writable, then run the same command again"
            ) from error
    summary.elapsed = time.monotonic() - begin
    return summary


@contextmanager
def _progress(summary: FeedbackSummary, console: Console) -> Iterator[Any]:
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"feedback of {summary.assignment}", total=summary.total)
        yield lambda: progress.update(task, completed=summary.written + len(summary.problems))


@dataclass
class _Run:
    """One run over a class."""

    rules: GenerateFeedback
    assignment: str
    folders: dict[str, Path]
    grades: dict[str, dict[str, NotebookGrades]]
    pending: Path
    summary: FeedbackSummary
    _waiting: dict[str, int] = field(default_factory=dict)
    """how many pages of a student are to be made yet"""
    _pages: dict[str, dict[str, str]] = field(default_factory=dict)
    """those of them that are made, by notebook"""

    def jobs(self) -> Iterator[PageJob]:
        """Yield the pages to make, student by student; what cannot be made is counted in the summary."""
        for student, folder in self.folders.items():
            try:
                jobs = [
                    PageJob(student, name, read_graded(path).decode(), grades)
                    for name, grades in sorted(self.grades[student].items())
                    if (path := folder / f"{name}.ipynb").exists()
                ]
            except (OSError, ValueError) as error:
                self.summary.problems[student] = f"its graded notebook cannot be read: {error}"
                continue
            if not jobs:
                self.summary.problems[student] = f"the gradebook knows nothing of {folder}: grade it again"
            self._waiting[student], self._pages[student] = len(jobs), {}
            yield from jobs

    def take(self, job: PageJob, text: str | Died) -> None:
        """Keep a page; write a student's pages when all of them are there."""
        reply = {"problem": str(text)} if isinstance(text, Died) else json.loads(text)
        if "problem" in reply:
            self.summary.problems.setdefault(job.student, f"{job.notebook}: {reply['problem']}")
            return
        self._pages[job.student][job.notebook] = reply["page"]
        if len(self._pages[job.student]) == self._waiting[job.student]:
            try:
                self._write(job.student, self._pages.pop(job.student))
            except (OSError, ValueError, RecursionError) as error:
                if isinstance(error, OSError) and not is_of_one_path(error):
                    raise
                self.summary.problems[job.student] = f"its files cannot be written: {error}"
                return
            self.summary.written += 1

    def _write(self, student: str, pages: dict[str, str]) -> None:
        course, folder = self.rules.coursedir, self.folders[student]
        new = Path(tempfile.mkdtemp(dir=self.pending))
        for path in find_all_files(str(folder), [*course.ignore, "*.ipynb"]):
            copy_file(Path(path), new / os.path.relpath(path, folder))
        for notebook, page in pages.items():
            (new / f"{notebook}.html").write_text(page, encoding="utf-8")
        set_permissions(new, self.rules)
        target = os.path.realpath(course.format_path(course.feedback_directory, student, self.assignment))
        replacement = Replacement(new, Path(target), new.with_suffix(".old"))
        try:
            replacement.swap()
        except OSError:
            replacement.undo()
            raise
        replacement.done()


def _arguments(settings: PageSettings, assignment: str, job: PageJob) -> tuple[Any, ...]:
    names = {"student": job.student, "assignment": assignment, "notebook": job.notebook}
    return settings, job.text, names, job.grades
