"""Who was not run, or in part only, or repaired, is named with the reason, however a class is graded."""

from __future__ import annotations

import html
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.console import Console

from course.grading.course_folder import CourseFolder
from course.grading.gradebook.reading import read_marks
from course.grading.gradebook.remarks import remarks
from course.grading.problem_sets import notebooks
from course.grading.whole_class.progress import ClassSummary, print_summary
from tests.helpers import RIGHT, course, hand_in, nbgrader, small_course
from tests.lms.archives import archive
from tests.submissions.odd_files import OddFile, readable, unreadable

pytestmark = pytest.mark.slow

LINKED = "linked"
STUCK = "stuck"


@pytest.fixture(scope="module")
def files(root: Path) -> dict[str, OddFile]:
    """The odd files, by the student who hands them in."""
    released = notebooks.read(root / "release" / "small" / "small.ipynb")
    book = json.loads(notebooks.dumps(notebooks.with_answers(released, RIGHT)))
    return {file.name: file for file in (*readable(book), *unreadable(book))}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = small_course(tmp_path_factory.mktemp("odd") / "course")
    CourseFolder(root).generate("small")
    return root


@pytest.fixture(scope="module")
def handed_in(root: Path, files: Mapping[str, OddFile]) -> Path:
    """The course after a class has handed in every odd file, one nothing that passes, and one a link."""
    for name, file in files.items():
        hand_in(root, name).write_bytes(file.content)
    hand_in(root, STUCK, double="def double(x):\n    return x", half="def half(x):\n    return x")
    (root / "submitted" / LINKED).symlink_to("vs-code")
    return root


@pytest.fixture(scope="module")
def graded(handed_in: Path, tmp_path_factory: pytest.TempPathFactory):
    """A copy of the course, graded by `course grade`, and what that said."""
    root = tmp_path_factory.mktemp("graded") / "course"
    shutil.copytree(handed_in, root, symlinks=True)
    return root, course("grade", "small", "--all-names", cwd=root)


def points(root: Path) -> dict[str, float]:
    marks = read_marks(CourseFolder(root).course, "small")
    return {student: sum(mark.points for mark in cells.values()) for student, cells in marks.items()}


def expected(files: Mapping[str, OddFile]) -> dict[str, float]:
    return {name: 0 if file.reason else 3 for name, file in files.items()} | {LINKED: 0, STUCK: 0}


def damaged(files: Mapping[str, OddFile]) -> dict[str, str]:
    """The reason for each that is not run, without what only it has."""
    return {name: file.reason.partition(" (")[0] for name, file in files.items() if file.reason} | {
        LINKED: "The folder is a link"
    }


def test_course_grade_names_them(graded, files) -> None:
    root, result = graded
    assert result.returncode == 0, result.stdout + result.stderr
    assert points(root) == expected(files)
    told = named(result.stdout)
    assert set(told["not run, 0 points"]) == set(damaged(files))
    for name, reason in damaged(files).items():
        assert reason in told["not run, 0 points"][name]
    repaired = {name: file.repair for name, file in files.items() if file.repair}
    assert set(told["repaired, then run"]) == set(repaired)
    assert all(repair in told["repaired, then run"][name] for name, repair in repaired.items())
    assert STUCK not in result.stdout.partition("not run, 0 points")[2]


def named(stdout: str) -> dict[str, dict[str, str]]:
    """Return by heading whom a summary names, with the reason."""
    told: dict[str, dict[str, str]] = {}
    heading = reason = ""
    for line in stdout.splitlines():
        if line.startswith(("not run, ", "run in part: ", "repaired, ")):
            heading = line.partition(":")[0]
            told[heading] = {}
        elif heading and line.startswith("    "):
            count, _, names = line.strip().partition(": ")
            assert int(count) == len(names.split(", "))
            told[heading] |= dict.fromkeys(names.split(", "), reason)
        elif heading and line.startswith("  "):
            reason = line.strip()
    return told


def test_they_are_named_again_without_being_graded_again(graded, files) -> None:
    root, before = graded
    again = course("grade", "small", "--all-names", cwd=root)
    assert again.returncode == 0
    assert "0 of " in again.stdout
    assert named(again.stdout) == named(before.stdout)
    few = course("grade", "small", cwd=root)
    assert "`course grade small --all-names` names everybody" not in few.stdout


def test_the_report_tells_them_from_those_who_are_stuck(graded, files) -> None:
    root, _ = graded
    assert course("report", "small", cwd=root).returncode == 0
    page = (root / "report" / "small.html").read_text()
    help_section = page.partition('id="students"')[2].partition("</section>")[0]
    not_run, _, stuck = help_section.partition("Stuck: nothing passes")
    for name in damaged(files):
        assert f">{name}<" in not_run
        assert f">{name}<" not in stuck
    assert f">{STUCK}<" in stuck
    assert f">{STUCK}<" not in not_run
    assert "merge conflict (line 6)" in not_run


