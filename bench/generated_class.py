"""A class of any size that takes ps1: the honest students of the demonstration, again and again."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat

from course.grading import notebooks
from course.grading.classroom import CONFIG, Classroom
from demo.students import STUDENTS, hand_in

ROOT = Path(__file__).parents[1]
ASSIGNMENT = "ps1"
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


def generate(root: Path, size: int) -> Path:
    """Make `root` a course in which `size` students have handed in ps1, no two of them the same."""
    classroom = Classroom.copy_of(ROOT, root)
    source = notebooks.read(root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    release = classroom.generate(ASSIGNMENT)
    for number in range(size):
        student = HONEST[number % len(HONEST)]
        folder = root / "submitted" / f"student{number:05d}" / ASSIGNMENT
        hand_in(student, source, release, folder)
        path = folder / f"{ASSIGNMENT}.ipynb"
        notebook = notebooks.read(path)
        notebook.cells.append(nbformat.v4.new_code_cell(f"print({number})", id=f"own-{number}"))
        notebooks.write(notebook, path)
    return root


def copy(root: Path, to: Path, stock: bool = False) -> Path:
    """Copy a course that nobody has graded; `stock` takes our steps out of its configuration."""
    shutil.copytree(root, to)
    if stock:
        (to / CONFIG).write_text(STOCK, encoding="utf-8")
    return to
