"""All commands work in any locale, terminal, temporary folder, and path of a course."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course.grading.course_folder import CourseFolder
from course.grading.globbing import glob_literally
from tests.helpers import RIGHT, course, hand_in, nbgrader, small_course
from tests.lms.archives import archive
from tests.whole_class.classes import COURSE_ID, url

pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")

NAME = """it's [a] "δ-ü" course"""
WRONG = "def half(x):\n    raise ValueError('δ → ∞')"
SURROUNDINGS = {
    "the C locale, and a terminal that refuses all but ASCII": (
        "course",
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
    ),
    "a path with brackets, quotes and blanks, and a Latin-1 terminal": (
        NAME,
        {"PYTHONIOENCODING": "latin-1"},
    ),
}
COMMANDS = {
    "course": (
        "release small",
        "grade small",
        "feedback small",
        "report small",
        "export --to csv small",
        "diff small",
        "score small submitted/änne/small submitted/bo/small",
        "score --json small submitted/änne/small",
        "collect --from zip archive.zip small",
        "verify small",
    ),
    "nbgrader": (
        "generate_assignment small --force",
        "autograde small --force",
        "generate_feedback small --force",
        "validate submitted/änne/small/small.ipynb",
        "export --to stock.csv",
        "db student list",
    ),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    root = small_course(tmp_path_factory.mktemp("somewhere") / "course")
    CourseFolder(root).generate("small")
    hand_in(root, "bo", **RIGHT)
    hand_in(root, "änne", double=RIGHT["double"], half=WRONG)
    archive(root / "archive.zip", {"zoë/small.ipynb": b"{}", "δα/small.ipynb": b"{}", "bo/δ.txt": b""})
    return root


def scores(root: Path) -> dict[str, float]:
    with Gradebook(url(root), COURSE_ID) as gradebook:
        return {sub.student.id: sub.score for sub in gradebook.assignment_submissions("small")}


# A kernel that is being shut down may find its own socket closed, and prints that before it ends.
KERNELS_END = re.compile(
    r"ERROR:tornado\.general:Uncaught exception in ZMQStream callback\n"
    r"Traceback [^\n]*\n( [^\n]*\n)+zmq\.error\.ZMQError: Socket operation on non-socket\n"
)


def check_all(root: Path, environment: dict[str, str]) -> None:
    for program, command in ((p, command) for p, commands in COMMANDS.items() for command in commands):
        run = course if program == "course" else nbgrader
        result = run(*command.split(), cwd=root, **environment)
        said = KERNELS_END.sub("", result.stderr)
        assert "Traceback" not in said, f"{program} {command}\n{said}"
        assert "Logging error" not in result.stderr
        is_refused = command.startswith("collect")
        assert result.returncode == int(is_refused), f"{program} {command}\n{result.stdout}{result.stderr}"
        if command.startswith(("grade", "autograde")):
            # what was collected meanwhile is no notebook
            assert {name: score for name, score in scores(root).items() if score} == {"bo": 3, "änne": 1}
    assert {path.name for path in (root / "submitted").iterdir() if path.is_dir()} >= {"zoë", "δα", "änne"}
    assert (root / "feedback" / "änne" / "small" / "small.html").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "environment"), SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_every_command_works(prepared, tmp_path, folder, environment) -> None:
    check_all(shutil.copytree(prepared, tmp_path / folder), environment)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [("grade", "small"), ("feedback", "small"), ("score", "small", "submitted/bo/small")]
)
def test_a_long_temporary_folder(prepared, tmp_path, command) -> None:
    root = shutil.copytree(prepared, tmp_path / "course")
    folder = tmp_path / ("x" * 90)
    folder.mkdir()
    if command[0] == "feedback":
        assert course("grade", "small", cwd=root).returncode == 0
    result = course(*command, cwd=root, TMPDIR=str(folder))
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_a_name_that_is_no_text_is_told(prepared, tmp_path) -> None:
    root = shutil.copytree(prepared, tmp_path / "course")
    folder = root / "submitted" / os.fsdecode(b"M\xfcller") / "small"
    folder.mkdir(parents=True)
    shutil.copy(root / "submitted" / "bo" / "small" / "small.ipynb", folder)
    (root / "submitted" / "bo" / "small" / os.fsdecode(b"d\xff.csv")).write_text("1")
    result = course("grade", "small", cwd=root)
    assert "2 of 3 submissions graded" in result.stdout
    assert "the name of its folder is not in UTF-8" in " ".join(result.stdout.split())
    for command in (("autograde", "small", "--force"), ("generate_feedback", "small", "--force")):
        result = nbgrader(*command, cwd=root)
        assert "Traceback" not in result.stderr
        assert scores(root) == {"bo": 3, "änne": 1}
        if command[0] == "autograde":
            assert r"M\udcfcller/small' is no name that the gradebook can hold: rename it" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        "release",
        "release --check",
        "score small a.ipynb",
        "grade small",
        "feedback small",
        "collect --from zip archive.zip small",
        "export --to csv small",
        "pack small",
        "report small",
        "diff small",
        "verify",
        "verify small",
    ],
)
def test_outside_of_a_course_each_command_says_so(tmp_path, command) -> None:
    result = course(*command.split(), cwd=tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "run this in the" in result.stderr


def test_folders_that_exist_are_called_what_a_pattern_says(tmp_path) -> None:
    top = tmp_path / "[a]*b"
    for name in ("x", "y"):
        (top / name).mkdir(parents=True)
    (tmp_path / "a").mkdir()
    assert sorted(glob_literally(f"{top}/*")) == [f"{top}/x", f"{top}/y"]
    assert glob_literally(f"{top}/[x]") == [f"{top}/x"]
    assert glob_literally(f"{tmp_path}/[a]") == [f"{tmp_path}/a"]
    assert glob_literally(f"{top}/z") == []
