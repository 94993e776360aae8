"""A test in the student's process may display anything: it costs its own points, and is no fault of ours."""

from __future__ import annotations

import pytest

from course.grading.judging.grade import grade
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import IN_KERNEL, with_tests
from course.grading.sandbox.limits import Limits
from tests.helpers import cell, graded, notebook, solution

LOUD = "class Number:\n    def __repr__(self):\n        return '1000'\n\ndef double(x):\n    return Number()"


def result_of(answer, limits=None, *others):
    test = graded("test_double", "double(1)")
    test.metadata["tags"] = [IN_KERNEL]
    written = notebook(solution("double", "2 * x"), test)
    handed_in = notebooks.with_answers(written, {"double": answer})
    handed_in.cells[:0] = others
    return grade(with_tests("small", written, written), notebooks.dumps(handed_in).encode(), limits=limits)


@pytest.mark.parametrize(
    ("answer", "points"),
    [
        ("def double(x):\n    return 1000", 0),
        (LOUD, 0),
        ("def double(x):\n    return 0.5", 0.5),
        ("def double(x):\n    return 1", 1),
        ("def double(x):\n    return -1", 0),
        ("def double(x):\n    return float('nan')", 0),
        ("def double(x):\n    return float('-inf')", 0),
        ("def double(x):\n    return float('inf')", 0),
        ("def double(x):\n    return 'no number'", 1),
    ],
)
def test_a_number_counts_from_zero_to_all_points(answer, points) -> None:
    result = result_of(answer)
    assert (result.status, result.cells["test_double"].points) == ("graded", points), result.problem


@pytest.mark.slow
def test_no_time_left_to_run_the_cells_again() -> None:
    answer = "import os\nos._exit(1)"
    result = result_of(answer, Limits(cell=3, notebook=4.5), cell("import time\ntime.sleep(2.5)"))
    assert (result.status, result.score) == ("graded", 0), result.problem
