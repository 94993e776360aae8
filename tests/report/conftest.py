"""A small class, really graded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.report.small_class import a_graded_class


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graded class, which no test may change."""
    return a_graded_class(tmp_path_factory.mktemp("report") / "course")


@pytest.fixture
def root(graded: Path, tmp_path: Path) -> Path:
    """The class again, for one test."""
    return shutil.copytree(graded, tmp_path / "course")
