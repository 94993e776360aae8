"""What the course offers for checking refuses to work within a judged answer, and works elsewhere."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from course.checking.check import check, checks_of
from course.checking.forward_passes import mean_square
from course.gradcheck import complex_step_gradient, complex_step_jacobian, numerical_gradient
from course.grading.judging.grade import grade
from course.grading.problem_sets import notebooks
from course.grading.sandbox.mounts import PACKAGES, course_files
from course.judged import NotWhileJudged, judged_call
from mlp_ref.functions import REFERENCE
from tests import helpers
from tests.attacks.arena import STUB, content, filled, named, paper, problem_set
from tests.helpers import ROOT

BY_NUMBERS = {
    "complex step": """\
from course import complex_step_gradient
def dC_dyhat(y, y_hat):
    return complex_step_gradient(lambda a: np.sum((y - a) ** 2) / (2 * len(y)), y_hat)
""",
    "Jacobian, in a thread": """\
import threading
from course.gradcheck import complex_step_jacobian
def dC_dyhat(y, y_hat):
    cost = lambda a: np.sum((y - a) ** 2) / (2 * len(y))
    results = []
    thread = threading.Thread(target=lambda: results.append(complex_step_jacobian(cost, y_hat)))
    thread.start()
    thread.join()
    return results[0]
""",
    "central differences": """\
import course
def dC_dyhat(y, y_hat):
    return course.numerical_gradient(lambda a: np.sum((y - a) ** 2) / (2 * len(y)), y_hat)
""",
    "the right formula, with a check of its own": """\
from course import relative_error
def dC_dyhat(y, y_hat):
    by_hand = (y_hat - y) / len(y)
    assert relative_error(by_hand, numerical_gradient(lambda a: mse_cost(y, a), y_hat)) < 1e-6
    return by_hand
""",
}
IN_A_THREAD_BEFORE = """\
from queue import Queue
from threading import Thread
asked, results = Queue(), Queue()
def work():
    while True:
        y, y_hat = asked.get()
        try:
            results.put(complex_step_gradient(lambda a: np.sum((y - a) ** 2) / (2 * len(y)), y_hat))
        except Exception as error:
            results.put(error)
from course import complex_step_gradient
Thread(target=work, daemon=True).start()
def dC_dyhat(y, y_hat):
    asked.put((y, y_hat))
    result = results.get()
    if isinstance(result, Exception): raise result
    return result
"""
BY_CHECKS = {
    "the cases of the check": """\
def dC_dyhat(y, y_hat):
    from course.checking.check import checks_of
    cases = checks_of("ps1")["ps1.dC_dyhat"].cases()
    return next(case.want for case in cases if case.args[0].shape == y.shape)
""",
    "another check": """\
def dC_dyhat(y, y_hat):
    check("ps1.mse_cost", mse_cost)
    return (y_hat - y) / len(y)
""",
    "a loss of the checks": """\
from course.checking import forward_passes
def dC_dyhat(y, y_hat):
    return (y_hat - y) / len(y) + 0 * forward_passes.mean_square(y, y_hat)
""",
}


def defined(source):
    namespace = {"np": np, "check": check, "numerical_gradient": numerical_gradient}
    namespace["mse_cost"] = REFERENCE["ps1.mse_cost"]
    exec(source, namespace)
    return namespace["dC_dyhat"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("source", [*BY_NUMBERS.values(), *BY_CHECKS.values()], ids=[*BY_NUMBERS, *BY_CHECKS])
def test_a_visible_check_lets_no_answer_use_them(source) -> None:
    answer = defined(source)
    with pytest.raises((NotWhileJudged, IndexError)) as raised:
        check("ps1.dC_dyhat", answer)
    if raised.type is NotWhileJudged:
        assert "does not work within an answer that is being judged" in str(raised.value)


@pytest.mark.slow
def test_hidden_tests_let_no_answer_use_them_and_demonstrations_may() -> None:
    assignment, book = problem_set("ps1")
    shown = helpers.cell("print('shown', numerical_gradient(lambda t: t**2, np.array(3.0)).round(6))")
    for source in (BY_NUMBERS["complex step"], BY_NUMBERS["Jacobian, in a thread"], IN_A_THREAD_BEFORE):
        answered = notebooks.with_answers(book, {"dC_dyhat": source})
        answered.cells.append(shown)
        result = grade(assignment, content(answered))
        verdict = result.cells["test_dC_dyhat"]
        assert (verdict.verdict, verdict.points) == ("error", 0)
        assert result.cells["test_mse_cost"].verdict == "pass"
        assert "shown 6.0" in str(result.notebook.cells[-1].outputs)
    answered = notebooks.with_answers(book, {"dC_dyhat": BY_NUMBERS["complex step"]})
    message = grade(assignment, content(answered)).cells["test_dC_dyhat"].message
    assert "The complex step does not work within an answer that is being judged" in message


def test_they_work_outside_also_beside_a_judged_call() -> None:
    assert numerical_gradient(lambda t: t**2, np.array(3.0)) == pytest.approx(6)
    go, results = threading.Event(), []

    def beside() -> None:
        go.wait(30)
        results.append(complex_step_gradient(lambda t: t**2, np.array(3.0)))

    thread = threading.Thread(target=beside)
    thread.start()
    with judged_call():
        with pytest.raises(NotWhileJudged):
            complex_step_jacobian(lambda t: t, np.ones(2))
        go.set()
        thread.join()
    assert results == [6]
    with pytest.raises(ZeroDivisionError), judged_call():
        1 / 0  # noqa: B018
    assert mean_square(np.ones((2, 1)), np.zeros((2, 1))) == 0.5


@pytest.mark.parametrize("name", ["sigmoid", "relative_error", "numerical_gradient"])
def test_the_tools_that_ps0_asks_for_do_not_pass_its_visible_checks(name) -> None:
    import course

    tool = getattr(course, name)
    for answer in (tool, lambda *args: tool(*args)):
        with pytest.raises(NotWhileJudged, match=f"{name} of the course is what is to be written here"):
            check(f"ps0.{name}", answer)


def test_what_is_hidden_from_ps0_is_withheld_by_its_checks() -> None:
    hidden = notebooks.read(ROOT / "source" / "ps0" / "ps0.ipynb").metadata["course"]["hidden"]
    withheld = {tool for entry in checks_of("ps0").values() for tool in entry.withheld}
    assert withheld == {"sigmoid", "relative_error", "numerical_gradient"}
    assert hidden == ["course.activations", "course.gradcheck"]


@pytest.mark.slow
def test_in_the_sandbox_there_are_no_checks_but_one_that_says_so() -> None:
    folder = PACKAGES / "course" / "checking"
    assert [path for path in course_files() if folder in path.parents] == [folder / "check.py"]
    assignment, book = problem_set("ps0")
    result = grade(assignment, content(book))
    shown = str([cell.get("outputs") for cell in result.notebook.cells])
    assert "ps0.sigmoid: checks run at grading" in shown
    assert "Traceback" not in str(result.notebook.cells[1:6])


@pytest.mark.slow
def test_a_test_that_runs_in_the_sandbox_cannot_call_a_check() -> None:
    assignment = paper(["first"], "check('ps1.dC_dyhat', attacked)")
    for cell in assignment.skeleton.cells:
        if cell.metadata.nbgrader.grade:
            cell.metadata["tags"] = ["in-kernel"]
    untouched = filled(assignment, {"first": named(STUB, "first")})
    verdict = grade(assignment, content(untouched)).cells["test_first"]
    assert (verdict.verdict, verdict.points) == ("error", 0)
    assert "take the tag off" in verdict.message
