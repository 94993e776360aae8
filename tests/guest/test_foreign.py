"""What cannot cross between test and answer is told in a plain sentence that names no class of ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from course.grading.judging.grade import grade
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import with_tests
from tests.helpers import ROOT, graded, notebook, solution

OURS = {
    name
    for room in ("foreign.py", "grading/guest", "grading/judging", "grading/sandbox")
    for path in ([*Path(ROOT, "course", room).rglob("*.py")] or [Path(ROOT, "course", room)])
    for name in re.findall(r"^class (\w+)", path.read_text(), re.MULTILINE)
} - {"EndOfCell"}
MODULES = ("course_guest", "course.grading", "course.foreign", "mlp_ref")
USES = (
    "len(x)", "[*x]", "x[0]", "x + 1", "1 + x", "x * np.ones(2)", "np.ones(2) * x", "x @ np.eye(2)", "-x",
    "np.asarray(x) + 1", "np.sum(x)", "np.exp(x)", "float(x)", "int(x)", "x.real", "x()", "x < 1", "1 in x",
    "f'{x:.2f}'", "'%d' % x", "sum(x)", "sorted(x)", "dict(x)", "open(x)", "range(x)", "next(x)", "[1, 2][x]",
    "x.append(1)", "setattr(x, 'y', 1)", "x.__enter__()", "__import__('json').dumps(x)", "''.join(x)",
    "exec('x[0] = 1')", "exec('a, b = x')", "exec('for _ in x: pass')", "exec('x += 1')", "x ** 2",
    "divmod(x, 2)",
)  # fmt: skip


def names_of_ours(text: str) -> set[str]:
    return {name for name in OURS if re.search(rf"\b{name}\b", text)} | {m for m in MODULES if m in text}


def result_of(answer: str, *tests: str):
    cells = [solution("double", "2 * x")]
    cells += [graded(f"test_{number}", source) for number, source in enumerate(tests)]
    written = notebook(*cells)
    handed_in = notebooks.with_answers(written, {"double": answer})
    result = grade(with_tests("small", written, written), notebooks.dumps(handed_in).encode())
    assert result.status == "graded", result.problem
    return result


HANDED_OVER = (
    "{1: object()}.values()",
    "object()",
    "np.array([None])",
    "10 ** 4000",
)


USING = f"""
import numpy as np
def double(x, first):
    said = []
    for use in {USES!r}[first:first + 2]:
        try: eval(use, dict(x=x, np=np))
        except Exception as error: said += [use, type(error).__name__, error]
    raise ValueError(f"{{said}} {{x}} {{x!r}} {{type(x)}}")
"""


@pytest.mark.parametrize("value", HANDED_OVER[:2])
def test_an_argument_that_cannot_be_handed_over(value) -> None:
    for cell in result_of(USING, *(f"double({value}, {n})" for n in range(0, len(USES), 2))).cells.values():
        assert "TypeError" in cell.message
        assert "<class 'object'>" in cell.message, "the message is not cut"
        assert not names_of_ours(cell.message), cell.message


@pytest.mark.parametrize("value", [*HANDED_OVER, "Decoder"])
def test_iterating_over_it_says_what_it_is(value) -> None:
    source = "import numpy as np\nfrom mlp_ref.functions import FUNCTIONS\n"
    source += f"Decoder = next(iter(FUNCTIONS.values()))\nassert double({value})"
    result = result_of("def double(x):\n    return [2 * y for y in x]", source)
    message = result.cells["test_0"].message
    assert result.cells["test_0"].verdict == "error"
    assert "cannot be used here: numbers, texts, arrays, lists, tuples and dictionaries can" in message
    assert not names_of_ours(message)


def test_a_result_of_a_function_that_was_handed_over() -> None:
    answer = "def double(f):\n    return sum(f(1))"
    result = result_of(answer, "assert double(lambda x: iter([x]))")
    assert result.cells["test_0"].message == (
        "TypeError: This value (of type list_iterator) cannot be used here: numbers, texts, arrays, lists, "
        "tuples and dictionaries can, raised in the line `return sum(f(1))`"
    )


def test_what_is_shown_of_a_function_that_was_handed_over() -> None:
    answer = "def double(f):\n    raise ValueError(f'{f} {f.__qualname__} {f.__module__} {type(f)}')"
    message = result_of(answer, "assert double(lambda x: x)").cells["test_0"].message
    assert "<function function at" in message
    assert not names_of_ours(message)


@pytest.mark.parametrize("returned", ["object()", "lambda: 1", "double", "np.array([None])", "type", "Own()"])
def test_an_unusual_result(returned) -> None:
    answer = f"import numpy as np\nclass Own: pass\ndef double(x):\n    return {returned}"
    checked = "from course.checking.trial import WrongAnswer\n"
    checked += "from course.checking.compare import Difference, normalise\n"
    checked += "import numpy as np\nresult = double(1)\n"
    tests = [
        "for item in double(1): pass",
        "assert double(1) + 1",
        "assert double(1).shape",
        checked + "raise WrongAnswer('double', f'{result} {result!r} {result:}')",
        *(
            checked
            + f"try: normalise(result, {want})\nexcept Difference as e: raise WrongAnswer('double', str(e))"
            for want in ("1.0", "[1.0]", "np.ones(2)", "'a'")
        ),
    ]
    for name, cell in result_of(answer, *tests).cells.items():
        assert cell.verdict in ("wrong", "error"), name
        assert not names_of_ours(cell.message), cell.message


@pytest.mark.slow
def test_arguments_too_large_to_cross() -> None:
    result = result_of("def double(x):\n    return x", "assert double([[0] * 1000 for _ in range(1100)])")
    message = result.cells["test_0"].message
    assert result.cells["test_0"].points == 0
    assert not names_of_ours(message), message
