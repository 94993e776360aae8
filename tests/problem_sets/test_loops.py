"""Who writes loops over single numbers instead of matrices gets all points."""

from pathlib import Path

import pytest

from course.grading.judging.grade import grade
from course.grading.problem_sets import notebooks
from course.grading.sandbox.limits import Limits
from demo.students import functions
from tests.attacks.arena import content, problem_set

# Several times the defaults, for a slow machine.
LIMITS = Limits(cell=120, notebook=300)


@pytest.mark.slow
def test_ps2_in_loops():
    assignment, solved = problem_set("ps2")
    answers = functions(Path(__file__).with_name("loops_of_ps2.py"))
    result = grade(assignment, content(notebooks.with_answers(solved, answers)), limits=LIMITS)
    tests = {name: cell for name, cell in result.cells.items() if name.startswith("test_")}
    assert {name: cell.message for name, cell in tests.items() if cell.points != cell.max_points} == {}
    outputs = [output for cell in result.notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
