"""The report as a workplace: everybody in one table, the same hand-ins first, quick in a large class."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from course.grading.gradebook.class_record import ClassRecord, Mark, Question, ReleasedCell, StudentRecord
from course.grading.gradebook.history import Grading
from course.grading.judging.results import INSIDE
from course.grading.report.forms import AnswerForm, Forms, form_of, released_questions
from course.grading.report.identical import identical_hand_ins
from course.grading.report.kept import KeptForms
from course.grading.report.overview import overview
from course.grading.report.page import page
from tests.helpers import RIGHT, course, hand_in, nbgrader, small_course

pytestmark = pytest.mark.slow

KEY = ("ps", "f")
LONG = "def f(x):\n    total = 0\n    for value in x:\n        total += value * value\n    return total"


def record(students: int, **changed: object) -> ClassRecord:
    released = [ReleasedCell("ps", "f", "code", "def f(x):\n    ...", is_answer=True)]
    questions = [Question("ps", "test_f", 1.0, is_written=False)]
    people = [StudentRecord(f"s{number:04}", is_graded=True) for number in range(students)]
    return replace(ClassRecord("course", "ps", questions, people, released), **changed)


def forms(class_record: ClassRecord, answers: dict[str, str]) -> Forms:
    question = released_questions(class_record)[KEY]
    return {KEY: {student: form_of(source, *question) for student, source in answers.items()}}


def test_nine_of_fifteen_are_one_cluster_and_in_no_pair_among_themselves() -> None:
    class_record = record(15)
    answers = {f"s{number:04}": LONG.replace("value", f"v{number % 9}") for number in range(15)}
    answers |= {f"s{number:04}": LONG for number in range(9)}
    clusters = identical_hand_ins(class_record, forms(class_record, answers))
    assert [cluster.students for cluster in clusters] == [tuple(f"s{number:04}" for number in range(9))]
    assert clusters[0].answers == 1
    shown = overview(class_record, forms(class_record, answers), [], datetime.now(UTC))
    assert list(shown.identical) == clusters
    same = set(clusters[0].students)
    assert not any(same.issuperset(pair.students) for pair in shown.pairs)


@pytest.mark.parametrize("answer", ["def f(x):\n    ...", "def f(x):\n    return x"])
def test_what_is_released_or_short_is_no_cluster(answer: str) -> None:
    answers = {f"s{number:04}": answer for number in range(3)}
    assert identical_hand_ins(record(3), forms(record(3), answers)) == []


@pytest.mark.parametrize("message", ["", INSIDE, f"Not so. ({INSIDE})"])
def test_a_verdict_that_can_be_forged_is_marked(message: str) -> None:
    cells = {"test_f": {"verdict": "pass", "message": message}}
    gradings = {"ps": Grading("ps", "s0", "ps", "", "", "", "", 1, "graded", 1.0, cells)}
    marks = {("ps", "test_f"): Mark(1.0, is_waiting=False)}
    students = [StudentRecord("s0", is_graded=True, marks=marks, gradings=gradings)]
    shown = page(overview(replace(record(0), students=students), {}, [], datetime.now(UTC)))
    assert (f"{INSIDE}: the student can forge it" in unescape(shown)) == bool(message)


def test_forms_are_kept_until_the_notebook_changes(tmp_path: Path) -> None:
    notebook, path = tmp_path / "ps.ipynb", tmp_path / ".ps.json"
    form = forms(record(1), {"s0000": LONG})[KEY]["s0000"]
    reads = []

    def read(notebook: Path) -> dict[str, AnswerForm]:
        reads.append(notebook.read_text())
        return {"f": form}

    def kept_form(class_record: ClassRecord) -> AnswerForm:
        kept = KeptForms(path, class_record)
        result = kept.of(notebook, read)["f"]
        kept.save()
        return result

    for text in ("one", "another"):
        notebook.write_text(text)
        assert [kept_form(record(1)) for _ in range(3)] == [form] * 3
    assert reads == ["one", "another"]
    other_release = [ReleasedCell("ps", "f", "code", "def f(y):\n    ...", is_answer=True)]
    assert kept_form(record(1, released=other_release)) == form
    path.write_text('["damaged"')
    assert kept_form(record(1)) == form
    assert reads == ["one", "another", "another", "another"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = small_course(tmp_path_factory.mktemp("everybody") / "course")
    assert nbgrader("generate_assignment", "small", cwd=root).returncode == 0
    (root / "class.csv").write_text(
        "student_id,name,section\nann,Ann A,Mon\nbob,Bob B,Mon\ncarl,Carl C,Tue\n"
    )
    assert course("roster", "class.csv", cwd=root).returncode == 0
    half = "def half(x):\n    copied = [x / 2 for _ in range(1)]\n    return copied[0] if copied else x / 2"
    for student in ("ann", "bob", "zoe"):
        hand_in(root, student, **(RIGHT | {"half": half}))
    for command in (("grade", "small", "--jobs", "1"), ("feedback", "small", "--student", "ann")):
        assert course(*command, cwd=root).returncode == 0
    assert course("report", "small", cwd=root).returncode == 0
    return root


def test_everybody_has_a_line(root: Path) -> None:
    html = (root / "report" / "small.html").read_text()
    (table,) = re.findall(r'<h2 id="everybody">.*?</section>', html, re.DOTALL)
    lines = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", table, re.DOTALL)
    plain = [" ".join(re.sub("<[^>]*>", " ", line).split()) for line in lines]
    assert plain == [
        "ann Ann A Mon 3 graded feedback Formgrader",
        "bob Bob B Mon 3 graded Formgrader",
        "carl Carl C Tue missing",
        "zoe 3 graded Formgrader",
    ]
    assert "In no roster: zoe." in table
    (link,) = re.findall(r'href="([^"]*)">feedback', table)
    assert (root / "report" / link).resolve() == root / "feedback" / "ann" / "small" / "small.html"
    assert 'href="/formgrader/manage_students/ann/small"' in table


def test_the_same_hand_ins_come_first(root: Path) -> None:
    html = (root / "report" / "small.html").read_text()
    (section,) = re.findall(r'<h2 id="pairs">.*?</section>', html, re.DOTALL)
    assert "The same, word for word" in section
    assert section.index("The same, word for word") < section.index("Pairs of students")
