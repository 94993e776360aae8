"""Statistics of a class: the distribution of scores, and for each question facility and discrimination."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course.grading.gradebook.class_record import ClassRecord, Question, StudentRecord
from course.grading.judging.results import INSIDE

FEWEST = 3
"""students with whom a correlation is given"""
BINS = 10
"""of the histogram of scores"""


@dataclass(frozen=True)
class Distribution:
    """The distribution of scores, in percent of all points."""

    count: int
    mean: float
    median: float
    deviation: float
    """standard deviation of the sample; 0 for one student"""
    bins: tuple[int, ...]
    """students in each tenth; full scores count in the last one"""


@dataclass(frozen=True)
class Item:
    """The item analysis of a question."""

    question: Question
    facility: float | None
    """mean share of its points; None where nobody's answer has been read"""
    discrimination: float | None
    """correlation of its points with those of the other questions; None where it is not defined"""
    undefined: str
    """why the discrimination is not defined"""
    seconds: float | None
    """median of the students' own time in its tests; None where it is not recorded"""
    verdicts: Counter[str]
    waiting: int
    """answers that somebody has to read"""
    read: int
    """answers that have points"""
    is_inside: bool
    """whether its test ran within a student's process, so that the verdict can be forged"""


def distribution(shares: Sequence[float]) -> Distribution:
    """Return the distribution of scores, each of them a share of all points."""
    bins = [0] * BINS
    for share in shares:
        # Rounded, since a sum of points that should be 0.7 of all may be a little less in binary.
        bins[min(max(math.floor(round(share * BINS, 6)), 0), BINS - 1)] += 1
    percents = [100 * share for share in shares]
    return Distribution(
        len(shares),
        statistics.fmean(percents),
        statistics.median(percents),
        statistics.stdev(percents) if len(percents) > 1 else 0.0,
        tuple(bins),
    )


def items(record: ClassRecord) -> list[Item]:
    """Return the analysis of each question."""
    students = record.graded
    unread = {key for student in students for key, mark in student.marks.items() if mark.is_waiting}
    # A question that is not read for everybody is in nobody's sum: sums must be comparable.
    sums = {
        student.id: math.fsum(mark.points for key, mark in student.marks.items() if key not in unread)
        for student in students
    }
    return [_item(question, students, sums, question.key in unread) for question in record.questions]


def _item(
    question: Question, students: Sequence[StudentRecord], sums: Mapping[str, float], is_unread: bool
) -> Item:
    key = question.key
    marked = [student for student in students if key in student.marks]
    read = [student for student in marked if not student.marks[key].is_waiting]
    points = [student.marks[key].points for student in read]
    # Rounded, so that equal sums are equal: rounding errors must not be correlated with anything.
    rests = [
        round(sums[student.id] - (0.0 if is_unread else student.marks[key].points), 9) for student in read
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
        len(marked) - len(read),
        len(read),
        any(INSIDE in str(cell.get("message", "")) for cell in cells),
    )


def item_rest(points: Sequence[float], rests: Sequence[float]) -> tuple[float | None, str]:
    """Return the correlation of a question's points with the rests, or None and why it is not defined.

    The item-rest correlation of classical test theory, Pearson's: a rest is a student's sum without the
    question itself, which would be correlated with itself.
    """
    if len(points) < FEWEST:
        return None, f"fewer than {FEWEST} students"
    if len(set(points)) == 1:
        return None, "all have the same points here"
    if len(set(rests)) == 1:
        return None, "all have the same points elsewhere"
    return statistics.correlation(points, rests), ""
