"""A graded class, and a platform that knows most of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course.grading.course_folder import CourseFolder
from course.grading.lti import keys, launches
from course.grading.lti.launches import Launch
from tests.helpers import small_course
from tests.lti.platform import CONTEXT, SUBJECTS, Platform, running
from tests.whole_class.classes import COURSE_ID, url

# points of test_double and test_half; the last waits for somebody to read it
MARKS = {"ann": (1, 2), "bob": (1, 0.5), "zoe": (0, 0), "cid": (1, None)}


@pytest.fixture
def platform() -> Iterator[Platform]:
    with running() as platform:
        yield platform


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = small_course(tmp_path_factory.mktemp("graded") / "course")
    CourseFolder(root).generate("small")
    with Gradebook(url(root), COURSE_ID) as gradebook:
        for student, points in MARKS.items():
            enter(gradebook, student, *points)
    return root


def enter(gradebook: Gradebook, student: str, double: float, half: float | None) -> None:
    """Enter marks as grading does."""
    gradebook.update_or_create_student(student)
    gradebook.update_or_create_submission("small", student)
    for name, points in (("test_double", double), ("test_half", half)):
        grade = gradebook.find_grade(name, "small", "small", student)
        grade.auto_score, grade.needs_manual_grade = points, points is None
    gradebook.db.commit()


@pytest.fixture
def root(graded: Path, platform: Platform, tmp_path: Path) -> Path:
    """The course, with settings and a key; ann, bob and cid have come from the platform, zoe has not."""
    root = shutil.copytree(graded, tmp_path / "course")
    platform.write_settings(root)
    keys.make_key(root / "lti-key.pem")
    platform.tool = keys.read_key(root / "lti-key.pem")
    for name in ("ann", "bob", "cid"):
        launch = Launch(name, SUBJECTS.get(name, f"sub-{name}"), False, lineitems(platform))
        launches.record(root / "launches.json", launch, os.getgid())
    return root


def lineitems(platform: Platform) -> str:
    return f"{platform.address}/{CONTEXT}/lineitems?type_id=1"
