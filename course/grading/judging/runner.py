"""Runs a rebuilt notebook: the student's cells in a sandbox, the tests in the judge."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import determine_grade

from course.checking.check import check
from course.grading.judging.beside_files import beside
from course.grading.judging.imports import imported
from course.grading.judging.proxies import AT_GRADING, Callbacks, StudentError, ask
from course.grading.judging.random_state import sets_seed, with_random_state
from course.grading.judging.results import INSIDE, CellResult
from course.grading.judging.students_files import WrittenFiles, named_files
from course.grading.judging.test_cells import NOT_DEFINED, Ask, Judge
from course.grading.problem_sets.assignment import Assignment, is_in_kernel, names_in_solutions
from course.grading.problem_sets.magics import without_display_magics
from course.grading.problem_sets.notebooks import grade_id
from course.grading.sandbox.guest import Guest
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.outputs import output_of

OUTPUTS = 16
"""most output of a notebook, in multiples of the most output of a cell"""
WIDTH = 100
"""characters of a line that says why a test failed"""
RESTART = 1.0
"""seconds of the notebook's time that a fresh process costs, besides the replay"""
DEEPEST = 10
"""how many questions may be nested, each one asked by a callback of the one before"""
NO_TIME_LEFT = "The notebook's time was used up before this cell."
NO_CHECKS_INSIDE = (
    "A test tagged in-kernel runs where the checks are not: take the tag off, or the check out."
)
MOST_TOLD = 1000
"""most names of which it is told after each cell whether they are functions"""
DEADLY = ("timeout", "memory", "crashed")


