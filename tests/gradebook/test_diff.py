"""`course diff`: what grading again changed, student by student, and why."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import select

from course.grading.course_folder import CourseFolder
from course.grading.gradebook import history
from course.grading.gradebook.changes import Change
from course.grading.gradebook.history import GRADINGS, Grading
from course.grading.problem_sets import notebooks
from tests.helpers import RIGHT, course, hand_in, nbgrader, small_course
from tests.whole_class.classes import COURSE_ID, STUDENTS, WRONG, a_class, url


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class graded once, in which ann, carl and emil have `half` wrong."""
    root = a_class(tmp_path_factory.mktemp("diff") / "course")
    assert course("grade", "small", "--jobs", "1", cwd=root).returncode == 0
    return root


@pytest.fixture
def root(graded: Path, tmp_path: Path) -> Path:
    return shutil.copytree(graded, tmp_path / "course")


def diff(root: Path, *arguments: str) -> str:
    result = course("diff", "small", *arguments, cwd=root)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def record(**changed: Any) -> Grading:
    same: dict[str, Any] = {name: name for name in ("submission", "files", "version", "grader")}
    cells = {
        "test_half": {"verdict": "pass", "points": 2.0, "max_points": 2.0, "message": "", "mistake": None}
    }
    same |= {"seed": 1, "status": "graded", "seconds": 1.0, "cells": cells, "versions": {"numpy": "2.4"}}
    return Grading("small", "ann", "small", **(same | changed))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, "graded again as it was (--force)"),
        ({"submission": "new"}, "another submission"),
        ({"files": "new"}, "other files beside the notebook"),
        ({"version": "new"}, "the assignment changed"),
        ({"grader": "new"}, "the course's code changed (grader → new)"),
        ({"seed": 2}, "other hidden inputs"),
        ({"versions": {"numpy": "2.5"}}, "numpy 2.4 → 2.5"),
        ({"seconds": 9.0}, "graded again as it was (--force)"),
    ],
)
def test_each_reason(changed: dict[str, Any], reason: str) -> None:
    assert Change(record(), record(**changed)).reasons == [reason]


def test_a_cell_has_changed_when_its_result_has() -> None:
    def cells(**changed: Any) -> dict[str, Any]:
        return {"test_half": {**record().cells["test_half"], **changed}}

    for name, value in (("verdict", "wrong"), ("points", 1.0), ("max_points", 3.0), ("mistake", "1/N")):
        assert list(Change(record(), record(cells=cells(**{name: value}))).cells) == ["test_half"]
    for name, value in (("message", "other"), ("seconds", 0.5)):
        assert Change(record(), record(cells=cells(**{name: value}))).cells == {}
    both = cells() | {"test_new": cells()["test_half"]}
    assert Change(record(), record(cells=both)).cells == {"test_new": (None, both["test_new"])}
    assert Change(record(cells=both), record()).cells == {"test_new": (both["test_new"], None)}


@pytest.mark.slow
def test_graded_once(root: Path) -> None:
    assert diff(root) == "small: 6 graded only once\n"


@pytest.mark.slow
def test_nothing_changed(root: Path) -> None:
    assert course("grade", "small", "--force", "--jobs", "1", cwd=root).returncode == 0
    assert diff(root) == "small: 6 graded again with no change\n  graded again as it was (--force): 6\n"


@pytest.mark.slow
def test_a_resubmission_and_a_changed_test(root: Path) -> None:
    hand_in(root, "ann", **RIGHT)
    hand_in(root, "bob", **(RIGHT | {"half": WRONG}))
    assert course("grade", "small", "--jobs", "1", cwd=root).returncode == 0
    output = diff(root)
    assert output.startswith("small: 2 changed; 4 graded only once\n  another submission: 2\n")
    assert re.search(r"\nann: 1 → 3 of 3 points from the grader, graded \S+ \S+ and \S+ \S+ UTC\n", output)
    assert "  why: another submission; other hidden inputs\n" in output
    assert re.search(r"\n +test_half +wrong → pass +0 of 2 → 2 of 2 *\n", output)
    assert "bob: 3 → 1 of 3 points" in output
    assert "bob" not in diff(root, "--student", "ann")
    # the instructor finds that a third will do as well
    path = root / "source" / "small" / "small.ipynb"
    source = notebooks.read(path)
    (test,) = (cell for cell in source.cells if notebooks.grade_id(cell) == "test_half")
    test.source = "assert half(4) > 1"
    test.metadata.nbgrader.points = 5
    notebooks.write(source, path)
    CourseFolder(root).generate("small")
    assert course("grade", "small", "--jobs", "1", cwd=root).returncode == 0
    output = diff(root)
    assert output.startswith("small: 6 changed\n  the assignment changed: 6\n")
    assert "carl: 1 → 6 of 6 points" in output
    assert re.search(r"test_half +wrong → pass +0 of 2 → 5 of 5", output)


