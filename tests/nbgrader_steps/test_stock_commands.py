"""Stock nbgrader commands in a course with our settings: they work, and what goes wrong is one line."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from course.grading.course_folder import CourseFolder
from course.grading.gradebook.reading import read_marks
from course.grading.problem_sets import notebooks
from tests.helpers import ROOT, hand_in, nbgrader, small_course

CORRECT = {"double": "def double(x):\n    return x + x", "half": "def half(x):\n    return x * 0.5"}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small course whose release has been generated; copy it to change it."""
    root = small_course(tmp_path_factory.mktemp("small"))
    # of an exchange, where there is none, only those commands speak that need it
    result = nbgrader("generate_assignment", "small", f"--Exchange.root={root / 'none'}", cwd=root)
    assert (result.returncode, problems(result.stderr)) == (0, []), result.stderr
    return root


@pytest.fixture
def root(released: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(released, tmp_path / "course"))


def points(root: Path) -> dict[str, list[float]]:
    return {
        student: [mark.points for mark in marks.values()]
        for student, marks in read_marks(CourseFolder(root).course, "small").items()
    }


def problems(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if re.search(r"\| (ERROR|CRITICAL)\]", line)]


@pytest.mark.slow
def test_from_release_to_grades(root: Path) -> None:
    hand_in(root, "ann", **CORRECT)
    hand_in(root, "bob", **{**CORRECT, "half": "def half(x):\n    return x"})
    for command in (("autograde", "small"), ("generate_feedback", "small"), ("export",)):
        result = nbgrader(*command, cwd=root)
        assert result.returncode == 0, result.stderr
        assert problems(result.stderr) == []
        assert "Warning" not in result.stderr
    assert points(root) == {"ann": [1, 2], "bob": [1, 0]}
    with (root / "grades.csv").open(newline="") as file:
        assert {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)} == {
            "ann": 3,
            "bob": 1,
        }
    assert (root / "feedback" / "ann" / "small" / "small.html").is_file()


NOISE = {
    "a warning": ("import warnings; warnings.warn('hey')", "2 * x", [1, 0]),
    "stderr twice": ("import sys; sys.stderr.write('a'); print('b'); sys.stderr.write('c')", "2 * x", [1, 0]),
    "stderr and a mistake": ("import sys; sys.stderr.write('a')", "3 * x", [0, 0]),
    "a plot": ("import matplotlib.pyplot as plt; plt.plot([1, 2])", "2 * x", [1, 0]),
}


@pytest.mark.slow
@pytest.mark.parametrize(("statements", "result", "expected"), NOISE.values(), ids=NOISE)
def test_only_errors_cost_points(root: Path, statements: str, result: str, expected: list[float]) -> None:
    hand_in(root, "ann", double=f"def double(x):\n    {statements}\n    return {result}")
    assert nbgrader("autograde", "small", cwd=root).returncode == 0
    assert points(root) == {"ann": expected}


@pytest.mark.slow
def test_a_submitted_file_shadows_no_module(root: Path) -> None:
    path = hand_in(
        root,
        "ann",
        **{**CORRECT, "double": "import numpy as np\ndef double(x):\n    return np.multiply(2, x)"},
    )
    (path.parent / "numpy.py").write_text("raise RuntimeError('this is not NumPy')")
    assert nbgrader("autograde", "small", cwd=root).returncode == 0
    assert points(root) == {"ann": [1, 2]}


def one_line(result, *words: str) -> None:
    """The command failed, and told so in exactly one line, which holds `words`."""
    assert result.returncode != 0
    assert "Traceback" not in result.stderr + result.stdout
    (line,) = problems(result.stderr)
    for word in words:
        assert word in line


@pytest.mark.slow
@pytest.mark.parametrize(
    "content", [b'{"cells": [', b"", b"\xff\xfe\x00", b"[]", b'{"nbformat": 4, "cells": 3}']
)
def test_unreadable_submission(root: Path, content: bytes) -> None:
    hand_in(root, "ann", **CORRECT)
    hand_in(root, "bob").write_bytes(content)
    hand_in(root, "cyd", **CORRECT)
    result = nbgrader("autograde", "small", cwd=root)
    assert result.returncode == 0
    (line,) = problems(result.stderr)
    assert "bob, small: nothing was run" in line
    assert points(root) == {"ann": [1, 2], "bob": [0, 0], "cyd": [1, 2]}


@pytest.mark.slow
def test_submission_for_an_unknown_assignment(root: Path) -> None:
    hand_in(root, "ann", **CORRECT)
    hand_in(root, "bob", assignment="ps77")
    one_line(nbgrader("autograde", "ps77", cwd=root), "submitted/bob/ps77", "knows no assignment ps77")
    assert nbgrader("autograde", "small", cwd=root).returncode == 0
    assert points(root) == {"ann": [1, 2]}


@pytest.mark.slow
@pytest.mark.parametrize("command", ["autograde", "generate_assignment", "generate_feedback"])
def test_missing_folder(root: Path, command: str) -> None:
    one_line(nbgrader(command, "ps77", cwd=root), "No notebooks were matched", "ps77", "check the name")


@pytest.mark.slow
def test_validating_an_unreadable_notebook(root: Path) -> None:
    path = hand_in(root, "bob")
    path.write_text('{"cells": [')
    one_line(nbgrader("validate", path, cwd=root), "bob/small/small.ipynb", "not readable")


@pytest.mark.slow
def test_validate_passes_the_solutions_and_fails_the_release() -> None:
    solved = nbgrader("validate", ROOT / "source" / "ps1" / "ps1.ipynb", cwd=ROOT)
    assert "Success! Your notebook passes all the tests." in solved.stdout, solved.stderr
    untouched = nbgrader("validate", ROOT / "release" / "ps1" / "ps1.ipynb", cwd=ROOT)
    released = notebooks.read(ROOT / "release" / "ps1" / "ps1.ipynb")
    graded = [cell for cell in released.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert f"VALIDATION FAILED ON {len(graded)} CELL(S)" in untouched.stdout, untouched.stderr
