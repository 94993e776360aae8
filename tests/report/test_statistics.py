"""The numbers of a class, by hand and as properties that hold for any class."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.grading.gradebook.class_record import ClassRecord, Mark, Question, StudentRecord
from course.grading.gradebook.history import Grading
from course.grading.report.statistics import BINS, distribution, item_rest, items

POINTS = st.lists(st.integers(0, 4), min_size=3, max_size=40)


def grading(student: str, **cells: tuple[str, float | None]) -> Grading:
    results = {name: {"verdict": verdict, "seconds": seconds} for name, (verdict, seconds) in cells.items()}
    return Grading("ps", student, "ps", "", "", "", "", 1, "graded", 1.0, results)


def a_class(*rows: tuple[float | None, ...], points: float = 4.0) -> ClassRecord:
    """Return a class with a row of points for each student; None is an unread answer."""
    questions = [Question("ps", f"q{k}", points, is_written=False) for k in range(len(rows[0]))]
    students = [
        StudentRecord(
            f"s{n}",
            is_graded=True,
            gradings={},
            marks={q.key: Mark(given or 0.0, given is None) for q, given in zip(questions, row, strict=True)},
        )
        for n, row in enumerate(rows)
    ]
    return ClassRecord("course", "ps", questions, [*students, StudentRecord("missing")])


def test_facility_is_the_mean_share_of_those_who_handed_in() -> None:
    first, second = items(a_class((4, 0), (4, 2), (1, 1)))
    assert first.facility == 0.75
    assert second.facility == 0.25


def test_unread_answers_are_counted_and_are_in_no_mean() -> None:
    first, second = items(a_class((4, None), (2, 4), (0, None)))
    assert (first.waiting, second.waiting) == (0, 2)
    assert second.facility == 1.0
    assert items(a_class((4, None), (2, None)))[1].facility is None


def test_discrimination_by_hand() -> None:
    # rests of q0 are 2, 6, 4, with deviations −2, 2, 0; its points deviate by −1, 1, 0
    assert items(a_class((0, 1, 1), (2, 3, 3), (1, 2, 2)))[0].discrimination == pytest.approx(1.0)
    assert items(a_class((2, 1, 1), (0, 3, 3), (1, 2, 2)))[0].discrimination == pytest.approx(-1.0)


def test_unread_answers_make_nobodys_rest_smaller() -> None:
    """Whose answer was read already would else look better elsewhere."""
    with_unread = items(a_class((0, 1, 4), (2, 3, None), (1, 2, None)))
    without = items(a_class((0, 1), (2, 3), (1, 2)))
    assert with_unread[0].discrimination == without[0].discrimination == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([(1, 2), (2, 1)], "fewer than 3"),
        ([(2, 1), (2, 2), (2, 3)], "the same points here"),
        ([(1, 2), (2, 2), (3, 2)], "the same points elsewhere"),
    ],
)
def test_undefined_discrimination_says_why(rows, why) -> None:
    item = items(a_class(*rows))[0]
    assert item.discrimination is None
    assert why in item.undefined


def test_equal_sums_of_fractions_are_equal() -> None:
    """0.1 + 0.2 is not 0.3 in binary: the rounding errors must not be correlated with anything."""
    item = items(a_class((1, 0.1, 0.2), (2, 0.3, 0.0), (3, 0.2, 0.1)))[0]
    assert item.discrimination is None


@pytest.mark.slow
@given(POINTS, st.randoms())
def test_item_rest_is_pearsons_correlation(points: list[int], rng: random.Random) -> None:
    rests = [rng.randint(0, 9) for _ in points]
    value, why = item_rest([float(p) for p in points], [float(r) for r in rests])
    if value is None:
        assert len(set(points)) == 1 or len(set(rests)) == 1
        assert why
    else:
        assert -1 - 1e-9 <= value <= 1 + 1e-9
        assert value == pytest.approx(np.corrcoef(points, rests)[0, 1], abs=1e-9)


@pytest.mark.slow
@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_everybody_is_in_one_bin(shares: list[float]) -> None:
    scores = distribution(shares)
    assert sum(scores.bins) == len(shares) == scores.count
    assert len(scores.bins) == BINS
    assert scores.mean == pytest.approx(100 * np.mean(shares))
    assert scores.median == pytest.approx(100 * np.median(shares))
    assert math.isfinite(scores.deviation)


def test_bins_have_their_lower_bound_and_the_last_one_both() -> None:
    assert distribution([0.0, 0.1, 0.1 + 0.2, 0.7, 0.999, 1.0]).bins == (1, 1, 0, 1, 0, 0, 0, 1, 0, 2)
    # what is a tenth but for rounding is one
    assert distribution([1 - 0.9]).bins == (0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
    # extra credit goes beyond all points
    assert distribution([1.2]).bins[-1] == 1


def test_median_time_and_verdicts_come_from_the_record() -> None:
    record = a_class((1,), (2,), (3,), (4,))
    verdicts = [("pass", 0.25), ("wrong", 0.75), ("pass", 0.5), ("not-run", None)]
    for student, cell in zip(record.students, verdicts, strict=False):
        student.gradings["ps"] = grading(student.id, q0=cell)
    (item,) = items(record)
    assert item.seconds == 0.5
    assert item.verdicts == {"pass": 2, "wrong": 1, "not-run": 1}


def test_a_record_without_times_is_read() -> None:
    """Gradings from before times were kept have none."""
    record = a_class((1,), (2,))
    untimed = Grading("ps", "s0", "ps", "", "", "", "", 1, "graded", 1.0, {"q0": {"verdict": "pass"}})
    record.students[0].gradings["ps"] = untimed
    (item,) = items(record)
    assert item.seconds is None
    assert item.verdicts == {"pass": 1}
