"""The text of notebook files."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course.grading.problem_sets import notebooks

ROOT = Path(__file__).parents[2]
SHOWN = new_output(
    "display_data", {"text/html": "<b>δ</b>\n", "image/png": "AAAA"}, metadata={"a": [1, None]}
)
NOTEBOOKS = {
    "of a problem set": notebooks.read(ROOT / "source" / "ps1" / "ps1.ipynb"),
    "with outputs": new_notebook(
        cells=[
            new_markdown_cell("∂C/∂W\nsecond line", metadata={"nbgrader": {"grade_id": "a"}}),
            new_code_cell(
                "print('ℓ')", outputs=[new_output("stream", text="ℓ\n\n"), SHOWN], execution_count=3
            ),
        ],
        metadata={"course": {"seed": 2**62}},
    ),
    "empty": new_notebook(),
}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_fast_text_is_the_same_notebook_with_a_cell_in_each_line(name: str) -> None:
    notebook = NOTEBOOKS[name]
    text = notebooks.dumps_fast(notebook)
    assert nbformat.reads(text, as_version=4) == nbformat.reads(notebooks.dumps(notebook), as_version=4)
    lines = [line.rstrip(",") for line in text.splitlines()]
    for cell in notebook.cells:
        assert json.dumps(cell, ensure_ascii=False) in lines
