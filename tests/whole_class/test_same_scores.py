"""Every way of grading gives the same scores, also after an edit of what was generated."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course.grading.problem_sets import notebooks
from tests.helpers import (
    RIGHT,
    course,
    graded,
    hand_in,
    nbgrader,
    notebook,
    small_course,
    solution,
    without_control,
)
from tests.whole_class.classes import COURSE_ID, url

READS = "def double(x):\n    return float(open('data.csv').read()) * x"
COMMAND = "nbgrader generate_assignment small --force"
HIDDEN = "assert half(3) == 1.5"


def edited(root: Path, old: str, new: str) -> None:
    path = root / "source" / "small" / "small.ipynb"
    path.write_text(path.read_text().replace(old, new))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A course whose student is right, and then its hidden test and its data are edited."""
    root = without_control(small_course(tmp_path / "course"))
    source = notebook(
        solution("double", "2 * x"),
        graded("test_double", "assert double(3) == 6"),
        solution("half", "x / 2"),
        graded("test_half", f"### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS", points=2),
    )
    notebooks.write(source, root / "source" / "small" / "small.ipynb")
    (root / "source" / "small" / "data.csv").write_text("2")
    assert nbgrader("generate_assignment", "small", cwd=root).returncode == 0
    hand_in(root, "ann", **(RIGHT | {"double": READS}))
    edited(root, HIDDEN, "assert half(3) == 1.6")
    (root / "source" / "small" / "data.csv").write_text("3")
    return root


def scores(root: Path, folder: Path) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Return the points of each cell on each way of grading, and what each way said."""
    shutil.copytree(root, folder)
    ways = {
        "score": course("score", "small", "submitted/ann/small", "--json", cwd=root),
        "grade": course("grade", "small", "--force", cwd=root),
        "autograde": nbgrader("autograde", "small", "--force", cwd=folder),
    }
    for result in ways.values():
        assert result.returncode == 0, result.stdout + result.stderr
    cells = json.loads(ways["score"].stdout)["cells"]
    points = {"score": {name: cell["points"] for name, cell in cells.items()}}
    for name, course_root in (("grade", root), ("autograde", folder)):
        with Gradebook(url(course_root), COURSE_ID) as gradebook:
            (submitted,) = gradebook.find_submission("small", "ann").notebooks
            points[name] = {grade.name: grade.auto_score for grade in submitted.grades}
    return points, [result.stdout + result.stderr for result in ways.values()]


@pytest.mark.slow
def test_an_edit_counts_for_all_or_for_none(root: Path, tmp_path: Path) -> None:
    points, messages = scores(root, tmp_path / "before")
    assert [*points.values()] == 3 * [{"test_double": 1, "test_half": 2}]
    for message in messages:
        assert "was edited after small was generated (test_half), and it is graded as generated" in message
        assert "other files than source/small gives (data.csv)" in message.replace(f"{root}/", "")
        assert COMMAND in message
    assert nbgrader(*COMMAND.split()[1:], cwd=root).returncode == 0
    points, messages = scores(root, tmp_path / "after")
    assert [*points.values()] == 3 * [{"test_double": 0, "test_half": 0}]
    assert not any(COMMAND in message for message in messages)


@pytest.mark.slow
def test_without_a_gradebook_a_score_is_what_the_source_says(root: Path) -> None:
    (root / "gradebook.db").unlink()
    result = course("score", "small", "submitted/ann/small", "--json", cwd=root)
    assert (result.returncode, result.stderr.count("\n")) == (0, 1), result.stderr
    cells = json.loads(result.stdout)["cells"]
    assert {name: cell["points"] for name, cell in cells.items()} == {"test_double": 1, "test_half": 0}
    assert "(data.csv)" in result.stderr
    assert not (root / "gradebook.db").exists()


@pytest.mark.slow
def test_where_the_source_is_elsewhere_the_gradebook_says_it_all(root: Path, tmp_path: Path) -> None:
    shutil.rmtree(root / "source")
    points, messages = scores(root, tmp_path / "other")
    assert [*points.values()] == 3 * [{"test_double": 1, "test_half": 2}]
    assert not any("there is no assignment" in message for message in messages)
