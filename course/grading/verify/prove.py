"""Proves a problem set: solutions get all points, stubs none, every known mistake is caught and named.

The tables of mistakes are the reference package's; nothing in here knows an equation.
"""

from __future__ import annotations

import importlib
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from course import lectures
from course.checking.seed import use_seed
from course.checking.trial import WrongAnswer
from course.grading.judging.credit import is_an_answer
from course.grading.judging.quiet import quiet
from course.grading.problem_sets import leaks, notebooks, release
from course.grading.verify.forms import FORMS
from course.grading.verify.instructors_notebook import END_TO_END, Exam, stubs

REFERENCE_PACKAGE = "mlp_ref"
LECTURES = Path(lectures.__file__).parent

CELL_SEED = 0
"""For the runs of whole notebooks, which are about who fails, not about numbers."""


@dataclass
class Row:
    """What was found out about one function."""

    function: str
    points: float
    mistakes: int = 0
    trials: int = 0
    """mistakes times seeds"""
    caught: int = 0
    named: int = 0
    cost_others: int = 0
    """mistakes that cost points in a cell that has nothing to do with the function"""
    false_alarms: int = 0
    """right answers refused, over all forms and seeds"""
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything promised holds: all caught, 95 % named, no false alarm, no other cell hit."""
        return not self.problems and self.caught == self.trials and self.named >= 0.95 * self.trials


@dataclass
class Verdict:
    """What was found out about a problem set."""

    assignment: str
    points: float
    rows: list[Row]
    problems: list[str]

    @property
    def ok(self) -> bool:
        """Whether the problem set can be given to a class."""
        return not self.problems and all(row.ok for row in self.rows)


def verify(
    root: Path, assignment: str, seeds: int, jobs: int = 1, tell: Callable[[Row], None] = lambda row: None
) -> Verdict:
    """Verify problem set `assignment` of the course in `root`, hidden inputs drawn from `seeds` seeds.

    `jobs` functions are tried at a time, each in a process of its own when there are several. `tell` is
    called with each row when it is known.

    Raises NotebookError, CourseError when there is no such problem set, ModuleNotFoundError without
    the reference package.
    """
    exam = Exam.read(root / "source" / assignment / f"{assignment}.ipynb")
    problems = list(_problems_of_notebook(root, exam))
    one = partial(_row, exam, seeds)
    rows = {}
    for row in _rows(one, list(exam.solutions), jobs):
        tell(row)
        rows[row.function] = row
    return Verdict(assignment, sum(exam.points.values()), [rows[name] for name in exam.solutions], problems)


def _rows(one: Callable[[str], Row], functions: list[str], jobs: int) -> Iterator[Row]:
    """Yield what is found out about each function, as it is known."""
    if jobs == 1:
        yield from map(one, functions)
        return
    # started afresh: a fork would copy threads of this process in mid-air
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=fresh) as processes:
        for future in as_completed([processes.submit(one, function) for function in functions]):
            yield future.result()


def _problems_of_notebook(root: Path, exam: Exam) -> Iterator[str]:
    released = root / "release" / exam.name / f"{exam.name}.ipynb"
    if release.difference(root, exam.name):
        yield f"release/{exam.name} is not what source/{exam.name} gives: run `course release`"
    written = notebooks.read(root / "source" / exam.name / f"{exam.name}.ipynb")
    yield from release.problems(root, exam.name)
    for reading in sorted(LECTURES.glob("*.ipynb")):
        for leak in leaks.given_away(written, notebooks.read(reading)):
            yield f"the lecture {reading.stem} tells too much: {leak}"
    missing = [name for name in exam.solutions if f"test_{name}" not in exam.tests]
    if missing:
        yield f"functions without a test: {', '.join(missing)}"
    shared = sum(points for name, points in exam.points.items() if END_TO_END.fullmatch(name))
    if shared > sum(exam.points.values()) / 5:
        yield f"the end-to-end tests carry {shared:g} points, more than a fifth of all"
    for name, source in exam.tests.items():
        if is_an_answer(source, exam.solutions):
            yield f"{name} ends in a value of the student's, which decides nothing: end in an assertion"
    with use_seed(CELL_SEED):
        for name, error in exam.run(exam.solutions, {}).items():
            if error is not None:
                yield f"the solution fails {name}: {error}"
        for name, error in exam.run(stubs(notebooks.read(released)), {}).items():
            if error is None:
                yield f"an untouched stub passes {name}"


def _row(exam: Exam, seeds: int, function: str) -> Row:
    """Find out all about one function."""
    name = f"{exam.name}.{function}"
    mistakes = importlib.import_module(f"{REFERENCE_PACKAGE}.mistakes").MISTAKES.get(name, ())
    matches = importlib.import_module(f"{REFERENCE_PACKAGE}.grading").matches_reference
    row = Row(function, exam.points.get(f"test_{function}", 0), len(mistakes))
    _try_notebook(row, exam, mistakes)
    with quiet():
        solution = exam.namespace(exam.solutions)[function]
    for seed in range(seeds):
        with use_seed(seed), quiet():
            _try_forms(row, matches, name, solution)
            _try_mistakes(row, matches, name, mistakes)
    return row


def _try_notebook(row: Row, exam: Exam, mistakes: Any) -> None:
    """Run the whole notebook with each mistake in place, and see which cells fail."""
    function = row.function
    allowed = exam.judged_by(function)
    # where it is not even called, nothing can change
    concerned = exam.tests_that_call(function)
    for mistake in mistakes:
        with use_seed(CELL_SEED):
            results = exam.run(exam.solutions, {function: mistake.function}, concerned)
        failed = {name for name, error in results.items() if error is not None}
        if f"test_{function}" not in failed:
            row.problems.append(f"{mistake.name!r} passes test_{function}")
        if failed - allowed:
            row.cost_others += 1
            row.problems.append(f"{mistake.name!r} costs points in {', '.join(sorted(failed - allowed))}")


def _try_forms(row: Row, matches: Callable[..., None], name: str, solution: Callable[..., Any]) -> None:
    for form, change in FORMS.items():
        try:
            matches(name, lambda *args, change=change: change(solution(*args)))
        except Exception as error:
            row.false_alarms += 1
            row.problems.append(f"refused in the form {form!r}: {error}")


def _try_mistakes(row: Row, matches: Callable[..., None], name: str, mistakes: Any) -> None:
    for mistake in mistakes:
        row.trials += 1
        try:
            matches(name, mistake.function)
        except WrongAnswer as error:
            row.caught += 1
            row.named += error.mistake == mistake.name
        except Exception:
            row.caught += 1
