"""Finds functions in what students receive, the package with its lectures, that answer an exercise."""

from __future__ import annotations

import importlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import course
from course.checking.check import checks_of
from course.checking.compare import Tolerance
from course.grading.errors import CourseError
from course.grading.judging.beside_files import beside
from course.grading.judging.quiet import quiet
from course.grading.verify.instructors_notebook import InstructorsNotebook
from course.values import clone

PACKAGE = Path(course.__file__).parent
"""the package of which students receive all but the grader"""
GRADER = "grading"
MOST_CALLS = 40
"""of an exercise, on which a function has to be right"""
SECONDS = 600

Exercise = tuple[str, list[tuple[Any, Any]], tuple[float, float], tuple[str, ...]]
"""as `tried.answers.Exercise`"""


def given_answers(notebook: InstructorsNotebook, functions: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each function that students receive and that answers one of these `functions`.

    Raises CourseError when what they receive cannot be tried.
    """
    exercises = [exercise for function in functions if (exercise := _exercise(notebook, function))]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, PACKAGE.name)
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns(GRADER, "__pycache__"))
        for name, function, place in _tried(exercises, folder):
            yield f"students receive an answer of {name}: {function}, {place}"


def _exercise(notebook: InstructorsNotebook, function: str) -> Exercise | None:
    """Return an exercise with the calls that its test makes of the solution, None where it makes none.

    Of functions that the course does not know it ships no answers, even where one is right by chance.
    """
    name = f"{notebook.assignment}.{function}"
    check = checks_of(notebook.assignment).get(name)
    if check is None and name not in importlib.import_module("mlp_ref.functions").FUNCTIONS:
        return None
    with quiet(), beside(notebook.files):
        solution: Any = notebook.namespace(notebook.solutions).get(function)
    calls: list[tuple[Any, Any]] = []

    def recorded(*args: Any) -> Any:
        before = clone(args)
        result = solution(*args)
        calls.append((before, clone(result)))
        return result

    if callable(solution):
        with beside(notebook.files):
            notebook.run(notebook.solutions, {function: recorded}, {f"test_{function}"})
    calls = [call for call in calls if _crosses(call)]
    # the smallest come first: most functions are found out by one call
    calls.sort(key=lambda call: len(pickle.dumps(call)))
    withheld = tuple(check.withheld) if check else ()
    return (name, calls[:MOST_CALLS], tolerance_of(name), withheld) if calls else None


def _crosses(call: Any) -> bool:
    try:
        pickle.dumps(call)
    except Exception:  # a function that a test defines
        return False
    return True


def tolerance_of(name: str) -> tuple[float, float]:
    """Return rtol and atol with which a function is judged, those of closed forms for an unknown one."""
    functions = importlib.import_module("mlp_ref.functions").FUNCTIONS
    tolerance = functions[name].tolerance if name in functions else Tolerance()
    return tolerance.rtol, tolerance.atol


def _tried(exercises: list[Exercise], folder: str) -> list[tuple[str, str, str]]:
    """Return which exercises are answered, by which function in `folder`, and where that is."""
    path = os.pathsep.join([folder, *sys.path, str(Path(__file__).parent)])
    process = subprocess.run(
        [sys.executable, "-P", "-m", "tried"],
        input=pickle.dumps(exercises),
        capture_output=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "MPLBACKEND": "agg"},
        timeout=SECONDS,
    )
    if process.returncode:
        last = process.stderr.decode(errors="replace").strip().splitlines()[-1:] or [
            f"it ended with {process.returncode}"
        ]
        raise CourseError(f"the functions that students receive could not be tried: {last[0]}")
    given: list[tuple[str, str, str]] = json.loads(process.stdout)
    return given
