"""The process from which the workers of this machine are forked, with everything imported, once for all."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing import forkserver

IMPORTED = "course.grading.whole_class.dask_worker"
# Workers use one processor each. It has to be said before NumPy is imported, and Dask says it later.
_ONE_THREAD = dict.fromkeys(("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def begin() -> None:
    """Start it if none runs, and do not wait: it imports while the caller goes on, and ends with it."""
    os.environ.update(_ONE_THREAD)
    multiprocessing.set_forkserver_preload([IMPORTED])
    forkserver.ensure_running()
