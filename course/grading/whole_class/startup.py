"""Makes `course grade` start fast: a fork server imports what workers need.

The garbage collector skips what is imported. This module itself imports nothing heavy: the command calls it
before it imports the rest.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver

from course.grading.short_folder import short_temporary_folder

WORKER_MODULE = "course.grading.whole_class.dask_worker"
# Workers use one processor each. It has to be said before NumPy is imported, and Dask says it later.
_ONE_THREAD = dict.fromkeys(("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def start_fork_server() -> None:
    """Start the process that forks this machine's workers, if none runs, and do not wait.

    It imports what they need while the caller goes on, and ends with it.
    """
    os.environ.update(_ONE_THREAD)
    multiprocessing.set_forkserver_preload([WORKER_MODULE])
    with _room_for_sockets():
        forkserver.ensure_running()


@contextmanager
def _room_for_sockets() -> Iterator[None]:
    """Let multiprocessing make its sockets where their paths are short enough, within the block and later.

    It keeps to the folder that it has taken first.
    """
    usual = tempfile.gettempdir()
    tempfile.tempdir = short_temporary_folder()
    try:
        yield
    finally:
        tempfile.tempdir = usual


@contextmanager
def imports_kept() -> Iterator[None]:
    """Keep what is imported within the block out of every later garbage collection."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
