"""A term of two problem sets and forty students, lived through with the commands an instructor types."""

from __future__ import annotations

import csv
import io
import os
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

from course.grading.cli import app
from course.grading.whole_class.grade_class import working_in
from tests.helpers import course, nbgrader
from tests.whole_class.classes import export, url
from tests.whole_class.term import (
    STUDENTS,
    HandIn,
    ProblemSet,
    archived,
    give,
    hand_ins_of,
    term,
    write_source,
)

SYSTEMS = ("csv", "moodle", "canvas")
HOUR = timedelta(hours=1)
FIRST_DUE = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
SECOND_DUE = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)


def run(root: Path, *arguments: str) -> str:
    """Run a command of the course in a process of its own, as grading needs; return what it prints."""
    result = course(*arguments, cwd=root)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    return result.stdout


def quickly(root: Path, *arguments: str) -> str:
    """Run a command that starts no workers within this process; return what it prints."""
    with working_in(root):
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (0, ""), result.stdout
    return result.stdout


def label(problem_set: ProblemSet, question: str) -> str:
    return question if question == problem_set.written else f"test_{question}"


def check_exports(root: Path, problem_set: ProblemSet, *options: str) -> dict[str, bytes]:
    """Export for all systems, and compare each number with what it must be; return the files."""
    files = {}
    for system in SYSTEMS:
        quickly(root, "export", problem_set.name, "--to", system, *options)
        path = root / f"{problem_set.name}-{system}.csv"
        files[path.name] = path.read_bytes()
        rows = list(csv.DictReader(io.StringIO(files[path.name].decode("utf-8-sig"))))
        if system == "canvas":
            assert value(rows.pop(0)[problem_set.name]) == sum(problem_set.points.values())
        column = {"csv": "student_id", "moodle": "Student ID", "canvas": "SIS User ID"}[system]
        assert [row[column] for row in rows] == list(STUDENTS)
        for student, row in zip(STUDENTS, rows, strict=True):
            compare(problem_set, student, row, system, "--provisional" in options)
    return files


def compare(
    problem_set: ProblemSet, student: str, row: dict[str, str], system: str, is_provisional: bool
) -> None:
    """Compare one student's line in one system's file."""
    expected = problem_set.row(student)
    prefix = "" if system == "csv" else f"{problem_set.name} "
    marks = {question: row[prefix + label(problem_set, question)] for question in problem_set.points}
    wanted = {question: expected.marks.get(question) for question in problem_set.points}
    assert {question: value(mark) for question, mark in marks.items()} == wanted, (student, system)
    is_final = is_provisional or expected.status == "graded"
    total = row["score" if system == "csv" else problem_set.name]
    assert value(total) == (expected.score if is_final else None), (student, system)
    if system == "csv":
        assert row["status"] == expected.status, student
        assert value(row["raw_score"]) == expected.raw, student
        assert value(row["late_submission_penalty"]) == expected.late, student
        assert value(row["max_score"]) == sum(problem_set.points.values())
        hand_in = problem_set.counted(student)
        assert row["timestamp"] == (f"{hand_in.time:%Y-%m-%d %H:%M:%S} UTC" if hand_in else "")


def value(text: str) -> Fraction | None:
    """Return the number in a cell; in one without a grade there is nothing, or Moodle's dash."""
    return None if text in ("", "-") else Fraction(text)


def collect(root: Path, problem_set: ProblemSet, *students: str) -> str:
    archive = hand_ins_of(root / "archive.zip", root, problem_set, students or problem_set.hand_ins)
    return quickly(root, "collect", archive.name, problem_set.name, "--from", "zip")


def again(problem_set: ProblemSet, student: str, right: set[str], time: datetime, written: str = "") -> None:
    """Let a student hand in another notebook; what was given by hand for other answers waits again."""
    before = problem_set.counted(student)
    problem_set.hand_ins[student] = HandIn(frozenset(right), time, written)
    for each in next((group for group in problem_set.groups if student in group), [student]):
        for question in problem_set.points:
            is_same = question == problem_set.written and before is not None and before.written == written
            if (each, question) in problem_set.by_hand and not is_same:
                problem_set.waiting.add((each, question))


@pytest.mark.slow
def test_every_export_of_a_term_is_right_to_the_point(tmp_path: Path) -> None:
    root = tmp_path / "course"
    first, second = term(root)
    begin(root)
    first_problem_set(root, first)
    second_problem_set(root, second)
    questions_come_and_go(root, second)
    a_test_is_corrected(root, first)
    late_decisions(root, first, second)
    end(root, first, second)


