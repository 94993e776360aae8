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
from course.grading.feedback.pages import PageSettings, make_page, page_settings
from course.grading.feedback.problems import Problems
from course.grading.gradebook.book import snapshot
from course.grading.gradebook.lateness import bring_up_to_date
from course.grading.gradebook.notebook_grades import NotebookGrades, read_notebook_grades
from course.grading.replacing import PendingFolder, Replacement, is_of_one_path
from course.grading.runs import Run
from course.grading.submissions.folders import student_folders
from course.grading.submissions.notebook import read_graded
from course.grading.whole_class.autograded import copy_file, set_permissions
from course.grading.whole_class.cluster import Died, Scheduler, TaskMap, workers
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
            yield printable(f"{student}: no new feedback: {problem}", 1000)


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
    cluster: Scheduler | None = None,
    students: Sequence[str] = (),
    console: Console | None = None,
    run: Run | None = None,
) -> FeedbackSummary:
    """Write the feedback of `assignment` in the course at `root`, of all students or of these.

    A student's old pages are replaced by all the new ones, or stay. `run` shows its
    progress to everybody who works on the course. Raises CourseError, GradebookError, ClusterError.
    """
    course_folder = CourseFolder(root)
    course, config = course_folder.course, course_folder.config
    with working_in(root):
        rules = GenerateFeedback(coursedir=course, config=config)
        problems = Problems(course, assignment)
        graded = student_folders(course, course.autograded_directory, assignment)
        if not graded:
            if (root / course_folder.folders.source).is_dir():
                course_folder.notebooks(assignment)  # raises for an unknown one
            raise problems.nobody_graded()
        for student in students:
            if student not in graded:
                raise problems.not_graded(student)
        folders = {name: path for name, path in graded.items() if not students or name in students}
        bring_up_to_date(course_folder, assignment)
        with snapshot(course, assignment) as session:
            grades = read_notebook_grades(session, assignment, folders)
        summary = FeedbackSummary(assignment, len(folders))
        begin = time.monotonic()
        try:
            pending = PendingFolder(Path(course.format_path(course.feedback_directory, ".", ".")), PREFIX)
        except OSError as error:
            raise problems.no_folder(error) from error
        try:
            work = _Run(rules, problems, folders, grades, pending.path, summary)
            settings = page_settings(rules, config)
            with (
                stoppable() as stop,
                _progress(summary, console or Console(quiet=True)) as advance,
                workers(jobs, cluster, len(folders)) as client,
            ):
                tasks = TaskMap[PageJob](client, make_page, len(folders))
                for job, text in tasks.map(
                    work.jobs(), partial(_arguments, settings, assignment), stop.is_set
                ):
                    work.take(job, text)
                    advance()
                    if run is not None:
                        run.update(summary.written + len(summary.problems), summary.total)
                summary.is_stopped = stop.is_set()
        except OSError as error:
            raise problems.no_room(error) from error
        finally:
            pending.close()
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
    problems: Problems
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
            self._waiting[student], self._pages[student] = 0, {}
            jobs = []
            for name, grades in sorted(self.grades[student].items()):
                path = folder / f"{name}.ipynb"
                if not path.exists():
                    continue
                try:
                    jobs.append(PageJob(student, name, read_graded(path).decode(), grades))
                except (OSError, ValueError) as error:
                    self._fail(student, self.problems.unusable(student, name, error))
            if not self.grades[student]:
                self._fail(student, self.problems.unknown_to_gradebook(student))
            elif not jobs:
                self._fail(student, self.problems.without_notebook(student))
            if student not in self.summary.problems:
                self._waiting[student] = len(jobs)
                yield from jobs

    def take(self, job: PageJob, text: str | Died) -> None:
        """Keep a page; write a student's pages when all of them are there."""
        student = job.student
        if isinstance(text, Died):
            self._fail(student, self.problems.died(job.notebook, text))
            return
        reply = json.loads(text)
        if "problem" in reply:
            self._fail(student, self.problems.unusable(student, job.notebook, reply["problem"]))
            return
        self._pages[student][job.notebook] = reply["page"]
        if len(self._pages[student]) < self._waiting[student]:
            return
        try:
            self._write(student, self._pages.pop(student))
        except (OSError, ValueError, RecursionError) as error:
            if isinstance(error, OSError) and not is_of_one_path(error):
                raise
            self._fail(student, self.problems.not_written(student, error))
        else:
            self.summary.written += 1

    def _fail(self, student: str, problem: str) -> None:
        self.summary.problems.setdefault(student, problem)

    def _write(self, student: str, pages: dict[str, str]) -> None:
        course, folder = self.rules.coursedir, self.folders[student]
        new = Path(tempfile.mkdtemp(dir=self.pending))
        for path in find_all_files(str(folder), [*course.ignore, "*.ipynb"]):
            copy_file(Path(path), new / os.path.relpath(path, folder))
        for notebook, page in pages.items():
            (new / f"{notebook}.html").write_text(page, encoding="utf-8")
        set_permissions(new, self.rules)
        target = os.path.realpath(
            course.format_path(course.feedback_directory, student, self.problems.assignment)
        )
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
