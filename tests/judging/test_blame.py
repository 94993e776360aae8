"""A test that fails because of an answer costs its author's points; what is ours is no verdict."""

from __future__ import annotations

import builtins
import os
import resource

import pytest

from course.grading.errors import HarnessFailure
from course.grading.judging.grade import grade
from course.grading.judging.test_cells import COULD_NOT_WORK, Judge
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import with_tests
from tests.helpers import cell, graded, notebook

LOCKED = "import ast\nimport importlib\n\n\ndef load(name):\n    return importlib.import_module(name)"
BY_ANSWERS = {
    "no file": ("'/nowhere'", "open(double(1)).read()"),
    "a folder": ("'/'", "open(double(1)).read()"),
    "a text that is no file name": ("'a' * 10_000", "open(double(1)).read()"),
    "a descriptor": ("10**6", "open(double(1)).read()"),
    "a full device": ("'/dev/full'", "open(double(1), 'wb', buffering=0).write(b'a line')"),
    "no literal": ("'1 +'", "ast.literal_eval(double(1))"),
    "no expression": ("'('", "eval(double(1))"),
    "a module that is not there": ("'no_such_module'", "importlib.import_module(double(1))"),
    "a module for a locked cell": ("'mlp_ref.no_such_module'", "import mlp_ref\nload(double(1))"),
    "a name that a module has not": ("'no_such_name'", "exec(f'from math import {double(1)}')"),
    "an exit": ("'raise SystemExit'", "exec(double(1))"),
    "a status": ("3", "import sys\nsys.exit(double(1))"),
    "an exit of its own kind": ("'raise BaseException'", "exec(double(1))"),
    "an error of the system's": ("28", "raise OSError(double(1), 'No space left on device')"),
    "data": ("3", "double(1)\nopen(value)"),
}


@pytest.mark.sampled
@pytest.mark.parametrize(("value", "test"), BY_ANSWERS.values(), ids=BY_ANSWERS)
def test_what_an_answer_can_cause(value, test) -> None:
    cells = [
        cell(LOCKED, "setup", locked=True),
        cell(f"def double(x): return {value}\n\nvalue = '/nowhere'", "double", solution=True),
        graded("failing", test),
        graded("last", "assert double"),
    ]
    written = notebook(*cells)
    content = notebooks.dumps(written).encode()
    result = grade(with_tests("small", written, written), content)
    assert result.status == "graded", result.problem
    assert [cell.verdict for cell in result.cells.values()] == ["wrong", "pass"]
    assert result.cells["failing"].message == COULD_NOT_WORK
    assert result.cells["failing"].cause


def answer(question, callbacks=None):
    """Answer as a notebook whose `double` is a function, and `value` a text."""
    if "values" in question:
        known = {"double": ["own", "double"], "value": ["str", "/nowhere"]}
        return {name: known[name] for name in question["values"]}
    return [{"result": ["int", "2"], "after": [None], "shares": False} for _ in question["calls"]]


def judged(test: str, locked: str = ""):
    judge = Judge({}, {"double", "value"}, seed=1)
    judge.setup(locked)
    return judge.judge(test, 1, answer)


@pytest.mark.parametrize(
    "test",
    [
        "open('/nowhere')\ndouble(1)",
        "import no_such_module\ndouble(1)",
        "double(1)\nimport no_such_module",
        "double(1)\nfrom math import no_such_name",
        "double(1)\nload()",
        "double(1) ++",
        "value; double(1) ++",
        "eval('(')\ndouble(1)",
    ],
)
def test_what_no_answer_can_cause(test) -> None:
    with pytest.raises(HarnessFailure, match=r"^a test fails in the grader: "):
        judged(test, "def load():\n    import no_such_module")


@pytest.mark.parametrize("test", ["open(value)", "open('/nowhere' + str(double(1)))"])
def test_an_answer_that_was_received_can(test) -> None:
    assert judged(test).verdict == "wrong"


def test_no_descriptors_are_left(monkeypatch) -> None:
    """It is the machine's lack when nothing can be written at all."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def exhaust() -> None:
        lowest = os.dup(0)
        os.close(lowest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))

    monkeypatch.setattr(builtins, "exhaust", exhaust, raising=False)
    try:
        with pytest.raises(HarnessFailure, match="Too many open files"):
            judged("double(1)\nexhaust()\nopen('/dev/null')")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
