"""What systems hand out lands under `submitted/`: right, whole, and whose it is."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course.grading.course_folder import CourseFolder
from course.grading.submissions.folders import nbgrader_rules, read_folder
from tests.helpers import course
from tests.lms.archives import MONDAY, TUESDAY, Raw, archive, archive_of, entry
from tests.lms.trees import submitted, tree
from tests.whole_class.classes import COURSE_ID, url

MOODLE = "assignsubmission_file_"


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return buffer.getvalue()


def due(root: Path, when: datetime) -> None:
    with Gradebook(url(root), COURSE_ID) as gradebook:
        gradebook.update_or_create_assignment("small", duedate=when.replace(tzinfo=None))


def test_moodle_with_folders_and_without(root, take, tmp_path) -> None:
    file = archive(
        tmp_path / "a.zip",
        {
            f"Ann Lee_101_{MOODLE}/small.ipynb": b"ann",
            f"Ann Lee_101_{MOODLE}/data/points.csv": b"1,2",
            f"Zoë O'Neil-Müller_102_{MOODLE}my answers (1).ipynb": b"zoe",
            f"Group A-Ann Lee_103_{MOODLE}/work/any name.ipynb": b"other ann",
            f"Group A-Ann Lee_103_{MOODLE}/work/data.csv": b"3",
            "Bob Ray_104_assignsubmission_file/small.ipynb": b"bob",
        },
    )
    summary = take("moodle", file)
    assert submitted(root) == {
        "101/small/small.ipynb": b"ann",
        "101/small/data/points.csv": b"1,2",
        "102/small/small.ipynb": b"zoe",
        "103/small/small.ipynb": b"other ann",
        "103/small/data.csv": b"3",
        "104/small/small.ipynb": b"bob",
    }
    assert summary.collected == ["101", "102", "103", "104"]
    assert not summary.skipped
    assert "--roster" in summary.advice[0]


def test_a_worksheet_says_who_moodles_numbers_are(root, take, tmp_path) -> None:
    worksheet = tmp_path / "worksheet.csv"
    worksheet.write_text(
        "\ufeffIdentifier,Full name,Email address,Status,Grade\n"
        '"Participant 101","Ann Lee",ann@x.edu,Submitted,\n'
        '"Participant 103","Ann Lee",anna@x.edu,Submitted,\n',
        encoding="utf-8",
    )
    files = {f"Ann Lee_{n}_{MOODLE}/small.ipynb": str(n).encode() for n in (101, 103, 105)}
    summary = take("moodle", archive(tmp_path / "a.zip", files), roster=worksheet)
    assert submitted(root) == {"ann@x.edu/small/small.ipynb": b"101", "anna@x.edu/small/small.ipynb": b"103"}
    assert summary.refused == [
        ("Ann Lee (105)", "is not in worksheet.csv: add the student, or take the roster of this course")
    ]
    assert summary.advice == ["worksheet.csv: 2 entered, 0 known before"]


def test_names_do_where_they_are_unique(root, take, tmp_path) -> None:
    roster = tmp_path / "class.csv"
    roster.write_text("student_id;last_name;first_name\nal1;Lee;Ann\nal2;Lee;Ann\nzm;Müller;Zoë\n")
    files = {
        f"Ann Lee_101_{MOODLE}/small.ipynb": b"?",
        f"{unicodedata.normalize('NFD', 'Zoë Müller')}_102_{MOODLE}/small.ipynb": b"zoe",
        f"Max Roe_103_{MOODLE}/small.ipynb": b"?",
    }
    summary = take("moodle", archive(tmp_path / "a.zip", files), roster=roster)
    assert submitted(root) == {"zm/small/small.ipynb": b"zoe"}
    assert [who for who, _ in summary.refused] == ["Ann Lee (101)", "Max Roe (103)"]
    assert "shares a name with somebody else" in summary.refused[0][1]


def test_two_of_one_name_are_never_one(root, take, tmp_path) -> None:
    """A student in the roster does not get the work of another of the same name."""
    roster = tmp_path / "class.csv"
    roster.write_text("student_id,name\nal1,Ann Lee\n")
    files = {f"Ann Lee_{n}_{MOODLE}/small.ipynb": b"?" for n in (101, 103)}
    summary = take("moodle", archive(tmp_path / "a.zip", files), roster=roster)
    assert not (root / "submitted").exists()
    assert [who for who, _ in summary.refused] == ["Ann Lee (101)", "Ann Lee (103)"]


@pytest.mark.filterwarnings("ignore:Object of type <Submitted")
def test_canvas(root, take, tmp_path) -> None:
    due(root, MONDAY)
    file = archive(
        tmp_path / "a.zip",
        {
            "leeann_11_501_small.ipynb": b"ann",
            "leeann_12_502_small.ipynb": b"the other ann",
            "müllerzoë_LATE_13_503_small-2.ipynb": b"zoe",
            "roemax_14_504_small.ipynb": b"old",
            "roemax_14_505_small-1.ipynb": b"new",
            "roemax_14_506_points-1.csv": b"data",
            "anon_aB3dE_507_small.ipynb": b"nobody",
            "kishor_late_15_508_hw.zip": zipped({"hw/notes.txt": b"n", "hw/hw.ipynb": b"kishor"}),
        },
        TUESDAY,
    )
    summary = take("canvas", file)
    assert submitted(root) == {
        "11/small/small.ipynb": b"ann",
        "12/small/small.ipynb": b"the other ann",
        "13/small/small.ipynb": b"zoe",
        "14/small/small.ipynb": b"new",
        "14/small/points-1.csv": b"data",
        "15/small/small.ipynb": b"kishor",
        "15/small/notes.txt": b"n",
        "anon_aB3dE/small/small.ipynb": b"nobody",
    }
    assert summary.late == ["13", "15"]
    assert ("14", "the last of 2 versions of small.ipynb is taken") in summary.remarks
    seconds = {}
    rules = nbgrader_rules(CourseFolder(root))
    with Gradebook(url(root), COURSE_ID) as gradebook:
        for student in ("11", "13"):
            gradebook.add_student(student)
            folder = root / "submitted" / student / "small"
            timestamp = read_folder(rules, student, folder, ("small",)).hand_in.time
            row = gradebook.update_or_create_submission("small", student, timestamp=timestamp)
            seconds[student] = row.total_seconds_late
    assert seconds == {"11": 0, "13": 1}


def test_only_who_is_late_in_the_course_is_named_so(root, take, tmp_path) -> None:
    due(root, TUESDAY)
    take(
        "canvas",
        archive(tmp_path / "a.zip", {"leeann_11_501_hw.ipynb": b"1", "roebob_LATE_12_502_hw.ipynb": b"2"}),
    )
    other = archive(tmp_path / "b.zip", {"leeann_LATE_11_501_hw.ipynb": b"1", "roebob_12_502_hw.ipynb": b"2"})
    before = tree(root)
    summary = take("canvas", other)
    assert (summary.unchanged, summary.late) == (["11", "12"], [])
    assert summary.remarks == [
        ("11", "late in this archive, which is not entered: --update enters it"),
        ("12", "no longer late in this archive, which is not entered: --update enters it"),
    ]
    assert tree(root) == before
    assert take("canvas", other, update=True).late == ["11"]
    again = take("canvas", other)
    assert (again.unchanged, again.late, again.remarks) == (["11", "12"], ["11"], [])


def test_what_was_typed_into_canvas_is_told(root, take, tmp_path) -> None:
    file = archive(tmp_path / "a.zip", {"leeann_11_text.html": b"", "roemax_LATE_14_5_small.ipynb": b"1"})
    assert take("canvas", file).refused == [("11", "holds no notebook, but text.html")]


def test_an_id_of_one_that_is_anothers_login_decides_nothing(root, take, tmp_path) -> None:
    roster = tmp_path / "class.csv"
    roster.write_text("student_id,Username,ID number\nann,a,7\nbob,7,b\n")
    summary = take("zip", archive(tmp_path / "a.zip", {"7/x.ipynb": b"?", "a/x.ipynb": b"1"}), roster=roster)
    assert submitted(root) == {"ann/small/small.ipynb": b"1"}
    assert [who for who, _ in summary.refused] == ["7"]


@pytest.mark.parametrize("name", ["smith_5_777_999_small.ipynb", "doe_777_999_1_small.ipynb"])
def test_nobody_can_name_himself_into_anothers_work(root, take, tmp_path, name) -> None:
    """A name that ends with a number reads as another student's number: only the roster tells."""
    file = archive(tmp_path / "a.zip", {name: b"whose?", "leeann_11_501_small.ipynb": b"ann"})
    summary = take("canvas", file)
    assert submitted(root) == {"11/small/small.ipynb": b"ann"}
    assert "is it student" in summary.refused[0][1]
    roster = tmp_path / "gradebook.csv"
    roster.write_text(
        "Student,ID,SIS Login ID,Section,small (9)\n    Points Possible,,,,3\n"
        '"Smith_5, A",777,smith,S1,\n"Lee, Ann",11,lee,S1,\n'
    )
    take("canvas", file, roster=roster)
    assert submitted(root)["smith/small/small.ipynb"] == b"whose?"


