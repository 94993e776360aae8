"""The one reader of a class: export and report have the same questions, in the notebook's order."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import Engine, event

from course.grading.course_folder import CourseFolder
from course.grading.gradebook.book import snapshot
from course.grading.gradebook.class_record import ClassRecord
from course.grading.gradebook.reading import read_class, read_graded_class
from course.grading.lms.export import QuestionsExport, export
from course.grading.problem_sets import notebooks
from course.grading.report.making import make
from tests.helpers import cell, graded, nbgrader, notebook, small_course, solution
from tests.whole_class.classes import COURSE_ID, url

pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")

ORDER = ["why", "test_zeta", "test_alpha"]


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course whose questions are not in the order of their names; ann has handed in, bob has not."""
    root = small_course(tmp_path_factory.mktemp("reading") / "course")
    source = notebook(
        cell("Why?", "why", kind="markdown", grade=True, solution=True, points=4),
        solution("zeta", "x"),
        graded("test_zeta", "assert zeta(1) == 1"),
        solution("alpha", "x"),
        graded("test_alpha", "assert alpha(1) == 1", points=2),
    )
    notebooks.write(source, root / "source" / "small" / "small.ipynb")
    CourseFolder(root).generate("small")
    with Gradebook(url(root), COURSE_ID) as gradebook:
        gradebook.update_or_create_student("bob")
    enter(root, "ann")
    return root


@pytest.fixture
def root(entered: Path, tmp_path: Path) -> Path:
    return shutil.copytree(entered, tmp_path / "course")


def enter(root: Path, student: str) -> None:
    """Enter a submission with a point for zeta, one for alpha, and an answer that nobody has read."""
    with Gradebook(url(root), COURSE_ID) as gradebook:
        gradebook.update_or_create_student(student, first_name="Ann", last_name="Lee")
        gradebook.update_or_create_submission("small", student)
        for name, points in (("why", None), ("test_zeta", 1), ("test_alpha", 1)):
            grade = gradebook.find_grade(name, "small", "small", student)
            grade.auto_score, grade.needs_manual_grade = points, points is None
        gradebook.db.commit()


def read(root: Path) -> ClassRecord:
    course = CourseFolder(root).course
    with snapshot(course, "small") as session:
        return read_class(session, course, "small")


def names(root: Path) -> list[str]:
    return [question.name for question in read(root).questions]


@pytest.mark.slow
def test_export_and_report_have_the_questions_in_the_notebooks_order(root: Path, tmp_path: Path) -> None:
    export(root, "csv", "small", to=tmp_path / "small.csv")
    stock = f"--exporter={QuestionsExport.__module__}.{QuestionsExport.__name__}"
    result = nbgrader("export", stock, "--assignment", "['small']", "--to", tmp_path / "stock.csv", cwd=root)
    assert result.returncode == 0, result.stderr
    for name in ("small.csv", "stock.csv"):
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as file:
            assert next(csv.reader(file))[-3:] == ORDER
    page = make(root, "small").read_text()
    section = page[page.index('<h2 id="questions">') : page.index('<h2 id="mistakes">')]
    assert re.findall(r'<th scope="row"><code>(\w+)</code>', section) == ORDER


@pytest.mark.slow
def test_a_cell_that_is_not_in_the_source_comes_last(root: Path) -> None:
    path = root / "source" / "small" / "small.ipynb"
    source = notebooks.read(path)
    source.cells = [cell for cell in source.cells if notebooks.grade_id(cell) != "why"]
    notebooks.write(source, path)
    assert names(root) == ["test_zeta", "test_alpha", "why"]
    path.unlink()
    assert names(root) == sorted(ORDER)


def test_a_student(root: Path) -> None:
    record = read(root)
    ann, bob = record.students
    assert (ann.name, ann.is_graded, ann.raw_score, record.waiting(ann)) == ("Ann Lee", True, 2.0, ["why"])
    assert (bob.name, bob.is_graded, bob.raw_score, record.waiting(bob)) == ("", False, 0.0, [])
    assert record.graded == [ann]
    assert record.max_score == 7.0
    assert [question.is_written for question in record.questions] == [True, False, False]


def test_a_late_penalty_takes_no_more_than_there_is(root: Path) -> None:
    for penalty, score in ((0.5, 1.5), (3.0, 0.0)):
        with Gradebook(url(root), COURSE_ID) as gradebook:
            gradebook.find_submission_notebook("small", "small", "ann").late_submission_penalty = penalty
            gradebook.db.commit()
        ann = read(root).students[0]
        assert (ann.penalty, ann.score) == (penalty, score)


def test_a_grade_of_a_cell_that_has_gone_is_no_points(root: Path) -> None:
    with Gradebook(url(root), COURSE_ID) as gradebook:
        gradebook.db.delete(gradebook.find_grade_cell("test_alpha", "small", "small"))
        gradebook.db.commit()
    assert names(root) == ["why", "test_zeta"]
    assert read(root).students[0].raw_score == 1.0


def test_several_notebooks(root: Path) -> None:
    with Gradebook(url(root), COURSE_ID) as gradebook:
        gradebook.add_notebook("more", "small")
        gradebook.add_grade_cell("test_zeta", "more", "small", max_score=1, cell_type="code")
    assert list(read(root).labels.values()) == ["more: test_zeta", *(f"small: {name}" for name in ORDER)]


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that are sent to any database."""
    statements: list[str] = []

    def note(_connection, _cursor, statement: str, *_) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.slow
def test_the_number_of_queries_does_not_depend_on_the_class(root: Path) -> None:
    course = CourseFolder(root).course
    counts = []
    for student in ("carl", "dora"):
        with counted() as statements, snapshot(course, "small") as session:
            assert len(read_graded_class(session, course, "small").graded) == len(counts) + 1
        counts.append(len(statements))
        enter(root, student)
    assert counts[0] == counts[1] > 5