def test_feedback_says_the_reason(graded, files) -> None:
    root, _ = graded
    result = course("feedback", "small", cwd=root)
    assert result.returncode == 0, result.stdout
    for name, file in files.items():
        page = html.unescape((root / "feedback" / name / "small" / "small.html").read_text())
        assert file.reason in " ".join(page.split()), name


def test_course_score_names_them(handed_in, files) -> None:
    root = handed_in
    paths = [f"submitted/{name}/small" for name in (*files, LINKED)]
    result = course("score", "small", *paths, "--json", cwd=root)
    assert result.returncode == 0, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["score"] for line in lines] == [expected(files)[name] for name in (*files, LINKED)]
    told = named(result.stderr)
    assert set(told["not run, 0 points"]) == {f"submitted/{name}/small" for name in damaged(files)}
    table = course("score", "small", *paths[-3:], cwd=root)
    assert table.returncode == 0
    assert "submitted/linked/small: 0 of 3 points" in table.stdout
    assert "not run: The folder is a link" in table.stdout
    assert set(named(table.stdout)["not run, 0 points"]) == set(paths[-3:])


FORMGRADER = """
import sys
from pathlib import Path
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from course.grading.course_folder import CourseFolder
folder = CourseFolder(Path.cwd())
for student in sys.argv[1:]:
    result = NbGraderAPI(folder.course, config=folder.config).autograde("small", student)
    print(student, result["success"], result["log"].replace("\\n", " "))
"""


def test_stock_autograde_and_formgraders_button_name_them(handed_in, files, tmp_path) -> None:
    root = tmp_path / "course"
    shutil.copytree(handed_in, root, symlinks=True)
    students = ["merge-conflict", "metadata-lost-ids-kept", "metadata-and-ids-lost", "utf-16"]
    button = subprocess.run(
        [sys.executable, "-c", FORMGRADER, *students], cwd=root, capture_output=True, text=True, check=False
    )
    assert button.returncode == 0, button.stderr
    said = {line.split()[0]: line for line in button.stdout.splitlines()}
    for name in students:
        assert f"{name} True" in said[name]
        assert f"{files[name].reason}{files[name].repair}" in said[name]
    assert points(root) == {name: expected(files)[name] for name in students}
    result = nbgrader("autograde", "small", cwd=root)
    assert result.returncode == 0, result.stderr[-3000:]
    assert points(root) == expected(files)
    for name, file in files.items():
        lines = [line for line in result.stderr.splitlines() if f" {name}, small: " in line]
        # whom the button has graded, nobody grades again
        assert bool(lines) == (bool(file.reason or file.repair) and name not in students), (name, lines)
        assert any(f"{file.reason}{file.repair}" in line for line in lines) or not lines


def test_they_can_be_collected(root, files, tmp_path) -> None:
    """What an archive of a learning management system holds is graded as what is handed in elsewhere."""
    contents = {name: file.content for name, file in files.items()}
    taken = {name: content for name, content in contents.items() if len(content) < 30 << 20}
    other = small_course(tmp_path / "course")
    CourseFolder(other).generate("small")
    packed = archive(
        tmp_path / "all.zip", {f"{name}/small.ipynb": content for name, content in taken.items()}
    )
    result = course("collect", packed, "small", "--from", "zip", cwd=other)
    large = {name for name, content in taken.items() if files[name].reason and len(content) > 10 << 20}
    assert large
    for name in large:
        assert f"  {name}: " in result.stdout
    folders = {path.parent.parent.name for path in other.glob("submitted/*/small/small.ipynb")}
    assert folders == set(taken) - large
    assert all((other / f"submitted/{n}/small/small.ipynb").read_bytes() == taken[n] for n in folders)


def test_a_large_class_is_summed_up_in_few_lines(capsys) -> None:
    unread = {
        "small": {
            "problem": "The file is empty (it has 0 bytes): hand in another.",
            "repairs": [],
            "cells": {},
        }
    }
    late = {"verdict": "not-run", "message": "The time was used up."}
    in_part = {"small": {"problem": "", "repairs": ["double: the cell was missing"], "cells": {"a": late}}}
    summary = ClassSummary("small", total=6000, graded=5000)
    for n in range(5000):
        summary.remark(f"student-{n:04}", remarks(unread if n % 2 else in_part))
    summary.problems = [(f"other-{n}", "not graded", "no room") for n in range(1000)]
    print_summary(summary, Console(width=80))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 40
    assert lines[0].endswith("; 2500 not run")
    assert "not run, 0 points: 2500" in lines
    assert "  The file is empty: hand in another." in lines
    assert "    2500: student-0001, student-0003, student-0005" in "\n".join(lines)
    assert "student-0019 and 2490 more" in "\n".join(lines)
    assert "run in part: 2500" in lines
    assert "  and 980 more" in lines
    assert "--all-names" in lines[-1]
    print_summary(summary, Console(width=80), all_names=True)
    out = capsys.readouterr().out
    assert all(f"student-{n:04}" in out for n in range(5000))
    assert "other-999" in out
