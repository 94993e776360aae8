"""Everything the page shows of a class, worked out; the page itself only writes it down."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from course.grading.report.pairs import Pair, similar
from course.grading.report.reading import given, read
from course.grading.report.records import ClassRecord, Key, Participant
from course.grading.report.statistics import Item, Spread, items, spread

MOST_PAIRS = 15
MOST_SLOW = 10
SLOW = 3
"""times the median from which a notebook is slow"""
Answers = Mapping[Key, Mapping[str, str]]
"""sources by question and student"""


@dataclass(frozen=True)
class Mistake:
    """A mistake that the grader recognised."""

    question: str
    name: str
    told: str
    """what all who made it were told; their own numbers are left out"""
    count: int
    """students who made it"""


@dataclass(frozen=True)
class Stuck:
    """A student of whose code no test passes."""

    student: Participant
    verdicts: Counter[str]


@dataclass(frozen=True)
class Slow:
    """A notebook that took long to grade."""

    student: Participant
    notebook: str
    seconds: float
    timeouts: int


@dataclass(frozen=True)
class Overview:
    """What the page shows."""

    record: ClassRecord
    made_at: datetime
    spread: Spread
    items: Sequence[Item]
    mistakes: Sequence[Mistake]
    stuck: Sequence[Stuck]
    missing: Sequence[Participant]
    failed: Sequence[Participant]
    """whose last grading failed"""
    slow: Sequence[Slow]
    usual_seconds: float | None
    """median for a notebook"""
    repaired: Sequence[tuple[Participant, Sequence[str]]]
    pairs: Sequence[Pair]
    answers: Answers
    unread: int
    """graded students whose graded notebooks could not be read: their answers are in no pair"""

    @property
    def waiting(self) -> list[Item]:
        """Questions with answers that somebody has to read."""
        return [item for item in self.items if item.waiting]


def overview(record: ClassRecord, answers: Answers, unread: int, made_at: datetime) -> Overview:
    """Work out what the page shows of a class in which somebody is graded."""
    graded = record.graded
    slow, usual = _slow(graded)
    return Overview(
        record,
        made_at,
        spread([student.score / record.max_score if record.max_score else 0.0 for student in graded]),
        items(record),
        _mistakes(graded),
        _stuck(record),
        [student for student in record.students if not student.is_graded and not student.failures],
        [student for student in record.students if student.failures],
        slow,
        usual,
        _repaired(graded),
        _pairs(record, answers),
        answers,
        unread,
    )


def _mistakes(students: Sequence[Participant]) -> list[Mistake]:
    messages: dict[tuple[str, str], list[str]] = defaultdict(list)
    for student in students:
        for (_, question), cell in student.cells.items():
            if cell.get("mistake"):
                messages[question, str(cell["mistake"])].append(str(cell.get("message", "")))
    found = [Mistake(question, name, _common(told), len(told)) for (question, name), told in messages.items()]
    return sorted(found, key=lambda mistake: (-mistake.count, mistake.question, mistake.name))


def _common(messages: Sequence[str]) -> str:
    """Return the sentences that all messages have, or the first message if there is none."""
    first, *others = [message.rstrip(".").split(". ") for message in messages]
    common = [sentence for sentence in first if all(sentence in other for other in others)]
    return ". ".join(common or first) + "."


def _stuck(record: ClassRecord) -> list[Stuck]:
    tests = [question.key for question in record.questions if not question.is_written]
    found = []
    for student in record.graded:
        verdicts = Counter(str(student.cells[key]["verdict"]) for key in tests if key in student.cells)
        # Without a record there are only points to go by.
        passes = verdicts["pass"] if verdicts else sum(student.marks[key].points > 0 for key in tests)
        if tests and not passes:
            found.append(Stuck(student, verdicts))
    return found


def _slow(students: Sequence[Participant]) -> tuple[list[Slow], float | None]:
    taken = [
        Slow(
            student,
            notebook,
            grading.seconds,
            sum(cell["verdict"] == "timeout" for cell in grading.cells.values()),
        )
        for student in students
        for notebook, grading in student.gradings.items()
    ]
    if not taken:
        return [], None
    usual = statistics.median(one.seconds for one in taken)
    slow = [one for one in taken if one.timeouts or one.seconds > SLOW * usual]
    slow.sort(key=lambda one: (-one.seconds, one.student.id, one.notebook))
    return slow[:MOST_SLOW], usual


def _repaired(students: Sequence[Participant]) -> list[tuple[Participant, list[str]]]:
    found = []
    for student in students:
        if repairs := [line for grading in student.gradings.values() for line in grading.repairs]:
            found.append((student, repairs))
    return found


def _pairs(record: ClassRecord, answers: Answers) -> list[Pair]:
    codes: dict[str, list[str]] = defaultdict(list)
    for template in record.templates:
        if template.kind == "code":
            codes[template.notebook].append(template.source)
    readings = {}
    for template in record.templates:
        key = template.notebook, template.name
        if template.is_answer and key in answers:
            known = given(template.source, codes[template.notebook], template.kind)
            # Many students hand in the same text.
            read_once = {text: read(text, known, template.kind) for text in set(answers[key].values())}
            readings[key] = {student: read_once[text] for student, text in answers[key].items()}
    return similar(readings, MOST_PAIRS)
