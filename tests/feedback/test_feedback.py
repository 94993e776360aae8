"""`course feedback` writes the pages that stock nbgrader writes, and one that fails stops no other."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError, GradebookError
from course.grading.feedback.making import FeedbackSummary, make_feedback
from course.grading.feedback.pages import make_page, page_settings
from course.grading.gradebook import book
from course.grading.gradebook.notebook_grades import NotebookGrades
from course.grading.problem_sets import notebooks
from tests.helpers import RIGHT, cell, course, hand_in, nbgrader, notebook, small_course
from tests.lms.trees import tree

pytestmark = pytest.mark.slow

COMMENT = "Say <b>why</b>."


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with two notebooks in a problem set, three students, a comment, and a late penalty."""
    root = small_course(tmp_path_factory.mktemp("pages") / "course")
    written = notebook(cell("Why?", "why", kind="markdown", solution=True, grade=True, points=2))
    notebooks.write(written, root / "source" / "small" / "words.ipynb")
    (root / "source" / "small" / "data.csv").write_text("1,2\n")
    release = CourseFolder(root).generate("small")
    for student, answers in (("ann", RIGHT), ("bob", {}), ("eve", RIGHT)):
        path = hand_in(root, student, **answers)
        shutil.copy(release / "words.ipynb", path.parent)
    result = course("grade", "small", cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr
    with Gradebook(f"sqlite:///{root}/gradebook.db", "mlp-gradients") as gradebook:
        grade = gradebook.find_grade("why", "words", "small", "ann")
        grade.manual_score, grade.extra_credit = 1.5, 0.25
        gradebook.find_comment("why", "words", "small", "ann").manual_comment = COMMENT
        gradebook.find_submission_notebook("small", "small", "eve").late_submission_penalty = 1.0
        gradebook.db.commit()
    return root


@pytest.fixture
def root(graded: Path, tmp_path: Path) -> Path:
    return shutil.copytree(graded, tmp_path / "course")


def pages(root: Path) -> dict[str, bytes | None]:
    return tree(root / "feedback")


def test_the_same_pages_as_stock_nbgrader(root) -> None:
    result = course("feedback", "small", cwd=root)
    assert result.returncode == 0, result.stderr
    assert "3 of 3 students have new feedback" in result.stdout
    ours = pages(root)
    modes = {path: path.stat().st_mode for path in sorted((root / "feedback").rglob("*"))}
    shutil.rmtree(root / "feedback")
    assert nbgrader("generate_feedback", "small", cwd=root).returncode == 0
    assert ours == pages(root)
    assert modes == {path: path.stat().st_mode for path in modes}
    assert {path.name for path in (root / "feedback" / "ann" / "small").iterdir()} == {
        "small.html",
        "words.html",
        "data.csv",
    }
    page = (root / "feedback" / "ann" / "small" / "words.html").read_text()
    assert "Score: 1.75 / 2.0" in page


def damage(root: Path, student: str, text: str, notebook: str = "words") -> Path:
    path = root / "autograded" / student / "small" / f"{notebook}.ipynb"
    path.chmod(0o644)
    path.write_text(text)
    return path


def test_one_notebook_that_cannot_be_read_stops_no_other(root) -> None:
    assert make_feedback(root, "small", jobs=1).is_complete
    before = pages(root)
    for path in root.glob("autograded/*/small/small.ipynb"):
        damage(root, path.parts[-3], path.read_text().replace("Conventions", "What holds"), "small")
    damage(root, "bob", "{")
    result = course("feedback", "small", "--jobs", "1", cwd=root)
    assert result.returncode == 1
    assert "2 of 3 students have new feedback" in result.stdout
    assert "bob: no new feedback: autograded/bob/small/words.ipynb: " in result.stdout
    changed = {name for name, content in pages(root).items() if before[name] != content}
    assert changed == {"ann/small/small.html", "eve/small/small.html"}


AGAIN = "`course grade small --student bob --force` grades it again, then run the same command again"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "it is not a readable notebook: "),
        ("[]", "it is not a readable notebook: its JSON is not that of a notebook"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [5]}', "is not a readable notebook"),
    ],
)
def test_a_damaged_graded_notebook_is_told_with_the_command_that_mends_it(root, text, words) -> None:
    damage(root, "bob", text)
    summary = make_feedback(root, "small", jobs=1)
    assert summary.written == 2
    problem = summary.problems["bob"]
    assert problem.startswith("autograded/bob/small/words.ipynb: ")
    assert words in problem
    assert "Error" not in problem
    assert problem.endswith(f"; {AGAIN}")
    assert course("grade", "small", "--student", "bob", "--force", cwd=root).returncode == 0
    assert make_feedback(root, "small", jobs=1).is_complete


