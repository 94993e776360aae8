"""Scores submissions one after the other, and shows the results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table
from traitlets.config.loader import PyFileConfigLoader

from course.grading.course_folder import CONFIG
from course.grading.errors import CourseError
from course.grading.judging.grade import grade
from course.grading.judging.results import Result
from course.grading.problem_sets.assignment import load
from course.grading.problem_sets.release import assignments
from course.grading.sandbox.limits import Limits
from course.grading.submissions.notebook import link_above
from course.text import printable


def score(root: Path, assignment: str, paths: Sequence[Path], seed: int | None) -> Iterator[Result]:
    """Yield the result for each path, in order: a notebook of any name, or a folder that holds PS.ipynb.

    Raises CourseError for an unknown assignment, SandboxUnavailable.
    """
    if assignment not in assignments(root):
        known = ", ".join(assignments(root)) or "none"
        raise CourseError(f"there is no assignment {assignment!r} under {root}/source; there are: {known}")
    return _results(root, assignment, paths, seed)


def _results(root: Path, assignment: str, paths: Sequence[Path], seed: int | None) -> Iterator[Result]:
    skeleton, limits = load(root, assignment), configured_limits(root)
    for path in paths:
        # a link to a folder is a link: it could lead to somebody else's
        is_folder = path.is_dir() and not path.is_symlink()
        notebook = path / f"{assignment}.ipynb" if is_folder else path
        if notebook.parent.name == assignment:  # nbgrader's STUDENT/PS
            notebook = link_above(notebook.parent) or notebook
        yield replace(grade(skeleton, notebook, seed=seed, limits=limits), submission=str(path))


def configured_limits(root: Path) -> Limits:
    """Return the limits that `nbgrader_config.py` in `root` sets, the defaults where there is none."""
    from course.grading.nbgrader_steps.steps import SandboxedExecute  # late: nbgrader takes a second to load

    if not (root / CONFIG).is_file():
        return Limits()
    config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    return SandboxedExecute(config=config).limits()


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
