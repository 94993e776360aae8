"""Workers for the task: a local Dask cluster, or any Dask cluster by its address."""

from __future__ import annotations

import logging
import os
import platform
import queue
import sys
import time
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Security

from course.grading import requirements
from course.grading.errors import ClusterError
from course.grading.whole_class.startup import WORKER_MODULE, start_fork_server

T = TypeVar("T")

SECONDS_TO_CONNECT = 30
SECONDS_TO_FIRST_WORKER = 30
SECONDS_WITHOUT_WORKER = 120
MOST_TOGETHER = 4
"""jobs in a task: each task costs Dask a tenth of the time that grading a submission of ps0 takes"""
SECONDS_TOGETHER = 1.0
"""after which a task gives back what it has: results that are under way are lost when grading is stopped"""
LEAST_TASKS = 8
"""tasks for each worker of the jobs that are left, or at the end one would wait for the others"""
_LOOK = 2.0
"""seconds between two looks at how many workers there are"""
LOOPBACK = "127.0.0.1"

# No dashboard: its server could be reached by others. After one death a task is tried again alone (`map`).
_LOCAL = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.daemon": True,
    "distributed.worker.multiprocessing-method": "forkserver",
    # What Dask measures of itself, for a dashboard, takes a tenth of the processors.
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.comm.timeouts.connect": "60s",
}


class Scheduler(NamedTuple):
    """The scheduler of a Dask cluster."""

    address: str
    wait: float = SECONDS_TO_FIRST_WORKER
    """seconds in which the first worker has to come: it may wait in a queue, or for a machine"""


def workers(jobs: int | None, scheduler: Scheduler | None, most: int) -> AbstractContextManager[Client]:
    """Return the workers of a cluster by its scheduler, or `jobs` here: one a processor, `most` at most."""
    if scheduler is not None:
        return remote(scheduler)
    return local(min(jobs or len(os.sched_getaffinity(0)), most))


class Died(Exception):
    """The worker of a task died, and so did the one that tried it again."""


