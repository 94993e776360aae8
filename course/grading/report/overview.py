"""Computes everything that the page shows of a class."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from course.grading.gradebook.class_record import ClassRecord, StudentRecord
from course.grading.gradebook.remarks import Kind, Remark, remarks
from course.grading.report.answers import Answers
from course.grading.report.forms import Forms
from course.grading.report.identical import Cluster, identical_hand_ins
from course.grading.report.similar_pairs import Pair, similar_pairs
from course.grading.report.statistics import Distribution, Item, distribution, items
from course.grading.report.students import Row

MOST_PAIRS = 15
MOST_SLOW = 10
SLOW = 3
"""a notebook is slow if it takes at least this many times the median"""


@dataclass(frozen=True)
class RecognisedMistake:
    """A mistake that the grader recognised."""

    question: str
    name: str
    message: str
    """the sentences that the feedback of all these students has"""
    count: int
    """students who made it"""


@dataclass(frozen=True)
class StuckStudent:
    """A student of whose code no test passes."""

    student: StudentRecord
    verdicts: Counter[str]


@dataclass(frozen=True)
class SlowNotebook:
    """A notebook that took long to grade."""

    student: StudentRecord
    notebook: str
    seconds: float
    timeouts: int


@dataclass(frozen=True)
class Overview:
    """What the page shows."""

    record: ClassRecord
    made_at: datetime
    """in UTC"""
    scores: Distribution
    items: Sequence[Item]
    mistakes: Sequence[RecognisedMistake]
    """the most frequent first"""
    not_run: Sequence[tuple[StudentRecord, Sequence[Remark]]]
    """students of whose submission nothing could be run, and why"""
    in_part: Sequence[tuple[StudentRecord, Sequence[Remark]]]
    """students of whose submission a part was not run, and why"""
    stuck: Sequence[StuckStudent]
    """without those of whose submission nothing could be run"""
    missing: Sequence[StudentRecord]
    """students of whom nothing is graded, and no grading has failed"""
    failed: Sequence[StudentRecord]
    """students whose last grading failed"""
    slow: Sequence[SlowNotebook]
    """the slowest first"""
    usual_seconds: float | None
    """that grading a notebook takes: the median; None where no times are recorded"""
    repaired: Sequence[tuple[Sequence[StudentRecord], Sequence[Remark]]]
    """what grading repaired in notebooks, with the students of whom it was the same; the most first"""
    identical: Sequence[Cluster]
    """students whose answers are all the same; no pair is within one"""
    pairs: Sequence[Pair]
    unread: Sequence[str]
    """ids of graded students whose answers could not be read, and are in no pair"""
    rows: Sequence[Row] = ()
    """everybody"""
    answers: Answers = field(default_factory=dict)
    """of the students in the pairs"""

    @property
    def waiting(self) -> list[Item]:
        """The questions with answers that somebody has to read."""
        return [item for item in self.items if item.waiting and item.question.is_written]

    @property
    def new_tests(self) -> list[Item]:
        """The tests that have not been run on all that is graded, as those that are new."""
        return [item for item in self.items if item.waiting and not item.question.is_written]


def overview(record: ClassRecord, forms: Forms, unread: Sequence[str], made_at: datetime) -> Overview:
    """Return what the page shows of a class in which somebody is graded."""
    graded = record.graded
    slow, usual = _slow(graded)
    notes = [(student, _remarks(record, student)) for student in graded]
    not_run = _of_kind("not run", notes)
    identical = identical_hand_ins(record, forms)
    unread_students = {student.id for student, _ in not_run}
    return Overview(
        record,
        made_at,
        distribution([student.score / record.max_score if record.max_score else 0.0 for student in graded]),
        items(record),
        _mistakes(graded),
        not_run,
        _of_kind("run in part", notes),
        [stuck for stuck in _stuck(record) if stuck.student.id not in unread_students],
        [student for student in record.students if not student.is_graded and not student.failures],
        [student for student in record.students if student.failures],
        slow,
        usual,
        _by_remarks(_of_kind("repaired", notes)),
        identical,
        _pairs(forms, identical),
        unread,
    )


def _mistakes(students: Sequence[StudentRecord]) -> list[RecognisedMistake]:
    messages: dict[tuple[str, str], list[str]] = defaultdict(list)
    for student in students:
        for (_, question), cell in student.cells.items():
            if cell.get("mistake"):
                messages[question, str(cell["mistake"])].append(str(cell.get("message", "")))
    mistakes = [
        RecognisedMistake(question, name, _common_sentences(group), len(group))
        for (question, name), group in messages.items()
    ]
    return sorted(mistakes, key=lambda mistake: (-mistake.count, mistake.question, mistake.name))


def _common_sentences(messages: Sequence[str]) -> str:
    """Return the sentences that all messages have, or the first message if there is none."""
    first, *others = [message.rstrip(".").split(". ") for message in messages]
    common = [sentence for sentence in first if all(sentence in other for other in others)]
    return ". ".join(common or first) + "."


def _stuck(record: ClassRecord) -> list[StuckStudent]:
    tests = [question.key for question in record.questions if not question.is_written]
    stuck = []
    for student in record.graded:
        verdicts = Counter(str(student.cells[key]["verdict"]) for key in tests if key in student.cells)
        # Where no verdicts are recorded, points have to do.
        points = (student.marks[key].points for key in tests if key in student.marks)
        passes = verdicts["pass"] if verdicts else any(value > 0 for value in points)
        if tests and not passes:
            stuck.append(StuckStudent(student, verdicts))
    return stuck


def _slow(students: Sequence[StudentRecord]) -> tuple[list[SlowNotebook], float | None]:
    """Return the slow notebooks, and the median time of all."""
    graded = [
        SlowNotebook(
            student,
            notebook,
            grading.seconds,
            sum(cell["verdict"] == "timeout" for cell in grading.cells.values()),
        )
        for student in students
        for notebook, grading in student.gradings.items()
    ]
    if not graded:
        return [], None
    usual = statistics.median(notebook.seconds for notebook in graded)
    slow = [notebook for notebook in graded if notebook.timeouts or notebook.seconds > SLOW * usual]
    slow.sort(key=lambda notebook: (-notebook.seconds, notebook.student.id, notebook.notebook))
    return slow[:MOST_SLOW], usual


def _remarks(record: ClassRecord, student: StudentRecord) -> list[Remark]:
    outcomes = {notebook: grading.outcome for notebook, grading in student.gradings.items()}
    missing = dict.fromkeys(q.notebook for q in record.questions if q.notebook not in outcomes)
    return remarks(outcomes, missing if outcomes else ())


def _of_kind(
    kind: Kind, notes: Sequence[tuple[StudentRecord, Sequence[Remark]]]
) -> list[tuple[StudentRecord, list[Remark]]]:
    """Return the students with their remarks of a kind, those with the same reason beside each other."""
    own = [(student, [note for note in all_notes if note.kind == kind]) for student, all_notes in notes]
    return sorted((pair for pair in own if pair[1]), key=lambda pair: (pair[1][0].reason, pair[0].id))


def _by_remarks(
    students: Sequence[tuple[StudentRecord, Sequence[Remark]]],
) -> list[tuple[list[StudentRecord], tuple[Remark, ...]]]:
    """Return the students who have the same remarks, with these; the most students first."""
    groups: dict[tuple[Remark, ...], list[StudentRecord]] = defaultdict(list)
    for student, notes in students:
        groups[tuple(notes)].append(student)
    pairs = [(group, notes) for notes, group in groups.items()]
    return sorted(pairs, key=lambda pair: -len(pair[0]))


def _pairs(forms: Forms, identical: Sequence[Cluster]) -> list[Pair]:
    """Return the most similar pairs; of students with the same answers the first stands for all."""
    others = {student for cluster in identical for student in cluster.students[1:]}
    words = {
        key: {student: form.compact for student, form in by_student.items() if student not in others}
        for key, by_student in forms.items()
    }
    return similar_pairs(words, MOST_PAIRS)
