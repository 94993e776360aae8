"""Every way in reads times of hand-in, and due dates, as `parse_time` does."""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbgrader as stock
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI

from course.grading.course_folder import CourseFolder
from course.grading.nbgrader_steps import corrections
from tests.helpers import RIGHT, course, hand_in, nbgrader, small_course
from tests.submissions.zones import ZONES
from tests.whole_class.classes import COURSE_ID, url

pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")

DUE = datetime(2026, 11, 20, 12, tzinfo=UTC)
UNCLEAR = "2026-11-20 09:00:00 CST"
LATE = """
from nbgrader.plugins import LateSubmissionPlugin


class AllOfIt(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score


c.AssignLatePenalties.plugin_class = AllOfIt
"""


def hand_in_at(root: Path, student: str, text: str) -> None:
    (hand_in(root, student, **RIGHT).parent / "timestamp.txt").write_text(text)


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory) -> Path:
    """A course whose students have handed in a minute before the due date or after it, in all zones."""
    root = small_course(tmp_path_factory.mktemp("times") / "course")
    with (root / "nbgrader_config.py").open("a") as config:
        config.write(LATE)
    CourseFolder(root).generate("small")
    for number, (name, zone) in enumerate(ZONES.items()):
        for word, minutes in (("early", -1), ("late", 1)):
            local = (DUE + timedelta(minutes=minutes)).astimezone(zone)
            hand_in_at(root, f"{word}{number}", f"{local:%Y-%m-%d %H:%M:%S.%f} {name}\n")
    hand_in_at(root, "carl", UNCLEAR)
    hand_in_at(root, "cleo", "yesterday, I think")
    due(root, "2026-11-20 13:00:00 +0100")
    with Gradebook(url(root), COURSE_ID) as gradebook:
        gradebook.update_or_create_student("carl")
        # an earlier submission was late
        gradebook.update_or_create_submission("small", "carl", timestamp=datetime(2026, 12, 1))
    return root


def due(root: Path, text: str) -> None:
    result = nbgrader("db", "assignment", "add", "small", f"--duedate={text}", cwd=root)
    assert result.returncode == 0, result.stderr


def scores(root: Path) -> dict[str, float]:
    with Gradebook(url(root), COURSE_ID) as gradebook:
        return {
            submission.student.id: sum(
                n.score - (n.late_submission_penalty or 0) for n in submission.notebooks
            )
            for submission in gradebook.assignment_submissions("small")
        }


