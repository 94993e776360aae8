"""A disk that is full or read-only is told in one line, and everything on it stays as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course.grading.course_folder import CourseFolder
from course.grading.sandbox import bubblewrap
from tests.helpers import PATIENCE, RIGHT, course, hand_in, small_course
from tests.lms.trees import tree

# A submission is graded before the first of them, on a machine that may be busy.
pytestmark = pytest.mark.slow

# What each of them wants to write; the others' tests are with them: collect, report, and export read-only.
FULL = {
    "release": ("small/release/small cannot be written: No space left on device; make room there", ["small"]),
    "grade": ("No space left on device; make room in", ["small", "--force", "--jobs", "1"]),
    "export": (
        "small-csv.csv cannot be written: No space left on device; make",
        ["small", "--to", "csv"],
    ),
    "feedback": ("No space left on device; make room in", ["small", "--jobs", "1"]),
    "pack": ("small.zip cannot be written: No space left on device; make room there", ["small"]),
}
READ_ONLY = {
    "release": ("release/small cannot be written: Read-only file system; make", ["small"]),
    "pack": ("small.zip cannot be written: Read-only file system; make room there", ["small"]),
}
MIB = 1 << 20


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which every command has something new to write; no test may change it."""
    root = small_course(tmp_path_factory.mktemp("disks") / "course")
    CourseFolder(root).generate("small")
    hand_in(root, "ann", **RIGHT)
    result = course("grade", "small", "--jobs", "1", cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr
    source = root / "source" / "small" / "small.ipynb"
    source.write_text(source.read_text().replace("double(2) == 4", "double(4) == 8"))
    CourseFolder(root).generate("small")
    return root


def refused(view: list[str | Path], script: str, words: str, **environment: str) -> None:
    """Assert that what a shell runs on such a disk says `words` in its only line, and fails."""
    result = subprocess.run(
        [bubblewrap.program(), "--dev-bind", "/", "/", *view, "sh", "-c", script],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (result.returncode, result.stdout) == (1, ""), result.stdout + result.stderr
    assert result.stderr.startswith("course: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert words in result.stderr


def line(command: str, arguments: list[str]) -> str:
    return " ".join([sys.executable, "-m", "course.grading", command, *arguments])


@pytest.mark.parametrize("command", FULL)
def test_no_space_left(graded, tmp_path, command) -> None:
    """The disk holds the course, and then there is room for nothing more."""
    words, arguments = FULL[command]
    root, after = tmp_path / "small", tmp_path / "after"
    root.mkdir()
    after.mkdir()
    script = (
        f"cp -a {graded}/. {root}/; cat /dev/zero > {root}/filler 2> /dev/null; cd {root}; "
        f"{line(command, arguments)}; code=$?; rm filler; cp -a {root}/. {after}/; exit $code"
    )
    refused(["--size", str(8 * MIB), "--tmpfs", root], script, words)
    assert tree(after) == tree(graded)


@pytest.mark.parametrize("command", READ_ONLY)
def test_read_only(graded, command) -> None:
    words, arguments = READ_ONLY[command]
    before = tree(graded)
    refused(["--ro-bind", graded, graded, "--chdir", graded], line(command, arguments), words)
    assert tree(graded) == before


# Too little for a copy of the source, for nbgrader's own files.
@pytest.mark.parametrize("size", [MIB // 256, MIB // 16])
def test_no_space_left_to_build_the_students_package(graded, tmp_path, size) -> None:
    """Temporary files have a disk of their own."""
    full = tmp_path / "tmp"
    full.mkdir()
    before = tree(graded)
    view = ["--size", str(size), "--tmpfs", full, "--chdir", graded]
    refused(view, line("pack", ["small"]), "No space left on device", TMPDIR=str(full))
    assert tree(graded) == before


def test_a_source_that_cannot_be_tidied(graded, tmp_path) -> None:
    """What a release takes from it stays in it."""
    root = shutil.copytree(graded, tmp_path / "course")
    source = root / "source" / "small" / "small.ipynb"
    source.write_text(source.read_text() + "\n")
    before = tree(root)
    words = "source/small/small.ipynb cannot be written: Read-only file system"
    refused(["--ro-bind", root, root, "--chdir", root], line("release", ["small"]), words)
    assert tree(root) == before