def test_pages_that_cannot_be_written_stop_no_other(root) -> None:
    (root / "feedback").mkdir()
    (root / "feedback" / "ann").write_text("no folder")
    path = root / "autograded" / "bob" / "small" / "small.ipynb"
    damage(root, "bob", path.read_text().replace("Conventions", "\\ud800"), "small")
    os.mkfifo(root / "autograded" / "eve" / "small" / "pipe.csv")
    (root / "autograded" / "eve" / "small" / "link.csv").symlink_to(root / "gradebook.db")
    summary = make_feedback(root, "small", jobs=1)
    in_the_way = "feedback/ann is in the way of a folder: move it away, then run the same command again"
    assert summary.problems["ann"] == in_the_way
    assert "link.csv" in summary.problems["eve"]
    assert summary.problems.keys() == {"ann", "eve"}
    # half of a pair of surrogates, which no page can hold, is shown as something else
    assert "<h1>?<a" in (root / "feedback" / "bob" / "small" / "small.html").read_text(encoding="utf-8")
    assert summary.written == 1


def test_a_graded_folder_without_its_notebooks(root) -> None:
    folder = root / "autograded" / "bob" / "small"
    for path in folder.glob("*.ipynb"):
        path.unlink()
    assert make_feedback(root, "small", jobs=1).problems == {
        "bob": f"autograded/bob/small holds no notebook of small; {AGAIN}"
    }
    (folder / "words.ipynb").mkdir()
    assert "it is no regular file" in make_feedback(root, "small", jobs=1).problems["bob"]


def test_a_locked_gradebook_is_told_while_it_is_waited_for(root, monkeypatch, capsys) -> None:
    monkeypatch.setattr(book, "SECONDS_OF_SILENCE", 0.01)
    monkeypatch.setattr(book, "SECONDS_TO_WAIT", 0.1)
    with sqlite3.connect(root / "gradebook.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(
            GradebookError, match=r"cannot be read: database is locked; .* wait for it, or end it"
        ):
            make_feedback(root, "small", jobs=1)
        assert capsys.readouterr().err == (
            f"course: {root / 'gradebook.db'} is locked by another command: waiting for its end\n"
        )
    other.close()
    assert make_feedback(root, "small", jobs=1).is_complete
    assert capsys.readouterr().err == ""


def test_of_one_student(root) -> None:
    result = course("feedback", "small", "--student", "eve", cwd=root)
    assert result.returncode == 0, result.stderr
    assert {path.name for path in (root / "feedback").iterdir()} == {"eve"}
    result = course("feedback", "small", "--student", "zoe", cwd=root)
    assert result.returncode == 1
    problem = "nothing of zoe is graded: there is no autograded/zoe/small"
    assert result.stderr == f"course: {problem}, and no submitted/zoe/small to grade\n"
    hand_in(root, "zoe")
    with pytest.raises(CourseError, match="`course grade small --student zoe` grades what was handed in"):
        make_feedback(root, "small", students=["zoe"])


def test_a_student_whom_the_gradebook_does_not_know(root) -> None:
    (root / "autograded" / "eve").rename(root / "autograded" / "zoe")
    summary = make_feedback(root, "small", jobs=1)
    assert summary.written == 2
    problem = "the gradebook knows nothing of autograded/zoe/small; "
    remedy = "there is no submitted/zoe/small to grade again: put it there, or remove autograded/zoe/small"
    assert summary.problems["zoe"] == problem + remedy
    hand_in(root, "zoe")
    mended = make_feedback(root, "small", jobs=1).problems["zoe"]
    assert mended.startswith(f"{problem}`course grade small --student zoe --force` grades it again")
    assert not (root / "feedback" / "zoe").exists()


def test_nothing_is_graded(tmp_path) -> None:
    root = small_course(tmp_path / "course")
    with pytest.raises(CourseError, match="nobody's small is graded: `course grade small`"):
        make_feedback(root, "small")
    with pytest.raises(CourseError, match="there is no assignment 'smal'; there is: small"):
        make_feedback(root, "smal")
    assert not (root / "feedback").exists()


def test_where_feedback_cannot_be_written_it_is_said(root) -> None:
    (root / "feedback").write_text("no folder")
    with pytest.raises(CourseError, match=r"^feedback is a file, .* move it away"):
        make_feedback(root, "small", jobs=1)
    assert (root / "feedback").read_text() == "no folder"


def test_a_cell_that_the_gradebook_does_not_know(graded) -> None:
    folder = CourseFolder(graded)
    rules = GenerateFeedback(coursedir=folder.course, config=folder.config)
    settings = page_settings(rules, folder.config)
    text = (graded / "autograded" / "ann" / "small" / "words.ipynb").read_text()
    names = {"student": "ann", "assignment": "small", "notebook": "words"}
    reply = json.loads(make_page(settings, text, names, NotebookGrades(0.0, 2.0, None)))
    assert reply == {"problem": "the gradebook has nothing for its cell why"}


def test_the_summary_says_what_is_left() -> None:
    summary = FeedbackSummary("ps1", 3, written=1, problems={"bob": "it is gone"}, elapsed=2.0)
    assert not summary.is_complete
    assert list(summary.lines()) == [
        "ps1: 1 of 3 students have new feedback, in 2.0 s; 1 left: run the same command again",
        "bob: no new feedback: it is gone",
    ]
