"""Scores submissions one after the other, and shows the results."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from course.grading.course_folder import CONFIG, CourseFolder, unknown_assignment
from course.grading.errors import GradebookError
from course.grading.gradebook.book import snapshot
from course.grading.gradebook.generated import generated_cells
from course.grading.judging import control
from course.grading.judging.grade import VARIABLES, grade
from course.grading.judging.results import Result
from course.grading.nbgrader_steps.autograde import SandboxedExecute
from course.grading.problem_sets.assignment import GeneratedCell, load
from course.grading.problem_sets.release import assignments
from course.grading.sandbox.limits import Limits
from course.grading.submissions.notebook import link_above
from course.text import printable


def score(root: Path, assignment: str, paths: Sequence[Path], seed: int | None) -> Iterator[Result]:
    """Yield the result for each path, in order: a notebook of any name, or a folder that holds PS.ipynb.

    No gradebook is needed and none is changed; one that knows the assignment is read for its tests, so that
    a score is what `course grade` gives. Raises CourseError for an unknown assignment, ControlFailed,
    SandboxUnavailable.
    """
    course = CourseFolder(root) if (root / CONFIG).is_file() else None
    generated = _generated(course, assignment) if course else None
    if generated is None and assignment not in assignments(root):
        raise unknown_assignment(assignment, assignments(root))
    loaded = load(root, assignment, generated=generated)
    if loaded.notice:
        print(f"course: {loaded.notice}", file=sys.stderr)
    execute = SandboxedExecute(config=course.config) if course else SandboxedExecute()
    limits = execute.limits() if course else Limits()
    if execute.control:
        if notice := control.left_out(loaded):
            print(f"course: {notice}", file=sys.stderr)
        control.check(loaded, limits)
    return (
        replace(
            grade(loaded, _notebook(assignment, path), seed=seed, limits=limits, variables=VARIABLES),
            submission=str(path),
        )
        for path in paths
    )


def _generated(course_folder: CourseFolder, assignment: str) -> dict[str, GeneratedCell] | None:
    """Return what the gradebook knows of an assignment's cells; None where there is no such gradebook."""
    course = course_folder.course
    try:
        with snapshot(course, assignment) as session:
            return generated_cells(session, assignment).get(assignment)
    except GradebookError:
        return None


def _notebook(assignment: str, path: Path) -> Path:
    # a link to a folder is a link: it could lead to somebody else's
    is_folder = path.is_dir() and not path.is_symlink()
    notebook = path / f"{assignment}.ipynb" if is_folder else path
    if notebook.parent.name == assignment:  # nbgrader's STUDENT/PS
        notebook = link_above(notebook.parent) or notebook
    return notebook


def print_lines(results: Iterable[Result]) -> bool:
    """Print each result as a line of JSON; return whether all were graded."""
    graded = True
    for result in results:
        print(result.to_json(), flush=True)
        graded &= result.status == "graded"
    return graded


def print_table(results: Iterable[Result]) -> bool:
    """Print each result as a table; return whether all were graded."""
    console = Console(markup=False, emoji=False, highlight=False)
    graded = True
    for result in results:
        graded &= result.status == "graded"
        table = Table(title=_title(result), title_justify="left", box=None, padding=(0, 2, 0, 0))
        for column in ("", "verdict", "points", ""):
            table.add_column(column)
        for name, cell in result.cells.items():
            points = "" if cell.points is None else f"{cell.points:g}"
            table.add_row(name, cell.verdict, f"{points} of {cell.max_points:g}", cell.message)
        console.print(table)
        for repair in result.repairs:
            console.print(f"repaired: {repair}")
    return graded


def _title(result: Result) -> str:
    name = printable(result.submission, 500)
    if result.score is None:
        return f"{name}: not graded, the grader failed: {printable(result.problem, 500)}"
    return f"{name}: {result.score:g} of {result.max_score:g} points (seed {result.seed})"
