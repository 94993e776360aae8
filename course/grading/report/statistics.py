"""Numbers of a class: how hard a question was, and how well it told students apart."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course.grading.report.records import ClassRecord, Participant, Question

FEWEST = 3
"""students of whom a correlation says anything"""
BINS = 10


@dataclass(frozen=True)
class Spread:
    """How scores are distributed, in percent of what there was to win."""

    count: int
    mean: float
    median: float
    deviation: float
    """of the sample; 0 for one student"""
    bins: tuple[int, ...]
    """students in each tenth; the last one has the full scores too"""


@dataclass(frozen=True)
class Item:
    """What the class made of a question."""

    question: Question
    facility: float | None
    """mean share of its points; None where nobody's answer has been read"""
    discrimination: float | None
    """correlation of its points with those of the other questions; None where it is not defined"""
    undefined: str
    """why it is not"""
    seconds: float | None
    """median of the students' own time in it; None where it is not recorded"""
    verdicts: Counter[str]
    waiting: int
    """answers to be read"""
    read: int
    """answers that have points"""


def spread(shares: Sequence[float]) -> Spread:
    """Return the distribution of scores, each a share of all points."""
    bins = [0] * BINS
    for share in shares:
        # 0.7 of all points is 7 tenths, whatever the sum of its parts was rounded to
        bins[min(max(math.floor(round(share * BINS, 6)), 0), BINS - 1)] += 1
    percents = [100 * share for share in shares]
    return Spread(
        len(shares),
        statistics.fmean(percents),
        statistics.median(percents),
        statistics.stdev(percents) if len(percents) > 1 else 0.0,
        tuple(bins),
    )


def items(record: ClassRecord) -> list[Item]:
    """Return what the class made of each question."""
    students = record.graded
    unread = {key for student in students for key, mark in student.marks.items() if mark.is_waiting}
    # Unread answers would make one student's sum smaller than another's.
    sums = {
        student.id: math.fsum(mark.points for key, mark in student.marks.items() if key not in unread)
        for student in students
    }
    return [_item(question, students, sums, question.key in unread) for question in record.questions]


def _item(
    question: Question, students: Sequence[Participant], sums: Mapping[str, float], is_unread: bool
) -> Item:
    key = question.key
    marked = [student for student in students if key in student.marks]
    mine = [student for student in marked if not student.marks[key].is_waiting]
    points = [student.marks[key].points for student in mine]
    # rounded, since what is equal must be: no correlation of rounding errors
    rests = [
        round(sums[student.id] - (0.0 if is_unread else student.marks[key].points), 9) for student in mine
    ]
    discrimination, undefined = item_rest(points, rests)
    cells = [student.cells[key] for student in students if key in student.cells]
    seconds = [cell["seconds"] for cell in cells if isinstance(cell.get("seconds"), (int, float))]
    share = statistics.fmean(points) / question.max_points if points and question.max_points else None
    return Item(
        question,
        share,
        discrimination,
        undefined,
        statistics.median(seconds) if seconds else None,
        Counter(str(cell["verdict"]) for cell in cells),
        len(marked) - len(mine),
        len(mine),
    )


def item_rest(points: Sequence[float], rests: Sequence[float]) -> tuple[float | None, str]:
    """Return the correlation of a question's points with the rest's, or None and why it is not defined.

    Pearson's, as the item-rest correlation of classical test theory: the question itself is left out of the
    sum, so that it does not agree with itself.
    """
    if len(points) < FEWEST:
        return None, f"fewer than {FEWEST} students"
    if len(set(points)) == 1:
        return None, "all have the same points here"
    if len(set(rests)) == 1:
        return None, "all have the same points elsewhere"
    return statistics.correlation(points, rests), ""
