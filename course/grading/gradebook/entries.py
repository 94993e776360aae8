"""What nbgrader's gradebook keeps of a graded notebook: scores, comments and the late penalty."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties

from course.grading.gradebook import extensions
from course.grading.judging.results import CellResult

T = TypeVar("T")

NO_RESPONSE = "No response."
"""nbgrader's comment on an answer that was left as it was released"""


@dataclass(frozen=True)
class Entry:
    """What the gradebook keeps of one cell."""

    grade_id: str
    is_graded: bool
    score: float | None
    """in points; None where somebody has to grade the cell"""
    is_answer: bool
    comment: str | None


def entries(notebook: NotebookNode, results: Mapping[str, CellResult]) -> list[Entry]:
    """Return the entries for a graded notebook, with its results by `grade_id`.

    Tests get the points of their results, written answers those of nbgrader's rules. A test without a
    result waits for somebody to grade it: outputs in the notebook prove nothing.
    """
    cell_entries = []
    for cell in notebook.cells:
        is_graded = utils.is_grade(cell)
        is_answer = utils.is_solution(cell) or utils.is_task(cell)
        if not is_graded and not is_answer:
            continue
        name = cell.metadata.nbgrader.grade_id
        result = results.get(name)
        score = comment = None
        if is_graded and (utils.is_solution(cell) or cell.cell_type != "code"):
            score = utils.determine_grade(cell)[0]
        elif is_graded and result is not None:
            score = result.points
        if is_answer and not utils.is_task(cell):
            checksum = cell.metadata.nbgrader.get("checksum")
            comment = NO_RESPONSE if checksum == utils.compute_checksum(cell) else None
        cell_entries.append(Entry(name, is_graded, score, is_answer, comment))
    return cell_entries


def save(notebook: SubmittedNotebook, cell_entries: Sequence[Entry], unchanged: Collection[str] = ()) -> None:
    """Save the entries of one notebook, without a commit; points and comments given by hand stay.

    Points given by hand wait to be looked at again, except for cells that are `unchanged` since.

    Raises MissingEntry where the gradebook has no such cell.
    """
    released = notebook.notebook
    cells = [*released.grade_cells, *released.solution_cells, *released.task_cells]
    names = {cell.id: cell.name for cell in cells}
    # A cell that was removed from the assignment may have left a grade.
    grades = {names[grade.cell_id]: grade for grade in notebook.grades if grade.cell_id in names}
    comments = {names[comment.cell_id]: comment for comment in notebook.comments if comment.cell_id in names}
    for entry in cell_entries:
        if entry.is_graded:
            grade = _get(grades, entry.grade_id)
            grade.auto_score = entry.score
            if grade.manual_score is None:
                grade.needs_manual_grade = entry.score is None
            elif entry.grade_id not in unchanged:
                grade.needs_manual_grade = True
        if entry.is_answer:
            _get(comments, entry.grade_id).auto_comment = entry.comment


def save_missing(notebook: SubmittedNotebook) -> None:
    """Give no points of tests for a notebook that was not handed in, and let nothing of it wait.

    Points given by hand stay, as in nbgrader: Formgrader cannot open such a notebook to give them again.
    """
    for grade in notebook.grades:
        grade.auto_score = 0
        grade.needs_manual_grade = False


def penalise(gradebook: Gradebook, notebook: SubmittedNotebook, rule: AssignLatePenalties) -> None:
    """Set the late penalty of a notebook whose scores are saved, by the plugin of nbgrader's step."""
    submission = notebook.assignment
    extensions.hand_over(gradebook.db, submission)
    late = seconds_late(submission.timestamp, submission.assignment.duedate, submission.extension)
    if late <= 0:
        notebook.late_submission_penalty = None
        return
    gradebook.db.flush()
    gradebook.db.expire(notebook, ["score"])
    notebook.late_submission_penalty = penalty(rule, submission.student_id, notebook.score or 0.0, late)


def seconds_late(timestamp: datetime | None, due: datetime | None, extension: timedelta | None) -> float:
    """Return by how much a submission is late; 0 where one of the times is not known."""
    if timestamp is None or due is None:
        return 0.0
    return max(0.0, (timestamp - due - (extension or timedelta())).total_seconds())


def penalty(rule: AssignLatePenalties, student: str, score: float, late: float) -> float | None:
    """Return the points that a notebook with this score loses for being so many seconds late."""
    if late <= 0:
        return None
    points = rule.plugin_inst.late_submission_penalty(student, score, late)
    if points is None:
        return None
    return 0.0 if points < 0 else min(points, score)  # nbgrader's rule


def _get(rows: dict[str, T], name: str) -> T:
    if name not in rows:
        raise MissingEntry(f"the gradebook has no cell {name!r}; generate the assignment again")
    return rows[name]
