"""The pure task behind `course feedback`: a graded notebook and its grades in, a page out, on any machine."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import GetGrades, NbGraderPreprocessor
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from course.grading.errors import CourseError
from course.grading.gradebook.notebook_grades import NotebookGrades
from course.grading.problem_sets import notebooks

Resources = dict[str, Any]

# An exporter keeps a notebook's resources in itself.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class PageSettings:
    """What the pages of a class share: nbgrader's settings. It comes from the instructor alone."""

    exporter: str
    """its class, by its full name"""
    steps: tuple[str, ...]
    """nbgrader's steps before a notebook becomes a page, by their full names"""
    config: Config = field(hash=False)
    """the configuration of these"""


class GivenGrades(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Puts points and comments into a notebook as nbgrader's `GetGrades` does, but needs no gradebook.

    They are read from the resources: `grades` under `nbgrader`. Raises CourseError where one is missing.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return the notebook with them; the whole notebook's are in the resources afterwards."""
        grades: NotebookGrades = resources["nbgrader"]["grades"]
        for cell in nb.cells:
            settings = cell.metadata.get("nbgrader", {})
            name = settings.get("grade_id")
            is_answer = utils.is_solution(cell) or utils.is_task(cell)
            is_graded = utils.is_grade(cell) or utils.is_task(cell)
            if (is_answer and name not in grades.comments) or (is_graded and name not in grades.scores):
                raise CourseError(f"the gradebook has nothing for its cell {name}")
            if is_answer:
                settings["comment"] = grades.comments[name]
            if is_graded:
                settings["score"], settings["points"] = grades.scores[name]
                settings["waiting"] = name in grades.waiting
        penalty = grades.late_penalty or 0
        resources["nbgrader"] |= {
            "score": grades.score - penalty,
            "max_score": grades.max_score,
            "late_penalty": penalty,
        }
        return nb, resources


def page_settings(rules: GenerateFeedback, config: Config) -> PageSettings:
    """Return with what nbgrader's converter makes pages, in a course of this configuration."""
    steps = [import_item(step) if isinstance(step, str) else step for step in rules.preprocessors]
    names = {base.__name__ for cls in (rules.exporter_class, *steps) for base in cls.__mro__}
    sections = Config({name: config[name] for name in names & config.keys()})
    return PageSettings(_name(rules.exporter_class), tuple(map(_name, steps)), sections)


def make_page(settings: PageSettings, text: str, names: dict[str, str], grades: NotebookGrades) -> str:
    """Return the page of a graded notebook, as JSON text: a `page`, or a `problem` where it cannot be made.

    `text` is the notebook, `names` those of student, assignment and notebook.
    """
    with _one_at_a_time:
        try:
            resources = {
                "unique_key": names["notebook"],
                "output_files_dir": f"{names['notebook']}_files",
                "nbgrader": {**names, "grades": grades},
                "metadata": {"name": names["notebook"], "path": os.curdir},
            }
            notebook = notebooks.reads(text.encode(), "it")
            page, _ = _exporter(settings).from_notebook_node(notebook, resources=resources)
        except CourseError as error:
            return json.dumps({"problem": str(error)})
        except Exception as error:  # an exception would be pickled
            return json.dumps({"problem": f"{type(error).__name__}: {error}"})
    return json.dumps({"page": page})


@lru_cache(maxsize=2)
def _exporter(settings: PageSettings) -> Exporter:
    """Return nbgrader's exporter with its steps: its templates are compiled once for many pages."""
    # it knows where nbgrader's templates are on this machine
    rules = GenerateFeedback(coursedir=CourseDirectory(), config=settings.config)
    exporter: Exporter = import_item(settings.exporter)(parent=rules, config=rules.config)
    for step in map(import_item, settings.steps):
        exporter.register_preprocessor(GivenGrades if issubclass(step, GetGrades) else step)
    return exporter


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
