"""The wheel that students install: the package without its grader, and without commands that need it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from course.grading.errors import CourseError

GRADER = "course/grading"


def build(checkout: Path, folder: Path) -> Path:
    """Build the wheel of the package in `checkout` into `folder`, from what is there, without a network.

    The same sources give the same bytes. Raises CourseError.
    """
    try:
        from hatchling.builders.wheel import WheelBuilder
    except ModuleNotFoundError:
        raise CourseError('packing needs a few packages more: pip install "mlp-course[grading]"') from None
    settings = checkout / "pyproject.toml"
    if not settings.is_file():
        raise CourseError(
            f"{checkout} holds no pyproject.toml to build the students' package from: install the course in "
            "place, `pip install -e .` in its folder"
        )
    config = tomllib.loads(settings.read_text(encoding="utf-8"))
    for name in ("scripts", "entry-points", "optional-dependencies"):
        config["project"].pop(name, None)
    config["tool"]["hatch"]["build"]["targets"]["wheel"]["exclude"] = [GRADER]
    builder = WheelBuilder(str(checkout), config=config)
    return Path(next(iter(builder.build(directory=str(folder), versions=["standard"]))))
