"""Whatever an archive holds, no path leads out of it, and what fails is told in one sentence."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.grading.errors import ArchiveError
from course.grading.lms.archive import Archive, open_archive
from tests.lms.archives import MONDAY, archive, archive_of, entry


def opened_bytes(content: bytes, **limits: int) -> Archive:
    return Archive(io.BytesIO(content), "a.zip", **limits)


def packed(*entries: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for info, content in entries:
            file.writestr(info, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/etc/x",
        "C:/x",
        "C:x",
        "..\\x",
        "a\\..\\..\\x",
        "\\\\host\\x",
        "a/../x",
        "a\nb",
        "a\0b",
    ],
    ids=ascii,
)
def test_a_path_that_leads_out_is_refused(name) -> None:
    # zipfile cuts a name at a zero byte when it is made, not when it is read
    content = packed((entry("good.ipynb"), b""), (entry(name.replace("\0", "?")), b"x"))
    with pytest.raises(ArchiveError, match="leads out of it: nothing of it was taken"):
        opened_bytes(content.replace(b"a?b", b"a\0b"))


@pytest.mark.parametrize(
    "mode", [0o120777, 0o010644, 0o020644, 0o140644], ids=["link", "pipe", "device", "socket"]
)
def test_only_files_and_folders_are_taken(mode) -> None:
    with pytest.raises(ArchiveError, match="a link, or no regular file"):
        opened_bytes(packed((entry("x", mode=mode), b"/etc/passwd")))


def test_an_encrypted_archive_is_refused() -> None:
    content = bytearray(packed((entry("x"), b"x" * 50)))
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = content.index(mark)
        content[start + at] |= 1
    with pytest.raises(ArchiveError, match="without a password"):
        opened_bytes(bytes(content))


@pytest.mark.slow
def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    content = packed((entry("x"), bytes(100 << 20)))
    assert len(content) < 200_000
    with pytest.raises(ArchiveError, match="to 100 MiB: nothing was taken"):
        opened_bytes(content)


def test_many_files_are_refused_before_their_names_are_read() -> None:
    content = packed(*((entry(f"{n}"), b"") for n in range(30)))
    with pytest.raises(ArchiveError, match="holds more than 20 files"):
        opened_bytes(content, most=20)
    assert len(opened_bytes(content, most=30).entries) == 30
    end = bytearray(content)
    struct.pack_into("<L", end, content.rindex(b"PK\5\6") + 12, len(content))
    with pytest.raises(ArchiveError, match="holds more than 1 files"):
        opened_bytes(bytes(end), most=1)


def test_a_size_that_is_not_true_is_damage() -> None:
    content = bytearray(packed((entry("x"), b"y" * 1000)))
    start = content.index(b"PK\1\2")
    struct.pack_into("<L", content, start + 24, 400)
    opened = opened_bytes(bytes(content))
    with pytest.raises(ArchiveError, match="download it again"):
        opened.read(opened.entries[0], 10_000)


def test_a_file_is_read_up_to_a_limit() -> None:
    opened = opened_bytes(packed((entry("x"), bytes(2 << 20))))
    with pytest.raises(ArchiveError, match="x is larger than 1 MiB"):
        opened.read(opened.entries[0], 1 << 20)


@pytest.mark.parametrize("flag", [True, False])
def test_names_are_single_characters_whatever_wrote_them(flag) -> None:
    name = unicodedata.normalize("NFD", "Müller/é.ipynb") if flag else "Müller/é.ipynb".encode("cp437")
    (file,) = opened_bytes(packed((entry(name), b""))).entries
    assert file.path == PurePosixPath("Müller/é.ipynb")


def test_times_are_in_utc() -> None:
    (file,) = opened_bytes(packed((entry("x", MONDAY), b""))).entries
    assert file.time == MONDAY
    (file,) = opened_bytes(packed((entry("x", None), b""))).entries
    assert file.time is None


def test_what_systems_leave_behind_is_not_there() -> None:
    names = (
        "__MACOSX/._a",
        "a/.DS_Store",
        "a/.ipynb_checkpoints/b.ipynb",
        "Thumbs.db",
        "a/b.ipynb",
        "empty/",
    )
    opened = opened_bytes(packed(*((entry(name), b"") for name in names)))
    assert [str(file.path) for file in opened.entries] == ["a/b.ipynb"]


def test_what_is_no_archive(tmp_path) -> None:
    for content, words in ((b"", "damaged"), (b"Rar!", "damaged"), (b"PK\3\4" + bytes(60), "damaged")):
        file = tmp_path / "a.zip"
        file.write_bytes(content)
        with pytest.raises(ArchiveError, match=words), open_archive(file):
            pass
    with pytest.raises(ArchiveError, match="zip it again"), open_archive(tmp_path):
        pass
    with pytest.raises(ArchiveError, match="there is no file"), open_archive(tmp_path / "b.zip"):
        pass


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(NAMES, st.sampled_from(["..", "/", "a/..", "\\", ".", "C:", "a/b"])), min_size=1, max_size=4
    )
)
def test_no_name_leads_out(parts) -> None:
    try:
        files = opened_bytes(packed((entry("/".join(parts)), b"x"))).entries
    except ArchiveError:
        return
    for file in files:
        assert not file.path.is_absolute()
        assert ".." not in file.path.parts
        assert unicodedata.is_normalized("NFC", str(file.path))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_of_any_kind_is_one_sentence(data) -> None:
    content = bytearray(
        packed((entry("ann/x.ipynb"), b"abc" * 40), (entry("bob/y.ipynb"), bytes(range(256))))
    )
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    message, contents = "", []
    try:
        opened = opened_bytes(bytes(content))
        contents = [opened.read(file, 1 << 20) for file in opened.entries]
    except ArchiveError as error:
        message = str(error)
    assert message.count("\n") == 0
    assert all(len(content) < 1000 for content in contents)


def test_a_good_one(tmp_path) -> None:
    with open_archive(archive(tmp_path / "a.zip", {"a/b": b"c"})) as opened:
        assert [(str(file.path), opened.read(file, 9)) for file in opened.entries] == [("a/b", b"c")]
    with open_archive(archive_of(tmp_path / "b.zip")) as opened:
        assert opened.entries == ()
