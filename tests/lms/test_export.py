"""Files of grades hold what the gradebook holds, in the form each system imports."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin

from course.grading.errors import CourseError
from course.grading.lms.export import CanvasExport, MoodleExport, export
from course.grading.lms.sheets import text_cell
from course.grading.sandbox import bubblewrap
from tests.helpers import RIGHT, course, hand_in, nbgrader, run
from tests.lms.archives import MONDAY
from tests.lms.refusals import refused
from tests.lms.trees import tree
from tests.postgresql import server
from tests.whole_class.classes import COURSE_ID, another_course, url

pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")

# student: last name, first name, points of test_double and test_half, hours late, penalty
CLASS = {
    "11": ("Lee", "Ann", 1, 2, 0, 0),
    "12": ("Lee", "Ann", 1, 0.5, 3, 0.25),
    "13": ('Müller, "Zoë"', "=1+1", 0, 0, 1, 0),
    "14": ("Roe", "@Max", 1, None, 0, 0),
    "15": ("Poe", "Ida", None, None, 0, 0),
}
POLICY = """
from nbgrader.plugins import LateSubmissionPlugin


class Quarter(LateSubmissionPlugin):
    def late_submission_penalty(self, student, score, seconds):
        return 0.25


c.AssignLatePenalties.plugin_class = Quarter
"""
MOODLE = ("export", "--to", "moodle")
QUESTIONS = ["small", "small test_double", "small test_half"]


def enter(db_url: str) -> None:
    """Enter the class as grading does; 14 waits for somebody's points, 15 has handed in nothing."""
    with Gradebook(db_url, COURSE_ID) as gradebook:
        gradebook.update_or_create_assignment("small", duedate=MONDAY.replace(tzinfo=None))
        for student, (last, first, double, half, late, penalty) in CLASS.items():
            gradebook.update_or_create_student(
                student, last_name=last, first_name=first, email=f"{student}@x.edu"
            )
            if double is None:
                continue
            time = MONDAY.replace(tzinfo=None) + timedelta(hours=late)
            gradebook.update_or_create_submission("small", student, timestamp=time)
            notebook = gradebook.find_submission_notebook("small", "small", student)
            notebook.late_submission_penalty = penalty
            for name, points in (("test_double", double), ("test_half", half)):
                grade = gradebook.find_grade(name, "small", "small", student)
                grade.auto_score, grade.needs_manual_grade = points, points is None
            gradebook.db.commit()


@pytest.fixture(scope="module")
def entered(prepared, tmp_path_factory) -> Path:
    root = shutil.copytree(prepared, tmp_path_factory.mktemp("entered") / "course")
    enter(url(root))
    with (root / "nbgrader_config.py").open("a") as config:
        config.write(POLICY)
    return root


@pytest.fixture
def root(entered, tmp_path) -> Path:
    return shutil.copytree(entered, tmp_path / "course")


def table(path: Path, encoding: str = "utf-8") -> list[list[str]]:
    content = path.read_bytes()
    assert content.endswith(b"\r\n")
    rows = list(csv.reader(io.StringIO(content.decode(encoding), newline=""), strict=True))
    assert len({len(row) for row in rows}) == 1
    return rows


def statuses(root: Path) -> dict[str, str]:
    """Return the status of each student in the table for spreadsheets."""
    head, *rows = table(root / "small-csv.csv", "utf-8-sig")
    return {row[1]: row[head.index("status")] for row in rows}


@pytest.mark.slow
def test_moodle(root) -> None:
    lines = export(root, "moodle", "small")
    assert table(root / "small-moodle.csv") == [
        ["Student ID", "First name", "Last name", "Email address", *QUESTIONS],
        ["11", "Ann", "Lee", "11@x.edu", "3", "1", "2"],
        ["12", "Ann", "Lee", "12@x.edu", "1.25", "1", "0.5"],
        ["13", "'=1+1", 'Müller, "Zoë"', "13@x.edu", "0", "0", "0"],
        ["14", "'@Max", "Roe", "14@x.edu", "-", "1", "-"],
        ["15", "Ida", "Poe", "15@x.edu", "-", "-", "-"],
    ]
    assert lines[0] == "small-moodle.csv: 3 graded, 1 wait for grading, 1 have not handed in"
    assert lines[1].startswith("14: their totals are left out, since test_half wait for somebody")
    # a test that came with a release waits too, and nobody can grade that by hand before it was run
    assert lines[1].endswith("once `course grade small` has run tests that are new")


