"""A roster is kept: who is missing, who is in which section, and which ids nobody has."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests.helpers import RIGHT, course, hand_in
from tests.whole_class.classes import COURSE_ID, url

CLASS = (
    "student_id,first_name,last_name,email,section\n"
    "ann,Ann,Alpha,ann@example.org,Monday\n"
    "bob,Bob,Beta,bob@example.org,Friday\n"
    "carl,Carl,Gamma,carl@example.org,Monday\n"
)


def run(root: Path, *arguments: str) -> str:
    result = course(*arguments, cwd=root)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def exported(root: Path, *options: str) -> dict[str, str]:
    run(root, "export", "small", "--to", "csv", *options)
    with (root / "small-csv.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student_id"]: row["status"] for row in csv.DictReader(file)}


@pytest.mark.slow
def test_a_class_with_sections(root: Path) -> None:
    (root / "class.csv").write_text(CLASS)
    assert run(root, "roster", "class.csv") == "class.csv: 3 entered, 0 known before\n"
    for student in ("ann", "bob", "zoe"):
        hand_in(root, student, **RIGHT)
    assert run(root, "roster", "class.csv") == "class.csv: 0 entered, 3 known before\nnot in class.csv: zoe\n"
    run(root, "grade", "small", "--jobs", "1")
    everybody = {"ann": "graded", "bob": "graded", "carl": "not handed in", "zoe": "graded"}
    assert exported(root) == everybody
    assert "in no roster: zoe" in run(root, "export", "small", "--to", "csv")
    assert exported(root, "--section", "Monday") == {"ann": "graded", "carl": "not handed in"}
    run(root, "report", "small", "--section", "Monday")
    page = (root / "report" / "small.html").read_text()
    assert "Carl Gamma" in page
    assert "Bob Beta" not in page
    with Gradebook(url(root), COURSE_ID) as gradebook:
        ann = gradebook.find_student("ann")
        assert (ann.first_name, ann.last_name, ann.email) == ("Ann", "Alpha", "ann@example.org")
    result = course("export", "small", "--to", "csv", "--section", "Sunday", cwd=root)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "nobody is in a section Sunday; there is: Friday, Monday" in result.stderr


@pytest.mark.slow
def test_a_second_roster_takes_nothing_away(root: Path) -> None:
    (root / "class.csv").write_text(CLASS)
    run(root, "roster", "class.csv")
    (root / "more.csv").write_text("student_id,name\nann,Ann\ndora,Dora Delta\n")
    assert run(root, "roster", "more.csv").startswith("more.csv: 1 entered, 1 known before\n")
    with Gradebook(url(root), COURSE_ID) as gradebook:
        assert gradebook.find_student("ann").email == "ann@example.org"
        assert gradebook.find_student("dora").last_name == "Delta"


@pytest.mark.slow
def test_before_anything_is_generated(tmp_path: Path, prepared: Path) -> None:
    root = tmp_path / "course"
    root.mkdir()
    (root / "nbgrader_config.py").write_bytes((prepared / "nbgrader_config.py").read_bytes())
    (root / "class.csv").write_text(CLASS)
    assert run(root, "roster", "class.csv") == "class.csv: 3 entered, 0 known before\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{CLASS}ann,Ann,Again,,\n", "lists ann more than once"),
        ("who,why\nann,because\n", "does not tell who is who"),
    ],
)
def test_refused(root: Path, text: str, words: str) -> None:
    (root / "class.csv").write_text(text)
    before = (root / "gradebook.db").read_bytes()
    result = course("roster", "class.csv", cwd=root)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert words in result.stderr
    assert (root / "gradebook.db").read_bytes() == before