def begin(root: Path) -> None:
    run(root, "release")
    result = nbgrader("generate_assignment", "ps0", "--force", cwd=root)
    assert result.returncode == 0, result.stderr
    assert quickly(root, "roster", "class.csv") == "class.csv: 40 entered, 0 known before\n"


def first_problem_set(root: Path, first: ProblemSet) -> None:
    """Some are late; one has more time, one a little more, and three hand in nothing."""
    first.due = FIRST_DUE
    quickly(root, "due", "ps0", "2026-03-02 18:00 Europe/Berlin")
    late = {7: HOUR / 6, 8: 3 * HOUR, 9: 26 * HOUR, 5: 40 * HOUR, 6: 60 * HOUR, 10: 300 * HOUR}
    for number, student in enumerate(STUDENTS[:37], start=1):
        right = {name for name, each in (("sigmoid", 5), ("relative_error", 4)) if number % each}
        time = FIRST_DUE + late.get(number, -number * HOUR)
        first.hand_ins[student] = HandIn(frozenset(right), time)
    for student in ("s05", "s06"):
        first.extensions[student] = timedelta(days=2)
        quickly(root, "extend", "ps0", student, "2d")
    collect(root, first)
    assert "37 of 37 submissions graded" in run(root, "grade", "ps0")
    check_exports(root, first)
    give(root, first, {("s15", "sigmoid"): Fraction(5, 2), ("s20", "sigmoid"): Fraction(1)})
    give(root, first, {}, {("s08", "sigmoid"): Fraction(1)})
    check_exports(root, first)


def second_problem_set(root: Path, second: ProblemSet) -> None:
    """Two groups hand in together; the written answers are read, and only then there are totals."""
    result = nbgrader("generate_assignment", "ps1", "--force", cwd=root)
    assert result.returncode == 0, result.stderr
    second.due = SECOND_DUE
    quickly(root, "due", "ps1", "2026-03-16 18:00 Europe/Berlin")
    second.groups = [["s11", "s12", "s13"], ["s21", "s22"]]
    lines = [f"team{n},{name},ps1" for n, group in enumerate(second.groups) for name in group]
    (root / "groups.csv").write_text("\n".join(["group,student,assignment", *lines, ""]))
    late = {3: 2 * HOUR, 4: 49 * HOUR, 12: 5 * HOUR, 21: -3 * HOUR, 22: 30 * HOUR}
    for number, student in enumerate(STUDENTS[:36], start=1):
        if number in (11, 13):
            continue
        every = {"mse_cost": 6, "forward": 7, "dC_dyhat": 4}
        right = {name for name, each in every.items() if number % each}
        written = f"of reason {number % 9}" if number % 8 else ""
        time = SECOND_DUE + late.get(number, -number * HOUR)
        second.hand_ins[student] = HandIn(frozenset(right), time, written)
    second.extensions["s21"] = timedelta(days=1)
    quickly(root, "extend", "ps1", "s21", "24h")
    collect(root, second)
    assert "36 of 36 submissions graded" in run(root, "grade", "ps1")
    answered = [name for name in STUDENTS if (counted := second.counted(name)) and counted.written]
    second.waiting = {(name, second.written) for name in answered}
    check_exports(root, second)
    check_exports(root, second, "--provisional")
    marks = {(name, second.written): Fraction(number % 7, 2) for number, name in enumerate(answered)}
    # what is read for one of a group is read for all of it
    for group in second.groups:
        members = [name for name in group if name in answered]
        for name in members[1:]:
            second.by_hand[name, second.written] = marks[members[0], second.written]
            del marks[name, second.written]
    give(root, second, marks)
    second.waiting = set()
    check_exports(root, second)


