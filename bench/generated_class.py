"""A class of any size that takes a problem set: honest students, no two of them the same."""

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
"""what the students of the demonstration take"""
HONEST = tuple(
    student for student in STUDENTS if student.name in {"perfect", "another_way", "three_mistakes", "raising"}
)
# Warnings on stderr cost points there unless they are left out, which is an option of nbgrader's own.
STOCK = """
c = get_config()
c.CourseDirectory.course_id = "mlp-gradients"
c.IncludeHeaderFooter.header = "source/header.ipynb"
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = ".*"
"""


def generate(root: Path, assignment: str, size: int) -> Path:
    """Make `root` a course in which `size` students have handed in the problem set."""
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
    """Return the answers of a student: every other one's are not all right."""
    if assignment == SAMPLES:
        return HONEST[number % len(HONEST)].answers(source)
    answers = solutions(source)
    if number % 2:
        del answers[sorted(answers)[number // 2 % len(answers)]]
    return answers


def copy(root: Path, to: Path, stock: bool = False) -> Path:
    """Copy a course that nobody has graded; `stock` takes our steps out of its configuration."""
    shutil.copytree(root, to)
    if stock:
        (to / CONFIG).write_text(STOCK, encoding="utf-8")
    return to
