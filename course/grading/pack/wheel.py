"""Builds the wheel that students install: the package without its grader and the commands that need it."""

from __future__ import annotations

import hashlib
import tempfile
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

from course.grading.errors import CourseError

PROJECT = "pyproject.toml"
GRADER = "course/grading"
LAB = "lab"
"""the only extra that students can ask for: JupyterLab and nbgrader's button Validate"""
_SETTINGS_OF_LAB = (
    "course/grading/pack/students_lab.json",
    "etc/jupyter/labconfig/page_config.d/mlp-course.json",
)
"""take what is for instructors out of students' JupyterLab; where it is here, and in their environment"""


def build(checkout: Path, folder: Path) -> Path:
    """Build the students' wheel from the sources in `checkout` into `folder`, and return its path.

    It needs no network. The same sources give the same bytes, and other sources another version.
    Raises CourseError when hatchling or `pyproject.toml` is missing.
    """
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
    target = config["tool"]["hatch"]["build"]["targets"]["wheel"]
    target["exclude"] = [GRADER]
    target["shared-data"] = dict([_SETTINGS_OF_LAB])
    with tempfile.TemporaryDirectory() as plain:
        digest = hashlib.sha256(_built(checkout, config, Path(plain)).read_bytes()).hexdigest()
    # pip leaves a package as it is where the version is the same
    project["version"] += f"+{digest[:12]}"
    return _built(checkout, config, folder)


def _built(checkout: Path, config: dict[str, Any], folder: Path) -> Path:
    try:
        from hatchling.builders.wheel import WheelBuilder
    except ModuleNotFoundError:
        raise CourseError('packing needs a few packages more: pip install "mlp-course[grading]"') from None
    builder = WheelBuilder(str(checkout), config=deepcopy(config))
    return Path(next(iter(builder.build(directory=str(folder), versions=["standard"]))))