@contextmanager
def local(jobs: int) -> Iterator[Client]:
    """Start `jobs` worker processes of one thread each, on the loopback interface, with keys of their own.

    Raises CourseError where this machine has no semaphores.
    """
    requirements.require_semaphores()
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    start_fork_server()
    with (
        dask.config.set(_LOCAL),
        LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            host=LOOPBACK,
            # any user of the machine can reach the port, and what a scheduler is told to run is run
            security=True,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": f"{LOOPBACK}:0"},
            worker_dashboard_address=f"{LOOPBACK}:0",
            silence_logs=logging.CRITICAL,
            preload=[WORKER_MODULE],
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def remote(scheduler: Scheduler) -> Iterator[Client]:
    """Use a cluster that runs somewhere, encrypted where Dask's own configuration says so.

    Raises ClusterError if there is no scheduler, or no worker comes in time.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    address = scheduler.address
    _require_keys(address)
    try:
        client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, TimeoutError, ValueError, RuntimeError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {address}: {' '.join(str(error).split())}"
        ) from error
    with client:
        # Something to do, for which a cluster that has shrunk to nothing starts a worker.
        errand = client.submit(platform.node, pure=False)
        try:
            errand.result(timeout=scheduler.wait)
        except TimeoutError:
            raise ClusterError(
                f"no worker has come to the cluster at {address} within {scheduler.wait:g} seconds "
                "(`--wait SECONDS` changes that); start one",
                f"dask worker {address} --nthreads 1",
            ) from None
        _tell_idle_threads(client)
        yield client


def _require_keys(address: str) -> None:
    """Raise ClusterError where connections are encrypted and Dask's configuration has no keys for them."""
    try:
        has_keys = Security().get_connection_args("client").get("ssl_context") is not None
    except OSError as error:
        raise ClusterError(f"the keys that Dask's configuration names cannot be read: {error}") from error
    if address.startswith("tls://") and not has_keys:
        raise ClusterError(
            f"connections to {address} are encrypted, and Dask's configuration names no keys for them "
            "(distributed.comm.tls: ca-file, client.cert and client.key)"
        )


def _tell_idle_threads(client: Client) -> None:
    """Say which workers have several threads: in a process one submission runs at a time."""
    idle = [address for address, threads in client.nthreads().items() if threads > 1]
    if idle:
        print(
            f"course: more than one thread is of no use to a worker ({', '.join(idle)}): one of them grades, "
            "and the others wait. `--nworkers N --nthreads 1` uses N processors",
            file=sys.stderr,
        )


def run_together(function: Callable[..., str], arguments: Sequence[tuple[Any, ...]]) -> list[str]:
    """Return what `function` returns for these sets of arguments, the first ones where it takes long."""
    texts, begin = [], time.monotonic()
    for each in arguments:
        texts.append(function(*each))
        if time.monotonic() - begin > SECONDS_TOGETHER:
            break
    return texts


class TaskMap(Generic[T]):
    """Runs one function over many submissions' arguments on a client's workers."""

    def __init__(self, client: Client, function: Callable[..., str], count: int) -> None:
        """Prepare for about `count` jobs: of many, up to MOST_TOGETHER go together."""
        self._client, self._function, self._left = client, function, count
        self._arrived: queue.SimpleQueue[tuple[list[T], Future[list[str]]]] = queue.SimpleQueue()
        self._running = 0
        self._workers, self._looked, self._seen = 0, 0.0, time.monotonic()

    def map(
        self, jobs: Iterable[T], arguments: Callable[[T], tuple[Any, ...]], is_stopped: Callable[[], bool]
    ) -> Iterator[tuple[T, str | Died]]:
        """Yield each job with what the function returned, or with `Died`, as each finishes.

        Few jobs are under way at a time. A job whose worker died is tried once more when all others are
        done, alone, so that it is known which one is to blame. Raises ClusterError when the workers are lost.
        """
        retries: list[T] = []
        waiting = iter(jobs)
        for job, text in self._wave(waiting, arguments, is_stopped, ahead=2, most=MOST_TOGETHER):
            if isinstance(text, Died):
                retries.append(job)
            else:
                yield job, text
        yield from self._wave(iter(retries), arguments, is_stopped, ahead=0, most=1)

    def _wave(
        self,
        waiting: Iterator[T],
        arguments: Callable[[T], tuple[Any, ...]],
        is_stopped: Callable[[], bool],
        ahead: int,
        most: int,
    ) -> Iterator[tuple[T, str | Died]]:
        given_back: list[T] = []
        while not is_stopped():
            while self._running < max(1, ahead * self._count()):
                together = max(1, min(most, self._left // (LEAST_TASKS * max(1, self._count()))))
                jobs, given_back = given_back[:together], given_back[together:]
                jobs += islice(waiting, together - len(jobs))
                if not jobs:
                    break
                self._start(jobs, list(map(arguments, jobs)))
            if not self._running:
                return
            try:
                jobs, future = self._arrived.get(timeout=0.2)
            except queue.Empty:
                self._require_workers()
                continue
            self._running -= 1
            texts = self._result(future)
            if isinstance(texts, Died):
                yield from ((job, texts) for job in jobs)
            else:
                given_back += jobs[len(texts) :]
                self._left += len(jobs) - len(texts)
                yield from zip(jobs[: len(texts)], texts, strict=True)

    def _start(self, jobs: list[T], arguments: list[tuple[Any, ...]]) -> None:
        with warnings.catch_warnings():
            # a large notebook is sent once, to one worker
            warnings.filterwarnings("ignore", message="Sending large graph")
            key = f"{self._function.__name__}-{uuid.uuid4().hex}"
            future = self._client.submit(run_together, self._function, arguments, key=key, pure=False)
        self._running += 1
        self._left -= len(jobs)
        future.add_done_callback(lambda done: self._arrived.put((jobs, done)))

    def _result(self, future: Future[list[str]]) -> list[str] | Died:
        try:
            texts: list[str] = future.result(timeout=SECONDS_WITHOUT_WORKER)
        except KilledWorker as error:
            return Died(
                f"the worker process died, or a test kept it busy for ever ({error.last_worker.address})"
            )
        except Exception as error:  # Dask's own; the task raises nothing
            raise ClusterError(f"the workers are lost: {type(error).__name__}: {error}") from error
        finally:
            future.release()
        return texts

    def _count(self) -> int:
        now = time.monotonic()
        if now - self._looked > _LOOK:
            try:
                self._workers = len(self._client.nthreads())
            except Exception as error:  # the connection's many ways to end
                raise ClusterError(f"the scheduler is lost: {type(error).__name__}: {error}") from error
            self._looked = now
            if self._workers:
                self._seen = now
        return self._workers

    def _require_workers(self) -> None:
        if not self._count() and time.monotonic() - self._seen > SECONDS_WITHOUT_WORKER:
            raise ClusterError(f"there has been no worker for {SECONDS_WITHOUT_WORKER} seconds")
