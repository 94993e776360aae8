"""Grade a class of sample submissions, from `source/` to feedback, and check every point."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from nbformat import NotebookNode
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.gradebook.class_record import Mark
from course.grading.gradebook.reading import read_marks
from course.grading.problem_sets import notebooks
from course.grading.report import making
from demo.students import STUDENTS, hand_in

COURSE = Path(__file__).parents[1]
ASSIGNMENT = "ps1"
CELL_SECONDS = 5
"""time limit; one student's function never returns, and the usual limit would take half a minute"""
WIDTH = 112
"""of the table, in characters; a narrower terminal wraps it"""


def grade_class(root: Path) -> tuple[NotebookNode, dict[str, dict[str, Mark]], list[Path]]:
    """Create a course folder in `root`, hand in the class's submissions, and grade them.

    Returns the source notebook, the marks by student and graded cell, and the pages: the report on the
    class and the students' feedback.
    """
    course_folder = CourseFolder.copy_of(COURSE, root, cell_seconds=CELL_SECONDS)
    source = notebooks.read(root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    release = course_folder.generate(ASSIGNMENT)
    for student in STUDENTS:
        hand_in(student, source, release, root / "submitted" / student.name / ASSIGNMENT)
    course_folder.autograde(ASSIGNMENT)
    pages = [making.make(root, ASSIGNMENT), *course_folder.feedback(ASSIGNMENT)]
    return source, read_marks(course_folder.course, ASSIGNMENT), pages


def table(source: NotebookNode, marks: dict[str, dict[str, Mark]]) -> Table:
    """Return the points as a table: a row for each question, a column for each student."""
    questions = list(STUDENTS[0].expected(source))
    result = Table(title=f"{ASSIGNMENT}: points", box=SIMPLE, pad_edge=False, collapse_padding=True)
    result.add_column("question", no_wrap=True)
    for student in STUDENTS:
        result.add_column(student.name.replace("_", "\n"), justify="right", no_wrap=True)
    result.add_column("of", justify="right")
    most = {name: float(cell.metadata.nbgrader.points) for name, cell in _graded_cells(source)}
    for question in questions:
        row = [marks[student.name][question] for student in STUDENTS]
        points = ["unread" if mark.is_waiting else f"{mark.points:g}" for mark in row]
        result.add_row(question, *points, f"{most[question]:g}")
    result.add_section()
    totals = [sum(mark.points for mark in marks[student.name].values()) for student in STUDENTS]
    result.add_row("total", *(f"{total:g}" for total in totals), f"{sum(most.values()):g}", style="bold")
    return result


def _graded_cells(source: NotebookNode) -> list[tuple[str, NotebookNode]]:
    named = ((notebooks.grade_id(cell), cell) for cell in source.cells)
    return [(name, cell) for name, cell in named if name and cell.metadata.nbgrader.grade]


def differences(source: NotebookNode, marks: dict[str, dict[str, Mark]]) -> list[str]:
    """Return a sentence for every question whose points are not the expected ones."""
    return [
        f"{student.name}: {question} gave {marks[student.name][question].points:g}"
        f" points, expected {points:g}"
        for student in STUDENTS
        for question, points in student.expected(source).items()
        if marks[student.name][question].points != points
    ]


def main() -> int:
    """Run the demonstration; return 0 when every point is the expected one."""
    console = Console(width=max(Console().width, WIDTH))
    root = Path(tempfile.mkdtemp(prefix="mlp-course-demo-"))
    console.print(f"A class of {len(STUDENTS)} takes {ASSIGNMENT} in {root}", soft_wrap=True)
    for student in STUDENTS:
        console.print(f"  {student.name}: {student.what}", soft_wrap=True, highlight=False)
    with console.status("Generating the release, autograding, writing feedback ..."):
        try:
            source, marks, pages = grade_class(root)
        except CourseError as error:
            console.print(str(error), soft_wrap=True, markup=False, style="red")
            return 1
    console.print(table(source, marks))
    console.print("Report and feedback:")
    for page in pages:
        console.print(f"  {page}", soft_wrap=True, highlight=False)
    sentences = differences(source, marks)
    for sentence in sentences:
        console.print(sentence, soft_wrap=True, style="red")
    if not sentences:
        console.print("Every point is the expected one.")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
