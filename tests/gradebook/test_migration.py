"""Questions come and go after a class was graded, and nothing is lost."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from sqlalchemy import select

from course.grading import locks
from course.grading.gradebook.migration import DROPPED
from course.grading.problem_sets import notebooks
from tests.helpers import RIGHT, course, graded, hand_in, nbgrader, small_course, solution
from tests.whole_class.classes import COURSE_ID, WRONG, ask_why, url

Way = Callable[[Path], tuple[int, str]]


def release(root: Path) -> tuple[int, str]:
    result = course("release", "small", cwd=root)
    return result.returncode, result.stdout + result.stderr


def generate(root: Path) -> tuple[int, str]:
    result = nbgrader("generate_assignment", "small", "--force", cwd=root)
    return result.returncode, result.stdout + result.stderr


WAYS = [pytest.param(release, id="course"), pytest.param(generate, id="nbgrader")]


@pytest.fixture(scope="module")
def class_of_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann and bob are graded; half of ann's is wrong, and her written answer is read."""
    root = small_course(tmp_path_factory.mktemp("migration") / "course")
    ask_why(root)
    hand_in(root, "ann", **(RIGHT | {"half": WRONG, "why": "Because."}))
    hand_in(root, "bob", **RIGHT)
    assert course("grade", "small", "--jobs", "1", cwd=root).returncode == 0
    with Gradebook(url(root), COURSE_ID) as gradebook:
        row = gradebook.find_grade("why", "small", "small", "ann")
        row.manual_score, row.needs_manual_grade = 3.0, False
        gradebook.find_comment("why", "small", "small", "ann").manual_comment = "Nearly."
        gradebook.db.commit()
    return root


@pytest.fixture
def root(class_of_two: Path, tmp_path: Path) -> Path:
    return shutil.copytree(class_of_two, tmp_path / "course")


def edit(root: Path, change: Callable[[list[nbformat.NotebookNode]], list[nbformat.NotebookNode]]) -> None:
    path = root / "source" / "small" / "small.ipynb"
    source = notebooks.read(path)
    source.cells = change(source.cells)
    notebooks.write(notebooks.canonical(source), path)


def without(*names: str) -> Callable[[list[nbformat.NotebookNode]], list[nbformat.NotebookNode]]:
    return lambda cells: [each for each in cells if notebooks.grade_id(each) not in names]


def scores(root: Path) -> dict[str, str]:
    assert course("export", "small", "--to", "csv", "--provisional", cwd=root).returncode == 0
    with (root / "small-csv.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student_id"]: row["score"] for row in csv.DictReader(file)}


def waiting(root: Path, notebook: str) -> int:
    """Return how many grades of a notebook wait for somebody."""
    with Gradebook(url(root), COURSE_ID) as gradebook:
        submissions = gradebook.notebook_submissions(notebook, "small")
        return sum(grade.needs_manual_grade for each in submissions for grade in each.grades)


def files(root: Path) -> dict[Path, bytes]:
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_one_question_comes_and_one_goes(root: Path, way: Way) -> None:
    third = [solution("third", "x / 3"), graded("test_third", "assert third(3) == 1", points=5)]
    edit(root, lambda cells: [*without("half", "test_half")(cells), *third])
    status, output = way(root)
    assert status == 0, output
    assert "new, and to be graded: test_third" in output
    assert "dropped, their grades are kept in course_dropped_grades: test_half" in output
    with Gradebook(url(root), COURSE_ID) as gradebook:
        (notebook,) = gradebook.find_submission("small", "ann").notebooks
        waiting = {row.name: row.needs_manual_grade for row in notebook.grades}
        assert waiting == {"test_double": False, "test_third": True, "why": False}
        assert gradebook.find_comment("why", "small", "small", "ann").manual_comment == "Nearly."
        rows = gradebook.db.execute(select(DROPPED).where(DROPPED.columns.cell == "test_half")).all()
        assert {row.student: row.auto_score for row in rows} == {"ann": 0, "bob": 2}
    result = course("grade", "small", "--jobs", "1", cwd=root)
    assert (result.returncode, result.stderr) == (0, "")
    assert scores(root) == {"ann": "4", "bob": "1"}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_question_that_comes_back_brings_what_was_given_by_hand(root: Path, way: Way) -> None:
    (root / "before.ipynb").write_bytes((root / "source" / "small" / "small.ipynb").read_bytes())
    edit(root, without("why"))
    assert way(root)[0] == 0
    assert scores(root) == {"ann": "1", "bob": "3"}
    (root / "before.ipynb").replace(root / "source" / "small" / "small.ipynb")
    assert way(root)[0] == 0
    assert scores(root) == {"ann": "4", "bob": "3"}
    with Gradebook(url(root), COURSE_ID) as gradebook:
        assert gradebook.find_comment("why", "small", "small", "ann").manual_comment == "Nearly."


