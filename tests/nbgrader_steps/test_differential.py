"""On honest submissions this grader and stock nbgrader give the same points."""

from __future__ import annotations

import re

import pytest

from course.grading.course_folder import CourseFolder
from course.grading.gradebook.reading import read_marks
from demo.__main__ import ASSIGNMENT, COURSE
from demo.students import STUDENTS, hand_in
from tests.helpers import ROOT

from course.grading.problem_sets import notebooks  # isort: skip

HONEST = {"perfect", "another_way", "three_mistakes", "untouched", "raising"}


def graded(root, stock: bool) -> dict[str, dict[str, float]]:
    course_folder = CourseFolder.copy_of(COURSE, root)
    if stock:
        config = (ROOT / "nbgrader_config.py").read_text()
        config = re.sub(r"(?ms)^c\.Autograde\.\w+ = (\[.*?^\]|[^\n]*)\n", "", config)
        config += '\nc.IgnorePattern.enabled = True\nc.IgnorePattern.pattern = ".*"\n'
        (root / "nbgrader_config.py").write_text(config)
        assert 'SandboxedExecute"' not in config
        course_folder = CourseFolder(root)
    source = notebooks.read(root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    release = course_folder.generate(ASSIGNMENT)
    for student in STUDENTS:
        if student.name in HONEST:
            hand_in(student, source, release, root / "submitted" / student.name / ASSIGNMENT)
    course_folder.autograde(ASSIGNMENT)
    marks = read_marks(course_folder.course, ASSIGNMENT)
    return {name: {cell: mark.points for cell, mark in cells.items()} for name, cells in marks.items()}


@pytest.mark.slow
def test_same_points(tmp_path) -> None:
    ours, stock = graded(tmp_path / "ours", stock=False), graded(tmp_path / "stock", stock=True)
    assert ours.keys() == HONEST
    assert ours == stock
