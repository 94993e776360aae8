"""Proves a problem set: solutions get all points, stubs none, every known mistake is caught and named.

The tables of mistakes are the reference package's; nothing in here knows an equation.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from course import lectures
from course.checking.naming import mistakes_unnamed
from course.checking.seed import use_seed
from course.checking.trial import WrongAnswer
from course.grading.course_folder import CONFIG, CourseFolder, read_folders
from course.grading.errors import CourseError
from course.grading.folders import Folders
from course.grading.judging import control
from course.grading.judging.beside_files import beside
from course.grading.judging.credit import ends_in_students_value
from course.grading.judging.quiet import quiet
from course.grading.nbgrader_steps.autograde import SandboxedExecute
from course.grading.problem_sets import leaks, notebooks, release
from course.grading.problem_sets.assignment import is_in_kernel, load
from course.grading.sandbox.limits import Limits
from course.grading.verify.each import each
from course.grading.verify.forms import FORMS
from course.grading.verify.given_answers import given_answers
from course.grading.verify.instructors_notebook import END_TO_END, InstructorsNotebook, stubs

REFERENCE_PACKAGE = "mlp_ref"
LECTURES = Path(lectures.__file__).parent

CELL_SEED = 0
"""seed for running whole notebooks"""


@dataclass
class FunctionProof:
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
class Proof:
    """What was found out about a problem set."""

    assignment: str
    points: float
    functions: list[FunctionProof]
    problems: list[str]
    untried: list[str] = field(default_factory=list)
    """functions that were left out on request"""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with the problem set, as far as it was tried."""
        return not self.problems and all(function.ok for function in self.functions)


def verify(
    root: Path,
    assignment: str,
    seeds: int,
    jobs: int = 1,
    report_progress: Callable[[FunctionProof], None] = lambda proof: None,
    only: Collection[str] = (),
) -> Proof:
    """Verify problem set `assignment` of the course in `root`, hidden inputs drawn from `seeds` seeds.

    `jobs` functions are tried at a time, each in a process of its own when there are several.
    `report_progress` is called with what was found out about each, when it is known. With `only`, these
    functions are tried.

    Raises NotebookError, CourseError when there is no such problem set or function, ModuleNotFoundError
    without the reference package.
    """
    folders = read_folders(root)
    source = root / folders.source / assignment
    names = release.notebook_names(root, assignment)
    written = [InstructorsNotebook.read(root, assignment, name, folders) for name in names]
    functions = [name for notebook in written for name in notebook.solutions]
    unknown = sorted(set(only) - {*functions})
    if unknown:
        raise CourseError(
            f"{assignment} has no function {unknown[0]!r}; its functions are: {', '.join(functions)}"
        )
    result = Proof(assignment, 0, [], [], [name for name in functions if only and name not in only])
    if release.difference(root, assignment):
        there = f"{folders.release}/{assignment}"
        result.problems.append(
            f"{there} is not what {folders.source}/{assignment} gives: run `course release`"
        )
    result.problems += release.problems(root, assignment)
    for notebook in written:
        chosen = [name for name in notebook.solutions if not only or name in only]
        released = root / folders.release / assignment / f"{notebook.name}.ipynb"
        graded = cache(partial(_control, root, assignment, notebook.name, folders))
        result.problems += _problems_of_notebook(notebook, source / released.name, released, chosen, graded)
        result.problems += given_answers(notebook, chosen)
        if len(chosen) == len(notebook.solutions):
            result.problems += graded().problems
        proofs = {}
        for proof in each(partial(_prove_function, notebook, seeds), chosen, jobs):
            report_progress(proof)
            proofs[proof.function] = proof
        result.points += sum(notebook.points.values())
        result.functions += [proofs[name] for name in chosen]
    return result


class _Control(NamedTuple):
    """What grading the solution in the sandbox gives."""

    problems: tuple[str, ...] = ()
    """why nobody could be graded, if so"""
    inside: frozenset[str] = frozenset()
    """the tests that have passed in the notebook's process, where they are judged"""


