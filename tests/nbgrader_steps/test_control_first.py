"""Every way to grade begins with the control: when it fails nobody is graded, and nothing is written."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from course.grading.course_folder import CourseFolder
from course.grading.problem_sets import notebooks
from tests.helpers import (
    course,
    graded,
    hand_in,
    nbgrader,
    notebook,
    run,
    small_course,
    solution,
    without_control,
)

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only where root grades the student is another user of the machine"
)

ANSWER = "def double(x):\n    from slope import double\n    return double(x)"
BUTTON = """
import sys
from pathlib import Path
from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
try:
    CourseFolder(Path.cwd()).autograde("small")
except CourseError as error:
    sys.exit(str(error))
"""
WAYS = {
    "score": lambda root, **env: course("score", "small", "submitted/ann/small", cwd=root, **env),
    "grade": lambda root, **env: course("grade", "small", "--jobs", "2", cwd=root, **env),
    "verify": lambda root, **env: course("verify", "small", "--seeds", "1", cwd=root, **env),
    "autograde": lambda root, **env: nbgrader("autograde", "small", cwd=root, **env),
    "button": lambda root, **env: run(["button"], root, **env),
}


def everything(root: Path) -> tuple[list[str], set[str]]:
    """All tables of the gradebook with their rows, and all files and folders but nbgrader's log."""
    with sqlite3.connect(root / "gradebook.db") as connection:
        tables = list(connection.iterdump())
    paths = {path.relative_to(root).as_posix() for path in root.rglob("*")} - {".nbgrader.log"}
    return tables, {path for path in paths if "__pycache__" not in path}


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> Path:
    """A course whose right answers use a package that only root can read, with three submissions."""
    root = small_course(tmp_path_factory.mktemp("control") / "course")
    package = root.parent / "site-packages" / "slope"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("def double(x):\n    return 2 * x\n")
    source = notebook(
        solution("double", "2 * x"), graded("test_double", "assert double(2) == 4\nassert double(3) == 6")
    )
    source.cells[0].source = "def double(x):\n    ### BEGIN SOLUTION\n" + "\n".join(
        [*ANSWER.splitlines()[1:], "    ### END SOLUTION"]
    )
    notebooks.write(source, root / "source" / "small" / "small.ipynb")
    CourseFolder(root).generate("small")
    for student in ("ann", "bob", "carl"):
        hand_in(root, student, double=ANSWER)
    (root / "button" / "__main__.py").parent.mkdir()
    (root / "button" / "__main__.py").write_text(BUTTON)
    return root


def by(way: str, root: Path) -> subprocess.CompletedProcess[str]:
    return WAYS[way](root, PYTHONPATH=str(root.parent / "site-packages"))


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_nobody_is_graded_where_right_answers_could_get_nothing(way, broken):
    package = broken.parent / "site-packages" / "slope"
    package.chmod(0o700)
    before = everything(broken)
    result = by(way, broken)
    said = result.stdout + result.stderr
    assert result.returncode == 1
    assert re.search(r"test_double: error, 0 of 1 points: ImportError: cannot import name 'double'", said), (
        said
    )
    assert re.search(rf"cannot read\s+{package}:\s+`chmod -R a\+rX\s+{package}`", said), said
    if way != "button":  # Formgrader shows nbgrader's log, and a traceback after it
        assert said.count("nobody is graded") == 1
        assert "Traceback" not in said
    assert everything(broken) == before


@pytest.mark.slow
@pytest.mark.parametrize("way", ["score", "grade", "autograde", "button"])
def test_all_are_graded_once_it_is_repaired(way, broken):
    (broken.parent / "site-packages" / "slope").chmod(0o755)
    result = by(way, broken)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "nobody is graded" not in result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("way", ["score", "grade", "autograde"])
def test_without_source_a_line_says_once_what_is_not_checked(way, broken, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(broken, root)
    shutil.rmtree(root / "source")
    (broken.parent / "site-packages" / "slope").chmod(0o755)
    result = WAYS[way](root, PYTHONPATH=str(broken.parent / "site-packages"))
    assert result.returncode == 0, result.stdout + result.stderr
    assert (result.stdout + result.stderr).count("small: without the solution in its source") == 1


@pytest.mark.slow
@pytest.mark.parametrize("way", ["score", "grade", "autograde"])
def test_a_setting_grades_without_the_control(way, broken, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(broken, root)
    without_control(root)
    (broken.parent / "site-packages" / "slope").chmod(0o700)
    result = WAYS[way](root, PYTHONPATH=str(broken.parent / "site-packages"))
    assert result.returncode == 0, result.stdout + result.stderr
