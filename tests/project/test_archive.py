"""A term is archived in one file, and the next one starts with the same sources."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from course.grading import locks
from tests.helpers import RIGHT, course, hand_in, nbgrader
from tests.whole_class.classes import STUDENTS, a_class, export, url

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