def _problems_of_notebook(
    notebook: InstructorsNotebook,
    path: Path,
    released: Path,
    chosen: list[str],
    graded: Callable[[], _Control],
) -> Iterator[str]:
    """Yield what is wrong with a notebook as a whole.

    Solutions and stubs are run through the tests of the `chosen` functions, through all when all are. A test
    that the solution fails here, and that is `graded` in the notebook's process, passes if it does so there.
    """
    source_notebook = notebooks.read(path)
    for reading in sorted(LECTURES.glob("*.ipynb")):
        for leak in leaks.leaks_in_lecture(source_notebook, notebooks.read(reading)):
            yield f"the lecture {reading.stem} tells too much: {leak}"
    missing = [function for function in notebook.solutions if f"test_{function}" not in notebook.tests]
    if missing:
        yield f"functions without a test: {', '.join(missing)}"
    shared = sum(points for test, points in notebook.points.items() if END_TO_END.fullmatch(test))
    if shared > sum(notebook.points.values()) / 5:
        yield f"the end-to-end tests carry {shared:g} points, more than a fifth of all points"
    for test, source in notebook.tests.items():
        if ends_in_students_value(source, notebook.solutions):
            yield f"{test} ends in a value of the student's, which decides nothing: end in an assertion"
    tests = None if len(chosen) == len(notebook.solutions) else {f"test_{function}" for function in chosen}
    untouched = stubs(notebooks.read(released))
    with use_seed(CELL_SEED), beside(notebook.files):
        solved = notebook.run(notebook.solutions, {}, tests)
        unsolved = notebook.run(untouched, {}, tests)
    for test, error in solved.items():
        if error is not None and test not in graded().inside:
            yield f"the solution fails {test}: {str(error) or type(error).__name__}"
    for test, error in unsolved.items():
        if error is None:
            yield f"an untouched stub passes {test}"


def _control(root: Path, assignment: str, name: str, folders: Folders) -> _Control:
    """Grade the solution in the sandbox, as it is before anybody is graded."""
    config = CourseFolder(root).config if (root / CONFIG).is_file() else None
    execute = SandboxedExecute(config=config)
    if not execute.control:
        return _Control()
    try:
        loaded = execute.set_up(load(root, assignment, name, folders=folders))
        checked = control.check(loaded, execute.limits() if config else Limits())
    except CourseError as error:
        return _Control((str(error),))
    cells = filter(is_in_kernel, checked.skeleton.cells)
    return _Control(inside=frozenset(filter(None, map(notebooks.grade_id, cells))))


def _prove_function(notebook: InstructorsNotebook, seeds: int, function: str) -> FunctionProof:
    """Find out all about one function."""
    name = f"{notebook.assignment}.{function}"
    mistakes = importlib.import_module(f"{REFERENCE_PACKAGE}.mistakes").MISTAKES.get(name, ())
    matches = importlib.import_module(f"{REFERENCE_PACKAGE}.grading").matches_reference
    proof = FunctionProof(function, notebook.points.get(f"test_{function}", 0), len(mistakes))
    with beside(notebook.files):
        _try_notebook(proof, notebook, mistakes)
    if name not in importlib.import_module(f"{REFERENCE_PACKAGE}.functions").FUNCTIONS:
        return proof  # tests of its own decide
    with quiet(), beside(notebook.files):
        solution = notebook.namespace(notebook.solutions).get(function)
    if solution is None:
        proof.problems.append(f"the solution does not define {function}")
        return proof
    for seed in range(seeds):
        with use_seed(seed), quiet():
            _try_forms(proof, matches, name, solution)
            _try_mistakes(proof, matches, name, mistakes)
    return proof


def _try_notebook(proof: FunctionProof, notebook: InstructorsNotebook, mistakes: Any) -> None:
    """Run the whole notebook with each mistake in place, and see which cells fail."""
    function, own = proof.function, f"test_{proof.function}"
    allowed = notebook.judged_by(function)
    # where it is not even called, nothing can change
    concerned = notebook.tests_that_call(function)
    if own in notebook.tests and own not in concerned:
        proof.problems.append(f"{own} did not call {function}: no mistake was tried in it")
    for mistake in mistakes:
        with use_seed(CELL_SEED), mistakes_unnamed():
            results = notebook.run(notebook.solutions, {function: mistake.function}, concerned)
        failed = {test for test, error in results.items() if error is not None}
        if own in concerned - failed:
            proof.problems.append(f"{mistake.name!r} passes {own}")
        if failed - allowed:
            proof.cost_others += 1
            proof.problems.append(f"{mistake.name!r} costs points in {', '.join(sorted(failed - allowed))}")


def _try_forms(
    proof: FunctionProof, matches: Callable[..., None], name: str, solution: Callable[..., Any]
) -> None:
    for form, change in FORMS.items():
        try:
            matches(name, lambda *args, change=change: change(solution(*args)))
        except Exception as error:
            proof.false_alarms += 1
            proof.problems.append(f"refused in the form {form!r}: {error}")


def _try_mistakes(proof: FunctionProof, matches: Callable[..., None], name: str, mistakes: Any) -> None:
    for mistake in mistakes:
        proof.trials += 1
        try:
            matches(name, mistake.function)
        except WrongAnswer as error:
            proof.caught += 1
            proof.named += error.mistake == mistake.name
        except Exception:
            proof.caught += 1
