"""What `course collect` cannot do is told in one line, and the course stays as it was."""

from __future__ import annotations

import subprocess
import sys

import pytest

from course.grading.errors import ArchiveError, CourseError, RosterError
from course.grading.sandbox import bubblewrap
from tests.lms.archives import TUESDAY, archive, archive_of, entry
from tests.lms.refusals import refused
from tests.lms.trees import tree
from tests.whole_class.classes import another_course, url

ANN = {"Ann Lee_101_assignsubmission_file_/small.ipynb": b"ann"}
PLAIN = {"ann/small.ipynb": b"1", "bob/small.ipynb": b"2"}


@pytest.mark.slow
def test_unknown_assignment(root, tmp_path) -> None:
    file = archive(tmp_path / "a.zip", ANN)
    refused(
        root, "collect", "--from", "moodle", file, "large", words="no assignment 'large'; there is: small"
    )


@pytest.mark.slow
def test_not_a_course(tmp_path) -> None:
    file = archive(tmp_path / "a.zip", ANN)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    refused(folder, "collect", "--from", "moodle", file, "small", words="run this in the course's root")


@pytest.mark.slow
def test_gradebook_of_another_course(root, tmp_path) -> None:
    elsewhere = another_course(tmp_path / "elsewhere")
    file = archive(tmp_path / "a.zip", ANN)
    words = "gradebook of another course (philosophy, not mlp-gradients)"
    refused(root, "collect", "--from", "moodle", file, "small", words=words, COURSE_DB_URL=url(elsewhere))


def test_a_course_without_a_gradebook_can_collect(root, take, tmp_path) -> None:
    (root / "gradebook.db").unlink()
    file = archive(tmp_path / "a.zip", {"leeann_LATE_11_501_small.ipynb": b"ann"})
    assert "the gradebook knows no due date" in take("canvas", file).advice[0]
    assert not (root / "gradebook.db").exists()


@pytest.mark.parametrize(
    ("system", "files", "words"),
    [
        ("moodle", {}, "a.zip is empty: nobody has handed in"),
        ("moodle", PLAIN, "holds nothing of the form Full Name_12345"),
        ("canvas", ANN, "holds nothing of the form lastfirst_123_456"),
        ("zip", {**PLAIN, "../carl/small.ipynb": b"3"}, "leads out of it"),
    ],
    ids=["empty", "another system's", "a folder of another system", "traversal"],
)
def test_archives(root, take, tmp_path, system, files, words) -> None:
    before = tree(root)
    with pytest.raises(ArchiveError, match=words):
        take(system, archive(tmp_path / "a.zip", files))
    assert tree(root) == before


def test_damage_found_late_leaves_everything_as_it_was(root, take, tmp_path) -> None:
    take("zip", archive(tmp_path / "a.zip", PLAIN))
    before = tree(root)
    file = archive_of(
        tmp_path / "b.zip",
        (entry("ann/small.ipynb", TUESDAY), b"new"),
        (entry("zoe/small.ipynb", TUESDAY), bytes(range(256)) * 8),
    )
    content = bytearray(file.read_bytes())
    content[content.rindex(b"zoe/small.ipynb", 0, content.index(b"PK\1\2")) + 40] ^= 0xFF
    file.write_bytes(bytes(content))
    with pytest.raises(ArchiveError, match="download it again"):
        take("zip", file)
    assert tree(root) == before
    assert sorted(path.name for path in (root / "submitted").iterdir()) == ["ann", "bob"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("Full name,Grade\nAnn,1\n", "does not tell who is who: it needs a column student_id"),
        ("student_id,name\nann,Ann\nANN,Anna\n", "lists ann more than once, by student_id"),
        ("student_id\n../ann\n", "line 2: '../ann' cannot be a student's id"),
        (
            "student_id,name\na,A\n,Ann\n",
            "line 3: Ann has no student_id, which is everybody's id here: fill it in",
        ),
        ("student_id\n", "lists nobody"),
        ('student_id\n"ann\n', "is not a table in CSV"),
        ("PK\3\4", "is a spreadsheet, not a table in CSV: save it as CSV UTF-8"),
    ],
)
def test_rosters(root, take, tmp_path, text, words) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_bytes(text.encode("latin-1"))
    with pytest.raises(RosterError, match=words):
        take("moodle", archive(tmp_path / "a.zip", ANN), roster=roster)
    assert not (root / "submitted").exists()


@pytest.mark.slow
@pytest.mark.parametrize("there", [True, False], ids=["submitted/ is there", "it is not"])
def test_read_only_disk(root, take, tmp_path, there) -> None:
    """Permissions would not keep root out: the file system is mounted read-only."""
    if there:
        take("zip", archive(tmp_path / "a.zip", PLAIN))
    file = archive(tmp_path / "b.zip", PLAIN, TUESDAY)
    before = tree(root)
    command = [bubblewrap.program(), "--dev-bind", "/", "/", "--ro-bind", root, root, "--chdir", root]
    collect = [sys.executable, "-m", "course.grading", "collect", "--from", "zip", file, "small", "--update"]
    result = subprocess.run([*command, *collect], capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1, result.stderr
    assert "submitted cannot be written: Read-only file system; make room there" in result.stderr
    assert tree(root) == before


@pytest.mark.slow
def test_no_space_left(root, take, tmp_path) -> None:
    """On a disk of a megabyte: what was there is there, and nothing else."""
    take("zip", archive(tmp_path / "a.zip", PLAIN))
    (root / "submitted").rename(tmp_path / "before")
    files = {f"{name}/data.bin": bytes(range(256)) * 2000 for name in ("ann", "bob", "carl")}
    file = archive(tmp_path / "b.zip", {**PLAIN, **files, "carl/small.ipynb": b"3"}, TUESDAY)
    script = (
        f"cp -a {tmp_path}/before/. {root}/submitted/ && "
        f"{sys.executable} -m course.grading collect --from zip {file} small; echo code $?; "
        f"cd {root}/submitted && find . -type f | sort"
    )
    command = [bubblewrap.program(), "--dev-bind", "/", "/", "--size", str(1 << 20)]
    command += ["--tmpfs", f"{root}/submitted", "--chdir", str(root), "sh", "-c", script]
    (root / "submitted").mkdir()
    result = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert "submitted cannot be written: No space left on device" in result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    code, *files_there = result.stdout.splitlines()
    assert code == "code 1"
    assert files_there == [
        f"./{name}/small/{file}" for name in ("ann", "bob") for file in ("small.ipynb", "timestamp.txt")
    ]


@pytest.mark.slow
def test_a_move_that_fails_takes_back_those_before_it(root, take, tmp_path) -> None:
    """The third place cannot be written, after two submissions have taken theirs."""
    take("zip", archive(tmp_path / "a.zip", {"ann/small.ipynb": b"1"}))
    carl = root / "submitted" / "carl"
    carl.mkdir()
    before = tree(root)
    files = {f"{name}/small.ipynb": b"2" for name in ("ann", "bob", "carl")}
    file = archive(tmp_path / "b.zip", files, TUESDAY)
    command = [bubblewrap.program(), "--dev-bind", "/", "/", "--ro-bind", carl, carl, "--chdir", root]
    collect = [sys.executable, "-m", "course.grading", "collect", "--from", "zip", file, "small"]
    result = subprocess.run([*command, *collect], capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 1
    assert "nothing was collected" in result.stderr
    assert tree(root) == before
    assert sorted(path.name for path in (root / "submitted").iterdir()) == ["ann", "carl"]


def test_errors_are_those_of_the_command_line() -> None:
    for error in (ArchiveError, RosterError):
        assert issubclass(error, CourseError)
