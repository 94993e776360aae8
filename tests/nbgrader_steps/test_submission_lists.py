"""The formgrader's lists are those of nbgrader."""

import importlib.util
import random
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from nbgrader.api import Gradebook

from course.grading.course_folder import CourseFolder
from course.grading.nbgrader_steps import submission_lists
from tests.helpers import ROOT

CELLS = ("code", "markdown", "task")


@pytest.fixture(scope="module")
def stock() -> ModuleType:
    """nbgrader's module as it comes, which nothing has corrected."""
    spec = importlib.util.find_spec("nbgrader.api")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def db_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A gradebook with two assignments of two notebooks each, in which anything may be missing."""
    CourseFolder(ROOT)  # with which nbgrader finds alembic
    url = f"sqlite:///{tmp_path_factory.mktemp('lists') / 'gradebook.db'}"
    chosen = random.Random(1)
    with Gradebook(url) as gradebook:
        for assignment in ("ps1", "ps2"):
            gradebook.add_assignment(assignment)
            for notebook in ("a", "b"):
                gradebook.add_notebook(notebook, assignment)
                for kind in CELLS:
                    for number in range(2):
                        _add_cell(gradebook, f"{kind}{number}", notebook, assignment, kind)
        for number in range(12):
            student = f"student{number}"
            gradebook.add_student(student, first_name="Ann" if number % 2 else None)
            for assignment in ("ps1", "ps2")[: chosen.randrange(3)]:
                with gradebook.db.no_autoflush:  # of which SQLAlchemy would warn
                    submission = gradebook.add_submission(assignment, student)
                for notebook in submission.notebooks:
                    notebook.flagged = chosen.random() < 0.3
                    for grade in list(notebook.grades):
                        _mark(gradebook, grade, chosen)
        gradebook.db.commit()
    return url


def _add_cell(gradebook: Gradebook, name: str, notebook: str, assignment: str, kind: str) -> None:
    if kind == "task":
        gradebook.add_task_cell(name, notebook, assignment, cell_type="markdown", max_score=4)
    else:
        gradebook.add_grade_cell(name, notebook, assignment, cell_type=kind, max_score=2)


def _mark(gradebook: Gradebook, grade: Any, chosen: random.Random) -> None:
    grade.auto_score = chosen.choice([None, 0, 1.5, 2])
    grade.manual_score = chosen.choice([None, 0.5])
    grade.extra_credit = chosen.choice([None, 1])
    grade.needs_manual_grade = chosen.random() < 0.1
    if chosen.random() < 0.2:
        gradebook.db.delete(grade)


@pytest.fixture
def gradebooks(db_url: str, stock: ModuleType) -> Iterator[tuple[Gradebook, Any]]:
    with Gradebook(db_url) as ours, stock.Gradebook(db_url) as theirs:
        yield ours, theirs


def by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(row["id"]))


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ["ps1", "ps2", "none"])
def test_submissions_are_listed_as_nbgrader_lists_them(
    gradebooks: tuple[Gradebook, Any], assignment: str
) -> None:
    ours, theirs = gradebooks
    expected = by_id(theirs.submission_dicts(assignment))
    assert by_id(submission_lists.submission_dicts(ours, assignment)) == expected
    assert bool(expected) == (assignment != "none")


@pytest.mark.parametrize(("notebook", "assignment"), [("a", "ps1"), ("b", "ps2"), ("a", "none")])
def test_notebooks_are_listed_as_nbgrader_lists_them(
    gradebooks: tuple[Gradebook, Any], notebook: str, assignment: str
) -> None:
    ours, theirs = gradebooks
    expected = by_id(theirs.notebook_submission_dicts(notebook, assignment))
    assert by_id(submission_lists.notebook_submission_dicts(ours, notebook, assignment)) == expected
    found = submission_lists.notebook_submissions(ours, notebook, assignment)
    names = {(row.id, row.name, row.student.id) for row in theirs.notebook_submissions(notebook, assignment)}
    assert {(row.id, row.name, row.student.id) for row in found} == names


def test_a_course_uses_these_lists() -> None:
    CourseFolder(ROOT)
    names = ("submission_dicts", "notebook_submission_dicts", "notebook_submissions")
    assert all(getattr(Gradebook, name) is getattr(submission_lists, name) for name in names)
