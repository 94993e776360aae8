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

WORKER_MODULE = "course.grading.whole_class.dask_worker"
_LONGEST_FOLDER = 70
"""bytes of a temporary folder's path in which there may be sockets"""
# Workers use one processor each. It has to be said before NumPy is imported, and Dask says it later.
_ONE_THREAD = dict.fromkeys(("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def start_fork_server() -> None:
    """Start the process that forks this machine's workers, if none runs, and do not wait.

    It imports what they need while the caller goes on, and ends with it.
    """
    os.environ.update(_ONE_THREAD)
    multiprocessing.set_forkserver_preload([WORKER_MODULE])
    with _short_temporary_folder():
        forkserver.ensure_running()


@contextmanager
def _short_temporary_folder() -> Iterator[None]:
    """Let sockets that are made within the block, and later, be in a folder whose path is short enough.

    A socket's path has at most 107 bytes, 32 of which are its name in a folder of its own. multiprocessing
    keeps to the folder that it has taken first.
    """
    usual = tempfile.gettempdir()
    if len(os.fsencode(usual)) > _LONGEST_FOLDER:
        folders = (os.environ.get("XDG_RUNTIME_DIR", ""), "/tmp", "/var/tmp", "/dev/shm")
        short = (folder for folder in folders if folder and len(os.fsencode(folder)) <= _LONGEST_FOLDER)
        tempfile.tempdir = next((folder for folder in short if os.access(folder, os.W_OK | os.X_OK)), usual)
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