@pytest.mark.slow
def test_json_lines(root: Path) -> None:
    hand_in(root, "ann", **RIGHT)
    assert course("grade", "small", "--force", "--jobs", "1", cwd=root).returncode == 0
    lines = [json.loads(line) for line in diff(root, "--json").splitlines()]
    assert [line["student"] for line in lines] == ["ann"], "who did not change is left out"
    ann = lines[0]
    assert set(ann) == {"student", "notebook", "reasons", "before", "after", "cells", "by_hand"}
    assert (ann["before"]["points"], ann["after"]["points"], ann["after"]["max_points"]) == (1, 3, 3)
    assert ann["before"]["submission"] != ann["after"]["submission"]
    assert ann["cells"]["test_half"]["before"]["verdict"] == "wrong"
    assert ann["cells"]["test_half"]["after"]["verdict"] == "pass"
    assert {"python", "numpy"} <= ann["after"]["versions"].keys()


@pytest.mark.slow
def test_a_failed_grading_is_told_and_what_was_there_holds(root: Path) -> None:
    with Gradebook(url(root), COURSE_ID) as gradebook:
        history.append(
            gradebook.db, record(status="infrastructure-error", cells={}, problem="\x1b[2JNo\nroom")
        )
        gradebook.db.commit()
    output = diff(root)
    assert output.startswith("small: 6 graded only once; 1 not graded, the last time\n")
    assert "ann: the last grading failed, the result before it still counts:  [2JNo room\n" in output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["large"], "knows no assignment large (it knows small)"),
        (["small", "--student", "zoe"], "no grading of zoe is on record for small: `course grade small`"),
    ],
)
def test_refused(graded: Path, arguments: list[str], words: str) -> None:
    before = (graded / "gradebook.db").read_bytes()
    result = course("diff", *arguments, cwd=graded)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("course: ")
    assert result.stderr.count("\n") == 1
    assert words in result.stderr
    assert (graded / "gradebook.db").read_bytes() == before


@pytest.mark.slow
def test_nothing_is_graded(tmp_path: Path) -> None:
    """The table is not even there: looking does not make it."""
    root = small_course(tmp_path / "course")
    CourseFolder(root).generate("small")
    before = (root / "gradebook.db").read_bytes()
    result = course("diff", "small", cwd=root)
    assert result.returncode == 1
    assert result.stderr == "course: no grading is on record for small: `course grade small`\n"
    assert (root / "gradebook.db").read_bytes() == before


@pytest.mark.slow
def test_both_ways_of_grading_keep_the_same_record(root: Path) -> None:
    result = nbgrader("autograde", "small", "--force", cwd=root)
    assert result.returncode == 0, result.stderr
    columns = GRADINGS.columns
    with Gradebook(url(root), COURSE_ID) as gradebook:
        rows = gradebook.db.execute(select(GRADINGS).order_by(columns.student, columns.id)).all()
    assert [row.student for row in rows] == sorted([*STUDENTS, *STUDENTS])
    for ours, stock in zip(rows[::2], rows[1::2], strict=True):
        assert ours.graded_at < stock.graded_at
        old, new = dict(ours._mapping), dict(stock._mapping)
        for grading in (old, new):
            for name in ("id", "graded_at", "seconds"):
                assert grading.pop(name)
            grading["cells"] = json.loads(grading["cells"])
            for cell in grading["cells"].values():
                assert cell.pop("seconds") >= 0
        assert old == new
        assert all(old[name] for name in ("submission", "files", "version", "grader", "seed", "versions"))
