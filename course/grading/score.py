"""Scores submissions one after the other, and shows the results."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from course.checking.seed import fresh_seed
from course.grading.course_folder import CONFIG, CourseFolder
from course.grading.errors import CourseError
from course.grading.gradebook.generated import known_cells
from course.grading.gradebook.remarks import Remark, lines, remarks
from course.grading.judging import control
from course.grading.judging.grade import VARIABLES, grade
from course.grading.judging.results import Result
from course.grading.nbgrader_steps.autograde import SandboxedExecute
from course.grading.problem_sets.assignment import load
from course.grading.problem_sets.release import notebook_names
from course.grading.sandbox.limits import Limits
from course.grading.submissions.notebook import link_above
from course.text import printable


def score(root: Path, assignment: str, paths: Sequence[Path], seed: int | None) -> Iterator[Result]:
    """Yield the result for each path, in order: a notebook, or a folder with all notebooks of the assignment.

    A notebook is the one of the assignment that has its name, or the only one. No gradebook is needed and
    none is changed; one that knows the assignment is read for its tests, so that a score is what
    `course grade` gives. Raises CourseError for an unknown assignment or notebook, ControlFailed,
    SandboxUnavailable.
    """
    course = CourseFolder(root) if (root / CONFIG).is_file() else None
    generated = known_cells(course.course, assignment) if course else {}
    folders = course.folders if course else None
    loaded = {
        name: load(root, assignment, name, generated.get(name), folders)
        for name in generated or notebook_names(root, assignment)
    }
    execute = SandboxedExecute(config=course.config) if course else SandboxedExecute()
    limits = execute.limits() if course else Limits()
    submissions = [(path, _submitted(assignment, loaded, path)) for path in paths]
    loaded = {name: execute.set_up(notebook) for name, notebook in loaded.items()}
    if execute.control:
        loaded = {name: control.check(notebook, limits) for name, notebook in loaded.items()}
    # a control that fails tells them itself
    notices = [notebook.notice for notebook in loaded.values()]
    if execute.control:
        notices += map(control.left_out, loaded.values())
    for notice in dict.fromkeys(filter(None, notices)):
        print(f"course: {notice}", file=sys.stderr)

    def scored(path: Path, submitted: Mapping[str, Path]) -> Result:
        # all notebooks of a submission have one seed, as in a class
        own_seed = fresh_seed() if seed is None else seed
        results = {
            name: grade(loaded[name], file, seed=own_seed, limits=limits, variables=VARIABLES)
            for name, file in submitted.items()
        }
        return replace(_together(results), submission=str(path), assignment=assignment)

    return (scored(path, submitted) for path, submitted in submissions)


def _submitted(assignment: str, names: Collection[str], path: Path) -> dict[str, Path]:
    """Return the files at `path` by the assignment's notebooks that they are. Raises CourseError."""
    # a link to a folder is a link: it could lead to somebody else's
    is_folder = path.is_dir() and not path.is_symlink()
    if is_folder:
        files = {name: path / f"{name}.ipynb" for name in names}
    elif path.stem in names:
        files = {path.stem: path}
    elif len(names) == 1 or path.suffix != ".ipynb":
        files = dict.fromkeys(names, path)
    else:
        choice = " or ".join(f"{name}.ipynb" for name in names)
        raise CourseError(f"{path} could be any notebook of {assignment}: name it {choice}")
    above = path if is_folder else path.parent
    link = link_above(above) if above.name == assignment else None  # nbgrader's STUDENT/PS
    return {name: link or file for name, file in files.items()}


def _together(results: Mapping[str, Result]) -> Result:
    """Return the results for a submission's notebooks as one; of several, their names are before a cell's."""
    first, *others = results.values()
    if not others:
        return first
    failures = [result for result in results.values() if result.status != "graded"]
    return replace(
        first,
        status=failures[0].status if failures else "graded",
        problem=failures[0].problem if failures else "",
        seconds=sum(result.seconds for result in results.values()),
        unreadable=first.unreadable if all(result.unreadable for result in results.values()) else "",
        cells={
            f"{name}: {cell}": verdict
            for name, result in results.items()
            for cell, verdict in result.cells.items()
        },
        repairs=tuple(f"{name}: {line}" for name, result in results.items() for line in result.repairs),
    )


def print_lines(results: Iterable[Result]) -> bool:
    """Print each result as a line of JSON; return whether all were graded.

    Which were not run, or in part only, or repaired, is told beside them, on the standard error.
    """
    graded = True
    notes = {}
    for result in results:
        print(result.to_json(), flush=True)
        graded &= result.status == "graded"
        notes[result.submission] = _remarks(result)
    for line in lines(notes, most=None):
        print(line, file=sys.stderr)
    return graded


def print_table(results: Iterable[Result]) -> bool:
    """Print each result as a table; return whether all were graded."""
    console = Console(markup=False, emoji=False, highlight=False)
    graded = True
    notes = {}
    for result in results:
        graded &= result.status == "graded"
        notes[result.submission] = _remarks(result)
        # a table's own title would be as narrow as the table
        console.print(_title(result), soft_wrap=True)
        if result.unreadable:
            console.print(f"not run: {printable(result.unreadable, 500)}", soft_wrap=True)
            continue
        console.print(_table(result))
        for repair in result.repairs:
            console.print(f"repaired: {printable(repair, 500)}", soft_wrap=True)
    if len(notes) > 1:
        for line in lines(notes):
            console.print(line, soft_wrap=True)
    return graded


def _remarks(result: Result) -> list[Remark]:
    return remarks({result.assignment: result.outcome()}) if result.status == "graded" else []


def _table(result: Result) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("", "verdict", "points", ""):
        table.add_column(column)
    for name, cell in result.cells.items():
        points = "" if cell.points is None else f"{cell.points:g}"
        table.add_row(name, cell.verdict, f"{points} of {cell.max_points:g}", cell.message)
    return table


def _title(result: Result) -> str:
    name = printable(result.submission, 500)
    if result.score is None:
        return f"{name}: not graded, the grader failed: {printable(result.problem, 500)}"
    return f"{name}: {result.score:g} of {result.max_score:g} points (seed {result.seed})"
