"""What a problem set asks for cannot be imported while it is graded."""

from __future__ import annotations

import pytest

from course.grading.judging.grade import grade
from course.grading.problem_sets import notebooks
from tests.attacks.arena import content, problem_set


def graded(name: str, answers: dict[str, str]) -> dict[str, str]:
    one, book = problem_set(name)
    result = grade(one, content(notebooks.with_answers(book, answers)))
    return {cell: found.verdict for cell, found in result.cells.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    "taken",
    [
        "from course import {0}",
        "import course\n{0} = course.{0}",
        "from course.{1} import {0}",
        "import sys\n{0} = sys.modules['course.{1}'].{0}",
    ],
)
def test_the_tools_of_ps0(taken: str) -> None:
    places = {"sigmoid": "activations", "relative_error": "gradcheck", "numerical_gradient": "gradcheck"}
    answers = {name: taken.format(name, place) for name, place in places.items()}
    verdicts = graded("ps0", answers)
    assert {verdicts[f"test_{name}"] for name in places} == {"error"}


@pytest.mark.parametrize("name", ["ps1", "ps2", "ps3"])
def test_the_explorer(name: str) -> None:
    one, _ = problem_set(name)
    assert "course.explorer" in one.hidden
