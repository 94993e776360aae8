"""What `course doctor` finds in a gradebook and in an exchange, and the command that mends it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from course.grading.course_folder import CourseFolder
from course.grading.doctor.course_state import check_exchange, check_gradebook
from course.grading.errors import CourseError
from course.grading.gradebook import health
from tests.helpers import small_course

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path) -> CourseFolder:
    folder = CourseFolder(small_course(tmp_path / "course"))
    folder.generate("small")
    return folder


@pytest.fixture
def database(folder):
    connection = sqlite3.connect(folder.root / "gradebook.db", isolation_level=None)
    yield connection
    connection.close()


def fault(check, folder: CourseFolder) -> tuple[str, str]:
    with pytest.raises(CourseError) as caught:
        check(folder)
    return caught.value.cause, caught.value.command


def test_a_gradebook_that_can_be_used_is_named_and_not_changed(folder) -> None:
    path = folder.root / "gradebook.db"
    before = path.read_bytes()
    assert check_gradebook(folder) == str(path)
    assert path.read_bytes() == before


def test_without_a_gradebook_nothing_is_wrong_yet(folder) -> None:
    (folder.root / "gradebook.db").unlink()
    assert "`nbgrader generate_assignment PS --force` makes it" in check_gradebook(folder)


def test_a_locked_gradebook(folder, database, monkeypatch) -> None:
    monkeypatch.setattr(health, "SECONDS_TO_WAIT", 0)
    database.execute("BEGIN IMMEDIATE")
    cause, command = fault(check_gradebook, folder)
    assert "database is locked; another process is writing in it" in cause
    assert command.startswith("ps -ef")
    database.execute("ROLLBACK")
    check_gradebook(folder)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE course_gradings RENAME COLUMN seed TO old",
        "ALTER TABLE assignment RENAME COLUMN duedate TO old",
    ],
)
def test_a_gradebook_of_another_version(folder, database, statement) -> None:
    if "course_gradings" in statement:
        database.execute("CREATE TABLE IF NOT EXISTS course_gradings (id INTEGER, seed INTEGER)")
    database.execute(statement)
    cause, command = fault(check_gradebook, folder)
    assert "no such column" in cause
    assert command == "nbgrader db upgrade"


def test_what_is_no_gradebook(folder) -> None:
    (folder.root / "gradebook.db").write_bytes(b"no database")
    assert "file is not a database" in fault(check_gradebook, folder)[0]


def test_the_gradebook_of_another_course(folder, database) -> None:
    database.execute("UPDATE course SET id = 'philosophy' WHERE id = 'mlp-gradients'")
    database.execute("UPDATE assignment SET course_id = 'philosophy'")
    assert "of another course (philosophy, not mlp-gradients)" in fault(check_gradebook, folder)[0]


@pytest.fixture
def exchange(folder, tmp_path) -> Path:
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o1777)
    folder.root.chmod(0o700)
    folder.config.Exchange.root = str(exchange)
    return exchange


def test_a_course_needs_no_exchange(folder, exchange) -> None:
    exchange.rmdir()
    assert check_exchange(folder).startswith(f"none at {exchange}")


def test_an_exchange_for_everybody(folder, exchange) -> None:
    assert check_exchange(folder) == str(exchange)


@pytest.mark.parametrize("mode", [0o755, 0o777])
def test_an_exchange_with_other_rights(folder, exchange, mode) -> None:
    exchange.chmod(mode)
    cause, command = fault(check_exchange, folder)
    assert f"has the rights {mode:o}" in cause
    assert command == f"chmod 1777 {exchange}"
    assert os.system(command) == 0
    assert check_exchange(folder) == str(exchange)


def test_a_course_that_everybody_can_look_into(folder, exchange) -> None:
    folder.root.chmod(0o755)
    cause, command = fault(check_exchange, folder)
    assert "solutions" in cause
    assert command == f"chmod go= {folder.root}"
