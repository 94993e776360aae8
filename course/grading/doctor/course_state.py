"""The course in a folder as grading finds it: what is released, the gradebook, the exchange."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from nbgrader.exchange import ExchangeFactory

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError, NoGradebook
from course.grading.gradebook.generated import known_cells
from course.grading.gradebook.health import examine
from course.grading.problem_sets.assignment import Assignment, load
from course.grading.problem_sets.release import notebook_names


def check_gradebook(folder: CourseFolder) -> str:
    """Return the gradebook's name. Raises GradebookError."""
    try:
        return examine(folder.course)
    except NoGradebook as error:
        return str(error)


def check_exchange(folder: CourseFolder) -> str:
    """Return where the exchange is, which a course need not have. Raises CourseError.

    Everybody has to be able to put files there, and nobody to remove another's.
    """
    place = getattr(ExchangeFactory(config=folder.config).exchange(config=folder.config), "root", None)
    if place is None:
        return "one that is no folder"
    root = Path(place)
    if not root.is_dir():
        return f"none at {root}; collecting from a learning management system needs none"
    state = root.stat()
    mode = stat.S_IMODE(state.st_mode)
    if mode & 0o777 != 0o777 or not mode & stat.S_ISVTX:
        sudo = "" if os.geteuid() in (0, state.st_uid) else "sudo "
        raise CourseError(
            f"the exchange {root} has the rights {mode:o}: everybody has to put files there, and nobody may "
            "remove another's (1777)",
            f"{sudo}chmod 1777 {shlex.quote(str(root))}",
        )
    if stat.S_IMODE(folder.root.stat().st_mode) & 0o077:
        raise CourseError(
            f"everybody with an account here, students too, can look into {folder.root}, which holds the "
            "solutions and what was handed in",
            f"chmod go= {shlex.quote(str(folder.root))}",
        )
    return str(root)


def released(folder: CourseFolder) -> list[str]:
    """Return the names of the assignments that students can have."""
    folders = (folder.root / folder.folders.release).glob("*")
    return sorted(path.name for path in folders if any(path.glob("*.ipynb")))


def load_notebooks(folder: CourseFolder, assignment: str) -> Iterator[Assignment]:
    """Yield the notebooks of an assignment as grading has them. Raises CourseError."""
    generated = known_cells(folder.course, assignment)
    for name in generated or notebook_names(folder.root, assignment):
        yield load(folder.root, assignment, name, generated.get(name), folder.folders)