class Runner:
    """Runs one notebook. After a crash or a hang it goes on with a fresh process that replays the cells."""

    def __init__(
        self,
        assignment: Assignment,
        limits: Limits,
        variables: dict[str, str],
        answers: Collection[str] = (),
    ) -> None:
        """Run it with these variables; `answers` are the names that tests look up."""
        self._assignment, self._limits, self._variables = assignment, limits, variables
        self._answers = answers if len(answers) <= MOST_TOLD else ()
        self._functions: frozenset[str] = frozenset()
        """the answers that are functions, as far as it is known: none, once other code has run"""
        self.written = WrittenFiles(assignment.files)
        """close it when all is judged"""
        self._guest: Guest | None = None
        self._depth = 0
        """how many questions are under way: a callback may put another one"""
        self._done: list[str] = []
        """sources of the cells to run again on a fresh process"""
        self._spent = 0.0
        """seconds of the notebook's time that earlier processes used"""
        self._answered = 0.0
        """seconds of that time in which they answered questions or ran cells"""
        self._room = OUTPUTS * limits.output
        self._missing_modules: set[str] = set()
        """what the student's cells could not import"""
        self.files: dict[str, bytes] = {}

    @property
    def seconds(self) -> float:
        """Own time of the student's code so far."""
        return self._spent + (self._guest.seconds if self._guest else 0.0)

    def run_cell(self, cell: NotebookNode) -> None:
        """Run one of the student's cells, or a locked one, and put its outputs into `cell`."""
        if self._time_left() <= 0:
            return
        try:
            execution = self._ready().execute(cell.source, names=self._answers)
        except StudentError:  # no time is left
            return
        self._functions = execution.functions
        cell.outputs = self._within_room(execution.outputs)
        cell.execution_count = execution.count
        self._missing_modules |= _missing_modules(execution.outputs)
        if execution.status in DEADLY:
            cell.outputs = [*cell.outputs, failure_output(execution.status, execution.reason)]
        if execution.status in ("ok", "error"):
            self._done.append(cell.source)
        # a cell that hung or crashed is left out of the replay
        self._close_if_dead()

    def judge_cell(self, cell: NotebookNode, judge: Judge) -> CellResult:
        """Judge a test cell and put the verdict into `cell`. Raises HarnessFailure."""
        points = float(cell.metadata.nbgrader.points)
        begin = self._answering()
        if self._time_left() <= 0:
            result = CellResult("not-run", 0.0, points, NO_TIME_LEFT)
        elif is_in_kernel(cell) and calls_a_check(cell.source, judge.namespace):
            result = CellResult("error", 0.0, points, NO_CHECKS_INSIDE)
        elif is_in_kernel(cell):
            result = _marked(self._run_in_guest(cell, points))
            cell.outputs = [*cell.outputs, verdict_output(result)]
            return replace(result, seconds=self._answering() - begin)
        else:
            source = without_display_magics(cell.source)
            with self._asking_for(source) as asking:
                result = judge.judge(source, points, asking, f"the test {self.name_of(cell)}")
            if result.message.endswith(NOT_DEFINED) and self._missing_modules:
                modules = ", ".join(sorted(self._missing_modules))
                result = replace(
                    result, message=f"{result.message} A cell could not import {modules}. {AT_GRADING}."
                )
            self._close_if_dead()
            result = replace(result, seconds=self._answering() - begin)
        cell.outputs = [verdict_output(result)]
        return result

    @contextlib.contextmanager
    def _asking_for(self, source: str) -> Iterator[Ask]:
        """Yield what asks the student's code, for a test which may name files that this code writes.

        Such files are put where the test finds them, anew after each call.
        """
        put_question = with_random_state(self._ask) if sets_seed(source) else self._ask
        names = named_files(source) - self._assignment.files.keys()
        if not names:
            yield put_question
            return
        with self.written.beside(names) as put:

            def put_and_collect(*question: Any) -> Any:
                try:
                    return put_question(*question)
                finally:
                    put(self._files_so_far())

            put(self._files_so_far())
            yield put_and_collect

    def _files_so_far(self) -> Mapping[str, bytes]:
        return {**self.files, **(self._guest.files() if self._guest else {})}

    def name_of(self, cell: NotebookNode) -> str:
        """Return how messages call a cell: by its own name and the notebook's."""
        return f"{grade_id(cell)} of {self._assignment.name}.ipynb"

    def _run_in_guest(self, cell: NotebookNode, points: float) -> CellResult:
        """Run a test that its author wants in the student's process; read its outputs as nbgrader does.

        Such a verdict can be forged by the student.
        """
        self._functions = frozenset()
        try:
            execution = self._ready().execute(cell.source)
        except StudentError as error:
            return CellResult(error.verdict, 0.0, points, error.message)
        cell.outputs, cell.execution_count = execution.outputs, execution.count
        self._close_if_dead()
        if execution.status != "ok":
            message = execution.reason or (execution.failure.name if execution.failure else "")
            return CellResult(execution.status, 0.0, points, message)
        try:
            value = determine_grade(cell)[0]
        except (ValueError, KeyError, AttributeError):  # of what the cell displays, which nbgrader trusts
            value = math.nan
        if value is None:
            return CellResult("pass", points, points)
        # for those that are no points nbgrader gives all
        if not all(0 <= number <= points for number in (value, *_numbers_shown(cell.outputs))):
            return CellResult("wrong", 0.0, points, f"The test gives no number from 0 to {points:g}.")
        return CellResult("pass" if value == points else "wrong", float(value), points)

    def close(self) -> None:
        """End the process, keeping the files it wrote. May be called again."""
        self._functions = frozenset()
        if self._guest is not None:
            self._spent += self._guest.seconds + RESTART
            self._answered += self._guest.answering
            self._keep(self._guest.files())
            self._guest.close()
            self._guest = None

    def _ask(self, question: dict[str, Any], callbacks: Callbacks | None = None) -> Any:
        if self._depth == DEEPEST:
            raise StudentError("error", "The test's function and the notebook's call each other without end.")
        # with the state of the generators, which has to cross, it is asked all the same
        if question.keys() == {"values"} and self._functions.issuperset(question["values"]):
            return {name: ["own", name] for name in question["values"]}
        guest = self._guest if self._guest and self._depth else self._ready()
        self._functions = frozenset()
        self._depth += 1
        try:
            return ask(guest, question, callbacks)
        except StudentError as error:
            if error.verdict in DEADLY and self._depth == 1:
                self.close()
            raise
        finally:
            self._depth -= 1

    def _answering(self) -> float:
        return self._answered + (self._guest.answering if self._guest else 0.0)

    def _time_left(self) -> float:
        return self._limits.notebook - self.seconds

    def _ready(self) -> Guest:
        """Return a guest that has run all cells so far. Raises StudentError when there is no time for it."""
        self._close_if_dead()
        while self._guest is None:
            if self._time_left() <= 0:
                raise StudentError("not-run", NO_TIME_LEFT)
            limits = replace(self._limits, notebook=max(self._time_left(), 0.0))
            self._guest = Guest(
                self._assignment.files,
                limits=limits,
                hidden=self._assignment.hidden,
                variables=self._variables,
            )
            self._replay(self._guest)
        return self._guest

    def _replay(self, guest: Guest) -> None:
        """Run the cells so far; if one of them ends the guest, close the guest and drop that cell."""
        for position, source in enumerate(self._done):
            execution = guest.execute(source)
            if self._time_left() <= 0:
                self.close()
                return
            if execution.status in DEADLY or not guest.alive:
                del self._done[position]
                self.close()
                return

    def _within_room(self, outputs: list[NotebookNode]) -> list[NotebookNode]:
        """Return the outputs if there is room for them, otherwise an output that says there is none."""
        size = len(json.dumps(outputs))
        if size <= self._room:
            self._room -= size
            return outputs
        text = "[The notebook has too much output; this cell's is left out.]\n"
        return [output_of("stream", name="stdout", text=text)]

    def _keep(self, files: dict[str, bytes]) -> None:
        """Keep a process's files, and the files of earlier processes that fit beside them."""
        room = self._limits.files - sum(map(len, files.values()))
        folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
        for name, content in self.files.items():
            is_in_the_way = name in folders or any(str(p) in files for p in PurePosixPath(name).parents)
            fits = len(content) <= room and len(files) < self._limits.file_count
            if fits and name not in files and not is_in_the_way:
                files[name] = content
                room -= len(content)
        self.files = files

    def _close_if_dead(self) -> None:
        if self._guest is not None and not self._guest.alive:
            self.close()


