"""What nbgrader saved in the gradebook when an assignment was generated."""

from __future__ import annotations

from nbgrader.api import Assignment, Notebook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import select
from sqlalchemy.orm import Session

from course.grading.errors import GradebookError
from course.grading.gradebook.book import snapshot
from course.grading.problem_sets.assignment import GeneratedCell


def generated_cells(session: Session, assignment: str) -> dict[str, dict[str, GeneratedCell]]:
    """Return the cells of each notebook of an assignment, by `grade_id`."""
    query = select(Notebook).join(Assignment).where(Assignment.name == assignment).order_by(Notebook.name)
    return {notebook.name: _cells(notebook) for notebook in session.scalars(query)}


def known_cells(course: CourseDirectory, assignment: str) -> dict[str, dict[str, GeneratedCell]]:
    """Return what a course's gradebook knows of an assignment's notebooks that have cells of nbgrader.

    It is nothing where there is no gradebook that knows the assignment.
    """
    try:
        with snapshot(course, assignment) as session:
            return {name: cells for name, cells in generated_cells(session, assignment).items() if cells}
    except GradebookError:
        return {}


def _cells(notebook: Notebook) -> dict[str, GeneratedCell]:
    points = {cell.name: cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells)}
    return {
        cell.name: GeneratedCell(cell.source or "", points.get(cell.name)) for cell in notebook.source_cells
    }
