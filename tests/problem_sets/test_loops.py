"""Who writes loops over single numbers instead of matrices gets all points, within the limits of time."""

from pathlib import Path

import pytest

from course.grading.problem_sets import notebooks
from course.grading.score import score
from demo.students import functions
from tests.helpers import ROOT


@pytest.mark.slow
def test_ps2_in_loops(tmp_path):
    released = notebooks.read(ROOT / "release" / "ps2" / "ps2.ipynb")
    answers = functions(Path(__file__).with_name("loops_of_ps2.py"))
    path = tmp_path / "ps2.ipynb"
    notebooks.write(notebooks.with_answers(released, answers), path)
    (result,) = score(ROOT, "ps2", [path], seed=1)
    tests = {name: cell for name, cell in result.cells.items() if name.startswith("test_")}
    assert {name: cell.message for name, cell in tests.items() if cell.points != cell.max_points} == {}
    demonstrations = {
        cell.id
        for cell in result.notebook.cells
        if cell.get("outputs") and any(output.output_type == "error" for output in cell.outputs)
    }
    assert demonstrations == set()
