"""A term is archived in one file, and the next one starts with the same sources."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course.grading import locks
from course.grading.course_folder import CourseFolder
from tests.helpers import PATIENCE, RIGHT, course, hand_in, nbgrader, small_course
from tests.whole_class.classes import COURSE_ID, STUDENTS, a_class, export, start, url, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = a_class(tmp_path_factory.mktemp("archive") / "course")
    (root / "submitted" / "ann" / "small" / "link").symlink_to("/etc/passwd")
    assert course("grade", "small", "--jobs", "1", cwd=root).returncode == 0
    assert course("export", "small", "--to", "csv", cwd=root).returncode == 0
    return root


def test_a_term_ends_and_another_begins(root: Path, tmp_path: Path) -> None:
    before, exported = export(url(root)), (root / "small-csv.csv").read_bytes()
    with locks.grading(root):
        result = course("archive", "archive/term.zip", "--clear", cwd=root)
        assert (result.returncode, result.stderr.count("\n")) == (1, 1)
        assert "nothing was archived: somebody is grading or releasing" in result.stderr
    assert not (root / "archive").exists()
    (root / "groups.csv").write_text("group,student\nred,ann\nred,bob\n")
    assert course("archive", "archive/kept.zip", cwd=root).returncode == 0
    assert export(url(root)) == before
    result = course("archive", "archive/term.zip", "--clear", cwd=root)
    assert (result.returncode, result.stderr) == (0, "")
    assert "submitted/ann/small/link is no file or folder, and is left out" in result.stdout
    assert not any(
        (root / name).exists() for name in ("gradebook.db", "submitted", "autograded", "groups.csv")
    )
    assert (root / "source" / "small" / "small.ipynb").is_file()
    with zipfile.ZipFile(root / "archive" / "term.zip") as file:
        file.extractall(tmp_path)
    assert export(url(tmp_path)) == before
    assert (tmp_path / "small-csv.csv").read_bytes() == exported
    for student in STUDENTS:
        assert (tmp_path / "submitted" / student / "small" / "small.ipynb").is_file()
    # over an existing one: nothing is changed
    kept = (root / "archive" / "term.zip").read_bytes()
    result = course("archive", "archive/term.zip", cwd=root)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "is there already, and was not changed" in result.stderr
    assert (root / "archive" / "term.zip").read_bytes() == kept
    # the next term
    assert nbgrader("generate_assignment", "small", "--force", cwd=root).returncode == 0
    hand_in(root, "zoe", **RIGHT)
    assert course("grade", "small", "--jobs", "1", cwd=root).returncode == 0
    assert course("export", "small", "--to", "csv", cwd=root).returncode == 0
    assert "ann" not in (root / "small-csv.csv").read_text()


@pytest.fixture
def ungraded(tmp_path: Path) -> Path:
    """A course with a submission that takes a while to archive, and a file that is archived before it."""
    root = small_course(tmp_path / "course")
    CourseFolder(root).generate("small")
    hand_in(root, "ann", **RIGHT)
    (root / "submitted" / "ann" / "small" / "large.bin").write_bytes(os.urandom(1 << 25))
    (root / "submitted" / "notes.txt").write_text("early")
    return root


def clear_while(root: Path, happens: Callable[[], object]) -> tuple[int, str]:
    """Archive and clear the course; in the middle of it something happens. Return exit code and output."""

    def is_written() -> bool:
        return any(path.stat().st_size > 1 << 20 for path in root.glob("archive/.course-archive-*/term.zip"))

    process = start("archive", "archive/term.zip", "--clear", cwd=root)
    wait_until(is_written, process)
    process.send_signal(signal.SIGSTOP)
    try:
        assert not (root / "archive" / "term.zip").exists()
        happens()
    finally:
        process.send_signal(signal.SIGCONT)
    output, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, output


def test_what_comes_or_changes_meanwhile_stays(ungraded: Path) -> None:
    root = ungraded

    def happens() -> None:
        hand_in(root, "late", **RIGHT)
        (root / "submitted" / "notes.txt").write_text("later")
        (root / "report").mkdir()
        (root / "report" / "small.html").write_text("made meanwhile")

    code, output = clear_while(root, happens)
    assert code == 0, output
    assert (
        "in the course still, since it came or changed while the archive was written: submitted/notes.txt, "
        "submitted/late/small/small.ipynb, report/small.html; " in output
    )
    assert "before its first grading" not in output
    assert (root / "submitted" / "notes.txt").read_text() == "later"
    assert sorted(path.name for path in (root / "submitted").iterdir()) == ["late", "notes.txt"]
    assert not (root / "gradebook.db").exists()
    result = course("archive", "archive/rest.zip", "--clear", cwd=root)
    assert (result.returncode, result.stderr) == (0, "")
    assert "the course is as before its first grading" in result.stdout
    with zipfile.ZipFile(root / "archive" / "rest.zip") as file:
        assert file.read("submitted/notes.txt") == b"later"
        assert "submitted/late/small/small.ipynb" in file.namelist()
    assert sorted(path.name for path in root.iterdir() if not path.name.startswith(".")) == [
        *("archive", "nbgrader_config.py", "release", "source")
    ]


def test_a_grade_that_is_saved_meanwhile_is_not_lost(ungraded: Path) -> None:
    root = ungraded

    def happens() -> None:
        with Gradebook(url(root), COURSE_ID) as gradebook:
            gradebook.add_student("late")

    code, output = clear_while(root, happens)
    assert (code, output.count("\n")) == (1, 1)
    assert "term.zip is complete, but nothing was removed, for the gradebook's sake: it was changed" in output
    with Gradebook(url(root), COURSE_ID) as gradebook:
        assert gradebook.find_student("late")
    assert (root / "submitted" / "ann" / "small" / "small.ipynb").is_file()


def test_who_has_the_gradebook_open_cannot_save_in_what_was_removed(ungraded: Path) -> None:
    root = ungraded
    with Gradebook(url(root), COURSE_ID) as gradebook:
        assert gradebook.students == []
        gradebook.db.commit()
        assert course("archive", "archive/term.zip", "--clear", cwd=root).returncode == 0
        with pytest.raises(Exception, match="readonly database"):
            gradebook.add_student("late")


@pytest.mark.parametrize("name", ["submitted/ann", "submitted/notes.txt"])
def test_nothing_is_archived_where_something_cannot_be_read(ungraded: Path, name: str) -> None:
    root = ungraded
    # root reads everything, unless it may not
    become = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    command = [sys.executable, "-m", "course.grading", "archive", "archive/term.zip", "--clear"]
    mode = (root / name).stat().st_mode
    (root / name).chmod(0)
    try:
        result = subprocess.run(
            [*become, *command], cwd=root, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    finally:
        (root / name).chmod(mode)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert f"nothing was archived: {root / name} cannot be read: Permission denied" in result.stderr
    assert not list((root / "archive").iterdir())
    assert (root / "gradebook.db").is_file()
    assert (root / "submitted" / "ann" / "small" / "small.ipynb").is_file()


def test_an_archive_is_not_put_into_what_is_archived(ungraded: Path) -> None:
    result = course("archive", "submitted/term.zip", "--clear", cwd=ungraded)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "submitted/term.zip is inside what is archived: name another place" in result.stderr
