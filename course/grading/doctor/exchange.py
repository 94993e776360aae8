"""Whether nbgrader's exchange, and the folder of a course beside it, have the rights that they need."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from course.grading.errors import CourseError


def require(root: Path) -> None:
    """Raise CourseError unless everybody can put files into an exchange, and nobody remove another's."""
    if not root.is_dir():
        raise CourseError(f"there is no exchange {root}", f"install -d -m 1777 {shlex.quote(str(root))}")
    state = root.stat()
    mode = stat.S_IMODE(state.st_mode)
    if mode & 0o777 != 0o777 or not mode & stat.S_ISVTX:
        sudo = "" if os.geteuid() in (0, state.st_uid) else "sudo "
        raise CourseError(
            f"the exchange {root} has the rights {mode:o}: everybody has to put files there, and nobody may "
            "remove another's (1777)",
            f"{sudo}chmod 1777 {shlex.quote(str(root))}",
        )


def require_private(folder: Path) -> None:
    """Raise CourseError where others can look into the folder of a course."""
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        raise CourseError(
            f"everybody with an account here, students too, can look into {folder}, which holds the "
            "solutions and what was handed in",
            f"chmod go= {shlex.quote(str(folder))}",
        )
