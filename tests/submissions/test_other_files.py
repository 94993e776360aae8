"""Strange files beside a notebook, and linked folders, cost their author only."""

from __future__ import annotations

import os
import re
import shutil

import pytest

from course.grading.course_folder import CourseFolder
from course.grading.gradebook.reading import read_marks
from course.grading.submissions.other_files import SHOWN
from tests.helpers import RIGHT, ROOT, hand_in, nbgrader, small_course

CANARY = "CANARY-4711"

IN_THE_WAY = """
import os
os.mkdir("notes.txt")
for name in ("notes.txt/inside", "folder", "timestamp.txt", "made.txt"):
    with open(name, "w") as file:
        file.write("not a time")
"""


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Return a course after `autograde`, and what that said."""
    root = small_course(tmp_path_factory.mktemp("intake") / "course")
    (root / "source" / "small" / "data.csv").write_text("1,2\n")
    (root / "canary.txt").write_text(CANARY)
    assert nbgrader("generate_assignment", "small", cwd=root).returncode == 0
    students = ("ann", "bob", "carl", "dan", "fay")
    folders = {name: hand_in(root, name, **RIGHT).parent for name in students}
    (folders["ann"] / "notes.txt").write_text("mine")

    bob = folders["bob"]
    (bob / "notes.txt").write_text("mine")
    for pipe in ("pipe", "timestamp.txt"):
        os.mkfifo(bob / pipe)
    (bob / "zeros").symlink_to("/dev/zero")
    (bob / "data.csv").mkdir()
    (bob / "[a]" / "b").mkdir(parents=True)
    (bob / "[a]" / "b" / "link").symlink_to(root / "canary.txt")

    (folders["carl"] / "timestamp.txt").symlink_to(root / "canary.txt")
    (folders["dan"] / "timestamp.txt").write_text("the day before yesterday")
    for number in range(3000):
        (folders["fay"] / f"{number}.txt").touch()
    hand_in(root, "kim", **RIGHT).rename(root / "submitted" / "kim" / "small" / "Small (1).ipynb")
    # files of the code in the way of those handed in, and the other way round
    ned = hand_in(root, "ned", half=RIGHT["half"], double=f"{IN_THE_WAY}\n{RIGHT['double']}").parent
    (ned / "notes.txt").write_text("mine")
    (ned / "folder").mkdir()
    (ned / "folder" / "kept.txt").write_text("mine")
    (root / "submitted" / "eve").symlink_to("ann")
    (root / "submitted" / "mallory").mkdir()
    (root / "submitted" / "mallory" / "small").symlink_to("../ann/small")
    try:
        yield root, nbgrader("autograde", "small", cwd=root)
    finally:
        shutil.rmtree(root / "submitted")


def test_every_score(graded) -> None:
    root, _ = graded
    marks = read_marks(CourseFolder(root).course, "small")
    got = {student: sum(mark.points for mark in cells.values()) for student, cells in marks.items()}
    assert got == dict.fromkeys(("ann", "bob", "carl", "dan", "fay", "ned"), 3) | dict.fromkeys(
        ("eve", "kim", "mallory"), 0
    )


def test_what_is_told(graded) -> None:
    _, result = graded
    for words in (
        "'pipe'",
        "the folder is a link",
        "more than 1000 files",
        "The folder is a link",
    ):
        assert words in result.stderr


def test_a_time_that_is_none_is_told_and_nobody_is_late(graded) -> None:
    _, result = graded
    assert result.returncode == 0
    for words in (
        "dan/small/timestamp.txt: 'the day before yesterday' is no date with a time of day",
        "bob/small/timestamp.txt is a link, no regular file, or too long",
        "carl/small/timestamp.txt is a link, no regular file, or too long",
    ):
        assert result.stderr.count(words) == 1


def test_only_regular_files_are_copied(graded) -> None:
    root, _ = graded
    copied = {
        path.relative_to(root / "autograded").as_posix() for path in root.glob("autograded/*/small/**/*")
    }
    assert {"ann/small/notes.txt", "bob/small/notes.txt", "bob/small/small.ipynb"} <= copied
    assert not [name for name in copied if "pipe" in name or "zeros" in name or "link" in name]
    assert not [name for name in copied if name.startswith(("eve", "mallory", "fay")) and "notes" in name]
    for path in root.glob("autograded/**/*"):
        assert path.is_dir() or CANARY not in path.read_text()
    assert not list(root.glob("autograded/fay/small/*.txt"))


def test_what_the_code_wrote_is_kept_where_there_is_room(graded) -> None:
    ned = graded[0] / "autograded" / "ned" / "small"
    found = {path.relative_to(ned).as_posix() for path in ned.rglob("*") if path.is_file()}
    assert found == {"small.ipynb", "data.csv", "notes.txt", "folder/kept.txt", "folder.txt", "made.txt"}


def test_the_guide_lists_the_files_that_keep_their_names() -> None:
    [listed] = re.findall(r"keep their names \(([^)]*)\)", (ROOT / "docs" / "grading.md").read_text())
    assert re.findall(r"`(\.\w+)`", listed) == sorted(SHOWN)
