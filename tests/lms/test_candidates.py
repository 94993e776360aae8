"""Of several notebooks the one with work in it is collected, and notebooks of other names are found."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from course.grading.errors import CourseError
from course.grading.problem_sets import notebooks
from tests.helpers import RIGHT, course
from tests.lms.archives import archive
from tests.lms.trees import submitted

NAMES = {
    "moodle": "Ann Lee_11_assignsubmission_file_/",
    "canvas": "leeann_11_501_",
    "zip": "11/",
}


@pytest.fixture
def versions(root) -> dict[str, bytes]:
    """The notebook as it was released, one in which somebody has worked, and another one."""
    released = notebooks.read(root / "release" / "small" / "small.ipynb")
    worked = notebooks.with_answers(released, RIGHT)
    other = notebooks.with_answers(released, RIGHT | {"half": "def half(x):\n    return 1"})
    return {
        name: notebooks.dumps(notebook).encode()
        for name, notebook in (("untouched", released), ("worked", worked), ("other", other))
    }


def files(system: str, **contents: bytes) -> dict[str, bytes]:
    """Return 11's files, and a folder of 12's: a single one may be a folder around everybody's."""
    others = {"12/notes.txt": b""} if system == "zip" else {}
    return {NAMES[system] + name: content for name, content in contents.items()} | others


@pytest.mark.slow
@pytest.mark.parametrize("system", NAMES)
@pytest.mark.parametrize(
    "name",
    [
        "small.ipynb.txt",
        "small.json",
        "small.ipynb.json",
        "My answers.IPYNB.TXT",
        "small.txt",
        "small.ipynb-1.txt",
        "small.ipynb (1).txt",
    ],
)
def test_a_notebook_of_another_kind_of_name(root, take, tmp_path, versions, system, name) -> None:
    summary = take(system, archive(tmp_path / "a.zip", files(system, **{name: versions["worked"]})))
    assert submitted(root) == {"11/small/small.ipynb": versions["worked"]}
    assert "is a notebook, and taken for" in summary.remarks[0][1]


@pytest.mark.slow
def test_text_of_such_a_name_is_no_notebook(root, take, tmp_path, versions) -> None:
    contents = {
        "ann/small.json": b'{"cells": 1}',
        "bob/small.ipynb": b"1",
        "bob/data.json": versions["worked"],
    }
    summary = take("zip", archive(tmp_path / "a.zip", contents))
    assert submitted(root) == {"bob/small/small.ipynb": b"1", "bob/small/data.json": versions["worked"]}
    assert summary.refused == [("ann", "holds no notebook, but small.json")]


def test_one_in_an_archive_of_the_students(root, take, tmp_path, versions) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("work/small.ipynb.txt", versions["worked"])
    take("zip", archive(tmp_path / "a.zip", {"11/work.zip": buffer.getvalue(), "12/small.ipynb": b"1"}))
    assert submitted(root)["11/small/small.ipynb"] == versions["worked"]


@pytest.mark.parametrize("system", ["moodle", "zip"])
@pytest.mark.parametrize(
    ("untouched", "worked"),
    [
        ("small.ipynb", "small-Copy1.ipynb"),
        ("small-Copy1.ipynb", "small.ipynb"),
        ("a/small.ipynb", "b/small.ipynb"),
        ("b/small.ipynb", "a/small.ipynb"),
        ("one.ipynb", "two.ipynb"),
        ("small.ipynb", "small.ipynb.txt"),
        ("small.json", "small.ipynb"),
        ("one.ipynb", "two.ipynb.txt"),
    ],
)
def test_work_wins(root, take, tmp_path, versions, system, untouched, worked) -> None:
    contents = {untouched: versions["untouched"], worked: versions["worked"]}
    summary = take(system, archive(tmp_path / "a.zip", files(system, **contents)))
    assert submitted(root) == {"11/small/small.ipynb": versions["worked"]}
    assert ("11", f"of several notebooks {worked} is taken, not {untouched}") in summary.remarks


def test_work_beside_what_cannot_be_read(root, take, tmp_path, versions) -> None:
    contents = {"small.ipynb": b"{", "small-Copy1.ipynb": versions["worked"]}
    file = archive(tmp_path / "a.zip", files("zip", **contents))
    assert "which is meant is not clear" in take("zip", file).refused[0][1]
    take("zip", file, picks={"11": "small-Copy1.ipynb"})
    assert submitted(root) == {"11/small/small.ipynb": versions["worked"]}


def test_a_notebook_in_utf_16_of_another_kind_of_name(root, take, tmp_path, versions) -> None:
    text = versions["worked"].decode().encode("utf-16")
    take("moodle", archive(tmp_path / "a.zip", files("moodle", **{"small.json": text})))
    assert submitted(root) == {"11/small/small.ipynb": text}


def test_the_same_twice_is_taken(root, take, tmp_path, versions) -> None:
    contents = {"a/small.ipynb": versions["worked"], "b/small.ipynb": versions["worked"]}
    assert take("zip", archive(tmp_path / "a.zip", files("zip", **contents))).collected == ["11"]


def test_where_both_hold_work_the_instructor_picks(root, take, tmp_path, versions) -> None:
    contents = files("zip", **{"a/small.ipynb": versions["worked"], "b/small.ipynb": versions["other"]})
    file = archive(tmp_path / "a.zip", contents)
    refusal = take("zip", file).refused[0]
    assert refusal == (
        "11",
        "holds a/small.ipynb, b/small.ipynb: which is meant is not clear; --pick STUDENT=FILE says which",
    )
    summary = take("zip", file, picks={"11": "b/small.ipynb"})
    assert summary.collected == ["11"]
    assert submitted(root)["11/small/small.ipynb"] == versions["other"]


def test_a_pick_decides_against_work_too(root, take, tmp_path, versions) -> None:
    contents = files("zip", **{"small.ipynb": versions["worked"], "first.ipynb": versions["untouched"]})
    take("zip", archive(tmp_path / "a.zip", contents), picks={"11": "first.ipynb"})
    assert submitted(root) == {"11/small/small.ipynb": versions["untouched"]}


def test_picks_that_are_none(root, take, tmp_path, versions) -> None:
    file = archive(tmp_path / "a.zip", files("zip", **{"small.ipynb": versions["worked"], "x.ipynb": b"1"}))
    with pytest.raises(CourseError, match="nothing of bob is in"):
        take("zip", file, picks={"bob": "small.ipynb"})
    refusal = take("zip", file, picks={"11": "y.ipynb"}).refused[0]
    assert "--pick one of these, with its folder, instead of y.ipynb" in refusal[1]
    assert not submitted(root)


@pytest.mark.slow
def test_the_command(root, tmp_path: Path, versions) -> None:
    contents = files("zip", **{"a/small.ipynb": versions["worked"], "b/small.ipynb": versions["other"]})
    file = archive(tmp_path / "a.zip", contents)
    collect = ("collect", "--from", "zip", file, "small", "--pick")
    result = course(*collect, "11=b/small.ipynb", cwd=root)
    assert result.stdout.startswith("collected 1 of 2"), result.stderr
    assert submitted(root) == {"11/small/small.ipynb": versions["other"]}
    result = course(*collect, "b/small.ipynb", cwd=root)
    assert "--pick b/small.ipynb is not of the form STUDENT=FILE" in result.stderr