def run(
    assignment: Assignment, notebook: NotebookNode, seed: int, limits: Limits, variables: dict[str, str]
) -> tuple[dict[str, CellResult], dict[str, bytes]]:
    """Run `notebook`, rebuilt on the assignment's skeleton, in place; `variables` are of its environment.

    Return verdicts by `grade_id`, and the files that the student's code wrote. Raises HarnessFailure,
    SandboxUnavailable.
    """
    # where the instructor's notebook has no solutions, the answers say which names are theirs
    answers = assignment.answers or names_in_solutions(notebook)
    judge = Judge({"__name__": "__main__"}, answers, seed)
    runner = Runner(assignment, limits, variables, answers)
    results: dict[str, CellResult] = {}
    with contextlib.closing(runner.written), contextlib.closing(runner), beside(assignment.files):
        judge.namespace.update(imported(assignment))
        for cell in notebook.cells:
            settings = cell.metadata.get("nbgrader", {})
            if settings.get("grade") and settings.get("solution"):
                digest = hashlib.sha256(cell.source.encode("utf-8", "replace")).hexdigest()
                results[settings["grade_id"]] = CellResult(
                    "manual", None, float(settings["points"]), answer=digest
                )
            elif settings.get("task"):  # what is handed in for it stands in cells of the student's own
                results[settings["grade_id"]] = CellResult("manual", None, float(settings.get("points", 0)))
            if cell.cell_type != "code":
                continue
            if settings.get("grade") and not settings["solution"]:
                results[settings["grade_id"]] = runner.judge_cell(cell, judge)
                continue
            if settings.get("locked") and not settings.get("solution"):
                source = without_display_magics(cell.source)
                judge.setup(source, f"the locked cell {runner.name_of(cell)}")
            runner.run_cell(cell)
    return results, runner.files


def calls_a_check(source: str, namespace: Mapping[str, Any]) -> bool:
    """Return whether a test uses the course's checks, by a name in `namespace` or one that it imports."""
    names = set(re.findall(r"\w+", source))
    return {"course", "check"} <= names or any(namespace.get(name) is check for name in names)


def _marked(result: CellResult) -> CellResult:
    """Return a result that says where it was found."""
    return replace(result, message=f"{result.message} ({INSIDE})" if result.message else INSIDE)


def _numbers_shown(outputs: list[NotebookNode]) -> Iterator[float]:
    """Yield the values of cells that are numbers, NaN among them."""
    for output in outputs:
        if output.output_type == "execute_result":
            with contextlib.suppress(ValueError, TypeError):
                yield float(output.data.get("text/plain"))


def failure_output(status: str, reason: str) -> NotebookNode:
    """Return what shows that a cell was ended."""
    return output_of("error", ename=status, evalue=reason, traceback=[f"{status}: {reason}"])


def _missing_modules(outputs: Sequence[NotebookNode]) -> set[str]:
    """Return the names of modules that a cell with these outputs could not import."""
    texts = (str(o.evalue) for o in outputs if o.output_type == "error" and o.ename == "ModuleNotFoundError")
    return {name for text in texts for name in re.findall(r"^No module named '([\w.]{1,60})'", text)}


def verdict_output(result: CellResult) -> NotebookNode:
    """Return what shows the verdict on a test cell."""
    text = f"{result.verdict}: {result.message}" if result.message else result.verdict
    if result.verdict == "pass":
        return output_of("stream", name="stdout", text=f"✓ passed{result.message and ': '}{result.message}\n")
    # formgrader does not break lines
    shown = textwrap.fill(f"✗ {text}", WIDTH, subsequent_indent="  ")
    return output_of("error", ename=result.verdict, evalue=result.message, traceback=[shown])
