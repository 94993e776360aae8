"""Starting fast: workers are forked from a process that has imported everything, and imports are never freed.

Nothing heavy is imported here: the command does this first, before its own imports.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver

WORKER_MODULE = "course.grading.whole_class.dask_worker"
# Workers use one processor each. It has to be said before NumPy is imported, and Dask says it later.
_ONE_THREAD = dict.fromkeys(("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def start_fork_server() -> None:
    """Start the process that forks this machine's workers, if none runs, and do not wait.

    It imports what they need while the caller goes on, and ends with it.
    """
    os.environ.update(_ONE_THREAD)
    multiprocessing.set_forkserver_preload([WORKER_MODULE])
    forkserver.ensure_running()


@contextmanager
def imports_kept() -> Iterator[None]:
    """Spare what is imported meanwhile all searches for garbage, the one at the end too: it is kept."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
