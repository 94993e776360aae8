"""Small classes for `course grade`, and all that can be seen of their gradebooks."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy import select

from course.grading.course_folder import CourseFolder
from course.grading.gradebook.history import GRADINGS
from course.grading.problem_sets import notebooks
from tests.helpers import PATIENCE, RIGHT, cell, hand_in, nbgrader, small_course

COURSE_ID = "mlp-gradients"
STUDENTS = ("ann", "bob", "carl", "dora", "emil", "fay")
WRONG = "def half(x):\n    return x / 3"


def url(root: Path) -> str:
    return f"sqlite:///{root}/gradebook.db"


def a_class(root: Path) -> Path:
    """Make a course whose students have handed in `small`; every second of them has `half` wrong."""
    small_course(root)
    CourseFolder(root).generate("small")
    for number, student in enumerate(STUDENTS):
        hand_in(root, student, **(RIGHT if number % 2 else RIGHT | {"half": WRONG}))
    return root


def ask_why(root: Path) -> None:
    """Add a written question of 4 points to `small`, and generate it again."""
    path = root / "source" / "small" / "small.ipynb"
    source = notebooks.read(path)
    source.cells.append(cell("Why?", "why", kind="markdown", grade=True, solution=True, points=4))
    notebooks.write(notebooks.canonical(source), path)
    assert nbgrader("generate_assignment", "small", "--force", cwd=root).returncode == 0


def another_course(root: Path) -> Path:
    """Make a course called philosophy, whose gradebook knows `small`."""
    small_course(root)
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text().replace(COURSE_ID, "philosophy"))
    CourseFolder(root).generate("small")
    return root


def start(*arguments: str, cwd: Path, **environment: str) -> subprocess.Popen[str]:
    """Start `course` as a terminal would, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "course.grading", *arguments],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "200", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )


def wait_until(happens: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for something to happen while a process runs."""
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def graded(root: Path) -> int:
    """Return how many submissions have their files in `autograded/`."""
    return sum(1 for _ in root.glob("autograded/*/small"))


def export(db_url: str) -> str:
    """Return what `nbgrader export` writes."""
    with tempfile.NamedTemporaryFile() as file, Gradebook(db_url, COURSE_ID) as gradebook:
        CsvExportPlugin(to=file.name).export(gradebook)
        return Path(file.name).read_text()


def rows(db_url: str) -> list[tuple[object, ...]]:
    """Return all that a grader could see or change in the gradebook."""
    found: list[tuple[object, ...]] = []
    with Gradebook(db_url, COURSE_ID) as gradebook:
        for submission in gradebook.assignment_submissions("small"):
            for notebook in submission.notebooks:
                who = submission.student.id
                found.append((who, submission.timestamp, notebook.late_submission_penalty, notebook.score))
                found += [
                    (who, g.name, g.auto_score, g.manual_score, g.needs_manual_grade) for g in notebook.grades
                ]
                found += [(who, c.name, c.auto_comment, c.manual_comment) for c in notebook.comments]
    return sorted(found, key=repr)


def gradings(db_url: str) -> list[tuple[str, str, int]]:
    """Return student, status and seed of every grading on record, in order."""
    columns = GRADINGS.columns
    query = select(columns.student, columns.status, columns.seed).order_by(columns.id)
    with Gradebook(db_url, COURSE_ID) as gradebook:
        return [tuple(row) for row in gradebook.db.execute(query)]
