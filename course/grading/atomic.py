"""A file that is there whole, or as it was."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from course.grading.classroom import ClassroomError


def write(path: Path, content: bytes) -> None:
    """Write `content` beside `path`, then put it in its place. Raises ClassroomError."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise ClassroomError(
            f"{path} cannot be written: {error.strerror}; make room there, or name another place"
        ) from error
