"""Formulas become MathML that holds nothing else, or stay what was written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.grading.pages.formulas import is_convertible, latex_html, mathml
from course.grading.pages.harmless import harmless_markdown
from course.grading.pages.html import clean_html
from tests.helpers import ROOT
from tests.hostile_pages import FORMULAS, dangers

NOTEBOOKS = sorted([*ROOT.glob("source/**/*.ipynb"), *ROOT.glob("course/lectures/*.ipynb")])
PIECES = st.lists(
    st.sampled_from(
        [
            *"{}^_&$%#~'",
            "\\\\",
            r"\text{",
            r"\frac",
            "<img src=x onerror=alert(1)>",
            r"\left(",
            r"\right)",
            r"\sum",
            "x",
            "&lt;script&gt;",
            r"\begin{matrix}",
            r"\end{matrix}",
            r"\textcolor{red}",
            r"\mbox{",
            r"\operatorname{",
        ]
    )
    | st.text(max_size=2),
    max_size=12,
).map("".join)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_formula_of_the_course_is_converted(path) -> None:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            source = "".join(cell["source"])
            assert harmless_markdown(source) == source


@given(PIECES, st.booleans())
def test_whatever_is_written_only_mathml_comes_out(formula: str, is_block: bool) -> None:
    converted = mathml(formula, is_block=is_block)
    assert converted is None or (converted.startswith("<math") and dangers(converted) == [])
    assert converted is None or clean_html(converted).replace("\xa0", "&nbsp;").count("<") == converted.count(
        "<"
    ) + converted.count(" />")


def test_what_a_formula_quotes_is_text() -> None:
    converted = mathml(r"\text{<img src=x onerror=alert(1)>} \sum \unlhd", is_block=True)
    assert converted is not None
    assert "&lt;img" in converted
    assert "∑" in converted


@pytest.mark.parametrize("line", FORMULAS.strip().splitlines())
def test_hostile_formulas(line: str) -> None:
    assert dangers(clean_html(latex_html(line))) == []


@pytest.mark.parametrize(
    "formula", [r"\frac", r"\nosuch{x}", r"\href{/logout}{x}", "x" * 10_000, "{" * 3_000]
)
def test_what_cannot_be_converted_is_shown_as_it_is(formula: str) -> None:
    assert mathml(formula, is_block=False) is None
    assert latex_html(f"${formula}$") == f"<code>${formula}$</code>"
    assert not is_convertible(f"${formula}$")


def test_text_around_formulas_stays() -> None:
    assert is_convertible("the value $x^2$ is < 1")
    assert latex_html("the value $x$ is < 1").startswith('the value <math display="inline">')
    assert latex_html("a < b") == "a &lt; b"
    assert not is_convertible(r"\href{/logout}{x}")
