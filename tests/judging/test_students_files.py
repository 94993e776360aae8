"""The folder in which a test finds the files that the student's code has written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.grading.judging.students_files import WrittenFiles


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WrittenFiles]:
    """Of a problem set without data; its folders are made in the test's own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    written = WrittenFiles({})
    yield written
    written.close()
    assert list(tmp_path.iterdir()) == []


def names_here() -> list[str]:
    return sorted(path.name for path in Path.cwd().iterdir())


def test_a_test_finds_what_it_names_and_nothing_of_the_test_before(written: WrittenFiles) -> None:
    with written.beside({"out.txt"}) as put:
        put({"out.txt": b"1", "other.txt": b"2"})
        assert names_here() == ["out.txt"]
        Path("left.txt").write_text("by a test")
        first = Path.cwd()
    folders = set()
    for _ in range(2):
        with written.beside({"out.txt"}):
            assert names_here() == []
            folders.add(Path.cwd())
    # removed, since something was left in it; the next one, which was left empty, serves again
    assert first not in folders
    assert len(folders) == 1


def test_a_test_may_remove_the_folder(written: WrittenFiles) -> None:
    with written.beside({"out.txt"}):
        shutil.rmtree(Path.cwd())
    with written.beside({"out.txt"}):
        assert names_here() == []


def test_what_is_released_is_there_as_it_was() -> None:
    written = WrittenFiles({"data.csv": b"1,2"})
    for _ in range(2):
        with written.beside({"out.txt", "data.csv"}) as put:
            put({"data.csv": b"a student's"})
            assert Path("data.csv").read_bytes() == b"1,2"
            Path("data.csv").write_text("changed by a test")
    written.close()
