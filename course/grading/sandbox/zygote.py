"""The zygote: a process that has imported what notebooks import, and from which their guests are forked.

One is kept from guest to guest. It runs no student's code, so nothing of one guest reaches the next; after
a guest that crashed or was killed it is replaced all the same.
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
from course.grading.sandbox import bubblewrap, causes, confinement
from course.grading.sandbox.bubblewrap import is_ready, read_until
from course.grading.sandbox.causes import Attempt
from course.grading.sandbox.mounts import GUEST_NAME, PACKAGES, Mounts, course_files, mounts
from course.grading.sandbox.readable import cannot_import

# What most notebooks import. Not matplotlib_inline's backend, which has to find a shell when it is imported.
_MODULES = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "PIL.PngImagePlugin",
    "ipywidgets",
    "matplotlib.backends.backend_agg",
    "matplotlib.pyplot",
    "matplotlib_inline.config",
    "numpy.random",
    "sqlite3",
)
_CONFIG = {
    "HistoryManager": {"hist_file": ":memory:"},
}
_SECONDS_TO_DIE = 20.0
_LONGEST_REPLY = 4096


class Description(NamedTuple):
    """What a zygote is made of. One with an equal description serves as well as a new one."""

    program: str
    mounts: Mounts
    course: Mapping[PurePosixPath, bytes]

    @classmethod
    def now(cls, hidden: Collection[str]) -> Description:
        """Return what a zygote would be made of now. Raises SandboxUnavailable and ValueError."""
        return cls(bubblewrap.program(), mounts(), course_files(hidden))


def _modules(course: Mapping[PurePosixPath, bytes]) -> list[str]:
    """Return the names of the course's modules that notebooks and the guest use, without the large parts."""
    files = [path.relative_to(PACKAGES) for path in course if path.suffix == ".py"]
    packages = {PurePosixPath(name) for name in ("course", "course/checking", GUEST_NAME)}
    names = [".".join(path.with_suffix("").parts) for path in files if path.parent in packages]
    return [name.removesuffix(".__init__") for name in names if name != f"{GUEST_NAME}.init"]


