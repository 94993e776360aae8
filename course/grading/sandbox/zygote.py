"""The warm parent: a process that has imported what notebooks import, from which their kernels are forked.

One is kept between kernels. It runs no student's code, so that nothing of one kernel reaches the next; after
a kernel that did not end in good order another parent takes its place all the same.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import socket
import subprocess
import threading
import time
from collections.abc import Collection, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from course.grading.errors import SandboxUnavailable
from course.grading.sandbox import bubblewrap, confinement
from course.grading.sandbox.bubblewrap import could_not_start, is_ready, said
from course.grading.sandbox.mounts import GUEST_NAME, PACKAGES, Mounts, course_files, mounts

# What every kernel imports sooner or later. Not matplotlib_inline's backend, which has to find a shell.
_MODULES = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "PIL.PngImagePlugin",
    "ipykernel.debugger",
    "ipykernel.kernelapp",
    "ipywidgets",
    "matplotlib.backends.backend_agg",
    "matplotlib.pyplot",
    "matplotlib_inline.config",
    "numpy.random",
    "sqlite3",
    "tornado.platform.asyncio",
    "tornado.queues",
)
_CONFIG = {
    "HistoryManager": {"hist_file": ":memory:"},
    "InteractiveShellApp": {"ignore_cwd": True},
    "IPKernelApp": {"parent_handle": 0, "log_level": 50},
}
_SECONDS_TO_DIE = 20.0


class Description(NamedTuple):
    """What a parent is made of. One made of the same can serve again."""

    program: str
    mounts: Mounts
    course: Mapping[PurePosixPath, bytes]

    @classmethod
    def now(cls, hidden: Collection[str]) -> Description:
        """Return what one would be made of now. Raises SandboxUnavailable and ValueError."""
        return cls(bubblewrap.program(), mounts(), course_files(hidden))


def _modules(course: Mapping[PurePosixPath, bytes]) -> list[str]:
    """Return the names of the course's modules that notebooks and the guest use, without the large parts."""
    files = [path.relative_to(PACKAGES) for path in course if path.suffix == ".py"]
    folders = {PurePosixPath(name) for name in ("course", "course/checking", GUEST_NAME)}
    names = [".".join(path.with_suffix("").parts) for path in files if path.parent in folders]
    return [name.removesuffix(".__init__") for name in names if name != f"{GUEST_NAME}.init"]


class Zygote:
    """A warm parent in a bubblewrap of its own."""

    def __init__(self, description: Description, starter: Executor, deadline: float) -> None:
        """Start one, in a thread of `starter`. Raises SandboxUnavailable."""
        self.description = description
        self.children = 0
        self.in_doubt = False
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        plan = confinement.confinement(description.mounts, description.course)
        try:
            self._process = starter.submit(self._run, plan, theirs).result()
        except OSError as error:
            self._socket.close()
            raise could_not_start(str(error)) from error
        finally:
            plan.close()
            theirs.close()
        assert self._process.stderr is not None
        self._stderr = self._process.stderr
        self._said = b""
        start = {
            "path": description.mounts.path,
            "modules": [*_MODULES, *_modules(description.course)],
            "work": confinement.WORK,
            "config": _CONFIG,
        }
        try:
            with suppress(OSError):  # it has ended already, and has said why
                self._socket.send(json.dumps(start).encode())
            if self._reply(deadline)[0] != b"ready":
                raise self.unavailable(deadline)
        except BaseException:
            self.close()
            raise

    def _run(self, plan: confinement.Confinement, theirs: socket.socket) -> subprocess.Popen[bytes]:
        # Everything that names the host goes through a descriptor: a command line can be read inside.
        arguments = plan.data("\0".join(plan.options).encode())
        interpreter = [str(self.description.mounts.executable), "-I", "-S", "-B", str(confinement.INIT)]
        return subprocess.Popen(
            ["bwrap", "--args", str(arguments), *interpreter],
            executable=self.description.program,
            env={},
            cwd="/",
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=plan.descriptors,
        )

    def _reply(self, deadline: float) -> tuple[bytes, list[int]]:
        """Return an answer and its descriptors; nothing if there is none, since it failed or has ended."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._stderr, select.POLLIN)
        while (left := deadline - time.monotonic()) > 0:
            ready = {descriptor for descriptor, _ in poll.poll(left * 1000)}
            if self._socket.fileno() in ready:
                with suppress(OSError):
                    return socket.recv_fds(self._socket, 100, 20)[:2]
                break
            if self._stderr.fileno() in ready:
                words = os.read(self._stderr.fileno(), 4096)
                self._said += words
                if not words or b"\0" in words:
                    break
        return b"", []

    def fork(self, orders: Mapping[str, Any], deadline: float) -> tuple[int, list[int]]:
        """Return a new kernel's process id inside, and the descriptors by which it is held.

        These are of the first process of its namespaces, of the kernel itself, and of the folders that the
        orders name. Raises SandboxUnavailable.
        """
        with self._lock:
            with suppress(OSError):
                self._socket.send(json.dumps(orders).encode())
            number, descriptors = self._reply(deadline)
        if not number.isdigit():
            raise self.unavailable(deadline)
        return int(number), descriptors

    @property
    def alive(self) -> bool:
        """Whether it can be asked for a kernel."""
        return not self.in_doubt and self._process.poll() is None

    def unavailable(self, deadline: float) -> SandboxUnavailable:
        """Return why a kernel has not started; ends this parent."""
        self.in_doubt = True
        self._process.kill()
        words = self._said + said(self._stderr.fileno(), b"\0", deadline)
        return could_not_start(words.decode(errors="replace").strip(" \n\0"))

    def close(self) -> None:
        """End it and whatever has been forked from it, and wait until it is gone. May be called again."""
        self._process.kill()
        if self._socket.fileno() >= 0:
            # Closed at the other end when the last process has gone.
            with suppress(OSError):
                while is_ready(self._socket.fileno(), _SECONDS_TO_DIE) and self._socket.recv(100):
                    pass
        self._socket.close()
        self._process.wait(_SECONDS_TO_DIE)
        self._stderr.close()


class _Zygotes:
    """Keeps the parent of the kernels to come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: Zygote | None = None
        # bubblewrap's --die-with-parent means the thread: this one lives as long as the grader.
        self._starter = ThreadPoolExecutor(1, "sandbox starter")

    def take(self, hidden: Collection[str], deadline: float) -> Zygote:
        """Return a parent that will be told `give_back`. Raises SandboxUnavailable and ValueError."""
        description = Description.now(hidden)
        with self._lock:
            if self._current and not (self._current.alive and self._current.description == description):
                self._retire()
            if self._current is None:
                self._current = Zygote(description, self._starter, deadline)
            self._current.children += 1
            return self._current

    def give_back(self, parent: Zygote) -> None:
        """Say that a kernel of it has ended."""
        with self._lock:
            parent.children -= 1
            if parent.in_doubt and parent is self._current:
                self._current = None
            if parent is not self._current and not parent.children:
                parent.close()

    def _retire(self) -> None:
        if self._current and not self._current.children:
            self._current.close()
        self._current = None

    def close(self) -> None:
        """End the parent that is kept; the next kernel has a new one. Kernels that run go on."""
        with self._lock:
            self._retire()

    def forget(self) -> None:
        """Leave the parent to the process that started it."""
        self.__init__()  # type: ignore[misc]  # nothing of the old is true here


zygotes = _Zygotes()
atexit.register(zygotes.close)
os.register_at_fork(after_in_child=zygotes.forget)
