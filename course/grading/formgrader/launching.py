"""Starts and stops the commands of `course`, each in a process of its own beside the server."""

from __future__ import annotations

import atexit
import os
import platform
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from course.grading import runs
from course.grading.errors import CourseError
from course.grading.formgrader.wording import activity

PLACE = "Formgrader"
COMMANDS = ("grade", "feedback", "report", "export")
# What a Hub tells its servers is none of a command's business; and a log has no colours.
_KEPT_FROM_COMMANDS = ("JUPYTERHUB_", "JPY_", "FORCE_COLOR", "TTY_")
_COLUMNS = "160"
_LOG_BYTES = 20_000
"""of the log's end that are read"""


class Launcher:
    """The commands that this server has started."""

    def __init__(self) -> None:
        self._processes: list[tuple[Path, subprocess.Popen[bytes]]] = []
        """those that live, each with its course; one that has ended its work may live on for a moment"""
        self._stopped: dict[Path, float] = {}
        """when what was asked to stop had begun"""
        atexit.register(self._stop_all)

    def start(self, root: Path, command: str, assignment: str, by: str, system: str = "") -> None:
        """Start a command in the course `root`, in the name of `by`. Raises CourseError.

        The process has the lock from the first moment, and keeps it until it ends, even after this server.
        """
        try:
            descriptor = runs.lock(root)
        except FileExistsError as error:
            raise CourseError(f"nothing was started: {root / runs.FOLDER} is no folder; remove it") from error
        except OSError as error:
            raise CourseError(f"nothing was started: {error}; make {root} writable") from error
        if descriptor is None:
            state = runs.read(root)
            raise CourseError(f"nothing was started: {activity(state) if state else 'another run begins'}")
        try:
            state = runs.State(command, assignment, by, PLACE, system, started=time.time())
            runs.write(root / runs.FOLDER, state)
            runs.log_file(root).unlink(missing_ok=True)
            with runs.log_file(root).open("xb") as log:  # never through a link
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "course.grading", *_arguments(command, assignment, system)],
                    cwd=root,
                    env=_environment(descriptor),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[descriptor],
                    start_new_session=True,  # Ctrl-C is for the server
                )
            self._processes.append((root, process))
        except OSError as error:
            raise CourseError(f"nothing was started: {error}; make room in {root}") from error
        finally:
            os.close(descriptor)

    def stop(self, root: Path) -> None:
        """Ask what runs in a course to stop, where it was started on this machine by a Formgrader's page."""
        state = self.read(root)
        if state is None or not state.is_going_on or not can_stop(state):
            return
        self._stopped[root] = state.started
        processes = [process for course, process in self._processes if course == root]
        for process in processes:
            process.terminate()
        if not processes and state.process:  # of a server that was killed, and started again
            with suppress(OSError):
                os.kill(state.process, signal.SIGTERM)

    def is_stopping(self, root: Path, state: runs.State) -> bool:
        """Return whether a run was asked to stop, and finishes what it has begun."""
        return state.is_going_on and self._stopped.get(root) == state.started

    def read(self, root: Path) -> runs.State | None:
        """Return what is known of the last run in a course."""
        self._processes = [(course, process) for course, process in self._processes if process.poll() is None]
        return runs.read(root)

    def _stop_all(self) -> None:
        for _, process in self._processes:
            process.terminate()


def can_stop(state: runs.State) -> bool:
    """Return whether a run is one that a page on this machine may stop."""
    return state.place == PLACE and state.host in ("", platform.node())


def log_lines(root: Path, count: int) -> list[str]:
    """Return the last lines of the log of the run that a page started last."""
    try:
        with runs.log_file(root).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _LOG_BYTES))
            return log.read().decode("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return []


def _arguments(command: str, assignment: str, system: str) -> list[str]:
    options = ["--to", system] if command == "export" else []
    return [command, *options, "--", assignment]


def _environment(descriptor: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_KEPT_FROM_COMMANDS)}
    return {**kept, "COLUMNS": _COLUMNS, runs.HANDED_OVER: str(descriptor)}