def questions_come_and_go(root: Path, second: ProblemSet) -> None:
    """A question is added and one dropped; some hand in again, with answers that are read again."""
    write_source(root, "ps1", ["mse_cost", "forward", "why_k_to_4", "dyhat_dO"])
    output = run(root, "release", "ps1")
    assert "new, and to be graded: test_dyhat_dO" in output
    assert "dropped, their grades are kept in course_dropped_grades: test_dC_dyhat" in output
    del second.points["dC_dyhat"]
    second.points["dyhat_dO"] = Fraction(3)
    new = {(name, "dyhat_dO") for name in STUDENTS if second.counted(name)}
    second.waiting |= new
    check_exports(root, second)
    assert "36 of 36 submissions graded" in run(root, "grade", "ps1")
    second.waiting -= new
    check_exports(root, second)
    # the first changes code only, the second the written answer too, the third is of a group and late
    everything = {"mse_cost", "forward", "dyhat_dO"}
    again(second, "s01", everything, SECOND_DUE - HOUR / 2, second.hand_ins["s01"].written)
    again(second, "s02", everything, SECOND_DUE - HOUR / 2, "of a better reason")
    again(second, "s13", everything - {"mse_cost"}, SECOND_DUE + 50 * HOUR, "of what we know now")
    collect(root, second, "s01", "s02", "s13")
    assert "5 of 36 submissions graded" in run(root, "grade", "ps1")
    waiting = {("s02", second.written), *((name, second.written) for name in ("s11", "s12", "s13"))}
    assert second.waiting == waiting
    check_exports(root, second)
    give(root, second, {("s02", second.written): Fraction(3), ("s13", second.written): Fraction(5, 2)})
    second.by_hand |= dict.fromkeys([("s11", second.written), ("s12", second.written)], Fraction(5, 2))
    second.waiting = set()
    check_exports(root, second)


def a_test_is_corrected(root: Path, first: ProblemSet) -> None:
    """The points of those change whom it has passed wrongly; groups of another problem set do not matter."""
    write_source(root, "ps0", ["sigmoid", "relative_error"])
    run(root, "release", "ps0")
    first.lenient = set()
    assert "37 of 37 submissions graded" in run(root, "grade", "ps0")
    check_exports(root, first)
    output = quickly(root, "diff", "ps0")
    wrong = sorted(name for name, hand_in in first.hand_ins.items() if "relative_error" not in hand_in.right)
    assert output.startswith(f"ps0: {len(wrong)} changed; {37 - len(wrong)} graded again with no change; ")
    assert "\ns15, test_sigmoid: 2.5 by hand; the test gives 0\n" in output
    # who hands in again, and had points by hand, is looked at again
    again(first, "s15", {"sigmoid", "relative_error"}, FIRST_DUE + 20 * HOUR)
    again(first, "s16", {"sigmoid", "relative_error"}, FIRST_DUE + 30 * HOUR)
    collect(root, first, "s15", "s16")
    assert "2 of 37 submissions graded" in run(root, "grade", "ps0")
    assert first.waiting == {("s15", "sigmoid")}
    check_exports(root, first)
    give(root, first, {("s15", "sigmoid"): Fraction(4)})
    check_exports(root, first)


def late_decisions(root: Path, first: ProblemSet, second: ProblemSet) -> None:
    """After everything was graded a due date moves, and extensions are given and taken back."""
    before = {name: second.row(name).late for name in STUDENTS}
    second.due = SECOND_DUE + timedelta(days=1)
    changed = [name for name in STUDENTS if second.row(name).late != before[name]]
    assert {"s03", "s13", "s21"} <= set(changed)
    output = quickly(root, "due", "ps1", "2026-03-17 18:00 Europe/Berlin")
    assert output.endswith(f"late penalties have changed: {', '.join(changed)}\n")
    first.extensions |= {"s10": timedelta(days=12), "s05": timedelta()}
    quickly(root, "extend", "ps0", "s10", "12d")
    quickly(root, "extend", "ps0", "s05", "0d")
    assert "37 unchanged" in run(root, "grade", "ps0")


def end(root: Path, first: ProblemSet, second: ProblemSet) -> None:
    """Ours and nbgrader's exports agree with each other, and the archive has them."""
    files = check_exports(root, first) | check_exports(root, second)
    stock = list(csv.DictReader(io.StringIO(export(url(root)))))
    for problem_set in (first, second):
        rows = {row["student_id"]: row for row in stock if row["assignment"] == problem_set.name}
        assert sorted(rows) == list(STUDENTS)
        for student, row in rows.items():
            score = problem_set.row(student).score or Fraction(0)
            assert float(row["score"]) == pytest.approx(float(score), abs=1e-9), student
    for name in ("ps0", "ps1"):
        run(root, "feedback", name)
        quickly(root, "report", name)
    assert len(list(root.glob("feedback/*/*/*.html"))) == 37 + 36
    quickly(root, "archive", "term.zip", "--clear")
    archive = archived(root / "term.zip")
    assert {name: archive[name] for name in files} == files
    assert {"gradebook.db", "report/ps1.html", "feedback/s13/ps1/ps1.html"} <= archive.keys()
    assert not os.path.lexists(root / "submitted")
    assert not os.path.lexists(root / "gradebook.db")
