"""Whatever one student uploads, the others are collected, and the student is named."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from tests.lms.archives import TUESDAY, archive_of, entry
from tests.lms.test_collect import zipped

OTHERS = [f"s{number:02}" for number in range(39)]
A_LINK = stat.S_IFLNK | 0o777


def collected(take, root, tmp_path, *files, update=False):
    """Collect thirty-nine good submissions and these files of eve; check that the thirty-nine are there."""
    entries = [(entry(f"{name}/small.ipynb", TUESDAY), name.encode()) for name in OTHERS]
    entries[20:20] = [
        (entry(f"eve/{name}", TUESDAY, **({"mode": mode[0]} if mode else {})), content)
        for name, content, *mode in files
    ]
    summary = take("zip", archive_of(tmp_path / "class.zip", *entries), update=update)
    for name in OTHERS:
        assert (root / "submitted" / name / "small" / "small.ipynb").read_text() == name
    eve = root / "submitted" / "eve" / "small"
    there = {Path(above, name).relative_to(eve) for above, _, names in os.walk(eve) for name in names}
    return summary, set(map(str, there))


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(entry("small.ipynb"), bytes(100 << 20))
    return buffer.getvalue()


NOTEBOOK = ("small.ipynb", b"eve")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("timestamp.txt/x", "left out, for its name or place"),
        ("TimeStamp.TXT/x", "left out, for its name or place"),
        ("small.ipynb/x", "left out, for its name or place"),
        ("Small.ipynb/deep/x.csv", "left out, for its name or place"),
        ("data/x", "left out, for its name or place"),
        ("/".join(["a" * 150] * 30), "left out, for its name or place"),
        ("/".join(["a"] * 300), "left out, for its name or place"),
        ("n" * 240 + ".txt", "left out, for its name or place"),
        ("odd\u202ename.txt", "left out, for its name or place"),
        ("nul.txt:stream", "left out, for its name or place"),
    ],
    ids=lambda value: value[:20],
)
@pytest.mark.parametrize("packed", [False, True], ids=["files", "a zip"])
def test_a_file_that_cannot_lie_there_is_left_out(root, take, tmp_path, name, why, packed) -> None:
    files = [NOTEBOOK, ("data", b"1"), ("good.txt", b"2"), (name, b"3")]
    if packed:
        files = [("work.zip", zipped(dict(files)))]
    summary, there = collected(take, root, tmp_path, *files)
    there.discard("timestamp.txt")
    assert there == {"small.ipynb", "good.txt", "data/x" if name.startswith("data/") else "data"}
    assert not summary.refused
    assert [who for who, remark in summary.remarks if why in remark] == ["eve"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([NOTEBOOK, ("link.txt", b"/etc/passwd", A_LINK)], "a link, or no regular file"),
        ([("small.ipynb", b"../s01/small.ipynb", A_LINK)], "a link, or no regular file"),
        ([NOTEBOOK, ("pipe", b"", stat.S_IFIFO | 0o644)], "a link, or no regular file"),
        ([NOTEBOOK, ("../../s01/small.ipynb", b"mine")], "a path that leads out of it"),
        ([NOTEBOOK, ("a\nb.txt", b"")], "a path that leads out of it"),
        ([("small.ipynb", bytes(80 << 20))], "larger than 10 MiB even without its outputs"),
        ([NOTEBOOK, ("zeros", bytes(200 << 20))], "holds more than 64 MiB"),
        ([("work.zip", bomb())], "would unpack"),
        ([("work.zip", b"PK\3\4 or so")], "is damaged, or no zip archive"),
        ([("small.ipynb/x", b"1")], "holds no notebook"),
    ],
    ids=["link", "linked notebook", "pipe", "out", "newline", "huge", "zeros", "bomb", "damage", "folder"],
)
def test_a_submission_that_cannot_be_taken_is_refused_by_name(root, take, tmp_path, files, why) -> None:
    summary, there = collected(take, root, tmp_path, *files)
    assert not there
    assert [who for who, _ in summary.refused] == ["eve"]
    assert why in summary.refused[0][1]


def test_an_odd_folder_of_a_student_is_named(root, take, tmp_path) -> None:
    entries = [(entry(f"{name}/small.ipynb"), b"1") for name in ("ann", "e\nve", "n" * 230, "zoe")]
    summary = take("zip", archive_of(tmp_path / "class.zip", *entries))
    assert summary.collected == ["ann", "zoe"]
    assert [who for who, _ in summary.refused] == ["n" * 230, "e_ve"]


def test_what_lies_there_of_one_stops_no_other(root, take, tmp_path) -> None:
    """It may come from a student, by nbgrader's exchange."""
    eve = root / "submitted" / "eve" / "small"
    eve.mkdir(parents=True)
    (eve / "timestamp.txt").mkdir()
    (eve / "gone").symlink_to("nowhere")
    with (eve / "zeros").open("wb") as file:
        file.truncate(1 << 40)
    summary, there = collected(take, root, tmp_path, NOTEBOOK, update=True)
    assert summary.replaced == ["eve"]
    assert there == {"small.ipynb", "timestamp.txt"}


def test_an_error_of_one_students_files_is_not_the_disks(root, take, tmp_path) -> None:
    """A path that is longer than the system takes can be made folder by folder."""
    folder = root / "submitted" / "eve" / "small"
    folder.mkdir(parents=True)
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range((4090 - len(str(folder))) // 101):
        os.mkdir("d" * 100, dir_fd=descriptor)
        descriptor, above = os.open("d" * 100, os.O_RDONLY, dir_fd=descriptor), descriptor
        os.close(above)
    for name in ("n" * length for length in range(1, 200)):
        os.close(os.open(name, os.O_CREAT, dir_fd=descriptor))
    os.close(descriptor)
    summary, _ = collected(take, root, tmp_path, NOTEBOOK)
    assert [who for who, _ in summary.refused] == ["eve"]
    assert "File name too long" in summary.refused[0][1]
