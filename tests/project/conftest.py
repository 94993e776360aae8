"""One grading of the whole class, shared by all tests that look at its results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from nbformat import NotebookNode

from course.grading.course_folder import Score
from demo.__main__ import grade_class


@dataclass(frozen=True)
class GradedClass:
    root: Path
    source: NotebookNode
    scores: dict[str, dict[str, Score]]
    pages: list[Path]


@pytest.fixture(scope="session")
def graded_class(tmp_path_factory: pytest.TempPathFactory) -> GradedClass:
    root = tmp_path_factory.mktemp("class")
    return GradedClass(root, *grade_class(root))