def test_moodles_worksheet_comes_back_filled_in(root, tmp_path) -> None:
    worksheet = tmp_path / "worksheet.csv"
    worksheet.write_text(
        "\ufeffIdentifier,Full name,Email address,Grade,Maximum Grade,Last modified (grade)\n"
        'Participant 902,"Lee, Ann",12@x.edu,,100.00,-\n'
        "Participant 901,Ann Lee,11@x.edu,,100.00,-\n"
        "Participant 903,=Zoë,new@x.edu,,100.00,-\n"
        "Participant 14,Max,max@x.edu,,100.00,-\n",
        encoding="utf-8",
    )
    lines = export(root, "moodle", "small", roster=worksheet)
    assert table(root / "small-moodle.csv")[1:] == [
        ["Participant 902", "Lee, Ann", "12@x.edu", "1.25", "100.00", "-", "1", "0.5"],
        ["Participant 901", "Ann Lee", "11@x.edu", "3", "100.00", "-", "1", "2"],
        ["Participant 903", "'=Zoë", "new@x.edu", "", "100.00", "-", "-", "-"],
        ["Participant 14", "Max", "max@x.edu", "", "100.00", "-", "1", "-"],
    ]
    assert any("not in worksheet.csv, and left out: 13, 15" in line for line in lines)
    assert any("Moodle's maximum grade is 100.00, the assignment's 3" in line for line in lines)


def test_canvas_with_its_gradebook(root, tmp_path) -> None:
    roster = tmp_path / "gradebook.csv"
    roster.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Small (77),Final Score\n"
        "    Points Possible,,,,,3,(read only)\n"
        '"Lee, Ann",12,u12,login12,S2,,0\n'
        '"Lee, Ann",11,u11,login11,S1,,0\n'
        '"Student, Test",99,,abc99,S1,,0\n',
        encoding="utf-8",
    )
    lines = export(root, "canvas", "small", roster=roster)
    assert table(root / "small-canvas.csv") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Small (77)", *QUESTIONS[1:]],
        ["    Points Possible", "", "", "", "", "3", "1", "2"],
        ["Lee, Ann", "12", "u12", "login12", "S2", "1.25", "1", "0.5"],
        ["Lee, Ann", "11", "u11", "login11", "S1", "3", "1", "2"],
        ["Student, Test", "99", "", "abc99", "S1", "", "", ""],
    ]
    assert any("left out: 13, 14, 15" in line for line in lines)


def test_canvas_with_split_names(root, tmp_path) -> None:
    """As its gradebook is exported where it is set to show first and last names."""
    roster = tmp_path / "canvas.csv"
    roster.write_text(
        "LastName,FirstName,ID,SIS Login ID,Section,small (9)\n,,,,,Manual Posting\n"
        "    Points Possible,,,,,3\nLee,Ann,1001,11,A,\nStudent,Test,1099,,A,\n"
    )
    export(root, "canvas", "small", roster=roster)
    rows = table(root / "small-canvas.csv")
    assert [row[:6] for row in rows[2:]] == [["Lee, Ann", "1001", "", "11", "A", "3"]]


def test_canvas_without(root) -> None:
    """Of two with the same name neither is called by it: where a number is unknown Canvas takes the name."""
    export(root, "canvas", "small", provisional=True)
    rows = table(root / "small-canvas.csv")
    assert not (root / "small-canvas.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert [row[:2] for row in rows[2:]] == [
        ["11", "11"],
        ["12", "12"],
        ['Müller, "Zoë", =1+1', "13"],
        ["Roe, @Max", "14"],
        ["Poe, Ida", "15"],
    ]
    assert rows[5][5:] == ["1", "1", ""]


