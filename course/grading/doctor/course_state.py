"""The course in a folder as grading finds it: what is released, the gradebook, the exchange."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nbgrader.exchange import ExchangeFactory
from traitlets import TraitError

from course.grading.course_folder import CourseFolder, refused_setting
from course.grading.doctor import exchange
from course.grading.errors import NoGradebook
from course.grading.gradebook.generated import known_cells
from course.grading.gradebook.health import examine
from course.grading.gradebook.lateness import late_rule
from course.grading.nbgrader_steps.autograde import SandboxedExecute
from course.grading.problem_sets.assignment import Assignment, load
from course.grading.problem_sets.release import notebook_names
from course.grading.submissions.folders import nbgrader_rules


def check_gradebook(folder: CourseFolder) -> str:
    """Return the gradebook's name. Raises GradebookError."""
    try:
        return examine(folder.course)
    except NoGradebook as error:
        return str(error)


def check_exchange(folder: CourseFolder) -> str:
    """Return where the exchange is, which a course need not have. Raises CourseError."""
    place = getattr(ExchangeFactory(config=folder.config).exchange(config=folder.config), "root", None)
    if place is None:
        return "one that is no folder"
    root = Path(place)
    if not root.is_dir():
        return f"none at {root}; collecting from a learning management system needs none"
    exchange.require(root)
    exchange.require_private(folder.root)
    return str(root)


def read_settings(folder: CourseFolder) -> SandboxedExecute:
    """Return the settings of grading, those of late submissions looked at too. Raises CourseError."""
    try:
        late_rule(nbgrader_rules(folder), folder.config)
        return SandboxedExecute(config=folder.config)
    except TraitError as error:
        raise refused_setting(error, folder.root) or error from error


def released(folder: CourseFolder) -> list[str]:
    """Return the names of the assignments that students can have."""
    folders = (folder.root / folder.folders.release).glob("*")
    return sorted(path.name for path in folders if any(path.glob("*.ipynb")))


def load_notebooks(folder: CourseFolder, assignment: str) -> Iterator[Assignment]:
    """Yield the notebooks of an assignment as grading has them. Raises CourseError."""
    generated = known_cells(folder.course, assignment)
    for name in generated or notebook_names(folder.root, assignment):
        yield load(folder.root, assignment, name, generated.get(name), folder.folders)
