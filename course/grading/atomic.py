"""A file that is there whole, or as it was."""

from __future__ import annotations

from pathlib import Path

from course import files
from course.grading.errors import CourseError


def write(path: Path, content: bytes) -> None:
    """Write `content` beside `path`, then put it in its place. Raises CourseError."""
    try:
        files.write(path, content)
    except OSError as error:
        raise CourseError(
            f"{path} cannot be written: {error.strerror}; make room there, or name another place"
        ) from error
