"""Tries the variants of all solutions of a problem set."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from course.grading.course_folder import read_folders
from course.grading.errors import CourseError
from course.grading.problem_sets import release
from course.grading.verify.each import each
from course.grading.verify.instructors_notebook import InstructorsNotebook
from course.grading.verify.mutants.trying import Rates, rates


def try_mutants(
    root: Path,
    assignment: str,
    seeds: int,
    jobs: int = 1,
    report_progress: Callable[[Rates], None] = lambda rates: None,
    only: Collection[str] = (),
) -> list[Rates]:
    """Return what became of the variants of each function of a problem set of the course in `root`.

    Hidden inputs are drawn from `seeds` seeds, `jobs` functions are tried at a time; with `only`, these.
    Raises NotebookError, CourseError when there is no such problem set or function.
    """
    folders = read_folders(root)
    names = release.notebook_names(root, assignment)
    notebooks = [InstructorsNotebook.read(root, assignment, name, folders) for name in names]
    functions = [name for notebook in notebooks for name in notebook.solutions]
    unknown = sorted({*only} - {*functions})
    if unknown:
        raise CourseError(
            f"{assignment} has no function {unknown[0]!r}; its functions are: {', '.join(functions)}"
        )
    result = {}
    for notebook in notebooks:
        chosen = [name for name in notebook.solutions if not only or name in only]
        for found in each(partial(rates, notebook, range(seeds)), chosen, jobs):
            report_progress(found)
            result[found.function] = found
    return [result[name] for name in functions if name in result]
