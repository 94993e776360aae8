"""Several people who grade one course at the same time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course.grading import locks
from course.grading.course_folder import CourseFolder
from course.grading.gradebook.reading import read_marks
from course.grading.whole_class.grade_class import SHARED
from tests.helpers import PATIENCE, RIGHT, hand_in, small_course
from tests.whole_class.classes import COURSE_ID, WRONG, ask_why, url

COURSE_GRADE = ("course.grading", "grade", "small", "--jobs", "1", "--force")
BUTTON = ("nbgrader", "autograde", "small", "--student", "ann", "--force")
"""what Formgrader's Autograde does"""


def start(root: Path, command: tuple[str, ...]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Object of type <Submitted")
def test_two_who_grade_all_and_formgrader_beside_them_lose_nothing(tmp_path: Path) -> None:
    root = small_course(tmp_path / "course")
    CourseFolder(root).generate("small")
    ask_why(root)
    hand_in(root, "ann", **RIGHT | {"half": WRONG})
    hand_in(root, "bob", **RIGHT)
    with Gradebook(url(root), COURSE_ID) as gradebook:
        gradebook.update_or_create_student("bob")
        gradebook.update_or_create_submission("small", "bob")
        gradebook.find_grade("why", "small", "small", "bob").manual_score = 3
        gradebook.db.commit()

    with locks.grading(root) as is_shared:  # so that each of them grades beside somebody
        commands = [COURSE_GRADE, COURSE_GRADE, BUTTON]
        processes = [start(root, command) for command in commands]
        outputs = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    assert not is_shared
    for process, output, command in zip(processes, outputs, commands, strict=True):
        assert process.returncode == 0, output
        if command is COURSE_GRADE:
            assert SHARED in output
            assert "2 of 2 submissions graded" in output
    marks = read_marks(CourseFolder(root).course, "small")
    assert {student: [mark.points for mark in its.values()] for student, its in marks.items()} == {
        "ann": [1, 0, 0],
        "bob": [1, 2, 3],
    }
    with Gradebook(url(root), COURSE_ID) as gradebook:
        submissions = gradebook.assignment_submissions("small")
        assert sorted(submission.student.id for submission in submissions) == ["ann", "bob"]
    for student in ("ann", "bob"):
        assert (root / "autograded" / student / "small" / "small.ipynb").is_file()
