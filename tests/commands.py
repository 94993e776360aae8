"""Runs `python -m course.grading …` and `python -m nbgrader …` in forks of a process that imported them.

Each command is a process of its own, with its own files, folder and arguments. Importing, which is most of
what a short command does, is left out. So is what an interpreter takes from its environment when it starts:
a command with another environment, or in a folder with modules that have been imported elsewhere, is started
as usual.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
IMPORTED = (
    "course.grading.cli",
    "alembic.script",
    "course.grading.feedback.making",
    "course.grading.lms.export",
    "course.grading.nbgrader_steps.corrections",
    "course.grading.nbgrader_steps.releasing",
    "course.grading.report.making",
    "course.grading.whole_class.grade_class",
    "nbgrader.apps.nbgraderapp",
)
MODULES = ("course.grading", "nbgrader")
"""what a command may be: packages with a `__main__`"""
_LOOKED_AT = ("HOME", "JUPYTER", "LANG", "LC_", "MPL", "PYTHON", "TMPDIR", "TZ", "XDG")
"""how the variables begin that an interpreter, or what it imports, looks at when it starts"""
_LONGEST = 1 << 18
"""bytes of a request"""


def run(
    arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run `python -m ARGUMENTS` in `cwd`. Raises TimeoutExpired."""
    has_own = any((cwd / name).exists() for name in ("course", "mlp_ref", "nbgrader"))
    has_own |= any(path.stem in sys.modules for path in cwd.glob("*.py"))
    if arguments[0] in MODULES and (cwd == ROOT or not has_own):
        server = _server()
        if _fixed(environment) == server.environment:
            return server.run(arguments, cwd, environment, timeout)
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",  # a command prints in the encoding of its terminal
        timeout=timeout,
        check=False,
    )


def _fixed(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_LOOKED_AT)}


class _Server:
    """The process that forks, as its client knows it. It ends with the client."""

    def __init__(self) -> None:
        self.environment = _fixed(os.environ)
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.commands", str(theirs.fileno())]
            streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
            self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()], **streams)
        atexit.register(self._close)

    def run(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        request = json.dumps([list(arguments), str(cwd), dict(environment)]).encode()
        ours, theirs = socket.socketpair()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            with theirs:
                descriptors = [theirs.fileno(), out.fileno(), err.fileno()]
                socket.send_fds(self._channel, [request], descriptors)
            with ours, ours.makefile() as replies:
                process = int(replies.readline())
                ours.settimeout(timeout)
                try:
                    code = int(replies.readline())
                except TimeoutError:
                    os.kill(process, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(list(arguments), timeout) from None
            texts = [_text(file) for file in (out, err)]
        return subprocess.CompletedProcess(list(arguments), code, *texts)

    def _close(self) -> None:
        self._channel.close()
        self._process.wait()


@cache
def _server() -> _Server:
    return _Server()


def _text(file) -> str:
    file.seek(0)
    return file.read().decode(errors="replace").replace("\r\n", "\n")


class _Child(NamedTuple):
    process: int
    reply: socket.socket
    """where the client waits for the process and its exit code"""


def serve(channel: socket.socket) -> Sequence[str]:
    """Fork for each request, until the client is gone; return, in a fork, the arguments to run with."""
    children: dict[int, _Child] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not channel:
                    child = children.pop(key.fd)
                    _, status = os.waitpid(child.process, 0)
                    selector.unregister(key.fd)
                    os.close(key.fd)
                    _say(child.reply, os.waitstatus_to_exitcode(status))
                    child.reply.close()
                    continue
                request, descriptors, _, _ = socket.recv_fds(channel, _LONGEST, 3)
                if not request:
                    return []
                reply, streams = socket.socket(fileno=descriptors[0]), descriptors[1:]
                process = os.fork()
                if process == 0:
                    for other in (channel, reply, *(child.reply for child in children.values())):
                        other.close()
                    for descriptor in children:
                        os.close(descriptor)
                    return _become(*json.loads(request), streams)
                for descriptor in streams:
                    os.close(descriptor)
                descriptor = os.pidfd_open(process)
                children[descriptor] = _Child(process, reply)
                selector.register(descriptor, selectors.EVENT_READ)
                _say(reply, process)


def _say(reply: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody waits any more
        reply.sendall(f"{number}\n".encode())


def _become(arguments: list[str], cwd: str, environment: dict[str, str], streams: list[int]) -> list[str]:
    """Make this process what an interpreter is that has just been started with these arguments."""
    for number, descriptor in enumerate(streams, start=1):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = cwd
    sys.orig_argv[:] = [sys.executable, "-m", *arguments]
    sys.argv[:] = arguments
    return arguments


if __name__ == "__main__":
    for module in IMPORTED:
        importlib.import_module(module)
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        command = serve(requests)
    if command:
        runpy.run_module(command[0], run_name="__main__", alter_sys=True)
