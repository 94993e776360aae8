"""The names of a course's folders: nbgrader's own, unless the course's configuration calls them otherwise."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import PurePath
from typing import TYPE_CHECKING

from course.grading.errors import CourseError

if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory


@dataclass(frozen=True)
class Folders:
    """Folders of a course, as paths from its root."""

    source: str = "source"
    release: str = "release"
    submitted: str = "submitted"
    autograded: str = "autograded"
    feedback: str = "feedback"

    @classmethod
    def of(cls, course: CourseDirectory) -> Folders:
        """Return what `c.CourseDirectory.source_directory` and the like say. Raises CourseError."""
        names = {field.name: str(getattr(course, f"{field.name}_directory")) for field in fields(cls)}
        for name, folder in names.items():
            if PurePath(folder).is_absolute() or ".." in PurePath(folder).parts:
                raise CourseError(
                    f"c.CourseDirectory.{name}_directory is {folder!r}, which leads out of the course: "
                    "name a folder in it"
                )
        return cls(**names)
