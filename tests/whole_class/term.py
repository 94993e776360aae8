"""A term of forty students: what they hand in, what is decided about it, and what each must get for it.

Points and penalties are computed here by a few lines of arithmetic with fractions, from what the test
decides; nothing of the course's code computes them.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import Gradebook

from course.grading.problem_sets import notebooks
from demo.students import solutions
from tests.helpers import ROOT, cell, graded
from tests.lms.archives import archive_of, entry
from tests.whole_class.classes import COURSE_ID, url

STUDENTS = tuple(f"s{number:02}" for number in range(1, 41))
ROSTER = "student_id,first_name,last_name,email,section\n" + "".join(
    f"{student},Student,{student.upper()},{student}@example.org,{'AB'[number % 2]}\n"
    for number, student in enumerate(STUDENTS)
)
POLICY = """
c.AssignLatePenalties.plugin_class = "course.grading.nbgrader_steps.late_policy.PerDay"
c.PerDay.percent = 10
c.PerDay.grace_minutes = 15
"""
DAY, GRACE, SHARE = timedelta(days=1), timedelta(minutes=15), Fraction(1, 10)

LENIENT = "assert relative_error(np.ones(2), np.ones(2)) == 0"
"""a test of ours that notices too little"""
WRONG = {
    "sigmoid": "def sigmoid(t):\n    return 1 / (1 + np.exp(t))",
    "relative_error": "def relative_error(a, b):\n    return np.linalg.norm(np.subtract(a, b))",
    "mse_cost": "def mse_cost(y, y_hat):\n    return np.sum((y - y_hat) ** 2) / len(y)",
    "forward": "def forward(X, W1, W2):\n    raise ValueError('to do')",
    "dC_dyhat": "def dC_dyhat(y, y_hat):\n    return y_hat - y",
    "dyhat_dO": "def dyhat_dO(O):\n    return O * (1 - O)",
}
ANSWER = "So that {}."
"""a written answer"""


@dataclass
class HandIn:
    """What a student has handed in last."""

    right: frozenset[str]
    """the questions whose answers are right"""
    time: datetime
    """in UTC"""
    written: str = ""
    """the written answer; empty where it is as it was released"""


@dataclass
class ProblemSet:
    """A problem set as the instructor has it, and all that was decided about it."""

    name: str
    points: dict[str, Fraction]
    """of each question, in order"""
    written: str = ""
    """the question that somebody has to read"""
    lenient: set[str] = field(default_factory=set)
    """questions whose tests let wrong answers pass"""
    due: datetime | None = None
    extensions: dict[str, timedelta] = field(default_factory=dict)
    hand_ins: dict[str, HandIn] = field(default_factory=dict)
    """by whom they are handed in"""
    groups: Sequence[Sequence[str]] = ()
    by_hand: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    """points that somebody has given, by student and question"""
    extra: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    """points on top, by student and question"""
    waiting: set[tuple[str, str]] = field(default_factory=set)
    """what somebody has to look at (again)"""

    def counted(self, student: str) -> HandIn | None:
        """Return the hand-in that counts for a student: of a group the last."""
        members = next((group for group in self.groups if student in group), [student])
        own = [self.hand_ins[member] for member in members if member in self.hand_ins]
        return max(own, key=lambda hand_in: hand_in.time, default=None)

    def mark(self, student: str, question: str) -> Fraction:
        """Return what a student has for a question."""
        hand_in, extra = self.counted(student), self.extra.get((student, question), Fraction(0))
        if (student, question) in self.by_hand:
            return self.by_hand[student, question] + extra
        passes = hand_in is not None and (question in hand_in.right or question in self.lenient)
        return (self.points[question] if passes else Fraction(0)) + extra

    def days_late(self, student: str) -> int:
        """Return the days, or parts of one, that a student is late."""
        hand_in = self.counted(student)
        if hand_in is None or self.due is None:
            return 0
        late = hand_in.time - self.due - self.extensions.get(student, timedelta()) - GRACE
        return max(0, math.ceil(late / DAY))

    def row(self, student: str) -> Row:
        """Return what an export must say of a student."""
        if self.counted(student) is None:
            return Row("not handed in", {}, None, None, None)
        waiting = {question for question in self.points if (student, question) in self.waiting}
        marks = {question: self.mark(student, question) for question in self.points}
        raw = sum(marks.values(), Fraction(0))
        late = raw * min(Fraction(1), SHARE * self.days_late(student))
        shown = {question: points for question, points in marks.items() if question not in waiting}
        status = "waits for grading" if waiting else "graded"
        return Row(status, shown, raw, late, raw - late)


@dataclass(frozen=True)
class Row:
    """What an export must say of a student."""

    status: str
    marks: Mapping[str, Fraction]
    """of the questions that wait for nobody"""
    raw: Fraction | None
    late: Fraction | None
    score: Fraction | None


def term(root: Path) -> tuple[ProblemSet, ProblemSet]:
    """Make a course in `root` with two problem sets, both of which the instructor is going to change."""
    root.mkdir(parents=True)
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    (root / "nbgrader_config.py").write_text(config + POLICY, encoding="utf-8")
    header = notebooks.read(ROOT / "source" / "header.ipynb")
    notebooks.write(header, root / "source" / "header.ipynb")
    (root / "class.csv").write_text(ROSTER)
    write_source(root, "ps0", ["sigmoid"], graded("test_relative_error", LENIENT, points=4))
    write_source(root, "ps1", ["mse_cost", "forward", "why_k_to_4", "dC_dyhat"])
    first = ProblemSet("ps0", {"sigmoid": Fraction(4), "relative_error": Fraction(4)})
    first.lenient = {"relative_error"}
    names = {"mse_cost": 2, "forward": 4, "why_k_to_4": 3, "dC_dyhat": 3}
    second = ProblemSet("ps1", {name: Fraction(n) for name, n in names.items()}, written="why_k_to_4")
    return first, second


def write_source(root: Path, name: str, questions: Iterable[str], test: NotebookNode | None = None) -> None:
    """Write a problem set of ours that has only these questions; with a `test`, relative_error too."""
    whole = notebooks.read(ROOT / "source" / name / f"{name}.ipynb")
    wanted = {"imports", *questions, *(f"test_{question}" for question in questions)}
    wanted |= {"relative_error"} if test else set()
    whole.cells = [each for each in whole.cells if notebooks.grade_id(each) in wanted]
    whole.cells += [test] if test else []
    notebooks.write(notebooks.canonical(whole), root / "source" / name / f"{name}.ipynb")


def hand_ins_of(archive: Path, root: Path, problem_set: ProblemSet, students: Iterable[str]) -> Path:
    """Write an archive with what these students hand in: the release with their answers in it."""
    name = problem_set.name
    released = notebooks.read(root / "release" / name / f"{name}.ipynb")
    answers = solutions(notebooks.read(root / "source" / name / f"{name}.ipynb"))
    entries = []
    for student in students:
        hand_in = problem_set.hand_ins[student]
        own = {}
        for question, right in answers.items():
            if question == problem_set.written:
                continue
            own[question] = right if question in hand_in.right else WRONG[question]
        if hand_in.written:
            own[problem_set.written] = ANSWER.format(hand_in.written)
        notebook = notebooks.with_answers(released, own)
        notebook.cells.append(cell(f"print('{student}')"))
        content = notebooks.dumps(notebook).encode()
        entries.append((entry(f"{student}/{name}.ipynb", hand_in.time), content))
    return archive_of(archive, *entries)


def give(
    root: Path,
    problem_set: ProblemSet,
    points: Mapping[tuple[str, str], Fraction],
    extra: Mapping[tuple[str, str], Fraction] | None = None,
) -> None:
    """Give points by hand, as Formgrader does; note them in the problem set."""
    name = problem_set.name
    with Gradebook(url(root), COURSE_ID) as gradebook:
        for (student, question), value in points.items():
            grade_id = question if question == problem_set.written else f"test_{question}"
            row = gradebook.find_grade(grade_id, name, name, student)
            row.manual_score, row.needs_manual_grade = float(value), False
        for (student, question), value in (extra or {}).items():
            gradebook.find_grade(f"test_{question}", name, name, student).extra_credit = float(value)
        gradebook.db.commit()
    problem_set.by_hand.update(points)
    problem_set.extra.update(extra or {})
    problem_set.waiting -= points.keys()


def archived(path: Path) -> dict[str, bytes]:
    """Return the files of an archive."""
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}
