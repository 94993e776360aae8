"""Generates a class of any size: honest submissions of a problem set, no two of them the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course.grading.course_folder import CONFIG, CourseFolder
from course.grading.problem_sets import notebooks
from demo.students import STUDENTS, solutions

ROOT = Path(__file__).parents[1]
SAMPLES = "ps1"
"""the problem set of the demonstration's students"""
HONEST = tuple(
    student for student in STUDENTS if student.name in {"perfect", "another_way", "three_mistakes", "raising"}
)
# Stock nbgrader takes points for warnings on stderr; IgnorePattern, an option of its own, leaves them out.
STOCK = """
c = get_config()
c.CourseDirectory.course_id = "mlp-gradients"
c.IncludeHeaderFooter.header = "source/header.ipynb"
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = ".*"
"""


def generate(root: Path, assignment: str, size: int) -> Path:
    """Create a course in `root` in which `size` students have handed in the problem set; return `root`."""
    course_folder = CourseFolder.copy_of(ROOT, root)
    source = notebooks.read(root / "source" / assignment / f"{assignment}.ipynb")
    release = course_folder.generate(assignment) / f"{assignment}.ipynb"
    for number in range(size):
        notebook = notebooks.with_answers(notebooks.read(release), _answers(assignment, source, number))
        notebook.cells.append(nbformat.v4.new_code_cell(f"print({number})", id=f"own-{number}"))
        folder = root / "submitted" / f"student{number:05d}" / assignment
        notebooks.write(notebook, folder / release.name)
    return root


def _answers(assignment: str, source: NotebookNode, number: int) -> dict[str, str]:
    """Return a student's answers; every second student's are not all right."""
    if assignment == SAMPLES:
        return HONEST[number % len(HONEST)].answers(source)
    answers = solutions(source)
    if number % 2:
        del answers[sorted(answers)[number // 2 % len(answers)]]
    return answers


def copy(root: Path, to: Path, stock: bool = False) -> Path:
    """Copy a course that is not graded yet; return `to`. `stock` configures it for stock nbgrader alone."""
    shutil.copytree(root, to)
    if stock:
        (to / CONFIG).write_text(STOCK, encoding="utf-8")
    return to
