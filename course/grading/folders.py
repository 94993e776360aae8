"""Where things are in a course: as nbgrader has them, unless the course's configuration says otherwise."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import PurePath
from typing import TYPE_CHECKING

from course.grading.errors import CourseError

if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory


@dataclass(frozen=True)
class Folders:
    """Folders of a course, and the notebooks that all its notebooks share, as paths from its root."""

    source: str = "source"
    release: str = "release"
    submitted: str = "submitted"
    autograded: str = "autograded"
    feedback: str = "feedback"
    header: str = ""
    """the notebook whose cells are put above those of every notebook, if there is one"""
    footer: str = ""
    """and the one below"""

    @classmethod
    def of(cls, course: CourseDirectory) -> Folders:
        """Return what `c.CourseDirectory.source_directory` and the like say. Raises CourseError."""
        shared = course.config.get("IncludeHeaderFooter", {})
        around = {name: str(shared.get(name, "")) for name in ("header", "footer")}
        names = {
            field.name: str(getattr(course, f"{field.name}_directory"))
            for field in fields(cls)
            if field.name not in around
        }
        for name, folder in names.items():
            if PurePath(folder).is_absolute() or ".." in PurePath(folder).parts:
                raise CourseError(
                    f"c.CourseDirectory.{name}_directory is {folder!r}, which leads out of the course: "
                    "name a folder in it"
                )
        return cls(**names, **around)
