"""`course grade` goes on where it stopped, however it was stopped, and does nothing twice."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course.grading.course_folder import CourseFolder
from course.grading.problem_sets import notebooks
from tests.helpers import RIGHT, course, hand_in
from tests.whole_class.classes import (
    COURSE_ID,
    STUDENTS,
    WRONG,
    a_class,
    export,
    graded,
    gradings,
    start,
    url,
    wait_until,
)

pytestmark = pytest.mark.slow

# A test of the instructor's that waits at one student, for as long as there is a file.
HOLDING = """import time
from pathlib import Path
while double(7) == 0 and Path({hold!r}).exists(): time.sleep(0.01)
assert double(2) == 4"""
HELD = "def double(x):\n    return 2 * x if x != 7 else 0"
POINTS = [1.0, 3.0, 1.0, 3.0, 1.0, 3.0]


def points(text: str) -> list[float]:
    return [float(line.split(",")[-2]) for line in text.splitlines()[1:]]


def left(root: Path) -> list[Path]:
    """Return what a killed run leaves behind."""
    return list(root.glob("autograded/.course-grade-*"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    root = a_class(tmp_path_factory.mktemp("undisturbed") / "course")
    result = course("grade", "small", "--jobs", "1", cwd=root)
    assert result.returncode == 0, result.stderr
    assert "6 of 6 submissions graded" in result.stdout
    return root


@pytest.fixture
def held(tmp_path):
    """A class whose fifth submission is not graded as long as there is a file `hold`."""
    root = a_class(tmp_path / "course")
    hold = tmp_path / "hold"
    hold.touch()
    path = root / "source" / "small" / "small.ipynb"
    source = notebooks.read(path)
    (test,) = (cell for cell in source.cells if notebooks.grade_id(cell) == "test_double")
    test.source = HOLDING.format(hold=str(hold))
    notebooks.write(source, path)
    CourseFolder(root).generate("small")
    hand_in(root, STUDENTS[4], double=HELD, half=WRONG)
    yield root
    hold.unlink(missing_ok=True)


def test_killed_at_any_moment(undisturbed, held, tmp_path) -> None:
    root = held
    for done in (0, 2):
        process = start("grade", "small", "--jobs", "1", cwd=root)
        wait_until(lambda done=done: bool(left(root)) and graded(root) >= done, process)
        process.kill()
        process.communicate()
        assert left(root)
    assert 2 <= graded(root) < len(STUDENTS)
    (tmp_path / "hold").unlink()
    result = course("grade", "small", cwd=root)
    assert result.returncode == 0, result.stderr
    assert export(url(root)) == export(url(undisturbed))
    assert points(export(url(root))) == POINTS
    assert sorted(student for student, _, _ in gradings(url(root))) == sorted(STUDENTS)
    assert sorted(path.name for path in (root / "autograded").iterdir()) == sorted(STUDENTS)


def test_interrupted(held) -> None:
    root = held
    process = start("grade", "small", "--jobs", "1", cwd=root)
    wait_until(lambda: graded(root) >= 2, process)
    os.killpg(process.pid, signal.SIGINT)
    result, _ = process.communicate()
    assert process.returncode == 130
    assert "the same command goes on from here" in result
    assert "Traceback" not in result
    kept = {student for student, _, _ in gradings(url(root))}
    assert kept == {path.parent.name for path in root.glob("autograded/*/small")}
    assert 2 <= len(kept) < len(STUDENTS)


def test_only_what_changed_is_graded_again(undisturbed) -> None:
    root = undisturbed
    before = gradings(url(root))
    with Gradebook(url(root), COURSE_ID) as gradebook:
        grade = gradebook.find_grade("test_half", "small", "small", "ann")
        grade.manual_score, grade.needs_manual_grade = 2, False
        gradebook.db.commit()
    (root / "submitted" / "ann" / "small" / "notes.txt").write_text("more of ann's\n")
    (root / "submitted" / "bob" / "small" / "timestamp.txt").write_text("2026-01-01 12:00:00 UTC\n")
    hand_in(root, "carl", **RIGHT)
    result = course("grade", "small", cwd=root)
    assert "2 of 6 submissions graded" in result.stdout
    assert "4 unchanged" in result.stdout
    assert points(export(url(root))) == [3.0, 3.0, 3.0, 3.0, 1.0, 3.0]
    with Gradebook(url(root), COURSE_ID) as gradebook:
        grade = gradebook.find_grade("test_half", "small", "small", "ann")
        assert (grade.auto_score, grade.manual_score, grade.needs_manual_grade) == (0, 2, False)
        assert gradebook.find_submission("small", "bob").timestamp == datetime(2026, 1, 1, 12)
    # the same notebook meets its hidden inputs again, another one new ones
    seeds = {student: seed for student, _, seed in before}
    assert len({*seeds.values()}) == len(seeds) > 1, "no two submissions have the same inputs"
    again = {student: seed for student, _, seed in gradings(url(root))[len(before) :]}
    assert again.keys() == {"ann", "carl"}
    assert again["ann"] == seeds["ann"]
    assert again["carl"] != seeds["carl"]

    result = course("grade", "small", "--student", "bob", "--force", cwd=root)
    assert "1 of 1 submissions graded" in result.stdout
    assert gradings(url(root))[-1] == ("bob", "graded", seeds["bob"])