def test_any_zip_with_a_folder_or_a_file_for_each(root, take, tmp_path) -> None:
    file = archive(
        tmp_path / "a.zip",
        {
            "hand in/ann/small.ipynb": b"ann",
            "hand in/ann/.ipynb_checkpoints/small-checkpoint.ipynb": b"no",
            "hand in/Zoë Müller/small/Mein Heft.ipynb": b"zoe",
            "hand in/bob_small.ipynb": b"bob",
            "hand in/carl.zip": zipped({"small.ipynb": b"carl", "__MACOSX/._small.ipynb": b"no"}),
            "__MACOSX/hand in/._ann": b"no",
        },
    )
    take("zip", file)
    assert submitted(root) == {
        "ann/small/small.ipynb": b"ann",
        "Zoë Müller/small/small.ipynb": b"zoe",
        "bob/small/small.ipynb": b"bob",
        "carl/small/small.ipynb": b"carl",
    }


@pytest.mark.parametrize(
    "files",
    [
        {"ann/small.ipynb": b"1", "Ann/small.ipynb": b"2"},
        {"Zoe\u0301/small.ipynb": b"1", "ZO\u00c9/small.ipynb": b"3"},
    ],
    ids=["case", "accents"],
)
def test_students_whose_names_differ_in_nothing_that_counts_are_refused(root, take, tmp_path, files) -> None:
    summary = take("zip", archive(tmp_path / "a.zip", {**files, "bob/small.ipynb": b"bob"}))
    assert submitted(root) == {"bob/small/small.ipynb": b"bob"}
    assert len(summary.refused) == 2
    assert all("is one of several for" in why for _, why in summary.refused)


