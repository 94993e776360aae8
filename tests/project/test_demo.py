"""Every sample submission gets exactly its expected points, question by question."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from demo.__main__ import ASSIGNMENT, differences, main, table
from demo.students import STUDENTS, Student, functions

NAMES = [student.name for student in STUDENTS]

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("student", STUDENTS, ids=NAMES)
def test_points(graded_class, student: Student) -> None:
    points = {name: mark.points for name, mark in graded_class.marks[student.name].items()}
    assert points == student.expected(graded_class.source)


def test_filled_in_source_gets_full_marks(graded_class) -> None:
    marks = graded_class.marks["perfect"]
    assert any(mark.is_waiting for mark in marks.values())
    points = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points
        for cell in graded_class.source.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    for name, mark in marks.items():
        assert mark.is_waiting or mark.points == points[name] > 0, name


def test_untouched_release_gets_nothing(graded_class) -> None:
    marks = graded_class.marks["untouched"]
    assert marks
    assert all(mark.points == 0 and not mark.is_waiting for mark in marks.values())


def test_written_questions_wait_for_a_reader(graded_class) -> None:
    waiting = {name for name, mark in graded_class.marks["perfect"].items() if mark.is_waiting}
    written = {
        cell.metadata.nbgrader.grade_id
        for cell in graded_class.source.cells
        if cell.cell_type == "markdown" and cell.metadata.get("nbgrader", {}).get("grade")
    }
    assert waiting == written != set()


def test_everybody_has_a_feedback_page(graded_class) -> None:
    pages = graded_class.pages[1:]
    assert [page.parts[-3] for page in pages] == sorted(NAMES)
    for page in pages:
        assert "test_train" in page.read_text(encoding="utf-8")


def test_there_is_a_report_on_the_class(graded_class) -> None:
    report = graded_class.pages[0].read_text(encoding="utf-8")
    assert f"{ASSIGNMENT}: the class at a glance" in report
    assert "untouched" in report  # who is stuck


def test_samples_answer_every_question(graded_class) -> None:
    asked = {
        cell.metadata.nbgrader.grade_id
        for cell in graded_class.source.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    }
    for student in STUDENTS:
        if student.name not in ("perfect", "untouched"):
            assert student.answers(graded_class.source).keys() >= asked, student.name


def test_table_shows_every_student_and_question(graded_class) -> None:
    out = io.StringIO()
    Console(file=out, width=112).print(table(graded_class.source, graded_class.marks))
    for question in STUDENTS[0].expected(graded_class.source):
        assert question in out.getvalue()
    for name in NAMES:
        assert all(word in out.getvalue() for word in name.split("_")), name


def test_a_wrong_point_is_told(graded_class) -> None:
    assert differences(graded_class.source, graded_class.marks) == []
    mark = graded_class.marks["raising"]["test_dZ_dH"]
    forged = {"raising": {**graded_class.marks["raising"], "test_dZ_dH": mark._replace(points=1.5)}}
    assert differences(graded_class.source, {**graded_class.marks, **forged}) == [
        "raising: test_dZ_dH gave 1.5 points, expected 0"
    ]


@pytest.mark.parametrize("wrong", [0, 1])
def test_demo_prints_and_exits(graded_class, monkeypatch, capsys, wrong: int) -> None:
    marks = graded_class.marks
    if wrong:
        marks = {**marks, "perfect": marks["untouched"]}
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: str(graded_class.root))
    monkeypatch.setattr(
        "demo.__main__.grade_class", lambda _: (graded_class.source, marks, graded_class.pages)
    )
    assert main() == wrong
    printed = capsys.readouterr().out
    assert f"{ASSIGNMENT}: points" in printed
    assert all(str(page) in printed for page in graded_class.pages)
    assert ("Every point is the expected one." in printed) == (not wrong)


def test_an_answer_is_the_whole_function(tmp_path) -> None:
    path = tmp_path / "sample.py"
    path.write_text("import os\n\n\n@os.nothing\ndef f(x):\n    return x\n\n\ndef g(x):\n    return 2\n")
    assert functions(path) == {"f": "@os.nothing\ndef f(x):\n    return x", "g": "def g(x):\n    return 2"}
