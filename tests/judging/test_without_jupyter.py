"""Grading needs no Jupyter in the sandbox."""

from __future__ import annotations

import pytest

from course.grading.judging.grade import grade
from course.grading.problem_sets import notebooks, release
from course.grading.problem_sets.assignment import load
from tests.helpers import ROOT, cell, slow_except

# In the first cell of a submission, so before anything of it has been imported.
WITHOUT_JUPYTER = """
import sys
JUPYTER = ("ipykernel", "zmq", "tornado", "jupyter_client")
assert not any(name in sys.modules for name in JUPYTER)
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in JUPYTER:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
print("without Jupyter")
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", slow_except(("ps1",), release.assignments(ROOT)))
def test_no_score_changes_where_jupyters_packages_cannot_be_imported(name):
    assignment = load(ROOT, name)
    solved = notebooks.with_answers(assignment.skeleton, assignment.solutions)
    solved.cells.insert(0, cell(WITHOUT_JUPYTER))
    result = grade(assignment, notebooks.dumps(solved).encode())
    assert result.notebook is not None, result.problem
    assert [output.get("text") for output in result.notebook.cells[0].outputs] == ["without Jupyter\n"]
    verdicts = {test: cell.verdict for test, cell in result.cells.items()}
    assert set(verdicts.values()) <= {"pass", "manual"}, verdicts
    assert all(cell.points in (cell.max_points, None) for cell in result.cells.values())