def test_csv_agrees_with_nbgrader(root) -> None:
    export(root, "csv", "small", to=root / "ours.csv")
    rows = table(root / "ours.csv", "utf-8-sig")
    assert (root / "ours.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    ours = {row["student_id"]: row for row in (dict(zip(rows[0], row, strict=True)) for row in rows[1:])}
    with Gradebook(url(root), COURSE_ID) as gradebook:
        gradebook.update_or_create_student("13", last_name="Müller", first_name="Zoë")
        CsvExportPlugin(to=str(root / "stock.csv")).export(gradebook)
    with (root / "stock.csv").open() as file:
        for stock in csv.DictReader(file):
            row = ours[stock["student_id"]]
            if row["status"] == "graded":
                for name in ("raw_score", "late_submission_penalty", "score", "max_score"):
                    assert float(row[name]) == float(stock[name])
    assert [row["status"] for row in ours.values()] == [
        "graded",
        "graded",
        "graded",
        "waits for grading",
        "not handed in",
    ]
    assert (ours["14"]["score"], ours["14"]["waits_for"]) == ("", "test_half")


def test_points_given_by_hand_complete_the_total(root) -> None:
    with Gradebook(url(root), COURSE_ID) as gradebook:
        grade = gradebook.find_grade("test_half", "small", "small", "14")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.5, 0.25, False
        gradebook.db.commit()
    lines = export(root, "moodle", "small")
    assert table(root / "small-moodle.csv")[4][4:] == ["2.75", "1", "1.75"]
    assert lines == ["small-moodle.csv: 4 graded, 0 wait for grading, 1 have not handed in"]


def test_what_is_handed_in_and_not_graded_is_told(root) -> None:
    for student in ("zoe", "15"):  # only 15 is in the gradebook
        hand_in(root, student, **RIGHT)
    lines = export(root, "csv", "small")
    assert lines[0] == "small-csv.csv: 3 graded, 1 wait for grading, 0 have not handed in"
    assert lines[-1].startswith("handed in, but not graded: 15, zoe; `course grade small`")
    assert statuses(root)["15"] == "not graded"


def test_what_grading_refuses_is_told_with_its_reason(root, monkeypatch) -> None:
    monkeypatch.chdir(root)
    for student, name in (("zip", "hw.zip"), ("typo", "small.IPYNB")):
        folder = root / "submitted" / student / "small"
        folder.mkdir(parents=True)
        (folder / name).touch()
    lines = export(root, "csv", "small")
    assert not any("`course grade small` does it" in line for line in lines)
    assert lines[-2:] == [
        "typo cannot be graded: submitted/typo/small holds no notebook: rename small.IPYNB, so that it ends "
        "in .ipynb",
        "zip cannot be graded: submitted/zip/small holds no notebook",
    ]


@pytest.mark.slow
def test_grades_of_an_earlier_hand_in_or_version_are_told(prepared, tmp_path) -> None:
    root = shutil.copytree(prepared, tmp_path / "course")
    for student in ("ann", "bob"):
        hand_in(root, student, **RIGHT)
    assert course("grade", "small", cwd=root).returncode == 0
    assert export(root, "csv", "small") == [
        "small-csv.csv: 2 graded, 0 wait for grading, 0 have not handed in"
    ]
    hand_in(root, "bob", **(RIGHT | {"half": "def half(x):\n    return 0"}))
    again = "of an earlier hand-in or version: `course grade small` grades them again"
    assert export(root, "csv", "small")[1:] == [f"1 student's grades are {again} (bob)"]
    assert statuses(root) == {"ann": "graded", "bob": "to be graded again"}
    export(root, "moodle", "small")
    assert table(root / "small-moodle.csv")[2][4:] == ["3", "1", "2"]  # the points stay until then
    path = root / "source" / "small" / "small.ipynb"
    path.write_text(path.read_text().replace('"points": 2', '"points": 1'))
    assert course("release", "small", cwd=root).returncode == 0
    assert export(root, "csv", "small")[1:] == [f"2 students' grades are {again} (ann, bob)"]
    assert course("grade", "small", cwd=root).returncode == 0
    assert len(export(root, "csv", "small")) == 1
    assert set(statuses(root).values()) == {"graded"}


def test_one_person_twice_is_refused(root, tmp_path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("Username,ID number,Full name\n11,12,Ann\n")
    with pytest.raises(CourseError, match="11 and 12 of the gradebook are both Ann"):
        export(root, "moodle", "small", roster=roster)
    assert not (root / "small-moodle.csv").exists()


@pytest.mark.slow
@given(st.text())
def test_no_cell_is_a_formula(words) -> None:
    cell = text_cell(words)
    assert cell == "-" or not cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))
    assert "\n" not in cell
    assert "\r" not in cell


