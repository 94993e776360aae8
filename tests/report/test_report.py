"""`course report`: what the page says of a class that was really graded, and what it refuses."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import text

from course.grading.course_folder import CourseFolder
from course.grading.gradebook import history
from course.grading.gradebook.book import snapshot
from course.grading.gradebook.history import Grading
from course.grading.gradebook.reading import read_graded_class
from course.grading.sandbox import bubblewrap
from tests.helpers import course, run, small_course
from tests.postgresql import server
from tests.report.small_class import ATTACK
from tests.whole_class.classes import COURSE_ID, url

pytestmark = pytest.mark.slow

VOID = {"meta", "br", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """The page as a tree flattened: its tags, and the text of each section and table row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.section = ""
        self.texts: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(html)
        assert self._open == [], "every element is closed"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = dict(attributes)
        self.tags.append((tag, names))
        if tag == "section":
            self.section = str(names["aria-labelledby"])
        elif tag == "tr":
            self.rows.append([self.section])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.texts[self.section] = self.texts.get(self.section, "") + data
        if self._open[-1:] and {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data

    def table(self, section: str, first: str) -> list[str]:
        """Return the one row of a section whose first cell begins like this, its spaces joined."""
        rows = [[" ".join(cell.split()) for cell in row] for row in self.rows if row[0] == section]
        (row,) = (row[1:] for row in rows if row[1].startswith(first))
        return row


@pytest.fixture(scope="module")
def html(graded: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "small.html"
    before = files(graded)
    result = course("report", "small", "--to", path, cwd=graded)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.strip() == str(path)
    assert files(graded) == before, "a report changes nothing in the course"
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def files(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_questions(page: Page) -> None:
    question, points, facility, discrimination, time, verdicts = page.table("questions", "test_double")
    assert (question, points, facility) == ("test_double", "1", "83 %")
    assert float(discrimination)
    assert re.fullmatch(r"\d+ ms|\d+\.\d s", time)
    assert verdicts == "pass 5 error 1"
    _, points, facility, *_, verdicts = page.table("questions", "test_half")
    assert (points, facility) == ("2", "67 %")
    assert verdicts == "pass 4 wrong 1 error 1"


def test_a_tests_time_is_that_of_the_students_code_in_it(graded: Path) -> None:
    course_directory = CourseFolder(graded).course
    with snapshot(course_directory, "small") as session:
        record = read_graded_class(session, course_directory, "small")
    (dora,) = (student for student in record.students if student.id == "dora")
    assert dora.cells["small", "test_half"]["seconds"] >= 1 > dora.cells["small", "test_double"]["seconds"]
    assert dora.cells["small", "why"]["seconds"] is None


def test_written_answers_wait_for_a_reader(page: Page) -> None:
    _, points, facility, discrimination, time, verdicts = page.table("questions", "why")
    # those who wrote nothing got nothing, which is nbgrader's rule
    assert (points, facility, time, verdicts) == ("4", "0 % 3 of 6 read", "no test", "3 to be read")
    assert "undefined: all have the same points here" in discrimination
    assert page.table("written", "why")[:3] == ["why", "4", "3"]


def test_the_named_mistake(page: Page) -> None:
    name, question, count, share, message = page.table("mistakes", "three for two")
    assert (question, count, share) == ("test_half", "1", "17 %")
    assert message == "half: It is a third of it."
    assert name == "three for two"


def test_who_is_stuck_and_who_is_missing(page: Page) -> None:
    assert page.table("students", "emil") == ["emil", "0", "error 2"]
    assert "fay Fay <script>alert(2)</script>" in " ".join(page.texts["students"].split())
    assert "ann" not in page.texts["students"]


def test_what_was_repaired_in_several_notebooks_is_one_row(page: Page) -> None:
    row = ["2: dora, emil", "test_double: the cell was missing"]
    assert page.table("notebooks", "2: dora, emil") == row


def test_the_copy_with_other_names_is_shown(page: Page) -> None:
    text = page.texts["pairs"]
    assert f"{ATTACK} and bob" in text
    assert "half: 100 % alike" in text
    assert "result = result * 1.0" in text
    assert "wanted = wanted * 1.0" in text
    assert text.count("alike.") == 1, "no other pair"


def test_nothing_a_student_wrote_is_markup(page: Page, html: str) -> None:
    assert {tag for tag, _ in page.tags} & {"script", "img", "iframe", "b:script"} == set()
    assert not [a for _, attributes in page.tags for a in attributes if a.startswith("on")]
    for shown in ("&lt;script&gt;alert(", "&lt;img src=x onerror=alert(1)&gt;", "&lt;b&gt;Builder&lt;/b&gt;"):
        assert shown in html
    # what a template language would have made of it
    assert "{{ 7 * 191 }}" in html
    assert "1337" not in html


def test_the_page_needs_nothing_else(page: Page, html: str) -> None:
    links = [a for _, attributes in page.tags for n, a in attributes.items() if n in ("src", "href")]
    assert links
    # what a reader may follow: within the page, to feedback beside it, to Formgrader on the page's server
    assert all(str(link).startswith(("#", "../feedback/", "/formgrader/")) for link in links)
    assert not any("src" in attributes for _, attributes in page.tags)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {attributes[n] for _, attributes in page.tags for n in ("aria-labelledby",) if n in attributes}
    assert {name for names in named for name in str(names).split()} <= set(ids)
    assert "url(" not in html
    assert "@import" not in html


def test_tables_can_be_listened_to(page: Page) -> None:
    tags = [tag for tag, _ in page.tags]
    assert tags.count("table") == tags.count("caption") == tags.count("thead")
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in page.tags if tag == "th")
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_a_test_that_is_new_is_no_answer_to_read(root: Path) -> None:
    with Gradebook(url(root), COURSE_ID) as gradebook:
        grade = gradebook.find_grade("test_half", "small", "small", "dora")
        grade.auto_score, grade.manual_score, grade.needs_manual_grade = None, None, True
        gradebook.db.commit()
    assert course("report", "small", cwd=root).returncode == 0
    page = Page((root / "report" / "small.html").read_text(encoding="utf-8"))
    assert "test_half: not run on everybody's answers yet" in page.texts["scores"]
    assert "course grade small" in page.texts["scores"]
    assert not [row for row in page.rows if row[:2] == ["written", "test_half"]]


def test_what_nbgrader_and_the_gradebook_say_later_is_in_it(root: Path) -> None:
    """A manual grade, a failed grading and an old record without times."""
    with Gradebook(url(root), COURSE_ID) as gradebook:
        grade = gradebook.find_grade("why", "small", "small", "bob")
        grade.manual_score, grade.needs_manual_grade = 3, False
        rows = gradebook.db.execute(text("SELECT id, cells FROM course_gradings")).all()
        for number, cells in rows:
            old = json.loads(cells)
            for cell in old.values():
                del cell["seconds"]
            gradebook.db.execute(
                text("UPDATE course_gradings SET cells = :cells WHERE id = :id"),
                {"cells": json.dumps(old), "id": number},
            )
        who = "small", "carl", "small"
        failed = Grading(*who, "", "", "", "", 1, "infrastructure-error", 0.0, problem="No room.")
        history.append(gradebook.db, failed)
        gradebook.db.commit()
    result = course("report", "small", cwd=root)
    assert result.returncode == 0, result.stderr
    page = Page((root / "report" / "small.html").read_text())
    assert page.table("questions", "test_double")[4] == "not recorded"
    assert page.table("questions", "test_double")[5] == "pass 5 error 1", "the grading before still holds"
    assert page.table("questions", "why")[2] == "19 % 4 of 6 read"
    assert page.table("students", "carl") == ["carl", "No room."]


def test_without_the_graded_notebooks_there_are_no_pairs(root: Path) -> None:
    shutil.rmtree(root / "autograded" / "bob")
    (root / "autograded" / "ann" / "small" / "small.ipynb").write_text("[]")
    assert course("report", "small", cwd=root).returncode == 0
    page = Page((root / "report" / "small.html").read_text())
    assert "Without 2 whose graded notebook" in page.texts["pairs"]
    assert "No two answers are alike" in page.texts["pairs"]


def test_a_gradebook_in_postgresql(root: Path) -> None:
    with server() as address:
        here = {"COURSE_DB_URL": address}
        assert run(["nbgrader", "generate_assignment", "small", "--force"], root, **here).returncode == 0
        refused(root, "nobody's small is graded", **here)
        assert course("grade", "small", "--jobs", "1", "--student", "carl", cwd=root, **here).returncode == 0
        result = course("report", "small", cwd=root, **here)
        assert result.returncode == 0, result.stderr
        assert course("diff", "small", cwd=root, **here).stdout == "small: 1 graded only once\n"
    page = Page((root / "report" / "small.html").read_text())
    assert page.table("mistakes", "three for two")[2] == "1"


def refused(
    root: Path, words: str, *arguments: str, before: Sequence[str | Path] = (), **environment: str
) -> None:
    """Assert that `course report` says `words` in its only line, and leaves everything as it is."""
    there = files(root)
    command = [*before, sys.executable, "-m", "course.grading", "report", *(arguments or ["small"])]
    result = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (result.returncode, result.stdout) == (1, ""), result.stderr
    assert result.stderr.startswith("course: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert words in result.stderr
    assert files(root) == there
    assert not (root / "report").exists() or any((root / "report").iterdir())


def test_unknown_assignment(root: Path) -> None:
    refused(root, "knows no assignment large (it knows small)", "large")


def test_not_a_course(tmp_path: Path) -> None:
    refused(tmp_path, "run this in the course's root")


def test_nobody_is_graded(tmp_path: Path) -> None:
    root = small_course(tmp_path / "course")
    CourseFolder(root).generate("small")
    refused(root, "nobody's small is graded: `course grade small`")


def test_no_gradebook(root: Path) -> None:
    (root / "gradebook.db").unlink()
    refused(root, "`nbgrader generate_assignment small --force` makes it")


def test_gradebook_of_another_course(root: Path) -> None:
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text().replace("mlp-gradients", "philosophy"))
    refused(root, "gradebook of another course (mlp-gradients, not philosophy)")


def test_no_gradebook_at_all(root: Path) -> None:
    (root / "gradebook.db").write_bytes(b"a text that somebody gave the wrong name" * 100)
    refused(root, "gradebook.db cannot be read: file is not a database")


def sandbox(root: Path, *options: str | Path) -> list[str | Path]:
    return [bubblewrap.program(), "--dev-bind", "/", "/", *options, "--chdir", root]


def test_read_only_disk(root: Path, tmp_path: Path) -> None:
    """Read it can be: the report goes somewhere else."""
    frozen = sandbox(root, "--ro-bind", root, root)
    refused(root, "cannot be written (Read-only file system): say --to FILE.html", before=frozen)
    to = tmp_path / "elsewhere.html"
    command = [*frozen, sys.executable, "-m", "course.grading", "report", "small", "--to", to]
    result = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 0, result.stderr
    assert to.is_file()


def test_no_space_left(root: Path) -> None:
    (root / "report").mkdir()
    (root / "report" / "small.html").write_text("the report of last week")
    full = sandbox(root, "--size", "4096", "--tmpfs", root / "report")
    refused(root, "report/small.html cannot be written (No space left on device)", before=full)


def test_no_such_folder(root: Path) -> None:
    refused(root, "cannot be written (No such file or directory)", "small", "--to", "no/such/page.html")


def test_a_report_replaces_the_one_before(root: Path) -> None:
    for _ in range(2):
        assert course("report", "small", cwd=root).stdout.strip() == str(root / "report" / "small.html")
    assert {path.name for path in (root / "report").iterdir()} == {"small.html", ".small.json"}
