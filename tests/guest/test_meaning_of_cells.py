"""What a cell means to the grader's kernel is what it means to IPython."""

from __future__ import annotations

import warnings

import pytest
from course.grading.guest.kernel import _Transformer
from IPython.core.inputtransformer2 import TransformerManager

from course.grading.problem_sets import notebooks
from tests.helpers import ROOT

NOTEBOOKS = sorted(ROOT.glob("source/*/*.ipynb")) + sorted(ROOT.glob("course/lectures/*.ipynb"))
ODD = (
    "%pwd",
    "here = %pwd",
    "files = !ls",
    "!ls {here}",
    "print?",
    "??print",
    "%%capture said\nprint(1)",
    "if True:\n    %pwd\n    x = 1 % 2",
    "x = 7 \\\n% 2",
    "x = (7\n% 2\n)",
    ">>> x = 1\n>>> y = 2",
    "In [1]: x = 1",
    "    x = 1\n    y = 2",
    "\n\nx = 1",
    "s = '''\n%pwd\n!ls\n'''",
    "await nothing",
    "def f(:",
    "x = 1;",
    "",
    "# only a comment",
    "x = '\x00'",
)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_of_the_course(path) -> None:
    for cell in notebooks.read(path).cells:
        if cell.cell_type == "code":
            assert _Transformer().transform_cell(cell.source) == TransformerManager().transform_cell(
                cell.source
            )


@pytest.mark.parametrize("source", ODD)
def test_what_only_ipython_understands(source) -> None:
    assert _Transformer().transform_cell(source) == TransformerManager().transform_cell(source)


def test_looking_warns_of_nothing() -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        _Transformer().transform_cell("x = '\\d'\n1 is 1")
    assert shown == []
