"""Due dates, extensions and late policies reach work that is graded, without running it again."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests.helpers import RIGHT, course, hand_in, nbgrader, small_course
from tests.whole_class.classes import COURSE_ID, gradings, url

pytestmark = pytest.mark.slow

PER_DAY = 'c.AssignLatePenalties.plugin_class = "course.grading.nbgrader_steps.late_policy.PerDay"\n'
ZERO = 'c.LateSubmissionPlugin.penalty_method = "zero"\n'


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann hands in at noon, Bob two and a half days later; there is no due date."""
    root = small_course(tmp_path_factory.mktemp("dates") / "course")
    assert nbgrader("generate_assignment", "small", cwd=root).returncode == 0
    for student, time in (("ann", "2026-11-20 12:00:00"), ("bob", "2026-11-23 00:00:00")):
        folder = hand_in(root, student, **RIGHT).parent
        (folder / "timestamp.txt").write_text(f"{time} +0100")
    assert course("grade", "small", "--jobs", "1", cwd=root).returncode == 0
    return root


@pytest.fixture
def root(graded: Path, tmp_path: Path) -> Path:
    return shutil.copytree(graded, tmp_path / "course")


def configure(root: Path, *lines: str) -> None:
    with (root / "nbgrader_config.py").open("a") as config:
        config.writelines(["\n", *lines])


def run(root: Path, *arguments: str) -> str:
    result = course(*arguments, cwd=root)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def scores(root: Path) -> dict[str, str]:
    run(root, "export", "small", "--to", "csv")
    with (root / "small-csv.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student_id"]: row["score"] for row in csv.DictReader(file)}


def test_a_due_date_and_an_extension_after_grading(root: Path) -> None:
    configure(root, PER_DAY)
    before = gradings(url(root))
    assert run(root, "due", "small", "2026-11-20 12:00 Europe/Berlin") == (
        "small is due 2026-11-20 11:00:00 UTC\nlate penalties have changed: bob\n"
    )
    assert scores(root) == {"ann": "3", "bob": "2.1"}
    assert "late penalties have changed: bob" in run(root, "extend", "small", "bob", "1d12h")
    assert scores(root) == {"ann": "3", "bob": "2.7"}
    # it takes the place of the one before
    assert "2026-11-22 11:00:00 UTC for bob" in run(root, "extend", "small", "bob", "2d")
    assert scores(root) == {"ann": "3", "bob": "2.7"}
    run(root, "extend", "small", "bob", "0d")
    run(root, "due", "small", "2026-11-20 11:59 +0100")
    assert scores(root) == {"ann": "2.7", "bob": "2.1"}
    assert gradings(url(root)) == before


def test_a_policy_and_a_date_of_nbgrader_reach_export_report_and_grade(root: Path) -> None:
    assert nbgrader("db", "assignment", "add", "small", "--duedate", "2026-11-21 12:00 +0100", cwd=root)
    assert scores(root) == {"ann": "3", "bob": "3"}
    configure(root, PER_DAY, "c.PerDay.percent = 25\n")
    before = gradings(url(root))
    output = run(root, "grade", "small", "--jobs", "1")
    assert "2 unchanged since they were graded" in output
    assert "late penalties have changed: bob" in output
    assert gradings(url(root)) == before
    assert scores(root) == {"ann": "3", "bob": "1.5"}
    configure(root, "c.PerDay.grace_minutes = 720\n")
    run(root, "report", "small")
    with Gradebook(url(root), COURSE_ID) as gradebook:
        assert gradebook.find_submission("small", "bob").late_submission_penalty == 0.75


def test_a_corrected_time_of_hand_in(root: Path) -> None:
    configure(root, ZERO)
    run(root, "due", "small", "2026-11-20 18:00 Europe/Berlin")
    assert scores(root) == {"ann": "3", "bob": "0"}
    (root / "submitted" / "bob" / "small" / "timestamp.txt").write_text("2026-11-20 18:00:00 +0100")
    assert "late penalties have changed: bob" in run(root, "grade", "small", "--jobs", "1")
    assert scores(root) == {"ann": "3", "bob": "3"}


def late(root: Path) -> Path:
    """Make Bob late, and return his timestamp."""
    configure(root, ZERO)
    run(root, "due", "small", "2026-11-20 18:00 Europe/Berlin")
    assert scores(root) == {"ann": "3", "bob": "0"}
    return root / "submitted" / "bob" / "small" / "timestamp.txt"


@pytest.mark.parametrize("is_replaced", [False, True], ids=["unchanged", "replaced"])
@pytest.mark.parametrize("is_there", [False, True], ids=["removed", "empty"])
def test_a_time_that_is_no_longer_known(root: Path, is_there: bool, is_replaced: bool) -> None:
    timestamp = late(root)
    if is_replaced:
        hand_in(root, "bob", **(RIGHT | {"double": "def double(x):\n    return x + x"}))
    if is_there:
        timestamp.write_text("")
    else:
        timestamp.unlink()
    run(root, "grade", "small")
    with Gradebook(url(root), COURSE_ID) as gradebook:
        assert gradebook.find_submission("small", "bob").timestamp is None
        assert gradebook.find_submission("small", "ann").timestamp is not None
    assert scores(root) == {"ann": "3", "bob": "3"}