def test_a_folder_and_a_file_of_one_name_are_not_mixed(root, take, tmp_path) -> None:
    summary = take("zip", archive(tmp_path / "a.zip", {"ann/x.ipynb": b"1", "ann_small.ipynb": b"2"}))
    assert submitted(root) == {"ann/small/small.ipynb": b"1"}
    why = "is there a folder ann too, of the same student or of another?"
    assert summary.refused == [("ann_small.ipynb", why)]


def test_a_name_in_another_case_than_before_is_refused(root, take, tmp_path) -> None:
    take("zip", archive(tmp_path / "a.zip", {"ann/small.ipynb": b"1"}))
    summary = take("zip", archive(tmp_path / "b.zip", {"Ann/small.ipynb": b"2"}, TUESDAY))
    assert submitted(root) == {"ann/small/small.ipynb": b"1"}
    assert "differs only in case or accents from ann" in summary.refused[0][1]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.ipynb": b"1", "b.ipynb": b"2"}, "holds a.ipynb, b.ipynb: none is called small.ipynb"),
        ({"x/small.ipynb": b"1", "y/small.ipynb": b"2"}, "which is meant is not clear"),
        ({"small.py": b"1", "report.pdf": b"2"}, "holds no notebook, but report.pdf, small.py"),
        ({"small.rar": b"1"}, "holds no notebook, but small.rar"),
        ({"one.zip": b"1", "two.zip": b"2"}, "several archives: one.zip, two.zip"),
        ({"work.zip": b"PK, or so I thought"}, "work.zip is damaged, or no zip archive"),
        ({"work.zip": zipped({"../../bob/small/small.ipynb": b"mine"})}, "a path that leads out of it"),
        ({"work.zip": zipped({"notes.txt": b""})}, "work.zip holds notes.txt"),
        ({"small.ipynb": bytes(11 << 20)}, "is larger than 10 MiB"),
        ({f"{n}.txt": b"" for n in range(1001)}, "holds more than 1000 files"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_what_is_not_clear_is_refused_by_name_and_the_rest_collected(
    root, take, tmp_path, files, words
) -> None:
    files = {f"ann/{name}": content for name, content in files.items()}
    summary = take("zip", archive(tmp_path / "a.zip", {**files, "bob/small.ipynb": b"bob"}))
    assert submitted(root) == {"bob/small/small.ipynb": b"bob"}
    assert [who for who, _ in summary.refused] == ["ann"]
    assert words in summary.refused[0][1]


def test_one_of_several_notebooks_has_the_right_name(root, take, tmp_path) -> None:
    files = {"ann/SMALL.ipynb": b"1", "ann/scratch.ipynb": b"2", "bob/small.ipynb": b"bob"}
    summary = take("zip", archive(tmp_path / "a.zip", files))
    assert submitted(root) == {"ann/small/small.ipynb": b"1", "bob/small/small.ipynb": b"bob"}
    assert summary.remarks == [("ann", "of several notebooks SMALL.ipynb is taken, not scratch.ipynb")]


def test_the_time_is_the_archives_never_the_students(root, take, tmp_path) -> None:
    due(root, MONDAY + timedelta(hours=1))
    files = {"ann/small.ipynb": b"1", "ann/timestamp.txt": b"1999-01-01 00:00:00 UTC"}
    summary = take("zip", archive(tmp_path / "a.zip", files, TUESDAY))
    assert summary.late == ["ann"]
    rules = nbgrader_rules(CourseFolder(root))
    timestamp = read_folder(rules, "ann", root / "submitted/ann/small", ("small",)).hand_in.time
    assert timestamp.replace(tzinfo=UTC) == TUESDAY
    work = zipped({"small.ipynb": b"1", "Timestamp.txt": b"1999-01-01 00:00:00 UTC"})
    take("canvas", archive(tmp_path / "b.zip", {"leeann_11_501_work.zip": work}))
    assert not (root / "submitted/11/small/Timestamp.txt").exists()
    assert (root / "submitted/11/small/timestamp.txt").read_text() == ""


def test_newer_work_replaces_older_which_is_kept(root, take, tmp_path) -> None:
    first = archive(tmp_path / "a.zip", {"ann/small.ipynb": b"1", "ann/data.csv": b"d"}, MONDAY)
    second = archive(tmp_path / "b.zip", {"ann/small.ipynb": b"2"}, TUESDAY)
    take("zip", first)
    assert take("zip", first).unchanged == ["ann"]
    summary = take("zip", second)
    assert summary.replaced == ["ann"]
    assert submitted(root)["ann/small/small.ipynb"] == b"2"
    assert not (root / "submitted/ann/small/data.csv").exists()
    assert tree(summary.kept)["ann/small/small.ipynb"] == b"1"
    assert not list((root / "submitted").glob(".course*"))
    before = tree(root)
    again = take("zip", first)
    assert "is not newer than what is there" in again.older[0][1]
    assert not again.refused
    assert tree(root) == before
    assert take("zip", first, update=True).replaced == ["ann"]
    assert submitted(root)["ann/small/small.ipynb"] == b"1"


def test_what_has_no_time_replaces_nothing_unasked(root, take, tmp_path) -> None:
    take("zip", archive(tmp_path / "a.zip", {"ann/small.ipynb": b"1"}, None))
    assert (root / "submitted/ann/small/timestamp.txt").read_text() == ""
    summary = take("zip", archive(tmp_path / "b.zip", {"ann/small.ipynb": b"2"}, None))
    assert "has no time, and differs" in summary.older[0][1]
    assert submitted(root) == {"ann/small/small.ipynb": b"1"}


def test_a_link_in_the_course_is_not_followed(root, take, tmp_path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / "submitted").mkdir()
    (root / "submitted" / "ann").symlink_to(elsewhere)
    summary = take("zip", archive(tmp_path / "a.zip", {"ann/small.ipynb": b"1", "bob/small.ipynb": b"2"}))
    assert [who for who, _ in summary.refused] == ["ann"]
    assert not list(elsewhere.iterdir())


def test_names_in_every_encoding(root, take, tmp_path) -> None:
    utf8 = Raw(f"Jürgen/{unicodedata.normalize('NFD', 'Lösung')}.ipynb")
    cp437 = entry("Zoë/small.ipynb".encode("cp437"))
    take(
        "zip",
        archive_of(tmp_path / "a.zip", (utf8, b"1"), (entry("Øyvind/small.ipynb"), b"2"), (cp437, b"3")),
    )
    assert submitted(root) == {
        "Jürgen/small/small.ipynb": b"1",
        "Øyvind/small/small.ipynb": b"2",
        "Zoë/small/small.ipynb": b"3",
    }


def test_an_assignment_of_two_notebooks(root, take, tmp_path) -> None:
    source = root / "source" / "small"
    (source / "more.ipynb").write_bytes((source / "small.ipynb").read_bytes())
    files = {"ann/small.ipynb": b"1", "ann/More.ipynb": b"2", "bob/small.ipynb": b"3", "carl/x.ipynb": b"4"}
    summary = take("zip", archive(tmp_path / "a.zip", files))
    assert submitted(root) == {
        "ann/small/small.ipynb": b"1",
        "ann/small/more.ipynb": b"2",
        "bob/small/small.ipynb": b"3",
    }
    assert ("bob", "more.ipynb is missing") in summary.remarks
    assert [who for who, _ in summary.refused] == ["carl"]


@pytest.mark.slow
def test_the_command(root, tmp_path) -> None:
    """From a terminal, to what `course grade` finds."""
    files = {f"Ann Lee_101_{MOODLE}/x.ipynb": (root / "release/small/small.ipynb").read_bytes()}
    file = archive(tmp_path / "a.zip", {**files, f"Bob Ray_102_{MOODLE}/x.pdf": b""})
    result = course("collect", "--from", "moodle", file, "small", cwd=root)
    assert result.returncode == 1
    assert result.stderr == ""
    assert "collected 1 of 2, skipped 1, unchanged 0\n  102: holds no notebook, but x.pdf\n" in result.stdout
    again = course("collect", "--from", "moodle", archive(tmp_path / "b.zip", files), "small", cwd=root)
    assert again.returncode == 0
    assert again.stdout == "collected 0 of 1, skipped 0, unchanged 1\n"
