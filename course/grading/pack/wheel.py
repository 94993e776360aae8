"""Builds the wheel that students install: the package without its grader and the commands that need it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from course.grading.errors import CourseError

PROJECT = "pyproject.toml"
GRADER = "course/grading"
LAB = "lab"
"""the only extra that students can ask for: JupyterLab and nbgrader's button Validate"""


def build(checkout: Path, folder: Path) -> Path:
    """Build the students' wheel from the sources in `checkout` into `folder`, and return its path.

    It needs no network, and the same sources give the same bytes. Raises CourseError when hatchling or
    `pyproject.toml` is missing.
    """
    try:
        from hatchling.builders.wheel import WheelBuilder
    except ModuleNotFoundError:
        raise CourseError('packing needs a few packages more: pip install "mlp-course[grading]"') from None
    pyproject = checkout / PROJECT
    if not pyproject.is_file():
        raise CourseError(
            f"{checkout} holds no {PROJECT} to build the students' package from: run this in a checkout of "
            "the course, or install the course from one, `pip install -e .` in its folder"
        )
    config = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    project = config["project"]
    project.pop("scripts", None)
    project["optional-dependencies"] = {LAB: project["optional-dependencies"][LAB]}
    config["tool"]["hatch"]["build"]["targets"]["wheel"]["exclude"] = [GRADER]
    builder = WheelBuilder(str(checkout), config=config)
    return Path(next(iter(builder.build(directory=str(folder), versions=["standard"]))))
