"""Whatever one student has handed in, the other thirty-nine are served at each step, and the one is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests.helpers import course, nbgrader
from tests.whole_class import forty
from tests.whole_class.classes import COURSE_ID, url

pytestmark = pytest.mark.slow

FAULTS = (*forty.GRADED, *forty.NOT_GRADED)
GOOD = [f"s{number:02}" for number in range(forty.CLASS - len(FAULTS))]


def scores(root: Path) -> dict[str, float]:
    with Gradebook(url(root), COURSE_ID) as gradebook:
        return {sub.student.id: sub.score for sub in gradebook.assignment_submissions("small")}


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("forty") / "course"
    yield forty.a_class_of_forty(root, *FAULTS)
    remove(root)


def remove(root: Path) -> None:
    """Remove folders to whose bottom pytest's own way to remove them does not get."""
    subprocess.run(["rm", "-rf", root], check=True)


@pytest.fixture(scope="module")
def graded(handed_in):
    """The course after `course grade`, and what that said."""
    result = course("grade", "small", cwd=handed_in)
    return handed_in, result


def test_grade(graded) -> None:
    root, result = graded
    assert result.stderr == ""
    assert f"{40 - len(forty.NOT_GRADED)} of 40 submissions graded" in result.stdout
    points = scores(root)
    assert {points[name] for name in GOOD} == {3}
    assert {*points} == {*GOOD, *(fault.__name__ for fault in forty.GRADED)}
    lines = result.stdout.splitlines()
    for fault in forty.NOT_GRADED:
        assert [line for line in lines if fault.__name__ in line and "not graded" in line], fault
    for fault in forty.GRADED:
        readable = not {"notebook", "pipe"} & set(fault.__name__.split("_"))
        assert points[fault.__name__] == (3 if readable else 0), fault
    assert (root / "autograded/a_file_where_the_release_has_a_folder/small/data/more/points.csv").is_file()


def test_what_is_in_the_way_under_autograded(graded, tmp_path) -> None:
    root = Path(shutil.copytree(graded[0], tmp_path / "course", symlinks=True, ignore=_odd))
    for name in ("s01", "s02"):
        shutil.rmtree(root / "autograded" / name)
    (root / "autograded" / "s01").write_text("a note")
    (root / "autograded" / "s02").symlink_to("s02")
    result = course("grade", "small", "--force", "--jobs", "1", cwd=root)
    assert result.stderr == ""
    for name in ("s01", "s02"):
        assert f"{name}  not graded  its files cannot be written" in " ".join(result.stdout.split(" "))
    assert (root / "autograded/s03/small/small.ipynb").is_file()
    assert f"{len(GOOD) - 2} of {len(GOOD)} submissions graded" in result.stdout


def _odd(folder: str, names: list[str]) -> list[str]:
    """Leave out what cannot be copied."""
    return [name for name in names if Path(folder).name == "submitted" and name not in GOOD]


@pytest.fixture
def root(graded, tmp_path) -> Path:
    """A graded class of which one notebook after the other is broken, under autograded/."""
    return Path(shutil.copytree(graded[0], tmp_path / "course", symlinks=True, ignore=_odd))


def break_graded(root: Path) -> list[str]:
    """Break the graded files of some, each in another way; return their names."""
    broken = iter(GOOD)

    def folder() -> Path:
        return root / "autograded" / next(broken) / "small"

    def notebook() -> Path:
        path = folder() / "small.ipynb"
        path.chmod(0o644)
        return path

    path = notebook()
    path.unlink()
    path.mkdir()
    path = notebook()
    path.unlink()
    path.symlink_to("nowhere")
    path = notebook()
    path.unlink()
    os.mkfifo(path)
    os.truncate(notebook(), 1 << 40)
    notebook().write_bytes(b"\xff\xfe not UTF-8")
    notebook().write_text('{"cells": ' * 5000)
    path = folder()
    shutil.rmtree(path)
    path.write_text("a file instead of a folder")
    return GOOD[:7]


def odd_files(root: Path) -> list[str]:
    """Put odd files beside the graded notebooks of some; return their names."""
    folders = [root / "autograded" / name / "small" for name in GOOD[7:11]]
    (folders[0] / "link").symlink_to("nowhere")
    (folders[1] / "loop").symlink_to("loop")
    path = folders[2] / "small.ipynb"
    path.chmod(0o644)
    content = json.loads(path.read_text())
    content["cells"][1]["source"] = "# half a pair: \ud800"
    path.write_text(json.dumps(content))
    (root / "feedback").mkdir()
    (root / "feedback" / GOOD[10]).write_text("a file in the way")
    return GOOD[7:11]


def test_feedback(root) -> None:
    unreadable, odd = break_graded(root), odd_files(root)
    result = course("feedback", "small", "--jobs", "2", cwd=root)
    assert result.stderr == ""
    for name in unreadable:
        assert f"{name}: no new feedback: " in result.stdout
    for name in set(GOOD) - {*unreadable, *odd}:
        assert (root / "feedback" / name / "small" / "small.html").is_file()
    for name in odd:
        is_made = (root / "feedback" / name / "small" / "small.html").is_file()
        assert is_made != (f"{name}: no new feedback: " in result.stdout)


def test_report(root) -> None:
    unreadable = break_graded(root)
    odd_files(root)
    result = course("report", "small", cwd=root)
    assert result.stderr == ""
    page = (root / "report" / "small.html").read_text()
    assert f"Without 7 whose graded notebook is missing or cannot be read: {', '.join(unreadable)}." in page


def test_export(graded) -> None:
    root, _ = graded
    result = course("export", "small", "--to", "csv", cwd=root)
    assert (result.returncode, result.stderr) == (0, "")
    lines = (root / "small-csv.csv").read_text(encoding="utf-8-sig").splitlines()
    assert sum(",graded," in line for line in lines) == 40 - len(forty.NOT_GRADED)
    for fault in forty.NOT_GRADED:
        assert fault.__name__ in result.stdout


def test_stock_autograde(tmp_path) -> None:
    faults = (forty.a_notebook_that_is_a_folder, *forty.NOT_GRADED)
    root = forty.a_class_of_forty(tmp_path / "course", *faults)
    served = 4  # nbgrader starts anew for each, which takes seconds
    for number in range(served, forty.CLASS - len(faults)):
        shutil.rmtree(root / "submitted" / f"s{number:02}")
    result = nbgrader("autograde", "small", cwd=root)
    points = scores(root)
    assert [points.get(f"s{number:02}") for number in range(served)] == [3] * served, result.stderr[-3000:]
    for fault in (forty.a_folder_that_is_no_name, forty.a_line_break_in_the_folders_name):
        assert f"{fault.__name__}" in result.stderr
    remove(root)
