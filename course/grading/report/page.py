"""The report as HTML: one page with everything in it, which runs nothing and asks nobody for anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from course.figures import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, YELLOW
from course.grading.report.overview import Overview
from course.grading.report.pairs import Match, Pair
from course.grading.report.records import Participant
from course.grading.report.statistics import BINS, Spread
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
"""Okabe and Ito's; each comes with its word and its number beside it"""
SIDES = 3
"""answers of a pair that are shown; the others are named"""
MOST_LINES, LONGEST_LINE = 60, 300
WIDTH, HEIGHT, TOP, BOTTOM = 720, 250, 40, 46
"""of the histogram, in its own units; space above the bars and below them"""
ROOM = 70
"""for the name of a mark"""


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
class Mark:
    """A line at a score, with its name beside it."""

    name: str
    x: float
    y: float
    """of the name"""
    is_left: bool
    """whether the name stands to the left"""


@dataclass(frozen=True)
class Side:
    """One student's answer, as lines."""

    student: Participant
    lines: Sequence[tuple[str, bool]]
    """each with whether it is found in the other answer"""
    left_out: int
    """lines at its end that are not shown"""


def page(overview: Overview) -> str:
    """Return the page's HTML. Whatever students wrote is text in it, never markup."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=_number, percent=_percent, seconds=_seconds, shown=printable)
    people = {student.id: student for student in overview.record.students}

    def sides(pair: Pair, match: Match) -> list[Side]:
        return [
            _side(people[student], overview.answers[match.question][student], same)
            for student, same in zip(pair.students, match.same, strict=True)
        ]

    return environment.get_template("page.html").render(
        overview=overview,
        record=overview.record,
        people=people,
        style=(HERE / "page.css").read_text(encoding="utf-8"),
        colours=VERDICT_COLOURS,
        blue=BLUE,
        bars=_bars(overview.spread),
        marks=_marks(overview.spread),
        width=WIDTH,
        height=HEIGHT,
        floor=HEIGHT - BOTTOM,
        sides=sides,
        most_sides=SIDES,
    )


def _bars(spread: Spread) -> list[Bar]:
    highest = max(spread.bins)
    step, room = WIDTH / BINS, HEIGHT - TOP - BOTTOM
    bars = []
    for place, count in enumerate(spread.bins):
        height = room * count / highest
        low, high = 100 * place // BINS, 100 * (place + 1) // BINS
        label = f"{low} to {high} %" if high == 100 else f"{low} to under {high} %"
        bars.append(Bar(place * step + 3, HEIGHT - BOTTOM - height, step - 6, height, count, label))
    return bars


def _marks(spread: Spread) -> list[Mark]:
    named = [("median", spread.median, 14.0), ("mean", spread.mean, 30.0)]
    low, high = sorted(named, key=lambda mark: mark[1])
    marks = []
    for name, percent, y in (low, high):
        x = WIDTH * min(max(percent, 0.0), 100.0) / 100
        # outside of the two, where there is room for it
        is_left = x > WIDTH - ROOM if name == high[0] else x >= ROOM
        marks.append(Mark(name, x, y, is_left))
    return marks


def _side(student: Participant, source: str, same: frozenset[int]) -> Side:
    lines = [line.expandtabs(4).rstrip() for line in source.split("\n")]
    told = [printable(line, LONGEST_LINE) for line in lines[:MOST_LINES]]
    shown = [(line, number in same) for number, line in enumerate(told)]
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
