"""The outcome of running a piece of code in a student's kernel, and the clock that times it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nbformat import NotebookNode

from course.grading.guest.codec import LONGEST_REASON
from course.grading.sandbox.limits import Breach
from course.grading.sandbox.messages import text
from course.grading.sandbox.sandbox import Sandbox
from course.grading.sandbox.usage import waited

Status = Literal["ok", "error", "timeout", "memory", "crashed"]


@dataclass(frozen=True)
class Failure:
    """An exception in the student's kernel: its type's name and its text, both cut short."""

    name: str
    message: str

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Failure:
        """Return the exception that a reply names."""
        return cls(text(content.get("ename"), 200), text(content.get("evalue"), LONGEST_REASON))


@dataclass(frozen=True)
class Execution:
    """The outcome of a piece of code."""

    status: Status
    """`timeout` and `memory` may leave the kernel alive; after `crashed` it never is"""
    reason: str = ""
    """a sentence for the student when `status` is neither `ok` nor `error`"""
    outputs: list[NotebookNode] = field(default_factory=list)
    """as a notebook stores them"""
    failure: Failure | None = None
    """the exception that ended the code"""
    seconds: float = 0.0
    """of the student's own time"""
    count: int | None = None
    """the number in In [ ]"""
    answer: bytes = b""
    """what came back when it was a question"""


def from_reply(content: Mapping[str, Any], outputs: list[NotebookNode], seconds: float) -> Execution:
    """Return what the reply to a cell says."""
    count = content.get("execution_count")
    number = count if type(count) is int and 0 <= count < 1 << 31 else None
    if content.get("status") != "ok":
        failure = Failure.of(content)
        if failure.name == "MemoryError":
            reason = "The code asked for more memory than it may use."
            return Execution("memory", reason, outputs, failure, seconds=seconds, count=number)
        return Execution("error", "", outputs, failure, seconds=seconds, count=number)
    return Execution("ok", "", outputs, seconds=seconds, count=number)


def from_breach(breach: Breach, outputs: list[NotebookNode], seconds: float) -> Execution:
    """Return what became of code whose sandbox was killed for passing a limit."""
    status: Status = "memory" if breach.kind == "memory" else "crashed"
    return Execution(status, breach.reason, outputs, seconds=seconds)


class Clock:
    """Counts the student's own time from now on.

    That is the larger of two times: the processor time of the whole sandbox, and the time on the wall clock
    less what the kernel's main thread waited for a processor. So sleeping counts, all processes count, and a
    busy machine does not.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._begin = time.monotonic()
        self._processor = sandbox.watcher.seconds()
        self._waited = self._read()
        self._most = 0.0

    def _read(self) -> float:
        return waited(self._sandbox.folders.proc, self._sandbox.kernel_pid)

    def wall(self) -> float:
        """Return the seconds on the wall clock."""
        return time.monotonic() - self._begin

    def processor(self) -> float:
        """Return the seconds of processor time."""
        return self._sandbox.watcher.seconds() - self._processor

    def own(self) -> float:
        """Return the seconds of own time; never less than before."""
        # A process that has ended reads as one that never waited.
        waited = max(0.0, self._read() - self._waited)
        awake = self.wall() - waited if waited or self._sandbox.running else 0.0
        self._most = max(self._most, self.processor(), awake)
        return self._most
