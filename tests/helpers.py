"""Notebooks and course folders for tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from course.grading.problem_sets import notebooks
from tests import commands

ROOT = commands.ROOT
# Seconds after which a command hangs; no command of a test takes a tenth of it.
PATIENCE = 600
# Answers to all of `small_course`.
RIGHT = {"double": "def double(x):\n    return 2 * x", "half": "def half(x):\n    return x / 2"}


def slow_except(quick: Collection[str], names: Iterable[str]) -> list[Any]:
    """Return parameters for a test that is marked slow for all of these names but the `quick`."""
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]


def cell(source: str, grade_id: str = "", *, kind: str = "code", **settings: Any) -> NotebookNode:
    """Return a cell; with a `grade_id` one that nbgrader knows, `settings` being such as `grade=True`."""
    new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    result = new(source)
    if grade_id:
        roles = {"grade": False, "solution": False, "locked": False, "task": False}
        settings = {"grade_id": grade_id, "schema_version": 3, **roles, **settings}
        result.metadata["nbgrader"] = nbformat.from_dict(settings)
    return result


def solution(name: str, body: str) -> NotebookNode:
    """Return a solution cell that defines the function `name` of `x`, which returns `body`."""
    region = f"    ### BEGIN SOLUTION\n    return {body}\n    ### END SOLUTION"
    return cell(f"def {name}(x):\n{region}", name, solution=True)


def graded(name: str, source: str, points: int = 1) -> NotebookNode:
    """Return a test cell worth `points`."""
    return cell(source, name, grade=True, locked=True, points=points)


def notebook(*cells: NotebookNode) -> NotebookNode:
    """Return a canonical notebook with these cells."""
    result = notebooks.canonical(nbformat.v4.new_notebook(cells=list(cells)))
    nbformat.validate(result)
    return result


def small_course(root: Path) -> Path:
    """Make `root` a course with our settings and one problem set, `small`: two functions, three points."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "nbgrader_config.py").write_bytes((ROOT / "nbgrader_config.py").read_bytes())
    notebooks.write(notebook(cell("# Conventions", kind="markdown")), root / "source" / "header.ipynb")
    small = notebook(
        solution("double", "2 * x"),
        graded(
            "test_double",
            "assert double(2) == 4\n### BEGIN HIDDEN TESTS\nassert double(3) == 6\n### END HIDDEN TESTS",
        ),
        solution("half", "x / 2"),
        graded("test_half", "assert half(4) == 2", points=2),
    )
    notebooks.write(small, root / "source" / "small" / "small.ipynb")
    return root


def without_control(root: Path) -> Path:
    """Let the course at `root` grade though the solutions in its source/ do not get full credit."""
    with (root / "nbgrader_config.py").open("a") as config:
        config.write("\nc.SandboxedExecute.control = False\n")
    return root


def hand_in(root: Path, student: str, assignment: str = "small", **answers: str) -> Path:
    """Hand in the release of `small` with these answers, as `assignment`; return the notebook's path."""
    released = notebooks.read(root / "release" / "small" / "small.ipynb")
    path = root / "submitted" / student / assignment / "small.ipynb"
    notebooks.write(notebooks.with_answers(released, answers), path)
    return path


def run(arguments: Sequence[str | Path], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ARGUMENTS` in `cwd` and return the completed process."""
    env = {**os.environ, "COLUMNS": "200", **environment}
    return commands.run([*map(str, arguments)], cwd, env, PATIENCE)


def nbgrader(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a stock nbgrader command in `cwd`."""
    return run(["nbgrader", *arguments], cwd, **environment)


def course(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of `course` in `cwd`, with one worker if none are asked for: each takes seconds."""
    if arguments[0] in ("grade", "feedback") and not {"--jobs", "--cluster"} & {*arguments}:
        arguments += ("--jobs", "1")
    return run(["course.grading", *arguments], cwd, **environment)
