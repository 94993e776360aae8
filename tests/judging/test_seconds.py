"""The seconds of a grading are those of the notebook: not those of a worker's start."""

from __future__ import annotations

import time

import pytest

from course.grading.judging.grade import grade
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import with_tests
from course.grading.sandbox.zygote import zygotes
from tests.helpers import graded, notebook, solution


@pytest.mark.slow
def test_without_the_start_of_a_zygote() -> None:
    written = notebook(solution("double", "2 * x"), graded("test_double", "assert double(2) == 4"))
    assignment, submission = with_tests("small", written, written), notebooks.dumps(written).encode()
    zygotes.close()
    begin, before = time.monotonic(), zygotes.seconds
    result = grade(assignment, submission)
    elapsed, start = time.monotonic() - begin, zygotes.seconds - before
    assert (result.status, result.score) == ("graded", 1)
    assert start > 0
    assert result.seconds <= elapsed - start
