"""`course grade`: all that was handed in, in parallel, into the gradebook; it goes on where it stopped."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from distributed import Client
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, Execute, SaveAutoGrades
from rich.console import Console
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError, SandboxUnavailable
from course.grading.gradebook import history
from course.grading.gradebook.book import Book
from course.grading.judging.versions import grader_version, own_packages
from course.grading.nbgrader_steps.steps import Rebuild, SandboxedExecute, skeleton_of
from course.grading.problem_sets.assignment import Assignment
from course.grading.sandbox import bubblewrap
from course.grading.submissions.folders import converter, folders, submission
from course.grading.whole_class import cluster as clusters
from course.grading.whole_class import task
from course.grading.whole_class.autograded import Staging
from course.grading.whole_class.cluster import Died, TaskMap
from course.grading.whole_class.progress import Display, Summary
from course.grading.whole_class.signals import stoppable
from course.grading.whole_class.task import Order
from course.grading.whole_class.writer import Job, Outcome, Writer
from course.text import printable

INFRASTRUCTURE = "infrastructure-error"
NOT_GRADED = "not graded"


def grade_class(
    root: Path,
    assignment: str,
    *,
    jobs: int | None = None,
    cluster: str | None = None,
    student: str | None = None,
    force: bool = False,
    console: Console | None = None,
) -> Summary:
    """Grade the submissions of `assignment` in the course at `root`; return what came of it.

    What was graded before from the same inputs is left alone unless `force`. Raises CourseError,
    GradebookError, ClusterError, SandboxUnavailable, OSError; what was graded until then is kept.
    """
    course_folder = CourseFolder(root)
    course = course_folder.course
    summary = Summary(assignment)
    with _working_in(root):
        rules = converter(course_folder)
        course_folder.notebooks(assignment)
        found = folders(rules, assignment, student)
        if not found:
            where = course.format_path(course.submitted_directory, student or "*", assignment)
            where = Path(where).relative_to(root) if Path(where).is_relative_to(root) else where
            raise CourseError(f"nothing was handed in: there is no {where}")
        summary.total = len(found)
        book = Book(course.db_url, course.course_id, assignment)
        try:
            order, versions = _order(rules, course_folder.config, assignment, book)
            staging = Staging(rules)
            try:
                writer = Writer(book, staging, assignment, _penalties(rules, course_folder.config))
                run = _Run(rules, found, order, versions, writer, summary, force)
                run.grade(jobs, cluster, console or Console(quiet=True))
            finally:
                staging.close()
        except OSError as error:
            raise CourseError(
                f"grading stopped, what is graded is kept: {error}; there has to be room in {root}, and the "
                "right to write: then the same command goes on"
            ) from error
        finally:
            book.close()
    return summary


class _Run:
    """One run over a class."""

    def __init__(
        self,
        rules: Autograde,
        found: dict[str, Path],
        order: Order,
        versions: dict[str, str],
        writer: Writer,
        summary: Summary,
        force: bool,
    ) -> None:
        self._rules, self._found, self._order, self._versions = rules, found, order, versions
        self._writer, self._summary, self._force = writer, summary, force

    def grade(self, jobs: int | None, cluster: str | None, console: Console) -> None:
        """Grade what is to be graded, and count it in the summary."""
        begin = time.monotonic()
        self._writer.enrol([name for name, folder in self._found.items() if any(folder.glob("*.ipynb"))])
        waiting = self._jobs()
        first = next(waiting, None)
        if first is not None:
            display = Display(self._summary, console)
            with stoppable() as stop, display.shown(), _workers(jobs, cluster, len(self._found)) as client:
                tasks = TaskMap[Job](client, task.run)
                for job, text in tasks.map(_chained(first, waiting), self._arguments, stop.is_set):
                    self._take(job, text)
                    display.update()
                self._summary.is_stopped = stop.is_set()
        self._summary.elapsed = time.monotonic() - begin

    def _jobs(self) -> Iterator[Job]:
        """Yield what is to be graded, as it is needed: a class is read submission by submission."""
        known = tuple(self._versions)
        assignment = self._order.assignment
        transact = self._writer.book.transact
        last = transact(lambda gradebook: history.latest(gradebook.db, assignment))
        seeds = transact(lambda gradebook: history.seeds(gradebook.db, assignment))
        for student, folder in self._found.items():
            try:
                mine = submission(self._rules, student, folder, known)
            except (ValueError, OSError) as error:
                self._summary.problems.append((student, NOT_GRADED, str(error)))
                continue
            job = Job(mine, 0, self._versions, self._order.grader)
            if not self._force and job.is_done(last) and self._is_there(student):
                self._summary.skipped += 1
                continue
            yield replace(job, seed=history.seed(seeds.get(student), mine.digest))

    def _is_there(self, student: str) -> bool:
        course = self._rules.coursedir
        path = course.format_path(course.autograded_directory, student, self._order.assignment)
        return Path(path).is_dir()

    def _arguments(self, job: Job) -> tuple[Any, ...]:
        content = {name: job.submission.content(name) for name in job.submission.notebooks}
        return self._order, content, job.seed

    def _take(self, job: Job, text: str | Died) -> None:
        told: dict[str, Any] = {"problem": str(text)} if isinstance(text, Died) else json.loads(text)
        if "refusal" in told:
            raise SandboxUnavailable(told["refusal"])
        if "worker" in told:
            worker = told["worker"]
            self._summary.peak[f"{worker['host']} {worker['process']}"] = worker["peak"]
        failed = (
            [_failed(name, told["problem"]) for name in job.submission.notebooks] if "problem" in told else []
        )
        outcomes = failed or told["notebooks"]
        wrong = [outcome for outcome in outcomes if outcome["status"] != "graded"]
        student = job.submission.student
        if wrong:
            self._writer.note_failure(job, wrong)
            self._summary.problems.append((student, INFRASTRUCTURE, wrong[0]["problem"]))
            return
        self._writer.merge(job, outcomes, self._force)
        self._count(student, outcomes)

    def _count(self, student: str, outcomes: list[Outcome]) -> None:
        summary = self._summary
        verdicts = [cell["verdict"] for outcome in outcomes for cell in outcome["cells"].values()]
        summary.graded += 1
        summary.verdicts.update(verdicts)
        summary.failing += any(verdict not in ("pass", "manual") for verdict in verdicts)
        summary.seconds.append((sum(outcome["seconds"] for outcome in outcomes), student))


def _failed(name: str, problem: str) -> Outcome:
    told = printable(problem, 2000)
    return {
        "name": name,
        "status": INFRASTRUCTURE,
        "seconds": 0.0,
        "problem": told,
        "repairs": (),
        "cells": {},
    }


def _chained(first: Job, rest: Iterator[Job]) -> Iterator[Job]:
    yield first
    yield from rest


@contextmanager
def _working_in(root: Path) -> Iterator[None]:
    # nbgrader's paths are relative to the course
    before = Path.cwd()
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(before)


def _workers(jobs: int | None, cluster: str | None, most: int) -> AbstractContextManager[Client]:
    if cluster is not None:
        return clusters.remote(cluster)
    bubblewrap.program()
    return clusters.local(min(jobs or len(os.sched_getaffinity(0)), most))


def _penalties(rules: Autograde, config: Config) -> AssignLatePenalties | None:
    for step in map(_loaded, rules.autograde_preprocessors):
        if issubclass(step, AssignLatePenalties):
            made = step(config=config)
            made.init_plugin()
            return made
    return None


def _order(rules: Autograde, config: Config, assignment: str, book: Book) -> tuple[Order, dict[str, str]]:
    """Return what all submissions have in common, and the version of each notebook of the assignment."""
    db_url = rules.coursedir.db_url

    def names(gradebook: Gradebook) -> list[str]:
        return [notebook.name for notebook in gradebook.find_assignment(assignment).notebooks]

    skeletons: dict[str, Assignment] = {}
    for name in book.transact(names):
        found = skeleton_of(assignment, name, db_url)
        if found is None:
            raise CourseError(
                f"release/{assignment}/{name}.ipynb is not what the gradebook knows: "
                f"`nbgrader generate_assignment {assignment} --force` makes it so"
            )
        skeletons[name] = found
    if not skeletons:
        raise CourseError(
            f"the gradebook knows no notebook of {assignment}: "
            f"`nbgrader generate_assignment {assignment}` makes them known"
        )
    packages = sorted({name for found in skeletons.values() for name in own_packages(found.skeleton)})
    # Run and saved it is by others. All metadata are the skeleton's, which the first steps have checked.
    left_to_others = (Execute, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata)
    steps = [
        step for step in map(_loaded, rules.autograde_preprocessors) if not issubclass(step, left_to_others)
    ]
    limits = SandboxedExecute(config=config).limits()
    sanitised = {
        name: replace(found, skeleton=_sanitised(rules, config, assignment, found))
        for name, found in skeletons.items()
    }
    order = Order(
        assignment,
        tuple(task.dump(found) for found in sanitised.values()),
        limits,
        tuple(packages),
        grader_version(packages),
        tuple(f"{step.__module__}.{step.__qualname__}" for step in steps),
        _sections(config, steps),
    )
    return order, {name: found.version for name, found in skeletons.items()}


def _sanitised(rules: Autograde, config: Config, assignment: str, found: Assignment) -> NotebookNode:
    """Return the skeleton after nbgrader's first steps: they look at nothing that a student may change."""
    info = {"student": "", "assignment": assignment, "notebook": found.name, "db_url": rules.coursedir.db_url}
    # a copy: the steps change it, and its version is that of what the instructor wrote
    notebook: NotebookNode = nbformat.from_dict(found.skeleton)
    resources: dict[str, Any] = {"nbgrader": info, "metadata": {}}
    for step in map(_loaded, rules.sanitize_preprocessors):
        if not issubclass(step, Rebuild):
            notebook, resources = step(config=config)(notebook, resources)
    return notebook


def _loaded(step: Any) -> Any:
    return import_item(step) if isinstance(step, str) else step


def _sections(config: Config, steps: list[Any]) -> Config:
    """Return the part of the configuration that these steps read."""
    names = {base.__name__ for step in steps for base in step.__mro__}
    return Config({name: config[name] for name in names & config.keys()})
