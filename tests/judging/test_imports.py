"""Tests have what the notebook imports in cells that are not locked, as the instructor wrote these."""

from __future__ import annotations

import sys

import pytest

from course.grading.errors import ControlFailed
from course.grading.judging import control
from course.grading.judging.grade import grade
from course.grading.judging.versions import own_packages
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import IN_KERNEL, Assignment, with_tests
from tests.helpers import cell, graded, notebook

PLAIN = "%matplotlib inline\nimport numpy as np, decimal\nimport no_such_module"
SCALE = "def scale(x, k=2):\n    return x * k"


def assignment(answer: str, *cells, stub: str = "raise NotImplementedError", **more) -> Assignment:
    """An assignment whose first cell is not locked and imports."""

    def book(text: str):
        return notebook(cell(PLAIN), cell(text, "answer", solution=True), *cells)

    return with_tests("small", book(stub), book(answer), **more)


def verdicts(assignment: Assignment, answer: str, plain: str = PLAIN) -> dict[str, str]:
    handed_in = notebooks.with_answers(assignment.skeleton, {"answer": answer})
    handed_in.cells[0].source = plain
    result = grade(assignment, notebooks.dumps(handed_in).encode())
    assert result.status == "graded", result.problem
    return {name: cell.verdict for name, cell in result.cells.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("test", "answer", "stub"),
    [
        ("assert scale(np.array([1.0, 2.0]), k=3).tolist() == [3, 6]", SCALE, "pass"),
        ("assert scale(decimal.Decimal(2)) == decimal.Decimal(4)", f"import decimal\n{SCALE}", "pass"),
        ("assert scale(math.pi) == 2 * math.pi", SCALE, "from math import *\nimport math"),
        ("assert scale(math.pi) == math.tau", SCALE, "%%capture out\nimport math"),
        ("assert scale(pi) == tau", SCALE, "from math import *\nimport math"),
    ],
)
def test_a_test_has_what_plain_cells_and_stubs_import(test, answer, stub):
    subject = assignment(answer, graded("test_scale", test), stub=stub)
    control.check(subject)
    assert verdicts(subject, answer) == {"test_scale": "pass"}
    assert verdicts(subject, SCALE.replace("*", "-"))["test_scale"] == "wrong"


def test_a_later_test_and_a_locked_cell_have_it_too():
    locked = cell("grid = np.arange(3.0)", "grid", locked=True)
    first = graded("first", "from fractions import Fraction\nassert scale(Fraction(1, 2)) == 1")
    second = graded("second", "assert scale(Fraction(1, 3)) == Fraction(2, 3) and scale(grid)[2] == 4")
    subject = assignment(SCALE, locked, first, second)
    control.check(subject)
    assert verdicts(subject, SCALE) == {"first": "pass", "second": "pass"}


def test_the_students_version_of_the_cell_decides_nothing_here():
    subject = assignment(SCALE, graded("test_scale", "assert np.all(scale(np.ones(2)) == 2)"))
    forged = "class np:\n    ones = list\n    all = staticmethod(lambda _: True)"
    assert verdicts(subject, "def scale(x):\n    return 3", forged) == {"test_scale": "wrong"}


def test_a_name_that_an_answer_binds_is_the_students():
    subject = assignment("decimal = 7", graded("test_decimal", "assert decimal == 7"))
    control.check(subject)
    assert verdicts(subject, "decimal = 7") == {"test_decimal": "pass"}
    assert verdicts(subject, "decimal = 8") == {"test_decimal": "wrong"}


def test_a_module_that_is_released_is_the_one_that_was_released():
    files = {"helper.py": b"def right(x):\n    return 2 * x\n"}
    test = graded("test_scale", "assert scale(3) == helper.right(3)")
    subject = assignment(SCALE, test, stub="import helper", files=files)
    control.check(subject)
    writes = f"open('helper.py', 'w').write('def right(x): return 9')\n{SCALE}"
    assert verdicts(subject, writes) == {"test_scale": "pass"}
    assert verdicts(subject, writes.replace("x * k", "9")) == {"test_scale": "wrong"}


def test_a_test_that_is_not_locked_is_no_plain_cell():
    """It is not advised to be locked for what it binds."""
    binding = cell("k = scale(1)\nassert k == 2\ngrid = 3", "first", grade=True, points=1)
    subject = assignment(SCALE, binding, graded("second", "assert grid == 3"))
    with pytest.raises(ControlFailed, match=r"NameError: name 'grid' is not defined") as caught:
        control.check(subject)
    assert "lock the cell" not in str(caught.value)


@pytest.mark.slow
def test_what_else_a_plain_cell_binds_has_to_be_locked_by_its_author():
    subject = assignment(SCALE, cell("grid = np.arange(3)"), graded("t", "assert scale(grid)[1] == 2"))
    with pytest.raises(ControlFailed, match=r"(?s)To do: lock the cell that binds grid.*tag its cell"):
        control.check(subject)


@pytest.mark.slow
def test_a_test_in_the_students_process_has_it_there_only():
    test = graded("test_scale", "assert scale(3) == helper.right(3)")
    test.metadata["tags"] = [IN_KERNEL]
    helper = b"import sys\nsys.helper_was_imported = True\ndef right(x):\n    return 2 * x\n"
    subject = assignment(SCALE, test, stub="import helper", files={"helper.py": helper})
    assert verdicts(subject, f"import helper\n{SCALE}") == {"test_scale": "pass"}
    assert not hasattr(sys, "helper_was_imported")


def test_a_package_of_the_courses_own_decides_though_its_import_is_not_locked():
    assert own_packages(notebook(cell("%matplotlib inline\nimport mlp_ref"))) == ("course", "mlp_ref")
