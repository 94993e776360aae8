"""Variants of solutions: which are made, which the tests find, and that none can hang or fill the machine."""

import time

import pytest
from typer.testing import CliRunner

from course.grading.cli import app
from course.grading.course_folder import read_folders
from course.grading.problem_sets import release
from course.grading.verify.instructors_notebook import InstructorsNotebook
from course.grading.verify.mutants import limited
from course.grading.verify.mutants.problem_set import try_mutants
from course.grading.verify.mutants.trying import rates
from course.grading.verify.mutants.variants import variants
from tests.helpers import ROOT, course

ANSWER = '''
def slope(Z):
    """Return the slope."""
    s = Z[:, :-1]
    return s * (1 - s)
'''
VISIBLE = "assert slope(np.array([[0.5, 1.0]])).tolist() == [[0.25]]"
HIDDEN = """
### BEGIN HIDDEN TESTS
Z = np.random.default_rng(3).uniform(size=(4, 3))
assert np.allclose(slope(Z), Z[:, :2] - Z[:, :2] ** 2, rtol=1e-9, atol=0)
### END HIDDEN TESTS"""


def notebook(test, answer=ANSWER, function="slope"):
    """A problem set that the course does not know, with one function."""
    return InstructorsNotebook(
        "ps9", "ps9", ("import numpy as np",), (), {function: answer}, {f"test_{function}": test}, {}, {}
    )


def test_variants_differ_in_one_place():
    made = list(variants(ANSWER))
    bodies = {variant.source.rpartition('"""')[2].strip() for variant in made}
    assert len(bodies) == len(made) > 40
    assert "s = Z[:, :-1]\n    return s * (1 + s)" in bodies
    assert "s = Z[:, 1:]\n    return s * (1 - s)" in bodies
    assert "s = Z[:, :-1]\n    return -(s * (1 - s))" in bodies
    assert "s = Z[:, :-1]\n    return Z * (1 - s)" in bodies
    assert any(str(variant) == "line 5, arithmetic: 1 - s  →  1 + s" for variant in made)
    assert list(variants("x = 1")) == []


@pytest.mark.slow
def test_of_a_problem_set_of_ones_own():
    found = rates(notebook(VISIBLE + HIDDEN), range(1), "slope")
    assert not found.problems
    assert found.hidden == []
    # a network with one unit and one example tells less
    assert found.visible
    assert all("slope" in variant.source for variant in found.visible)
    assert 0 < found.equivalent < found.variants / 4
    assert not found.ok


@pytest.mark.slow
def test_a_test_that_tests_nothing():
    found = rates(notebook("slope(np.ones((2, 2)))"), range(1), "slope")
    assert len(found.visible) > found.wrong / 2
    assert rates(notebook("slope(np.ones((2, 2)))\nassert False"), range(1), "slope").problems
    assert rates(notebook(VISIBLE, function="slope"), range(1), "slope").hidden == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "after",
    [
        pytest.param("while True:\n        pass", marks=pytest.mark.slow),
        "n = 10 ** 9\n    s = [0.0] * (8 * n)",
        "import os\n    os._exit(0)",
    ],
)
def test_what_hangs_eats_memory_or_crashes_is_ended_and_counted(monkeypatch, after):
    monkeypatch.setattr("course.grading.verify.mutants.trying.SECONDS", 1)
    body = after.replace("\n", "\n    ")
    answer = f"def slope(Z):\n    if Z.ndim == 3:\n        {body}\n    return Z\n"
    test = "assert slope(np.ones((1, 1))).tolist() == [[1.0]]\nassert slope(np.ones((2, 2))).shape == (2, 2)"
    found = rates(notebook(test, answer), range(1), "slope")
    # `if True` and others get there
    assert found.ended >= 2


def test_a_call_is_limited():
    assert limited.limited(lambda: {"a": [1, "é"]}, 5) == {"a": [1, "é"]}
    with pytest.raises(limited.Ended):
        limited.limited(lambda: time.sleep(10_000), 0)
    with pytest.raises(limited.Ended):
        limited.limited(lambda: [0] * 10**10, 5)


@pytest.mark.slow
def test_variants_of_some_functions_are_all_found():
    # those of all others are tried below
    for assignment, function in (("ps1", "dZ_dH"), ("ps3", "best_learning_rate")):
        (found,) = try_mutants(ROOT, assignment, 1, only=[function])
        assert found.variants > 50
        assert found.ok, [*map(str, found.hidden), *map(str, found.visible)]


@pytest.mark.slow
def test_command(monkeypatch):
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(app, ["verify", "ps1", "--mutants", "--seeds", "1", "--function", "dC_dyhat"])
    assert result.exit_code == 0, result.output
    assert "39 variants of 1 functions" in result.output
    result = CliRunner().invoke(app, ["verify", "ps1", "--mutants", "--function", "dC_dX"])
    assert "ps1 has no function 'dC_dX'" in str(result.exception)


# Their variants take longer than those of all the others together; `python -m bench mutants` tries them too.
LONG = {"train", "dL_dW1_sums", "dC_dW1_chain", "largest_curvature"}


@pytest.mark.slow
@pytest.mark.parametrize("assignment", release.assignments(ROOT))
def test_all_variants_of_nearly_all_functions_are_found(assignment):
    functions = [
        name
        for name in InstructorsNotebook.read(ROOT, assignment, assignment, read_folders(ROOT)).solutions
        if name not in LONG
    ]
    # in a process of its own: of a large one, a child for each variant takes long to make
    only = [word for name in functions for word in ("--function", name)]
    result = course("verify", assignment, "--mutants", "--seeds", "1", *only, cwd=ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert all(f"\n  {name} " in result.stdout for name in functions)
