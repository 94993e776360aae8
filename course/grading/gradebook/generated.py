"""What nbgrader saved in the gradebook when an assignment was generated."""

from __future__ import annotations

from nbgrader.api import Assignment, Notebook
from sqlalchemy import select
from sqlalchemy.orm import Session

from course.grading.problem_sets.assignment import GeneratedCell


def generated_cells(session: Session, assignment: str) -> dict[str, dict[str, GeneratedCell]]:
    """Return the cells of each notebook of an assignment, by `grade_id`."""
    query = select(Notebook).join(Assignment).where(Assignment.name == assignment).order_by(Notebook.name)
    return {notebook.name: _cells(notebook) for notebook in session.scalars(query)}


def _cells(notebook: Notebook) -> dict[str, GeneratedCell]:
    points = {cell.name: cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells)}
    return {
        cell.name: GeneratedCell(cell.source or "", points.get(cell.name)) for cell in notebook.source_cells
    }
