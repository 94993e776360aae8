"""What a worker process of `course grade` does first: Dask loads this module by its name."""

from __future__ import annotations

import os
from typing import Any

# Imported before the first task has to wait for it: what grades, and what is in most locked cells.
import matplotlib.pyplot  # noqa: F401  # as said

import course.grading.task  # noqa: F401  # as said


def dask_setup(worker: Any) -> None:
    """Leave the terminal's Ctrl-C to the main process, which ends its workers in order."""
    os.setpgid(0, 0)
