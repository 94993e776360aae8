"""Points are what a test computes, never a number that it shows of a student's."""

from __future__ import annotations

import pytest

from course.grading.judging.credit import ends_in_students_value
from course.grading.judging.test_cells import Judge

SHOWN = [
    "f(3)",
    "f",
    "round(float(f(3)), 2)",
    "2 * f(3) - 1",
    "-f(3)[0]",
    "f(3).real",
    "score = f(3)\nscore",
    "score = 0\nscore += f(3)\nscore",
    "f(3) if f(2) == 4 else 0",
]
COMPUTED = [
    "1.5",
    "2 * (f(3) == 9)",
    "sum(f(n) == n * n for n in range(4)) / 2",
    "points = 0\nif f(3) == 9:\n    points += 1\npoints",
    "share_of_right_answers(f)",
    "float(np.allclose(f(3), 9))",
    "score = f(3)\nscore = 1\nscore",
    "not f(3)",
    "assert f(3) == 9",
    "",
]


@pytest.mark.parametrize("source", SHOWN)
def test_shown(source: str) -> None:
    assert ends_in_students_value(source, {"f"})


@pytest.mark.parametrize("source", COMPUTED)
def test_computed(source: str) -> None:
    assert not ends_in_students_value(source, {"f"})


def ask(question, callbacks=None):
    """Answer as a kernel whose `f` gives 0.5."""
    if "values" in question:
        return {"f": ["own", "f"]}
    reply = {"result": ["float", (0.5).hex()], "after": [None], "shares": False}
    return [reply for _ in question["calls"]]


@pytest.mark.parametrize(
    ("source", "points"),
    [
        ("f(3)", 2),
        ("1 * (f(3) == 0.5)", 1),
        ("f(3) == 7", 2),
        ("max(float('nan'), 0)", 0),
        ("float('-inf')", 0),
        ("float('inf')", 2),
        ("-1", 0),
        ("10**400", 2),
    ],
)
def test_points(source: str, points: float) -> None:
    assert Judge({}, {"f"}, seed=1).judge(source, 2, ask).points == points


def test_an_instructors_ctrl_c_is_no_verdict() -> None:
    def interrupted(question, callbacks=None):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Judge({}, {"f"}, seed=1).judge("f(3)", 2, interrupted)
