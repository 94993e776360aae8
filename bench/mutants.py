"""Variants of all solutions, and of the reference's own, on many seeds: how many the tests find.

A tier of it, the solutions on one seed, is among the tests.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import time
from functools import partial
from pathlib import Path

from course.grading.course_folder import read_folders
from course.grading.judging.beside_files import beside
from course.grading.judging.quiet import quiet
from course.grading.problem_sets import release
from course.grading.verify.each import each
from course.grading.verify.instructors_notebook import InstructorsNotebook
from course.grading.verify.mutants import table
from course.grading.verify.mutants.trying import Rates, Solution, rates, rates_of

ROOT = Path(__file__).resolve().parents[1]
SEEDS = range(20)


def _of_reference(notebook: InstructorsNotebook, function: str) -> Rates:
    """Try the variants of the reference's answer, in the module where it stands."""
    answer = importlib.import_module("mlp_ref.functions").REFERENCE[f"{notebook.assignment}.{function}"]
    source = f"{inspect.getsource(answer)}\n{function} = {answer.__name__}\n"
    module = vars(sys.modules[answer.__module__])
    with beside(notebook.files), quiet():
        names = {**notebook.namespace(notebook.solutions), **module}
        return rates_of(notebook, SEEDS, Solution(function, source, names))


def main() -> int:
    """Print what became of the variants; return 1 where one is not found."""
    begin, sets = time.perf_counter(), {}
    for assignment in release.assignments(ROOT):
        notebook = InstructorsNotebook.read(ROOT, assignment, assignment, read_folders(ROOT))
        for of, attempt in (
            ("solutions", partial(rates, notebook, SEEDS)),
            ("reference", partial(_of_reference, notebook)),
        ):
            sets[f"{assignment}, {of}"] = list(each(attempt, list(notebook.solutions), os.cpu_count() or 1))
    table.show(sets)
    print(f"on {len(SEEDS)} seeds, in {time.perf_counter() - begin:.0f} s")
    return 0 if all(found.ok for functions in sets.values() for found in functions) else 1


if __name__ == "__main__":
    raise SystemExit(main())
