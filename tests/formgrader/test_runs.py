"""Whoever works on a course is seen by all others, and two do not start at once."""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from course.grading import locks, runs
from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.formgrader import overview, wording
from course.grading.formgrader.launching import Launcher
from course.grading.problem_sets import notebooks
from tests.helpers import PATIENCE, RIGHT, hand_in, small_course
from tests.sandboxes import wait_until
from tests.whole_class.classes import start


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which ann has handed in."""
    root = small_course(tmp_path_factory.mktemp("runs") / "course")
    CourseFolder(root).generate("small")
    hand_in(root, "ann", **RIGHT)
    return root


@pytest.mark.slow
def test_a_terminal_is_seen_keeps_others_away_and_leaves_nothing(root: Path) -> None:
    launcher = Launcher()
    with locks.releasing(root):  # it waits for the end of that
        process = start("grade", "small", "--jobs", "1", cwd=root)
        wait_until(lambda: (runs.read(root) or runs.State("", "", "")).is_going_on)
        with pytest.raises(CourseError, match=r"nothing was started: \S+ grades small, in a terminal, since"):
            launcher.start(root, "grade", "small", "ida")
        launcher.stop(root)
        assert process.poll() is None, "a terminal's is stopped in the terminal"
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, printed
    assert not (root / runs.FOLDER).exists()


@pytest.mark.slow
def test_a_run_goes_on_without_its_server_and_another_stops_it(root: Path) -> None:
    with locks.releasing(root):
        Launcher().start(root, "grade", "small", "ida")
        other = Launcher()
        wait_until(lambda: bool((other.read(root) or runs.State("", "", "")).process))
        state = other.read(root)
        assert state is not None
        assert state.is_going_on
        assert wording.headline(state).startswith("ida grades small, in Formgrader, since ")
        other.stop(root)
        assert other.is_stopping(root, state)
        wait_until(lambda: not (other.read(root) or state).is_going_on)
    ended = other.read(root)
    assert ended is not None
    assert wording.headline(ended).startswith("Grading small, started by ida, was ")


@pytest.mark.slow
def test_a_killed_run_is_told_and_can_be_started_again(root: Path) -> None:
    launcher = Launcher()
    with locks.releasing(root):
        launcher.start(root, "grade", "small", "ida")
        wait_until(lambda: bool((launcher.read(root) or runs.State("", "", "")).process))
        state = launcher.read(root)
        assert state is not None
        os.kill(state.process, 9)
        wait_until(lambda: not (launcher.read(root) or state).is_going_on)
    ended = launcher.read(root)
    assert ended is not None
    assert wording.headline(ended) == (
        "Grading small, started by ida, was cut off: start it again, it goes on from there"
    )
    launcher.start(root, "grade", "small", "ida")
    wait_until(lambda: not (launcher.read(root) or state).is_going_on)
    ended = launcher.read(root)
    assert ended is not None
    assert ended.exit_code == 0


@pytest.mark.slow
def test_what_waits_is_counted(root: Path) -> None:
    hand_in(root, "bob", **RIGHT)
    (before,) = overview.rows(root)
    launcher = Launcher()
    launcher.start(root, "grade", "small", "ida")
    wait_until(lambda: not (launcher.read(root) or runs.State("", "", "", is_going_on=True)).is_going_on)
    (graded,) = overview.rows(root)
    path = hand_in(root, "ann", **RIGHT)
    again = notebooks.read(path)
    again.cells[-1].source += "\n"
    notebooks.write(again, path)
    (anew,) = overview.rows(root)
    assert (before.submitted, before.waiting) == (2, 1 if before.graded else 2)
    assert (graded.submitted, graded.graded, graded.waiting) == (2, 2, 0)
    assert (anew.graded, anew.waiting) == (2, 1)


def test_who_has_a_dot_before_the_name_is_counted(root: Path) -> None:
    """nbgrader does not see them, and they wait for somebody who does."""
    (before,) = overview.rows(root)
    path = hand_in(root, ".zoe", **RIGHT)
    (row,) = overview.rows(root)
    shutil.rmtree(path.parents[1])
    assert (row.submitted, row.waiting) == (before.submitted + 1, before.waiting + 1)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("c = get_config(\n", "line 1, SyntaxError: '(' was never closed"),
        (
            "c = get_config()\n\nc.Exchange.root = nowhere\n",
            "line 3, NameError: name 'nowhere' is not defined",
        ),
        ("from pathlib import Path\nPath('50%s', 'none').read_text()\n", "line 2, FileNotFoundError: "),
        ("get_config().CourseDirectory.db_url = 5\n", "TraitError: The 'db_url' trait"),
    ],
)
def test_settings_that_cannot_be_used_are_told_with_their_line(
    root: Path, settings: str, reason: str
) -> None:
    path = root / "nbgrader_config.py"
    kept = path.read_bytes()
    path.write_text(settings)
    try:
        with pytest.raises(CourseError) as error:
            overview.rows(root)
    finally:
        path.write_bytes(kept)
    told = str(error.value)
    assert told.startswith(f"the settings in {path} cannot be used: {reason}")
    assert told.endswith("; correct the file, then try again")
    assert "\n" not in told


@pytest.mark.slow
def test_a_locked_gradebook_is_told_at_once(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """People wait for the page; commands, which wait a minute, say so."""
    with closing(sqlite3.connect(root / "gradebook.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        (row,) = overview.rows(root)
    assert "locked" in row.problem
    assert "waiting" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        b"\xff",
        b"[]",
        b"[" * 100_000,
        b'{"command": 1, "assignment": "small", "by": "ida"}',
        b'{"command": "grade", "assignment": "small", "by": "ida", "started": 1e300}',
        b'{"command": "grade", "assignment": "small", "by": "ida", "ended": "now", "exit_code": 0}',
    ],
)
def test_a_damaged_state_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / runs.FOLDER).mkdir()
    (tmp_path / runs.FOLDER / "state.json").write_bytes(content)
    assert runs.read(tmp_path) is None


def test_a_file_where_runs_have_their_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / runs.FOLDER).write_text("kept")
    with pytest.raises(CourseError) as error:
        Launcher().start(tmp_path, "grade", "small", "ida")
    assert str(error.value) == f"nothing was started: {tmp_path / runs.FOLDER} is no folder; remove it"
    assert (tmp_path / runs.FOLDER).read_text() == "kept"


@pytest.mark.slow
def test_a_log_overwrites_nothing_through_a_link(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("kept")
    (root / runs.FOLDER).mkdir(exist_ok=True)
    runs.log_file(root).unlink(missing_ok=True)
    runs.log_file(root).symlink_to(other)
    launcher = Launcher()
    launcher.start(root, "report", "small", "ida")
    wait_until(lambda: (launcher.read(root) or runs.State("", "", "")).exit_code is not None)
    assert other.read_text() == "kept"
    assert not runs.log_file(root).is_symlink()


def test_a_command_for_any_name_can_be_typed(root: Path) -> None:
    path = root / "source" / "it's ours; ls" / "small.ipynb"
    notebooks.write(notebooks.read(root / "source" / "small" / "small.ipynb"), path)
    try:
        row = next(row for row in overview.rows(root) if row.assignment != "small")
    finally:
        shutil.rmtree(path.parent)
    assert (
        f"`nbgrader generate_assignment {shlex.quote(row.assignment)} --force` makes it known" in row.problem
    )
