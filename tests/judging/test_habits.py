"""A right answer has full points however it is written, and whatever else is done to the notebook."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import nbformat
import pytest
from nbformat import NotebookNode

from course.grading.judging.grade import grade
from course.grading.judging.results import Result
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import load
from course.grading.submissions.rebuild import rebuild
from tests.helpers import ROOT
from tests.judging.habits import OWN, PS1, PS2

HABITS = {"ps1": PS1, "ps2": PS2}
OF_ANSWERS = [(assignment, habit) for assignment, habits in HABITS.items() for habit in habits]


def released(assignment: str) -> NotebookNode:
    return notebooks.read(ROOT / "release" / assignment / f"{assignment}.ipynb")


def graded(assignment: str, submission: NotebookNode) -> Result:
    return grade(load(ROOT, assignment), nbformat.writes(submission).encode(), seed=1)


@cache
def of_answers(assignment: str) -> Result:
    """Grade a notebook in which every answer shows a habit, with cells of one's own between them."""
    submission = notebooks.with_answers(released(assignment), dict(HABITS[assignment].values()))
    if assignment == "ps1":
        for before, source in OWN.values():
            place = [notebooks.grade_id(cell) for cell in submission.cells].index(before)
            submission.cells.insert(place, nbformat.v4.new_code_cell(source))
    return graded(assignment, submission)


def points_lost(result: Result, test: str = "") -> dict[str, str]:
    """Return the messages of graded cells, or of one, that have not all their points."""
    return {
        name: f"{cell.verdict}: {cell.message}"
        for name, cell in result.cells.items()
        if cell.verdict not in ("pass", "manual") and test in ("", name)
    }


@pytest.mark.sampled
@pytest.mark.parametrize(("assignment", "habit"), OF_ANSWERS, ids=[f"{a}: {h}" for a, h in OF_ANSWERS])
def test_a_right_answer_has_its_points(assignment: str, habit: str) -> None:
    function, _ = HABITS[assignment][habit]
    result = of_answers(assignment)
    assert result.status == "graded"
    assert points_lost(result, f"test_{function}") == {}


@pytest.mark.parametrize("assignment", HABITS)
def test_all_habits_together_cost_nothing(assignment: str) -> None:
    assert points_lost(of_answers(assignment)) == {}


def cell_of(submission: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in submission.cells if notebooks.grade_id(cell) == name)


def drop(submission: NotebookNode, dropped: Callable[[NotebookNode], bool]) -> None:
    submission.cells = [cell for cell in submission.cells if not dropped(cell)]


def delete_checks(submission: NotebookNode) -> None:
    drop(
        submission,
        lambda cell: cell.metadata.get("nbgrader", {}).get("grade", False) and "check(" in cell.source,
    )


def delete_texts(submission: NotebookNode) -> None:
    drop(submission, lambda cell: cell.cell_type == "markdown")


def delete_all_but_answers(submission: NotebookNode) -> None:
    drop(submission, lambda cell: not cell.metadata.get("nbgrader", {}).get("solution"))


def edit_tests(submission: NotebookNode) -> None:
    for cell in submission.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = f"{cell.source}\nassert False"


def delete_imports(submission: NotebookNode) -> None:
    for cell in submission.cells:
        if cell.metadata.get("nbgrader", {}).get("locked") and not cell.metadata.nbgrader.grade:
            cell.source = ""


def turn_around(submission: NotebookNode) -> None:
    submission.cells.reverse()


def copy_an_answer(submission: NotebookNode) -> None:
    """Copy a cell with its `grade_id`, and try something else in the first of the two."""
    place = submission.cells.index(cell_of(submission, "sigmoid"))
    copy = nbformat.from_dict({**submission.cells[place], "id": "copy"})
    submission.cells.insert(place + 1, copy)
    submission.cells[place].source = "def sigmoid(t):\n    return 0"


def make_an_answer_a_text(submission: NotebookNode) -> None:
    cell_of(submission, "sigmoid").cell_type = "markdown"


def save_with_outputs(submission: NotebookNode) -> None:
    for count, cell in enumerate(submission.cells):
        if cell.cell_type == "code":
            cell.execution_count = count
            cell.outputs = [nbformat.v4.new_output("stream", text="lines\n" * 99)]


def save_in_an_older_format(submission: NotebookNode) -> None:
    submission.nbformat_minor = 4
    for cell in submission.cells:
        del cell["id"]


def save_in_colab(submission: NotebookNode) -> None:
    submission.metadata = {
        "colab": {"provenance": []},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
    }
    for number, cell in enumerate(submission.cells):
        cell.id = f"colab{number}"
        cell.metadata["colab"] = {"base_uri": "https://localhost:8080/"}


def save_in_vs_code(submission: NotebookNode) -> None:
    submission.metadata = {"language_info": {"name": "python", "version": "3.12.1"}}
    for cell in submission.cells:
        cell.metadata["vscode"] = {"languageId": "python"}


def choose_another_kernel(submission: NotebookNode) -> None:
    submission.metadata["kernelspec"] = {"name": "my-env", "display_name": "my env", "language": "python"}


def lose_nbgraders_metadata(submission: NotebookNode) -> None:
    for cell in submission.cells:
        cell.metadata.pop("nbgrader", None)


def unlock_cells(submission: NotebookNode) -> None:
    for cell in submission.cells:
        if settings := cell.metadata.get("nbgrader"):
            settings.update(locked=False, points=99)


def tag_and_fold_cells(submission: NotebookNode) -> None:
    for cell in submission.cells:
        cell.metadata.update(tags=["mine"], collapsed=True, jupyter={"source_hidden": True})


EDITS = [
    delete_checks,
    delete_texts,
    delete_all_but_answers,
    edit_tests,
    delete_imports,
    turn_around,
    copy_an_answer,
    make_an_answer_a_text,
    save_with_outputs,
    save_in_an_older_format,
    save_in_colab,
    save_in_vs_code,
    choose_another_kernel,
    lose_nbgraders_metadata,
    unlock_cells,
    tag_and_fold_cells,
]


def graded_part(submission: NotebookNode) -> list[tuple[str, str, str]]:
    """Return name, kind and source of each cell in which an answer or a test of a submission stands."""
    rebuilt = rebuild(load(ROOT, "ps0"), nbformat.writes(submission, nbformat.NO_CONVERT).encode())
    assert not rebuilt.unreadable
    return [
        (str(notebooks.grade_id(cell)), cell.cell_type, cell.source)
        for cell in rebuilt.notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade") or cell.metadata.get("nbgrader", {}).get("solution")
    ]


@pytest.mark.sampled
@pytest.mark.parametrize("edit", EDITS, ids=[edit.__name__ for edit in EDITS])
def test_what_is_done_to_the_notebook_changes_nothing_of_what_is_graded(
    edit: Callable[[NotebookNode], None],
) -> None:
    answered = notebooks.with_answers(released("ps0"), load(ROOT, "ps0").solutions or {})
    untouched = graded_part(answered)
    edited = nbformat.from_dict(answered)
    edit(edited)
    assert nbformat.writes(edited, nbformat.NO_CONVERT) != nbformat.writes(answered, nbformat.NO_CONVERT)
    assert graded_part(edited) == untouched
