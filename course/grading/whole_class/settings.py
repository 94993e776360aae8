"""What a class is graded with: as `nbgrader autograde` has it from configuration, release and gradebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, Execute, SaveAutoGrades
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from course.grading.errors import CourseError
from course.grading.folders import Folders
from course.grading.gradebook.book import Book
from course.grading.gradebook.generated import generated_cells
from course.grading.gradebook.graded import packages
from course.grading.judging.versions import grader_version
from course.grading.nbgrader_steps.autograde import Rebuild, SandboxedExecute
from course.grading.problem_sets.assignment import Assignment, load
from course.grading.whole_class.task import ClassSettings, assignment_to_json

# A notebook is run and saved by others. Its metadata are the skeleton's, which the first steps have checked.
LEFT_TO_OTHERS = (Execute, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata)


def load_notebooks(assignment: str, book: Book, folders: Folders) -> list[Assignment]:
    """Return the notebooks of an assignment of the course in the working folder.

    Raises CourseError where the gradebook does not know them, or knows others.
    """
    generated = book.transact(lambda gradebook: generated_cells(gradebook.db, assignment))
    if not generated:
        raise CourseError(
            f"the gradebook knows no notebook of {assignment}: "
            f"`nbgrader generate_assignment {assignment} --force` makes them known"
        )
    return [load(Path(), assignment, name, cells, folders) for name, cells in generated.items()]


def class_settings(
    rules: Autograde, config: Config, assignment: str, notebooks: Sequence[Assignment]
) -> ClassSettings:
    """Return what the gradings of all submissions share."""
    own = packages(notebooks)
    steps = [
        step for step in map(_imported, rules.autograde_preprocessors) if not issubclass(step, LEFT_TO_OTHERS)
    ]
    execute = SandboxedExecute(config=config)
    sanitized = [
        replace(
            notebook,
            skeleton=_sanitized(rules, config, assignment, notebook),
            # without them workers check no control
            solutions=notebook.solutions if execute.control else None,
        )
        for notebook in notebooks
    ]
    return ClassSettings(
        assignment,
        tuple(map(assignment_to_json, sanitized)),
        execute.limits(),
        tuple(own),
        grader_version(own),
        tuple(f"{step.__module__}.{step.__qualname__}" for step in steps),
        _sections(config, steps),
    )


def _sanitized(rules: Autograde, config: Config, assignment: str, notebook: Assignment) -> NotebookNode:
    """Return the skeleton after nbgrader's first steps: they look at nothing that a student may change."""
    names = {"student": "", "assignment": assignment, "notebook": notebook.name}
    resources: dict[str, Any] = {"nbgrader": names | {"db_url": rules.coursedir.db_url}, "metadata": {}}
    # a copy: the steps change it, and its version is that of what the instructor wrote
    skeleton: NotebookNode = nbformat.from_dict(notebook.skeleton)
    for step in map(_imported, rules.sanitize_preprocessors):
        if not issubclass(step, Rebuild):
            skeleton, resources = step(config=config)(skeleton, resources)
    return skeleton


def _imported(step: Any) -> Any:
    return import_item(step) if isinstance(step, str) else step


def _sections(config: Config, steps: list[Any]) -> Config:
    """Return the part of the configuration that these steps read."""
    names = {base.__name__ for step in steps for base in step.__mro__}
    return Config({name: config[name] for name in names & config.keys()})