@pytest.mark.slow
def test_the_commands(root) -> None:
    result = course("export", "--to", "moodle", "small", "--output", "out.csv", cwd=root)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[0] == "out.csv: 3 graded, 1 wait for grading, 1 have not handed in"
    for exporter, system in ((MoodleExport, "moodle"), (CanvasExport, "canvas")):
        name = f"--exporter={exporter.__module__}.{exporter.__name__}"
        stock = nbgrader("export", name, "--assignment", "['small']", "--to", "stock.csv", cwd=root)
        assert stock.returncode == 0, stock.stderr
        export(root, system, "small")
        assert (root / "stock.csv").read_bytes() == (root / f"small-{system}.csv").read_bytes()


@pytest.mark.slow
def test_postgresql(root) -> None:
    with server() as address:
        here = {"COURSE_DB_URL": address}
        made = run(["nbgrader", "generate_assignment", "small", "--force"], root, **here)
        assert made.returncode == 0, made.stderr
        enter(address)
        result = course("export", "--to", "csv", "small", cwd=root, **here)
    assert result.returncode == 0, result.stderr
    there = (root / "small-csv.csv").read_bytes()
    export(root, "csv", "small")
    assert (root / "small-csv.csv").read_bytes() == there


@pytest.mark.slow
def test_unknown_assignment(root) -> None:
    refused(root, *MOODLE, "large", words="there is no assignment 'large'; there is: small")


@pytest.mark.slow
def test_empty_class(prepared, tmp_path) -> None:
    root = shutil.copytree(prepared, tmp_path / "empty")
    refused(root, *MOODLE, "small", words="nobody's small is graded: `course grade small` comes first")


@pytest.mark.slow
def test_no_gradebook(root) -> None:
    (root / "gradebook.db").unlink()
    refused(root, *MOODLE, "small", words="`nbgrader generate_assignment small --force` makes it")


@pytest.mark.slow
def test_gradebook_of_another_course(root, tmp_path) -> None:
    elsewhere = another_course(tmp_path / "elsewhere")
    refused(root, *MOODLE, "small", words="gradebook of another course", COURSE_DB_URL=url(elsewhere))


@pytest.mark.slow
def test_the_place_cannot_be_written(root) -> None:
    refused(root, *MOODLE, "small", "--output", "no/grades.csv", words="no/grades.csv cannot be written")
    (root / "folder").mkdir()
    refused(root, *MOODLE, "small", "--output", "folder", words="folder cannot be written")


@pytest.mark.slow
def test_read_only_disk(root, tmp_path) -> None:
    """The course may be read-only, gradebook included, if the file goes elsewhere."""
    before = tree(root)
    command = [bubblewrap.program(), "--dev-bind", "/", "/", "--ro-bind", root, root, "--chdir", root]
    write = [sys.executable, "-m", "course.grading", "export", "--to", "csv", "small"]
    result = subprocess.run([*command, *write], capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1, result.stderr
    assert "small-csv.csv cannot be written: Read-only file system" in result.stderr
    write += ["--output", str(tmp_path / "grades.csv")]
    result = subprocess.run([*command, *write], capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 0, result.stderr
    assert len(table(tmp_path / "grades.csv", "utf-8-sig")) == 6
    assert tree(root) == before