class NotStarted(Exception):
    """A bubblewrap has made no sandbox; another one may."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(attempt)
        self.attempt = attempt


class Zygote:
    """A zygote in a bubblewrap of its own."""

    def __init__(self, description: Description, starter: Executor, deadline: float) -> None:
        """Start one, in a thread of `starter`. Raises NotStarted, SandboxUnavailable if an import fails."""
        self.description = description
        self.children = 0
        """guests that have not been given back"""
        self.in_doubt = False
        """whether a guest of it crashed or was killed; it forks no other then"""
        self._lock = threading.Lock()
        self._socket, other_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        plan = confinement.confinement(description.mounts, description.course)
        try:
            self._process = starter.submit(self._run, plan, other_end).result()
        except OSError as error:
            self._socket.close()
            raise NotStarted(Attempt(description.program, str(error))) from error
        finally:
            plan.close()
            other_end.close()
        assert self._process.stderr is not None
        self._stderr = self._process.stderr
        self._errors = b""
        start = {
            "path": description.mounts.path,
            "modules": [*_MODULES, *_modules(description.course)],
            "work": confinement.WORK,
            "config": _CONFIG,
            "user": confinement.fresh_user(),
        }
        try:
            with suppress(OSError):  # it has ended already, and has said why
                self._socket.send(json.dumps(start).encode())
            reply = self._reply(deadline)[0]
            if reply and reply != b"ready":
                raise cannot_import(reply.decode(errors="replace"), description.mounts)
            if not reply:
                raise NotStarted(self._attempt(deadline))
        except BaseException:
            self.close()
            raise

    def _run(self, plan: confinement.Confinement, standard_input: socket.socket) -> subprocess.Popen[bytes]:
        # Everything that names the host goes through a descriptor: a command line can be read inside.
        arguments = plan.data("\0".join(plan.options).encode())
        interpreter = [str(self.description.mounts.executable), "-I", "-S", "-B", str(confinement.INIT)]
        return subprocess.Popen(
            ["bwrap", "--args", str(arguments), *interpreter],
            executable=self.description.program,
            env={},
            cwd="/",
            stdin=standard_input.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=plan.descriptors,
        )

    def _reply(self, deadline: float) -> tuple[bytes, list[int]]:
        """Return an answer and its descriptors, nothing if it failed, has ended or is late."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._stderr, select.POLLIN)
        while (left := deadline - time.monotonic()) > 0:
            ready = {descriptor for descriptor, _ in poll.poll(left * 1000)}
            if self._socket.fileno() in ready:
                with suppress(OSError):
                    return socket.recv_fds(self._socket, _LONGEST_REPLY, 20)[:2]
                break
            if self._stderr.fileno() in ready:
                text = os.read(self._stderr.fileno(), 4096)
                self._errors += text
                if not text or b"\0" in text:
                    break
        return b"", []

    def fork(self, settings: Mapping[str, Any], deadline: float) -> tuple[int, list[int]]:
        """Start a guest; return its process id inside, and the descriptors by which it is held.

        These are of the first process of its namespaces, of the guest, of its control channel and of the
        folders named in the settings. Raises SandboxUnavailable.
        """
        with self._lock:
            with suppress(OSError):
                self._socket.send(json.dumps(settings).encode())
            number, descriptors = self._reply(deadline)
        if not number.isdigit():
            raise self.unavailable(deadline)
        return int(number), descriptors

    @property
    def pid(self) -> int:
        """The process id of its bubblewrap."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can be asked for a guest."""
        return not self.in_doubt and self._process.poll() is None

    def unavailable(self, deadline: float) -> SandboxUnavailable:
        """End it; return why a guest has not started."""
        return causes.refused([self._attempt(deadline)])

    def _attempt(self, deadline: float) -> Attempt:
        self.in_doubt = True
        self._process.kill()
        errors = self._errors + read_until(b"\0", self._stderr.fileno(), deadline)
        return Attempt(self.description.program, errors.decode(errors="replace").strip(" \n\0"))

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
    """Keeps a zygote for the next guest."""

    def __init__(self) -> None:
        self.current: Zygote | None = None
        """the zygote of the next guest, unless what it is made of has changed by then"""
        self.seconds = 0.0
        """seconds for which guests have waited for their zygote's start, so far"""
        self._lock = threading.Lock()
        # bubblewrap's --die-with-parent means the thread: this one lives as long as the grader.
        self._starter = ThreadPoolExecutor(1, "sandbox starter")

    def take(self, hidden: Collection[str], deadline: float) -> Zygote:
        """Return a zygote, to be given back. Raises SandboxUnavailable and ValueError."""
        description = Description.now(hidden)
        with self._lock:
            if self.current and not (self.current.alive and self.current.description == description):
                self._retire()
            if self.current is None:
                begin = time.monotonic()
                self.current = self._start(description, deadline)
                self.seconds += time.monotonic() - begin
            self.current.children += 1
            return self.current

    def _start(self, description: Description, deadline: float) -> Zygote:
        """Start a zygote with the first bubblewrap that can make a sandbox. Raises SandboxUnavailable."""
        attempts = []
        for program in bubblewrap.programs():
            try:
                zygote = Zygote(description._replace(program=program), self._starter, deadline)
            except NotStarted as failure:
                attempts.append(failure.attempt)
            else:
                bubblewrap.prefer(program)
                return zygote
        raise causes.refused(attempts)

    def give_back(self, zygote: Zygote) -> None:
        """Take a zygote back whose guest has ended; close it if it is not to be used again."""
        with self._lock:
            zygote.children -= 1
            if zygote.in_doubt and zygote is self.current:
                self.current = None
            if zygote is not self.current and not zygote.children:
                zygote.close()

    def _retire(self) -> None:
        if self.current and not self.current.children:
            self.current.close()
        self.current = None

    def close(self) -> None:
        """End the zygote that is kept; the next guest has a new one. Guests that run go on."""
        with self._lock:
            self._retire()

    def forget(self) -> None:
        """Leave the zygote to the process that started it, of which this one is a fork."""
        self.__init__()  # type: ignore[misc]  # the state of the other process does not hold here


zygotes = _Zygotes()
atexit.register(zygotes.close)
os.register_at_fork(after_in_child=zygotes.forget)
