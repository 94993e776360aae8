"""`course grade`: all that was handed in, in parallel, into the gradebook; it goes on where it stopped."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from rich.console import Console

from course.grading import locks
from course.grading.course_folder import CourseFolder
from course.grading.encoding import is_text
from course.grading.errors import CourseError
from course.grading.gradebook import history
from course.grading.gradebook.book import Book
from course.grading.gradebook.graded import Graded, read_graded
from course.grading.gradebook.groups import choices, read_groups, require_known, shared
from course.grading.gradebook.history import Grading
from course.grading.gradebook.lateness import late_rule
from course.grading.gradebook.remarks import remarks
from course.grading.judging import control
from course.grading.judging.results import LONGEST_MESSAGE
from course.grading.nbgrader_steps.autograde import SandboxedExecute
from course.grading.replacing import is_of_one_path
from course.grading.runs import Run
from course.grading.sandbox import bubblewrap
from course.grading.submissions.folders import (
    SubmittedFolder,
    nbgrader_rules,
    read_folder,
    submitted_folders,
)
from course.grading.submissions.times import TIMESTAMP, HandIn, course_zone
from course.grading.whole_class import cluster as clusters
from course.grading.whole_class.autograded import AutogradedFiles
from course.grading.whole_class.cluster import Died, Scheduler, TaskMap
from course.grading.whole_class.progress import ClassSummary, ProgressBar
from course.grading.whole_class.settings import class_settings, load_notebooks
from course.grading.whole_class.task import ClassSettings, grade_submission
from course.grading.whole_class.writer import Outcome, PendingSubmission, Writer
from course.text import printable

INFRASTRUCTURE = "infrastructure-error"
NOT_GRADED = "not graded"
SHARED = (
    "somebody else is grading in this course at the same time: go on, each submission counts once, and "
    "nothing given by hand is lost"
)


def grade_class(
    root: Path,
    assignment: str,
    *,
    jobs: int | None = None,
    cluster: Scheduler | None = None,
    student: str | None = None,
    force: bool = False,
    console: Console | None = None,
    run: Run | None = None,
) -> ClassSummary:
    """Grade the submissions of `assignment` in the course at `root`; return a summary.

    A submission graded before from the same inputs is skipped unless `force`. `run` shows the progress to
    everybody who works on the course. Raises CourseError, GradebookError, ClusterError,
    SandboxUnavailable, OSError; what was graded until then is kept.
    """
    course_folder = CourseFolder(root)
    course, config = course_folder.course, course_folder.config
    console = console or Console(quiet=True)
    summary = ClassSummary(assignment)
    with working_in(root), locks.grading(root) as is_shared:
        if is_shared:
            console.print(SHARED, soft_wrap=True)
        rules = nbgrader_rules(course_folder)
        if (root / course_folder.folders.source).is_dir():  # the gradebook knows an assignment without it
            course_folder.notebooks(assignment)
        groups = read_groups(root, assignment)
        handed_in = submitted_folders(course, assignment, hidden=True)
        zone = course_zone(config.Exchange.get("timezone"))
        folders = shared(groups, handed_in, zone)
        if student is not None:
            together = next((names for names in groups.values() if student in names), [student])
            folders = {name: path for name, path in folders.items() if name in together}
        if not folders:
            where = course.format_path(course.submitted_directory, student or "*", assignment)
            where = Path(where).relative_to(root) if Path(where).is_relative_to(root) else where
            raise CourseError(f"nothing was handed in: there is no {where}")
        summary.total = len(folders)
        for choice in choices(groups, handed_in, zone):
            if choice.taken in folders:
                summary.note_choice(choice, handed_in)
        book = Book(course.db_url, course.course_id, assignment)
        try:
            if groups:
                known = book.transact(lambda gradebook: {each.id for each in gradebook.students})
                require_known(root, groups, known | set(submitted_folders(course, assignment)))
            execute = SandboxedExecute(config=config)
            loaded = load_notebooks(assignment, book, course_folder.folders)
            notebooks = list(map(execute.set_up, loaded))
            notices = {notebook.notice for notebook in notebooks}
            if execute.control:
                notices |= {control.left_out(notebook) for notebook in notebooks}
            for notice in sorted(notices - {""}):
                console.print(notice, soft_wrap=True)
            settings = class_settings(rules, config, assignment, notebooks)
            versions = {notebook.name: notebook.version for notebook in notebooks}
            files = AutogradedFiles(rules, assignment)
            try:
                writer = Writer(book, files, assignment, late_rule(rules, config), groups)
                grading = _Run(rules, folders, settings, versions, writer, summary, force)
                grading.grade(jobs, cluster, ProgressBar(summary, console, run))
            finally:
                files.close()
        except OSError as error:
            raise CourseError(
                f"grading stopped, what is graded is kept: {error}; make room in {root} or make it "
                "writable, then run the same command again"
            ) from error
        finally:
            book.close()
    return summary


@dataclass
class _Run:
    """One run over a class."""

    rules: Autograde
    folders: dict[str, Path]
    settings: ClassSettings
    versions: dict[str, str]
    writer: Writer
    summary: ClassSummary
    force: bool
    _is_enrolled: bool = field(default=False, init=False)
    _hand_ins: dict[str, HandIn] = field(default_factory=dict, init=False)
    """of the submissions that are graded already"""
    _others: dict[str, list[PendingSubmission]] = field(default_factory=dict, init=False)
    """of the group for whom a result is entered too, by the student whose submission is graded"""

    def grade(self, jobs: int | None, cluster: Scheduler | None, progress_bar: ProgressBar) -> None:
        """Grade what is to be graded, and count it in the summary."""
        begin = time.monotonic()
        submissions = self._pending()
        first = next(submissions, None)
        if first is None:
            if self.summary.skipped:
                self._enrol()
        else:
            if cluster is None:
                bubblewrap.program()
            with (
                stoppable() as stop,
                progress_bar.shown(),
                clusters.workers(jobs, cluster, len(self.folders)) as client,
            ):
                tasks = TaskMap[PendingSubmission](client, grade_submission, len(self.folders))
                for pending, text in tasks.map(_chained(first, submissions), self._arguments, stop.is_set):
                    self._take(pending, text)
                    progress_bar.update()
                self.summary.is_stopped = stop.is_set()
        self.summary.new_penalties = self.writer.save_lateness(self._hand_ins)
        self.summary.differing = self.writer.differing()
        self.summary.elapsed = time.monotonic() - begin

    def _pending(self) -> Iterator[PendingSubmission]:
        """Yield what is to be graded, as it is needed: a class is read submission by submission."""
        notebooks = tuple(self.versions)
        graded, seeds = self.writer.book.transact(self._recorded)
        by_path: dict[Path, list[str]] = defaultdict(list)
        for student, path in self.folders.items():
            by_path[path].append(student)
        seen: set[str] = set()
        for student, path in self.folders.items():
            if student in seen:  # another of the group has been graded
                continue
            seen.add(student)
            try:
                folder = read_folder(self.rules, student, path, notebooks)
            except (ValueError, OSError) as error:
                self.summary.problems.append((student, NOT_GRADED, str(error)))
                continue
            folder = self._without_an_old_time(folder, graded.latest)
            if folder.hand_in.problem:
                self.summary.unclear_times.append((student, folder.hand_in.problem))
            pending = PendingSubmission(folder, 0, self.versions, self.settings.grader)
            if not self.force and pending.is_done(graded) and self._files(student).is_dir():
                self.summary.skipped += 1
                self._hand_ins[student] = folder.hand_in
                outcomes = {name: graded.latest[student, name].outcome for name in folder.notebooks}
                self._remark(folder, outcomes)
                continue
            # the hidden inputs of another of the group, where that one alone was entered before a stop
            same = (name for name in (student, *by_path[path]) if seeds.get(name, ("",))[0] == folder.digest)
            pending = replace(pending, seed=history.seed(seeds.get(next(same, student)), folder.digest))
            others = [name for name in by_path[path] if name not in seen]
            seen.update(others)
            folders = (self._without_an_old_time(replace(folder, student=n), graded.latest) for n in others)
            self._others[student] = [replace(pending, folder=each) for each in folders]
            yield pending

    def _without_an_old_time(
        self, folder: SubmittedFolder, latest: Mapping[tuple[str, str], Grading]
    ) -> SubmittedFolder:
        """Return the folder; where it has no timestamp, but its student had one, it says that none is known.

        A time may be recorded of a submission that was replaced, or by a timestamp that was removed; one that
        came otherwise, from stock nbgrader say, stays.
        """
        if folder.hand_in.is_written:
            return folder
        before = [latest.get((folder.student, name)) for name in folder.notebooks]
        is_replaced = any(grading and grading.submission != folder.digest for grading in before)
        if is_replaced or (self._files(folder.student) / TIMESTAMP).exists():
            return replace(folder, hand_in=HandIn(None))
        return folder

    def _recorded(self, gradebook: Gradebook) -> tuple[Graded, dict[str, tuple[str, int]]]:
        """Return what is graded, and the seeds by student."""
        assignment = self.settings.assignment
        graded = read_graded(gradebook.db, assignment)
        has_record = history.exists(gradebook.db)
        return graded, history.seeds(gradebook.db, assignment) if has_record else {}

    def _enrol(self) -> None:
        """Make the class known, once: nothing is written before a worker has shown that it can grade."""
        if not self._is_enrolled:
            students = [
                name
                for name, folder in self.folders.items()
                if name.isprintable() and any(folder.glob("*.ipynb")) and is_text(name)
            ]
            self.writer.enrol(students)
            self._is_enrolled = True

    def _files(self, student: str) -> Path:
        course = self.rules.coursedir
        return Path(course.format_path(course.autograded_directory, student, self.settings.assignment))

    def _arguments(self, pending: PendingSubmission) -> tuple[Any, ...]:
        content = {name: pending.folder.content(name) for name in pending.folder.notebooks}
        return self.settings, content, pending.seed

    def _take(self, pending: PendingSubmission, text: str | Died) -> None:
        reply: dict[str, Any] = {"problem": str(text)} if isinstance(text, Died) else json.loads(text)
        if "refusal" in reply:
            raise CourseError(reply["refusal"])
        self._enrol()
        if "worker" in reply:
            worker = reply["worker"]
            self.summary.peak[f"{worker['host']} {worker['process']}"] = worker["peak"]
        if "problem" in reply:
            outcomes = [_failed(name, reply["problem"]) for name in pending.folder.notebooks]
        else:
            outcomes = reply["notebooks"]
        for each in (pending, *self._others.pop(pending.folder.student, ())):
            self._enter(each, outcomes)

    def _enter(self, pending: PendingSubmission, outcomes: list[Outcome]) -> None:
        """Enter one student's results."""
        failures = [outcome for outcome in outcomes if outcome["status"] != "graded"]
        student = pending.folder.student
        if failures:
            self.writer.note_failure(pending, failures)
            self.summary.problems.append((student, INFRASTRUCTURE, failures[0]["problem"]))
            return
        try:
            self.writer.save(pending, outcomes, self.force)
        except OSError as error:
            if not is_of_one_path(error):
                raise
            self.summary.problems.append((student, NOT_GRADED, f"its files cannot be written: {error}"))
            return
        self._count(student, outcomes)
        self._remark(pending.folder, {outcome["name"]: outcome for outcome in outcomes})

    def _remark(self, folder: SubmittedFolder, outcomes: Mapping[str, Outcome]) -> None:
        missing = [name for name in self.versions if name not in folder.notebooks]
        self.summary.remark(folder.student, remarks(outcomes, missing))
        if folder.extra:
            self.summary.extra[folder.student] = folder.extra

    def _count(self, student: str, outcomes: list[Outcome]) -> None:
        summary = self.summary
        verdicts = [cell["verdict"] for outcome in outcomes for cell in outcome["cells"].values()]
        summary.graded += 1
        summary.verdicts.update(verdicts)
        summary.failing += any(verdict not in ("pass", "manual") for verdict in verdicts)
        summary.seconds.append((sum(outcome["seconds"] for outcome in outcomes), student))


def _failed(name: str, problem: str) -> Outcome:
    return {
        "name": name,
        "status": INFRASTRUCTURE,
        "seconds": 0.0,
        "problem": printable(problem, LONGEST_MESSAGE),
        "repairs": (),
        "cells": {},
    }


def _chained(first: PendingSubmission, rest: Iterator[PendingSubmission]) -> Iterator[PendingSubmission]:
    yield first
    yield from rest


@contextmanager
def working_in(root: Path) -> Iterator[None]:
    """Work in a course's folder: nbgrader's paths are relative to it."""
    before = Path.cwd()
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C or SIGTERM sets; the second time they do what they usually do."""
    stop = threading.Event()
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()
        for each, handler in usual.items():
            signal.signal(each, handler)

    for number in usual:
        signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