def test_an_empty_timestamp_and_nbgraders_own_command(root: Path) -> None:
    late(root).write_text("")
    result = nbgrader("autograde", "small", "--force", cwd=root)
    assert result.returncode == 0, result.stderr
    with Gradebook(url(root), COURSE_ID) as gradebook:
        assert gradebook.find_submission("small", "bob").timestamp is None
        assert gradebook.find_submission("small", "ann").timestamp is not None
    assert scores(root) == {"ann": "3", "bob": "3"}


@pytest.mark.filterwarnings("ignore:Object of type <Submitted")
def test_a_time_that_was_never_in_a_file_stays(root: Path) -> None:
    """Until another submission takes the place of the one it is of."""
    late(root)
    for student in ("carl", "dora"):
        hand_in(root, student, **RIGHT)
    with Gradebook(url(root), COURSE_ID) as gradebook:
        for student in ("carl", "dora"):
            gradebook.update_or_create_student(student)
            gradebook.update_or_create_submission("small", student, timestamp="2026-11-22 12:00:00 UTC")
    for arguments in ([], [], ["--force"]):
        run(root, "grade", "small", *arguments)
        assert scores(root) == {"ann": "3", "bob": "0", "carl": "0", "dora": "0"}
    hand_in(root, "dora", **(RIGHT | {"double": "def double(x):\n    return x + x"}))
    run(root, "grade", "small")
    assert scores(root) == {"ann": "3", "bob": "0", "carl": "0", "dora": "3"}


def test_a_time_of_before_the_group(root: Path) -> None:
    """Who joins a group has handed in with it, whenever that was, and no longer late alone."""
    late(root)
    folder = hand_in(root, "carl", **(RIGHT | {"double": "def double(x):\n    return x + x"})).parent
    (root / "groups.csv").write_text("group,student\nred,bob\nred,carl\n")
    (root / "submitted" / "bob" / "small").rename(root / "bob")
    run(root, "grade", "small")
    assert not (folder / "timestamp.txt").exists()
    assert scores(root) == {"ann": "3", "bob": "3", "carl": "3"}


def test_points_given_by_hand_count_for_the_penalty(root: Path) -> None:
    configure(root, ZERO)
    run(root, "due", "small", "2026-11-20 18:00 Europe/Berlin")
    with Gradebook(url(root), COURSE_ID) as gradebook:
        grade = gradebook.find_grade("test_half", "small", "small", "bob")
        grade.manual_score, grade.needs_manual_grade = 7.0, False
        gradebook.db.commit()
    assert scores(root) == {"ann": "3", "bob": "0"}
    configure(root, PER_DAY)
    assert scores(root) == {"ann": "3", "bob": "5.6"}


def test_an_extension_before_anything_is_graded(root: Path) -> None:
    configure(root, ZERO)
    run(root, "due", "small", "2026-11-20 18:00 Europe/Berlin")
    for student in ("carl", "dora"):
        folder = hand_in(root, student, **RIGHT).parent
        (folder / "timestamp.txt").write_text("2026-11-22 12:00:00 +0100")
    run(root, "extend", "small", "carl", "3d")
    run(root, "grade", "small", "--jobs", "1")
    assert scores(root) == {"ann": "3", "bob": "0", "carl": "3", "dora": "0"}
    assert nbgrader("autograde", "small", "--force", cwd=root).returncode == 0
    assert scores(root) == {"ann": "3", "bob": "0", "carl": "3", "dora": "0"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["due", "small", "2026-11-20 18:00"], "does not say in which time zone"),
        (["due", "small", "2026-11-20"], "is no date with a time of day"),
        (["due", "small", "soon"], "nothing was changed"),
        (["due", "large", "2026-11-20 18:00 +0100"], "knows no assignment large"),
        (["extend", "small", "bob", "3"], "is no length of time: write 3d, 36h or 1d12h"),
        (["extend", "small", "bob", "99999999999999d"], "longer than ten years"),
        (["extend", "small", "bob", "3d"], "small has no due date: `course due small"),
    ],
)
def test_refused(graded: Path, arguments: list[str], words: str) -> None:
    before = (graded / "gradebook.db").read_bytes()
    result = course(*arguments, cwd=graded)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("course: ")
    assert result.stderr.count("\n") == 1
    assert words in result.stderr
    assert (graded / "gradebook.db").read_bytes() == before


def test_an_id_that_nobody_has(root: Path) -> None:
    run(root, "due", "small", "2026-11-20 18:00 Europe/Berlin")
    result = course("extend", "small", "zoe", "3d", cwd=root)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "nobody has the id zoe" in result.stderr
