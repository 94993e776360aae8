"""Tells everybody who works on a course which command is at work in it, for whom, and how far it is.

A run has a folder in the course's: a lock on it, which ends with the run's process, its state and its log.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from course import files

FOLDER = ".course-run"
TERMINAL = "a terminal"
HANDED_OVER = "COURSE_RUN_LOCK"
"""the variable that names the descriptor of a lock which the process has from its parent"""
_SECONDS_BETWEEN_WRITES = 0.5
_LATEST = 1e11
"""the last time that a date can be made of, roughly"""
# Whoever asks whether there is a run has a lock too, for a moment.
_ATTEMPTS, _SECONDS_BETWEEN_ATTEMPTS = 5, 0.02


@dataclass(frozen=True)
class State:
    """What is known of the last run of a course."""

    command: str
    assignment: str
    by: str
    """who started it"""
    place: str = TERMINAL
    """where it was started"""
    system: str = ""
    """for which an export is"""
    host: str = ""
    process: int = 0
    started: float = 0.0
    """a time, in seconds since 1970"""
    done: int = 0
    total: int = 0
    """submissions; 0 where it is not known yet, or nothing is counted"""
    counts: str = ""
    """what else is counted, in words"""
    seconds_left: float | None = None
    ended: float | None = None
    """when; None while it is at work, and where it was killed"""
    exit_code: int | None = None
    is_going_on: bool = False
    """whether its process lives"""


class Run:
    """A command that is at work; others read what it says of itself. Without a folder nobody does."""

    def __init__(self, folder: Path | None, state: State) -> None:
        self._folder, self._state = folder, state
        self._written = 0.0

    def update(self, done: int, total: int, counts: str = "", seconds_left: float | None = None) -> None:
        """Say how far it is."""
        self._state = replace(self._state, done=done, total=total, counts=counts, seconds_left=seconds_left)
        if time.monotonic() - self._written > _SECONDS_BETWEEN_WRITES:
            self._write()

    def end(self, exit_code: int) -> None:
        """Say that it has ended; one of a terminal, which has told how, leaves nothing."""
        if self._state.place != TERMINAL:
            self._state = replace(self._state, ended=time.time(), exit_code=exit_code)
            self._write()
        elif self._folder is not None:
            with suppress(OSError):
                _state_file(self._folder).unlink()
                self._folder.rmdir()  # where it holds no log of another run

    def _write(self) -> None:
        self._written = time.monotonic()
        if self._folder is not None:
            with suppress(OSError):
                write(self._folder, self._state)


@contextmanager
def published(root: Path, command: str, assignment: str, *, claim: bool = True) -> Iterator[Run]:
    """Let others see the command that works in the course `root` within the block.

    A course shows one run at a time: this one stays unseen while another is shown. Without `claim` it is
    shown only where the parent process has reserved the place for it.
    """
    state = State(command, assignment, user(), started=time.time())
    folder, descriptor = root / FOLDER, _handed_over(root)
    if descriptor is not None:
        state = read(root) or state
    elif claim and (root / "nbgrader_config.py").is_file():
        with suppress(OSError):
            descriptor = lock(root)
    state = replace(state, host=platform.node(), process=os.getpid(), is_going_on=False)
    if descriptor is not None:
        try:
            write(folder, state)
        except OSError:  # on a full disk, or where the folder is another's, the work itself goes on
            os.close(descriptor)
            descriptor = None
    run = Run(folder if descriptor is not None else None, state)
    try:
        yield run
    except BaseException as error:
        run.end(getattr(error, "exit_code", 1))
        raise
    else:
        run.end(0)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def lock(root: Path) -> int | None:
    """Return a descriptor that holds the place of the one run in a course; None where another has it.

    Raises OSError where the folder cannot be made.
    """
    folder = root / FOLDER
    for _ in range(_ATTEMPTS):
        folder.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):  # another run has just ended, and removed it
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(descriptor), folder.stat()):
                    return descriptor
            except (BlockingIOError, FileNotFoundError):
                pass
            os.close(descriptor)
        time.sleep(_SECONDS_BETWEEN_ATTEMPTS)
    return None


def read(root: Path) -> State | None:
    """Return what is known of the last run in a course, if there was one."""
    is_going_on = _is_locked(root / FOLDER)
    try:
        state = State(**json.loads(_state_file(root / FOLDER).read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return replace(state, is_going_on=is_going_on) if _is_sound(state) else None


def _is_sound(state: State) -> bool:
    """Return whether a state, which may be damaged, holds texts and numbers where they belong."""
    words = (state.command, state.assignment, state.by, state.place, state.system, state.host, state.counts)
    counts = (state.process, state.done, state.total, state.exit_code or 0)
    times = (state.started, state.ended or 0.0)
    return (
        all(isinstance(word, str) for word in words)
        and all(isinstance(count, int) for count in counts)
        and all(isinstance(moment, int | float) and 0 <= moment < _LATEST for moment in times)
        and isinstance(state.seconds_left or 0.0, int | float)
    )


def write(folder: Path, state: State) -> None:
    """Write the state of a run. Raises OSError."""
    files.write(_state_file(folder), json.dumps(asdict(state)).encode())


def log_file(root: Path) -> Path:
    """Return where a run that was not started in a terminal says what it does."""
    return root / FOLDER / "log.txt"


def _state_file(folder: Path) -> Path:
    return folder / "state.json"


def _is_locked(folder: Path) -> bool:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _handed_over(root: Path) -> int | None:
    """Return the descriptor of the lock that this process has from its parent, if it has one."""
    try:
        descriptor = int(os.environ.pop(HANDED_OVER, ""))
        if not os.path.samestat(os.fstat(descriptor), (root / FOLDER).stat()):
            return None
    except (ValueError, OSError):
        return None
    os.set_inheritable(descriptor, False)  # the lock ends with this process
    return descriptor


def user() -> str:
    """Return the account that this process runs as."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may be in no list
        return str(os.getuid())
