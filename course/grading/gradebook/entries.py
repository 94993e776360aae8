"""What nbgrader's gradebook keeps of a graded notebook: scores and comments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import BaseCell, Comment, Grade, MissingEntry
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from course.grading.judging.results import CellResult

T = TypeVar("T")

NO_RESPONSE = "No response."
"""nbgrader's comment on an answer that was left as it was released"""

# The join leaves out the rows of cells that were removed.
_GRADES, _COMMENTS = (
    select(BaseCell.name, kind.id, *columns)
    .join(BaseCell, kind.cell_id == BaseCell.id)
    .where(kind.notebook_id == bindparam("notebook"))
    for kind, columns in ((Grade, (Grade.manual_score, Grade.needs_manual_grade)), (Comment, ()))
)
_SAVE_GRADE, _SAVE_COMMENT = (
    update(kind.__table__).where(kind.__table__.columns.id == bindparam("row")) for kind in (Grade, Comment)
)


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


def grade_values(cell_entries: Sequence[Entry]) -> dict[str, dict[str, Any]]:
    """Return the values of grades that nobody has given by hand, by the names of their cells."""
    return {
        entry.grade_id: {"auto_score": entry.score, "needs_manual_grade": entry.score is None}
        for entry in cell_entries
        if entry.is_graded
    }


def comment_values(cell_entries: Sequence[Entry]) -> dict[str, dict[str, Any]]:
    """Return the values of comments, by the names of their cells."""
    return {entry.grade_id: {"auto_comment": entry.comment} for entry in cell_entries if entry.is_answer}


def save(
    session: Session, notebook: str, cell_entries: Sequence[Entry], unchanged: Collection[str] = ()
) -> None:
    """Save the entries of a submitted notebook, by its id, without a commit.

    Points and comments given by hand stay. The points wait to be looked at again, except for cells that are
    `unchanged` since. Raises MissingEntry where the gradebook has no such cell.
    """
    names = {"notebook": notebook}
    grades = {row.name: row for row in session.execute(_GRADES, names)}
    comments = {row.name: row for row in session.execute(_COMMENTS, names)}
    grade_rows = []
    for name, values in grade_values(cell_entries).items():
        grade = found(grades, name)
        if grade.manual_score is not None:
            values["needs_manual_grade"] = grade.needs_manual_grade or name not in unchanged
        grade_rows.append({"row": grade.id, **values})
    comment_rows = [
        {"row": found(comments, name).id, **values} for name, values in comment_values(cell_entries).items()
    ]
    for statement, rows in ((_SAVE_GRADE, grade_rows), (_SAVE_COMMENT, comment_rows)):
        if rows:
            session.execute(statement, rows)


def save_missing(session: Session, notebook: str) -> None:
    """Give no points of tests for a notebook that was not handed in, and let nothing of it wait.

    Points given by hand stay, as in nbgrader: Formgrader cannot open such a notebook to give them again.
    """
    grades = update(Grade).where(Grade.notebook_id == notebook)
    session.execute(grades.values(auto_score=0, needs_manual_grade=False))


def found(rows: Mapping[str, T], name: str) -> T:
    """Return the row of a cell. Raises MissingEntry where the gradebook has no such cell."""
    if name not in rows:
        raise MissingEntry(f"the gradebook has no cell {name!r}; generate the assignment again")
    return rows[name]