@pytest.mark.slow
def test_points_changed_a_question_set_to_0_and_a_bonus_for_everybody(root: Path) -> None:
    def change(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
        points = {"test_double": 5, "test_half": 0}
        for each in cells:
            name = notebooks.grade_id(each)
            if name in points:
                each.metadata.nbgrader.points = points[name]
        return [*cells, graded("bonus", "pass", points=1)]

    edit(root, change)
    assert release(root)[0] == 0
    assert course("grade", "small", "--jobs", "1", cwd=root).returncode == 0
    assert scores(root) == {"ann": "9", "bob": "6"}


def with_points(**points: float) -> Callable[[list[nbformat.NotebookNode]], list[nbformat.NotebookNode]]:
    def change(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
        for each in cells:
            if (name := notebooks.grade_id(each)) in points:
                each.metadata.nbgrader.points = points[name]
        return cells

    return change


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_question_set_to_0_counts_for_nobody_and_brings_back_what_was_given_by_hand(
    root: Path, way: Way
) -> None:
    with Gradebook(url(root), COURSE_ID) as gradebook:
        gradebook.find_grade("test_half", "small", "small", "ann").manual_score = 1.5
        gradebook.find_grade("why", "small", "small", "ann").extra_credit = 0.5
        gradebook.db.commit()
    assert scores(root) == {"ann": "6", "bob": "3"}
    edit(root, with_points(test_half=0, why=0))
    status, output = way(root)
    assert status == 0, output
    told = " ".join(output.split())
    assert "small: changed, and to be graded again: test_half, why; `course grade small` comes next" in told
    for _ in range(2):
        assert scores(root) == {"ann": "1", "bob": "1"}
        assert course("grade", "small", "--jobs", "1", cwd=root).returncode == 0
    edit(root, with_points(test_half=2, why=3))
    assert way(root)[0] == 0
    assert course("grade", "small", "--jobs", "1", cwd=root).returncode == 0
    assert scores(root) == {"ann": "6", "bob": "3"}


@pytest.mark.slow
def test_a_corrected_test_is_told_once(root: Path) -> None:
    def corrected(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
        (test,) = (each for each in cells if notebooks.grade_id(each) == "test_half")
        test.source += "\n# corrected"
        return cells

    edit(root, corrected)
    assert "changed, and to be graded again: test_half;" in " ".join(release(root)[1].split())
    assert "to be graded again" not in release(root)[1]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_second_notebook_comes_and_goes(root: Path, way: Way) -> None:
    extra = notebooks.read(root / "source" / "small" / "small.ipynb")
    extra.cells = [solution("third", "x / 3"), graded("test_third", "assert third(3) == 1", points=5)]
    notebooks.write(notebooks.canonical(extra), root / "source" / "small" / "extra.ipynb")
    status, output = way(root)
    assert status == 0, output
    assert course("grade", "small", "--jobs", "1", cwd=root).returncode == 0
    assert scores(root) == {"ann": "4", "bob": "3"}
    assert "0 of 2 submissions graded" in course("grade", "small", cwd=root).stdout
    assert waiting(root, "extra") == 0
    (root / "source" / "small" / "extra.ipynb").unlink()
    status, output = way(root)
    assert status == 0, output
    assert "test_third" in output
    assert course("grade", "small", "--jobs", "1", cwd=root).returncode == 0
    assert scores(root) == {"ann": "4", "bob": "3"}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_release_that_fails_leaves_everything_as_it_was(root: Path, way: Way) -> None:
    edit(root, without("half", "test_half"))
    secret = "\n".join(f"    secret_{number} = x / {number}" for number in range(5))
    source = notebooks.read(root / "source" / "small" / "small.ipynb")
    source.cells[0].source = f"def double(x):\n    ### BEGIN SOLUTION\n{secret}\n    return 2 * x"
    notebooks.write(source, root / "source" / "small" / "small.ipynb")
    before = files(root)
    status, output = way(root)
    assert status != 0, output
    after = files(root)
    for name in before:
        if name.name not in (".nbgrader.log", "small-csv.csv"):
            assert after[name] == before[name], name
    assert {name for name in after if name.parts[0] == "release"} == {
        name for name in before if name.parts[0] == "release"
    }


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_no_release_while_somebody_grades(root: Path, way: Way) -> None:
    edit(root, without("half", "test_half"))
    before = files(root)
    with locks.grading(root):
        status, output = way(root)
    assert status == 1
    assert output.count("nothing was released: somebody is grading or releasing in") == 1
    after = files(root)
    assert all(after[name] == before[name] for name in before if name.name != ".nbgrader.log")
