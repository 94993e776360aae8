"""A course with one small problem set, and what its folder holds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from course.grading.course_folder import CourseFolder
from course.grading.lms.collect import collect
from course.grading.lms.summary import CollectSummary
from tests.helpers import small_course


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> Path:
    root = small_course(tmp_path_factory.mktemp("prepared") / "course")
    CourseFolder(root).generate("small")
    return root


@pytest.fixture
def root(prepared, tmp_path) -> Path:
    return shutil.copytree(prepared, tmp_path / "course")


@pytest.fixture
def take(root, tmp_path):
    """Collects an archive of a system into the course."""

    def taking(system: str, file: Path, **settings) -> CollectSummary:
        return collect(root, system, file, "small", **settings)

    return taking
