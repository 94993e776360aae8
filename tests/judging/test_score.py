"""`course score` and `course verify` where notebooks are several, or not called as their folder is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from course.grading.errors import ControlFailed, CourseError
from course.grading.problem_sets import notebooks, release
from course.grading.score import print_table, score
from course.grading.verify.prove import verify
from tests.helpers import RIGHT, cell, graded, notebook, small_course, solution

TREBLE = {"treble": "def treble(x):\n    return 3 * x"}


@pytest.fixture
def root(tmp_path) -> Path:
    """Make a course with a notebook `regression` in `week3`, and two in `week4`."""
    root = small_course(tmp_path / "course")
    week3, week4 = root / "source" / "week3", root / "source" / "week4"
    (root / "source" / "small").rename(week3)
    (week3 / "small.ipynb").rename(week3 / "regression.ipynb")
    treble = notebook(solution("treble", "3 * x"), graded("test_treble", "assert treble(1) == 3"))
    notebooks.write(notebooks.read(week3 / "regression.ipynb"), week4 / "first.ipynb")
    notebooks.write(treble, week4 / "second.ipynb")
    release.write(root, "week3", "week4")
    return root


def answered(root: Path, name: str, **answers: str) -> Path:
    """Hand in a released notebook with these answers."""
    path = root / "submitted" / "ann" / name
    notebooks.write(notebooks.with_answers(notebooks.read(root / "release" / name), answers), path)
    return path


def scores(root: Path, assignment: str, *paths: Path) -> list[tuple[float, float]]:
    lines = [json.loads(result.to_json()) for result in score(root, assignment, paths, None)]
    assert {line["assignment"] for line in lines} == {assignment}
    assert [line["submission"] for line in lines] == [*map(str, paths)]
    return [(line["score"], line["max_score"]) for line in lines]


@pytest.mark.slow
def test_a_notebook_need_not_be_called_as_its_folder(root) -> None:
    path = answered(root, "week3/regression.ipynb", **RIGHT)
    assert scores(root, "week3", path, path.parent) == [(3, 3), (3, 3)]
    assert scores(root, "week3", path.rename(path.with_name("regression (1).ipynb"))) == [(3, 3)]
    proof = verify(root, "week3", seeds=1)
    assert (proof.ok, proof.points) == (True, 3), proof.problems


@pytest.mark.slow
def test_the_points_of_a_task_belong_to_the_maximum(tmp_path) -> None:
    """They wait for somebody to give them, as for a written answer; where nothing was read they are none."""
    root = small_course(tmp_path / "course")
    source = root / "source" / "small" / "small.ipynb"
    written = notebooks.read(source)
    written.cells.append(
        cell("Compare the two.", "compare", kind="markdown", task=True, locked=True, points=4)
    )
    notebooks.write(notebooks.canonical(written), source)
    release.write(root, "small")
    path = answered(root, "small/small.ipynb", **RIGHT)
    (result,) = score(root, "small", [path], None)
    assert (result.score, result.max_score, result.cells["compare"].verdict) == (3, 7, "manual")
    path.write_text("no notebook")
    (result,) = score(root, "small", [path], None)
    assert (result.score, result.max_score, result.cells["compare"].verdict) == (0, 7, "not-run")
    assert verify(root, "small", seeds=1).points == 7


@pytest.mark.slow
def test_a_folder_with_two_notebooks_is_scored_whole(root, capsys) -> None:
    first = answered(root, "week4/first.ipynb", **RIGHT)
    second = answered(root, "week4/second.ipynb", **TREBLE)
    assert scores(root, "week4", first.parent, first, second) == [(4, 4), (3, 3), (1, 1)]
    [result] = score(root, "week4", [first.parent], None)
    assert result.cells.keys() == {"first: test_double", "first: test_half", "second: test_treble"}
    assert print_table([result])
    assert f"{first.parent}: 4 of 4 points (seed {result.seed})" in capsys.readouterr().out.splitlines()
    second.rename(second.with_name("mine.ipynb"))
    assert scores(root, "week4", first.parent) == [(3, 4)]
    with pytest.raises(CourseError, match=r"name it first\.ipynb or second\.ipynb"):
        score(root, "week4", [second.with_name("mine.ipynb")], None)
    proof = verify(root, "week4", seeds=1)
    assert (proof.ok, proof.points) == (True, 4), proof.problems
    assert [function.function for function in proof.functions] == ["double", "half", "treble"]


@pytest.mark.slow
def test_what_differs_from_the_source_is_told_once_where_the_control_fails(tmp_path, capsys) -> None:
    root = small_course(tmp_path)
    release.write(root, "small")
    path = answered(root, "small/small.ipynb", **RIGHT)
    (root / "release" / "small" / "more.csv").write_text("1")
    assert len(list(score(root, "small", [path], None))) == 1
    assert capsys.readouterr().err.count("has other files than") == 1
    source = root / "source" / "small" / "small.ipynb"
    source.write_text(source.read_text().replace("return 2 * x", "return 3 * x"))
    with pytest.raises(ControlFailed) as refusal:
        score(root, "small", [path], None)
    assert str(refusal.value).splitlines()[1].startswith("  Likely cause: ")
    assert (str(refusal.value) + capsys.readouterr().err).count("has other files than") == 1
