"""What somebody has read or graded by hand is not waiting again, unless the answer is another."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course.grading.problem_sets import notebooks
from tests.helpers import RIGHT, course, hand_in, nbgrader, small_course
from tests.whole_class.classes import COURSE_ID, WRONG, ask_why, url

pytestmark = pytest.mark.slow

ANSWERS = RIGHT | {"why": "Because of the chain rule."}


def grade(root: Path) -> None:
    result = course("grade", "small", "--jobs", "1", "--force", cwd=root)
    assert (result.returncode, result.stderr) == (0, "")


def autograde(root: Path) -> None:
    result = nbgrader("autograde", "small", "--force", cwd=root)
    assert result.returncode == 0, result.stderr


WAYS = [pytest.param(grade, id="course"), pytest.param(autograde, id="nbgrader", marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class with a written answer: ann's and bob's are read, and a test of each is overridden."""
    root = small_course(tmp_path_factory.mktemp("read") / "course")
    ask_why(root)
    for student in ("ann", "bob"):
        hand_in(root, student, **(ANSWERS | {"half": WRONG}))
    grade(root)
    with Gradebook(url(root), COURSE_ID) as gradebook:
        for student in ("ann", "bob"):
            for name, points in (("why", 3.5), ("test_half", 1.5)):
                row = gradebook.find_grade(name, "small", "small", student)
                row.manual_score, row.needs_manual_grade = points, False
            gradebook.find_comment("why", "small", "small", student).manual_comment = "Good."
        gradebook.db.commit()
    return root


def marks(root: Path, student: str) -> dict[str, tuple[float, bool]]:
    with Gradebook(url(root), COURSE_ID) as gradebook:
        (notebook,) = gradebook.find_submission("small", student).notebooks
        assert gradebook.find_comment("why", "small", "small", student).comment == "Good."
        return {row.name: (row.score, row.needs_manual_grade) for row in notebook.grades}


@pytest.mark.parametrize("again", WAYS)
def test_graded_again(read: Path, tmp_path: Path, again: Callable[[Path], None]) -> None:
    root = shutil.copytree(read, tmp_path / "course")
    before = (1, False), (1.5, False), (3.5, False)
    again(root)
    assert tuple(marks(root, "ann")[name] for name in ("test_double", "test_half", "why")) == before
    # bob's code is another, his answer is the same; ann's answer is another
    hand_in(root, "bob", **ANSWERS)
    hand_in(root, "ann", **(ANSWERS | {"half": WRONG, "why": "Because."}))
    again(root)
    assert marks(root, "bob") == {"test_double": (1, False), "test_half": (1.5, True), "why": (3.5, False)}
    assert marks(root, "ann") == {"test_double": (1, False), "test_half": (1.5, True), "why": (3.5, True)}


def test_a_corrected_test_leaves_the_export_as_it_is_and_diff_lists_overrides(
    read: Path, tmp_path: Path
) -> None:
    root = shutil.copytree(read, tmp_path / "course")
    path = root / "source" / "small" / "small.ipynb"
    source = notebooks.read(path)
    (test,) = (each for each in source.cells if notebooks.grade_id(each) == "test_half")
    test.source = "assert half(4) > 1"
    notebooks.write(source, path)
    assert nbgrader("generate_assignment", "small", "--force", cwd=root).returncode == 0
    result = course("grade", "small", "--jobs", "1", cwd=root)
    assert "2 of 2 submissions graded" in result.stdout
    result = course("export", "small", "--to", "csv", cwd=root)
    assert result.stdout.startswith("small-csv.csv: 2 graded, 0 wait for grading")
    output = course("diff", "small", cwd=root).stdout
    assert output.startswith("small: 2 changed; 2 points given by hand instead of a test's\n")
    assert "\nann, test_half: 1.5 by hand; the test gives 2\n" in output
