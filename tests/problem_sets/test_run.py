"""Every problem set runs from top to bottom, as an instructor has it and as a student who is done."""

import re

import nbclient
import pytest

from course.grading.problem_sets import notebooks, release
from tests.helpers import ROOT, slow_except

ASSIGNMENTS = release.assignments(ROOT)


def source(assignment):
    return notebooks.read(ROOT / "source" / assignment / f"{assignment}.ipynb")


def solved(assignment):
    """The release with the solutions filled in: visible tests only."""
    answers = {
        notebooks.grade_id(cell): cell.source
        for cell in source(assignment).cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    released = notebooks.read(ROOT / "release" / assignment / f"{assignment}.ipynb")
    return notebooks.with_answers(released, answers)


def executed(notebook, path, allow_errors=False):
    client = nbclient.NotebookClient(
        notebook, timeout=120, allow_errors=allow_errors, resources={"metadata": {"path": str(path)}}
    )
    return client.execute()


def errors(notebook):
    return {
        cell.id: output.ename
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    }


@pytest.mark.slow
@pytest.mark.parametrize("assignment", slow_except(("ps0",), ASSIGNMENTS))
def test_with_solutions_and_hidden_tests(assignment, tmp_path):
    executed(source(assignment), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("assignment", slow_except(("ps0",), ASSIGNMENTS))
def test_with_solutions_as_a_student_has_it(assignment, tmp_path):
    notebook = executed(solved(assignment), tmp_path)
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
            assert any("✓" in output.get("data", {}).get("text/plain", "") for output in outputs), cell.id
        for output in outputs:
            assert output.get("name") != "stderr", (cell.id, output.text)
            if "image/png" in output.get("data", {}):
                assert re.search(r'<img [^>]*alt="[^"]{40,}"', output.data["text/html"]), cell.id


@pytest.mark.slow
@pytest.mark.parametrize("assignment", slow_except(("ps0",), ASSIGNMENTS))
def test_untouched_stubs_say_that_they_are_not_written(assignment, tmp_path):
    released = notebooks.read(ROOT / "release" / assignment / f"{assignment}.ipynb")
    found = errors(executed(released, tmp_path, allow_errors=True))
    tests = {cell.id for cell in released.cells if cell.id.startswith("test_")}
    assert tests <= found.keys()
    assert {found[test] for test in tests} == {"NotImplementedError"}
