"""Odd notebooks handed in through nbgrader: each costs its author only, and none stays ungraded."""

from __future__ import annotations

import json

import pytest

from course.grading.course_folder import CourseFolder
from course.grading.gradebook.reading import read_marks
from course.grading.submissions import notebook
from tests.helpers import RIGHT, hand_in, nbgrader, small_course

pytestmark = pytest.mark.slow


def changed(**fields):
    """Return a change of a notebook's outermost fields."""
    return lambda book: book | fields


def every_cell(**fields):
    """Return a change of all of a notebook's cells."""
    return lambda book: book | {"cells": [cell | fields for cell in book["cells"]]}


def with_note(source):
    """Return a change that adds a cell."""
    note = {"cell_type": "markdown", "source": source, "metadata": {}, "id": "note"}
    return lambda book: book | {"cells": [*book["cells"], note]}


ODD = {
    "half-a-pair": with_note("\ud800"),
    "half-a-pair-in-metadata": changed(metadata={"\udfff": "\ud800"}),
    "nan": changed(metadata={"a": float("nan"), "b": 10**400}),
    "no-metadata": changed(metadata=5),
    "our-own-metadata": changed(metadata={"course": {"unreadable": "", "answers": ["len"], "hidden": 5}}),
    "our-own-metadata-is-no-object": changed(metadata={"course": 5}),
    "a-kernel-that-is-none": changed(metadata={"kernelspec": {"name": 5}}),
    "format-3": changed(nbformat=3, worksheets=[{"cells": []}]),
    "format-of-tomorrow": changed(nbformat=99, nbformat_minor=10**30),
    "format-that-is-no-number": changed(nbformat="4", nbformat_minor=None),
    "ids": every_cell(id="same"),
    "ids-that-are-none": every_cell(id=[[]]),
    "outputs": every_cell(outputs={"output_type": 5}, execution_count="x", attachments=7),
    # longer when nbgrader writes it than when it was handed in
    "lines": with_note("\n" * (notebook.LARGEST // 3)),
}
UNREADABLE = {
    "nothing": "",
    "deep": '{"cells": ' + "[" * 10**5 + "]" * 10**5 + "}",
    "number": "1e999",
}


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    root = small_course(tmp_path_factory.mktemp("odd") / "course")
    assert nbgrader("generate_assignment", "small", cwd=root).returncode == 0
    for name, change in ODD.items():
        path = hand_in(root, name, **RIGHT)
        path.write_text(json.dumps(change(json.loads(path.read_text()))))
    for name, text in UNREADABLE.items():
        hand_in(root, name, **RIGHT).write_text(text)
    result = nbgrader("autograde", "small", cwd=root)
    assert result.returncode == 0, result.stderr[-3000:]
    return {
        student: sum(mark.points for mark in cells.values())
        for student, cells in read_marks(CourseFolder(root).course, "small").items()
    }


@pytest.mark.parametrize("name", ODD)
def test_answers_count(scores, name: str) -> None:
    assert scores[name] == 3


@pytest.mark.parametrize("name", UNREADABLE)
def test_nothing_to_count(scores, name: str) -> None:
    assert scores[name] == 0