@pytest.mark.slow
@pytest.mark.parametrize("command", [course, nbgrader], ids=["course grade", "nbgrader autograde"])
def test_who_is_late_loses_points_and_nobody_else(handed_in, tmp_path, command) -> None:
    root = shutil.copytree(handed_in, tmp_path / "course")
    result = command("grade" if command is course else "autograde", "small", cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr
    assert scores(root) == {
        **{f"early{number}": 3 for number in range(len(ZONES))},
        **{f"late{number}": 0 for number in range(len(ZONES))},
        "carl": 3,
        "cleo": 3,
    }
    (carl,) = re.findall(r".*carl/small/timestamp\.txt: .*", result.stdout + result.stderr)
    assert "CST may mean -0600, -0500, +0800: write it with its offset" in carl
    assert "does not count as late" in carl
    assert "cleo/small/timestamp.txt: 'yesterday, I think' is no date" in result.stdout + result.stderr
    # corrected, it counts
    hand_in_at(root, "carl", UNCLEAR.replace("CST", "-0600"))
    if command is course:
        again = course("grade", "small", cwd=root)
        assert "late penalties have changed: carl\n" in again.stdout
        assert "carl/small/timestamp.txt" not in again.stdout
    else:
        nbgrader("autograde", "small", "--student", "carl", "--force", cwd=root)
    assert scores(root)["carl"] == 0


@pytest.fixture
def corrected(handed_in) -> NbGraderAPI:
    """What Formgrader asks."""
    course_folder = CourseFolder(handed_in)
    return NbGraderAPI(course_folder.course, config=course_folder.config)


@pytest.mark.slow
def test_formgrader_lists_everybody(corrected) -> None:
    submissions = {s["student"]: s for s in corrected.get_submissions("small")}
    assert len(submissions) == 2 * len(ZONES) + 2
    assert submissions["carl"]["timestamp"] is None
    for number in range(len(ZONES)):
        assert submissions[f"early{number}"]["timestamp"] == "2026-11-20T11:59:00"
        assert submissions[f"late{number}"]["timestamp"] == "2026-11-20T12:01:00"


@pytest.mark.slow
def test_formgraders_due_dates(corrected) -> None:
    """It writes a local time and an offset, with a blank between."""
    with corrected.gradebook as gradebook:
        for text in ("2026-11-20T13:00:00 +0100", "2026-11-20 07:00 -0500"):
            assert gradebook.update_or_create_assignment("other", duedate=text).duedate == DUE.replace(
                tzinfo=None
            )
        gradebook.remove_assignment("other")


@pytest.mark.slow
def test_an_unclear_due_date_is_refused(handed_in) -> None:
    result = nbgrader("db", "assignment", "add", "small", f"--duedate={UNCLEAR}", cwd=handed_in)
    assert result.returncode != 0
    assert "CST may mean" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_the_courses_zone_tells_which_cst_is_meant(handed_in, tmp_path) -> None:
    root = shutil.copytree(handed_in, tmp_path / "course")
    with (root / "nbgrader_config.py").open("a") as config:
        config.write('\nc.Exchange.timezone = "America/Chicago"\n')
    due(root, "2026-11-20 08:59:00 CST")
    result = course("grade", "small", "--student", "carl", cwd=root)
    assert "1 of 1 submissions graded" in result.stdout
    assert "CST" not in result.stdout
    assert scores(root)["carl"] == 0


EXCHANGED = {
    "2026-11-20 11:00:00.0 UTC": "1",
    "2026-11-20 13:30:00.0 +0100": "3",
    "2026-11-20 21:15:00.0 JST": "2",
}
"""times of hand-in, and the answers handed in; the last is the newest in no order of the letters"""


def exchanged(root: Path, tmp_path: Path, student: str, time: str, text: str) -> Path:
    folder = tmp_path / COURSE_ID / "inbound" / f"{student}+small+{time}+Rm9vYmFyYmF6"
    folder.mkdir(parents=True)
    (folder / "small.ipynb").write_text(text)
    (folder / "timestamp.txt").write_text(time)
    return folder


@pytest.mark.slow
def test_collect_takes_the_newest(handed_in, tmp_path) -> None:
    root = shutil.copytree(handed_in, tmp_path / "course")
    shutil.rmtree(root / "submitted")
    for time, text in EXCHANGED.items():
        exchanged(root, tmp_path, "ann", time, text)
    for number, text in enumerate(("old", "new")):
        folder = exchanged(root, tmp_path, "bob", f"2026-11-20 {9 - number}:00:00.0 CST", text)
        os.utime(folder, (1e9 + number, 1e9 + number))
    result = nbgrader("collect", "small", f"--Exchange.root={tmp_path}", cwd=root)
    assert result.returncode == 0, result.stderr
    assert (root / "submitted" / "ann" / "small" / "small.ipynb").read_text() == "3"
    assert (root / "submitted" / "bob" / "small" / "small.ipynb").read_text() == "new"
    assert "bob: of several submissions the one whose folder was written last" in result.stderr


def test_every_module_of_nbgrader_that_reads_times_or_patterns_is_corrected() -> None:
    """A version of nbgrader that uses them elsewhere fails here."""
    top = Path(stock.__file__).parent
    users: dict[str, set[str]] = {"parse_utc": set(), "glob": set()}
    for path in top.rglob("*.py"):
        module = ".".join(path.relative_to(top).with_suffix("").parts)
        if module.startswith(("tests.", "docs.", "alembic.")):
            continue
        text = path.read_text()
        if re.search(r"\bparse_utc\(", text):
            users["parse_utc"].add(module)
        if re.search(r"\bglob\.\w+\(|from glob import", text):
            users["glob"].add(module)
    assert users["parse_utc"] == {*corrections.USE_PARSE_UTC, "api"}  # which asks utils
    assert users["glob"] == set(corrections.USE_GLOB)
