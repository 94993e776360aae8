"""Writes the report as one HTML page, which runs no script and loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from course.figures import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, YELLOW
from course.grading.gradebook.class_record import StudentRecord
from course.grading.judging.results import INSIDE
from course.grading.report.forms import released_questions
from course.grading.report.normalise import normalise
from course.grading.report.overview import Overview
from course.grading.report.similar_pairs import Match, Pair, same_lines
from course.grading.report.statistics import BINS, Distribution
from course.text import printable

HERE = Path(__file__).parent
VERDICT_COLOURS = {
    "pass": GREEN,
    "wrong": ORANGE,
    "error": VERMILION,
    "timeout": PURPLE,
    "memory": YELLOW,
    "crashed": "light-dark(#000000, #ffffff)",
    "not-run": SKY,
    "manual": "#8c8c8c",
}
"""those of Okabe and Ito; beside each the page has the verdict and its number"""
MOST_SIDES = 3
"""matches of a pair that are shown side by side; the others are named"""
MOST_LINES, LONGEST_LINE = 60, 300
WIDTH, HEIGHT, TOP, BOTTOM = 720, 280, 72, 48
"""of the histogram, and the space above and below its bars, in its own units"""
NAME_WIDTH = 90
"""of a marker's name, with the letters of a narrow page"""


@dataclass(frozen=True)
class Bar:
    """One bar of the histogram."""

    x: float
    y: float
    width: float
    height: float
    count: int
    label: str
    """the scores in it"""


@dataclass(frozen=True)
class Marker:
    """A line in the histogram at a score, with its name beside it."""

    name: str
    x: float
    y: float
    """of the name"""
    is_left: bool
    """whether the name stands to the left"""


@dataclass(frozen=True)
class Side:
    """One student's answer, as lines."""

    student: StudentRecord
    lines: Sequence[tuple[str, bool]]
    """each with whether the other answer has it too"""
    left_out: int
    """lines at the end that are not shown"""


def page(overview: Overview) -> str:
    """Return the HTML of the page. What students wrote is escaped: it is text, never markup."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=_number, percent=_percent, seconds=_seconds, shown=printable)
    students = {student.id: student for student in overview.record.students}

    questions = released_questions(overview.record) if overview.pairs else {}

    def sides(pair: Pair, match: Match) -> list[Side]:
        answers = [overview.answers.get(match.question, {}).get(student, "") for student in pair.students]
        same = same_lines(*(normalise(source, *questions[match.question]) for source in answers))
        return [
            _side(students[student], source, lines)
            for student, source, lines in zip(pair.students, answers, same, strict=True)
        ]

    return environment.get_template("page.html").render(
        overview=overview,
        record=overview.record,
        students=students,
        style=(HERE / "page.css").read_text(encoding="utf-8"),
        colours=VERDICT_COLOURS,
        blue=BLUE,
        bars=_bars(overview.scores),
        markers=_markers(overview.scores),
        width=WIDTH,
        height=HEIGHT,
        floor=HEIGHT - BOTTOM,
        sides=sides,
        most_sides=MOST_SIDES,
        inside=INSIDE,
    )


def _bars(scores: Distribution) -> list[Bar]:
    highest = max(scores.bins)
    step = WIDTH / BINS
    bars = []
    for place, count in enumerate(scores.bins):
        height = (HEIGHT - TOP - BOTTOM) * count / highest
        low, high = 100 * place // BINS, 100 * (place + 1) // BINS
        label = f"{low} to {high} %" if high == 100 else f"{low} to under {high} %"
        bars.append(Bar(place * step + 3, HEIGHT - BOTTOM - height, step - 6, height, count, label))
    return bars


def _markers(scores: Distribution) -> list[Marker]:
    """Return the markers of median and mean, their names outside of the two where there is space."""
    values = [("median", scores.median, 18.0), ("mean", scores.mean, 42.0)]
    low, high = sorted(values, key=lambda value: value[1])
    markers = []
    for name, percent, y in (low, high):
        x = WIDTH * min(max(percent, 0.0), 100.0) / 100
        is_left = x > WIDTH - NAME_WIDTH if name == high[0] else x >= NAME_WIDTH
        markers.append(Marker(name, x, y, is_left))
    return markers


def _side(student: StudentRecord, source: str, same: frozenset[int]) -> Side:
    lines = [line.expandtabs(4).rstrip() for line in source.split("\n")]
    shown = [
        (printable(line, LONGEST_LINE), number in same) for number, line in enumerate(lines[:MOST_LINES])
    ]
    return Side(student, shown, max(0, len(lines) - MOST_LINES))


def _number(value: float, digits: int = 2) -> str:
    """Return a number with a proper minus sign, without zeros at its end."""
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text.replace("-", "−")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _seconds(value: float) -> str:
    return f"{1000 * value:.0f} ms" if value < 0.9995 else f"{value:.1f} s"
