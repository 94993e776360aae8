"""One grading of the whole class, shared by all tests that look at its results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from nbformat import NotebookNode

from course.grading.gradebook.class_record import Mark
from demo.__main__ import grade_class


@dataclass(frozen=True)
class GradedClass:
    root: Path
    source: NotebookNode
    marks: dict[str, dict[str, Mark]]
    pages: list[Path]


@pytest.fixture(scope="session")
def graded_class(tmp_path_factory: pytest.TempPathFactory) -> GradedClass:
    root = tmp_path_factory.mktemp("class")
    return GradedClass(root, *grade_class(root))
