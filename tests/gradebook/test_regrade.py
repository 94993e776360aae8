"""Grading again through nbgrader: a submission meets its hidden inputs again, a changed one new ones."""

from __future__ import annotations

import pytest
from nbgrader.api import Gradebook

from course.checking.seed import LARGEST
from course.grading.course_folder import CourseFolder
from course.grading.gradebook.reading import read_marks
from course.grading.problem_sets import notebooks
from tests.helpers import RIGHT, hand_in, nbgrader, small_course


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = small_course(tmp_path_factory.mktemp("regrade") / "course")
    assert nbgrader("generate_assignment", "small", cwd=root).returncode == 0
    for student in ("ann", "bob"):
        hand_in(root, student, **RIGHT)
    return root


def autograde(root, *options: str) -> dict[str, str]:
    """Return the autograded notebooks by student."""
    result = nbgrader("autograde", "small", "--force", *options, cwd=root)
    assert result.returncode == 0, result.stderr
    graded = root.glob("autograded/*/small/small.ipynb")
    return {path.parts[-3]: path.read_text() for path in graded}


def seed_of(text: str) -> int:
    return notebooks.nbformat.reads(text, as_version=4).metadata.course.seed


@pytest.mark.slow
def test_the_seed_belongs_to_the_submission(root) -> None:
    first = autograde(root)
    assert 0 <= seed_of(first["ann"]) <= LARGEST
    assert seed_of(first["ann"]) != seed_of(first["bob"])
    (root / "submitted" / "ann" / "small" / "notes.txt").write_text("no part of what is judged")
    assert autograde(root) == first
    hand_in(root, "ann", **(RIGHT | {"half": "def half(x):\n    return x * 0.5"}))
    second = autograde(root)
    assert seed_of(second["ann"]) != seed_of(first["ann"])
    assert second["bob"] == first["bob"]
    # a resubmission gets a new one, even if it is what was handed in before
    hand_in(root, "ann", **RIGHT)
    assert seed_of(autograde(root)["ann"]) not in {seed_of(first["ann"]), seed_of(second["ann"])}


@pytest.mark.slow
def test_nothing_run_earns_nothing(root) -> None:
    autograde(root, "--no-execute", "--student", "bob")
    marks = read_marks(CourseFolder(root).course, "small")["bob"]
    assert {cell: mark.points for cell, mark in marks.items()} == {"test_double": 0, "test_half": 0}
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        assert gradebook.find_submission("small", "bob").needs_manual_grade
