"""Prepares a worker process of `course grade`: Dask loads this module by its name."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import nbformat

from course.grading.whole_class.startup import imports_kept

# Once for all workers, and before the first task has to wait for it: what a worker is, what grades, a step
# that every notebook takes, and what is in most locked cells.
_MODULES = (
    "distributed.nanny",
    "matplotlib.pyplot",
    "course.grading.whole_class.task",
    "course.grading.nbgrader_steps.feedback",
)
with imports_kept():
    for name in _MODULES:
        importlib.import_module(name)
    nbformat.validate(nbformat.v4.new_notebook())  # compiles the format's schema


def dask_setup(worker: Any) -> None:
    """Leave Ctrl-C to the main process, which ends its workers in order, and keep to one processor.

    A worker and the guest it asks take turns. On one processor a turn is a change of process; on two it is
    a wake-up, for which a busy machine may take its time. The fork server's number tells where the first of
    its workers goes, or all commands that run at a time would begin at the same processor.
    """
    os.setpgid(0, 0)
    processors = sorted(os.sched_getaffinity(0), key=_rank)
    place = (os.getppid() + worker.name) % len(processors)
    os.sched_setaffinity(0, {processors[place]})  # for all threads that follow


def _rank(processor: int) -> tuple[int, int]:
    """Put one processor of each core before all the second ones."""
    try:
        text = Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list").read_text()
    except OSError:
        return 0, processor
    return int(not text.startswith(str(processor))), processor
