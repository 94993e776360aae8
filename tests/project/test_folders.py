"""A course may call its folders otherwise: every command goes by its configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from course.grading.course_folder import read_folders
from course.grading.errors import CourseError
from course.grading.problem_sets import notebooks
from tests.helpers import RIGHT, course, nbgrader, small_course
from tests.problem_sets.stray_backup import commands_refuse_a_backup

NAMES = {
    "source": "masters",
    "release": "handouts",
    "submitted": "inbox",
    "autograded": "graded",
    "feedback": "letters",
}


@pytest.fixture
def root(tmp_path) -> Path:
    root = small_course(tmp_path / "course")
    (root / "source").rename(root / "masters")
    config = root / "nbgrader_config.py"
    lines = [f"c.CourseDirectory.{step}_directory = {name!r}\n" for step, name in NAMES.items()]
    config.write_text(config.read_text().replace("source/header", "masters/header") + "".join(lines))
    return root


@pytest.mark.slow
def test_every_command_finds_the_folders(root) -> None:
    (root / "masters" / "small" / "helper.py").write_text("x = 1\n")
    result = course("release", cwd=root)
    assert result.returncode == 0, result.stderr
    assert "masters/small/helper.py is not released" in result.stdout
    assert "handouts/small is current" in result.stdout
    result = nbgrader("generate_assignment", "small", "--force", cwd=root)
    assert result.returncode == 0, result.stderr
    assert "masters/small/helper.py is not released" in result.stderr
    released = notebooks.read(root / "handouts" / "small" / "small.ipynb")
    for student in ("ann", "bob"):
        answered = notebooks.with_answers(released, RIGHT)
        notebooks.write(answered, root / "inbox" / student / "small" / "small.ipynb")
    result = course("score", "small", "inbox/ann/small", "--json", cwd=root)
    assert json.loads(result.stdout)["score"] == 3, result.stderr
    result = course("grade", "small", cwd=root)
    assert result.returncode == 0, result.stderr
    assert (root / "graded" / "ann" / "small" / "small.ipynb").is_file()
    (root / "inbox" / "bob" / "small" / "small.ipynb").rename(root / "inbox" / "bob" / "small" / "x.ipynb")
    result = nbgrader("autograde", "small", "--student", "bob", "--force", cwd=root)
    assert result.returncode == 0, result.stderr
    assert course("report", "small", cwd=root).returncode == 0
    result = course("pack", "small", cwd=root)
    assert result.returncode == 0, result.stderr
    result = course("verify", "small", cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr
    assert not NAMES.keys() & {path.name for path in root.iterdir()}


@pytest.mark.slow
def test_messages_name_them(root) -> None:
    assert course("release", cwd=root).returncode == 0
    commands_refuse_a_backup(root)
    (root / "masters" / "small" / "small.ipynb").unlink()
    assert "no problem set under masters/" in course("release", cwd=root).stderr


def test_a_folder_out_of_the_course_is_refused(root) -> None:
    with (root / "nbgrader_config.py").open("a") as config:
        config.write('c.CourseDirectory.release_directory = "../elsewhere"\n')
    with pytest.raises(CourseError, match="which leads out of the course"):
        read_folders(root)
