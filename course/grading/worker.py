"""What a worker process of `course grade` does first: Dask loads this module by its name."""

from __future__ import annotations

import gc
import importlib
import os
from typing import Any

# Imported before the first task has to wait for it: what grades, and what is in most locked cells. None of
# it is ever free, so that it need not be looked through.
gc.disable()
for name in ("matplotlib.pyplot", "course.grading.task"):
    importlib.import_module(name)
gc.freeze()
gc.enable()


def dask_setup(worker: Any) -> None:
    """Leave the terminal's Ctrl-C to the main process, which ends its workers in order."""
    os.setpgid(0, 0)
