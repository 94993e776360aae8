"""Runs `python -m course.grading …` and `python -m nbgrader …` in forks of a process that imported them.

Each command is a process of its own, with its own files, folder and arguments. Importing, which is most of
what a short command does, is left out. What an interpreter takes from its environment when it starts is that
of the process it is forked from: there is one for each environment with which several commands come. In a
folder with modules that have been imported elsewhere a command is started as usual.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
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
import threading
from collections import Counter
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
_LOOKED_AT = ("DASK", "HOME", "JUPYTER", "LANG", "LC_", "MPL", "PYTHON", "TMPDIR", "TZ", "XDG")
"""how the variables begin that an interpreter, or what it imports, looks at when it starts"""
_Fixed = frozenset[tuple[str, str]]
_SEVERAL = 3
"""commands, from which on it takes less time to import once, all that any of them needs"""
_LONGEST = 1 << 18
"""bytes of a request"""


def run(
    arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run `python -m ARGUMENTS` in `cwd`. Raises TimeoutExpired."""
    has_own = any((cwd / name).exists() for name in ("course", "mlp_ref", "nbgrader"))
    has_own |= any(path.stem in sys.modules for path in cwd.glob("*.py"))
    if arguments[0] in MODULES and (cwd == ROOT or not has_own):
        fixed = _fixed(environment)
        _commands[fixed] += 1
        if _commands[fixed] >= _SEVERAL or fixed == _OWN:
            return _server(fixed).run(arguments, cwd, environment, timeout)
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


def _fixed(environment: Mapping[str, str]) -> _Fixed:
    return frozenset((name, value) for name, value in environment.items() if name.startswith(_LOOKED_AT))


_OWN = _fixed(os.environ)


class _Server:
    """The process that forks, as its client knows it. It ends with the client."""

    def __init__(self, fixed: _Fixed) -> None:
        others = {name: value for name, value in os.environ.items() if not name.startswith(_LOOKED_AT)}
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.commands", str(theirs.fileno())]
            streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=others | dict(fixed), pass_fds=[theirs.fileno()], **streams
            )
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


_server = cache(_Server)
_commands = Counter[_Fixed]()
"""how many there have been with each environment"""


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
                    arguments, cwd, environment = json.loads(request)
                    return _become([*map(_read, arguments)], _read(cwd), environment, streams)
                for descriptor in streams:
                    os.close(descriptor)
                descriptor = os.pidfd_open(process)
                children[descriptor] = _Child(process, reply)
                selector.register(descriptor, selectors.EVENT_READ)
                _say(reply, process)


def _say(reply: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody waits any more
        reply.sendall(f"{number}\n".encode())


def _read(text: str) -> str:
    """Return a text from the command line or environment as an interpreter in this locale reads it."""
    return os.fsdecode(text.encode(errors="surrogateescape"))


def _become(arguments: list[str], cwd: str, environment: dict[str, str], streams: list[int]) -> list[str]:
    """Make this process what an interpreter is that has just been started with these arguments."""
    for number, descriptor in enumerate(streams, start=1):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update({name: _read(value) for name, value in environment.items()})
    sys.path[0] = cwd
    sys.orig_argv[:] = [sys.executable, "-m", *arguments]
    sys.argv[:] = arguments
    return arguments


def run_module(name: str) -> int:
    """Run a module as `python -m` does; return the exit code."""
    try:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    except SystemExit as error:
        if isinstance(error.code, int | None):
            return error.code or 0
        print(error.code, file=sys.stderr)
        return 1
    except Exception:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def end(code: int) -> None:
    """End this process as Python does, but for taking apart, and so copying, all that it has imported."""
    threading._shutdown()  # type: ignore[attr-defined]  # there is no other that waits for threads
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    gc.disable()
    for module in IMPORTED:
        importlib.import_module(module)
    gc.freeze()  # looking at what is imported, a fork would copy it
    gc.enable()
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        command = serve(requests)
    if command:
        end(run_module(command[0]))
