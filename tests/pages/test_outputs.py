"""Of outputs stays what is on the list, in the form that is on the list."""

from __future__ import annotations

import copy

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.grading.pages.outputs import NO_TEXT, clean_outputs, clean_written
from tests.helpers import cell
from tests.hostile_pages import png

KINDS = [
    "text/plain",
    "text/html",
    "image/png",
    "image/svg+xml",
    "application/javascript",
    "text/latex",
    "x/y",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(png()),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
BUNDLES = st.dictionaries(st.sampled_from(KINDS), VALUES, max_size=4)


def displayed(data: dict[str, object], metadata: object = None) -> list[nbformat.NotebookNode]:
    return clean_outputs([{"output_type": "display_data", "data": data, "metadata": metadata or {}}])


@given(BUNDLES, BUNDLES | VALUES)
def test_whatever_is_displayed_a_valid_and_plain_output_is_left(data, metadata) -> None:
    cleaned = displayed(data, metadata)
    notebook = nbformat.v4.new_notebook(cells=[cell("x")])
    notebook.cells[0].outputs = cleaned
    nbformat.validate(notebook)
    for output in cleaned:
        assert set(output) == {"output_type", "data", "metadata"}
        assert set(output.data) <= {"text/plain", "text/html", "image/png", "text/latex"}
        assert all(isinstance(value, str) for value in output.data.values())
        assert set(output.metadata) == set(output.data) & {"image/png"}
    assert clean_outputs(copy.deepcopy(cleaned)) == cleaned


@pytest.mark.parametrize(
    "value", ["1 onerror=alert(1)", "1", True and "2", [1], None, -1, 0, 1e9, float("nan")]
)
def test_a_size_is_a_number(value) -> None:
    (output,) = displayed(
        {"image/png": png()}, {"image/png": {"width": value, "height": 30.2, "unconfined": 1}}
    )
    assert output.metadata == {"image/png": {"height": 30, "alt": NO_TEXT}}


def test_a_picture_keeps_its_text_and_takes_the_place_of_html() -> None:
    data = {"image/png": png() + "\n", "text/html": "<b>x</b>", "text/plain": "<Figure>"}
    (output,) = displayed(data, {"image/png": {"alt": "a line"}})
    assert output.data == {"image/png": png(), "text/plain": "<Figure>"}
    assert output.metadata["image/png"]["alt"] == "a line"


@pytest.mark.parametrize(
    "kind", ["image/svg+xml", "application/javascript", "application/pdf", "text/vnd.mermaid"]
)
def test_other_kinds_go(kind: str) -> None:
    assert displayed({kind: "x"}) == []
    (output,) = displayed({kind: "x", "text/plain": "y"})
    assert output.data == {"text/plain": "y"}


def test_what_is_no_picture_goes() -> None:
    assert displayed({"image/jpeg": "x"}, {"image/jpeg": {"height": "1 onerror=alert(1)"}}) == []
    assert displayed({"image/jpeg": png()}) == []


def test_latex_that_cannot_be_shown_is_text() -> None:
    (output,) = displayed({"text/latex": r"$\href{/logout}{x}$"})
    assert output.data == {"text/plain": r"$\href{/logout}{x}$"}


@pytest.mark.parametrize("output", [{}, {"output_type": "pickle"}, {"output_type": "display_data"}])
def test_no_output(output) -> None:
    assert clean_outputs([output]) == []
    assert clean_outputs({"a": output}) == []


def test_a_written_cell_keeps_pictures_only() -> None:
    written = cell("![a](attachment:a.png) ![b](attachment:b.html)", kind="markdown")
    written.attachments = {
        "a.png": {"image/png": png(), "text/html": "x"},
        "b.html": {"text/html": "x"},
        '"': {},
    }
    clean_written(written)
    assert written.attachments == {"a.png": {"image/png": png()}}
    assert written.source == "![a](<attachment:a.png>) b (attachment&#58;b.html)\n"


def test_a_large_display_is_text() -> None:
    copied = "".join(f"<b id={number}>" for number in range(5_000)) + "</p><p>x" * 5_000
    (output,) = displayed({"text/html": copied, "text/plain": "a table"})
    assert output.data == {"text/plain": "a table"}
    (output,) = displayed({"text/html": copied})
    assert output.data == {"text/plain": copied}
    formulas = r"\(" * 500_000
    (output,) = displayed({"text/latex": formulas})
    assert output.data == {"text/plain": formulas}
