"""Two people who grade one course at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.grading import locks
from course.grading.course_folder import CourseFolder
from course.grading.whole_class.grade_class import SHARED
from tests.helpers import RIGHT, course, hand_in, small_course


@pytest.mark.slow
def test_who_grades_beside_somebody_is_told_so_and_grades_all(tmp_path: Path) -> None:
    root = small_course(tmp_path / "course")
    CourseFolder(root).generate("small")
    hand_in(root, "ann", **RIGHT)
    with locks.grading(root) as is_shared:
        result = course("grade", "small", "--jobs", "1", cwd=root)
    assert not is_shared
    assert SHARED in result.stdout
    assert "1 of 1 submissions graded" in result.stdout
    again = course("grade", "small", "--jobs", "1", cwd=root)
    assert SHARED not in again.stdout
    assert "1 unchanged since they were graded" in again.stdout
