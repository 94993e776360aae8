"""The outcome of running a piece of code in a student's process, and the clock that times it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Literal

from nbformat import NotebookNode

from course.grading.guest.answering import LONGEST_REASON
from course.grading.sandbox.limits import Breach
from course.grading.sandbox.messages import json_object, text
from course.grading.sandbox.outputs import Outputs, error_output
from course.grading.sandbox.sandbox import Sandbox
from course.grading.sandbox.usage import run_delay

Status = Literal["ok", "error", "timeout", "memory", "crashed"]
NO_ANSWER = "The process that runs the notebook gave no proper answer."


@dataclass(frozen=True)
class Failure:
    """An exception in the student's process: its type's name and its text, both cut short."""

    name: str
    message: str

    @classmethod
    def of(cls, error: object) -> Failure:
        """Return the exception that a reply names, `[name, text]`."""
        name, message = error if isinstance(error, list) and len(error) == 2 else ("", "")
        return cls(text(name, 200), text(message, LONGEST_REASON))


@dataclass(frozen=True)
class Execution:
    """The outcome of a piece of code."""

    status: Status
    """`timeout` and `memory` may leave the guest alive; after `crashed` it never is"""
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
    functions: frozenset[str] = frozenset()
    """those of the names asked for that were functions when the code had run"""
    answer: bytes = b""
    """what came back when it was a question"""


def from_reply(reply: bytes, shown: Outputs, seconds: float, names: Collection[str] = ()) -> Execution:
    """Return what the reply to a cell says, which may be any bytes, also of these names."""
    content, outputs = json_object(reply), shown.result()
    if content.get("status") not in ("ok", "error"):
        return Execution("crashed", NO_ANSWER, outputs, seconds=seconds)
    count = content.get("count")
    number = count if type(count) is int and 0 <= count < 1 << 31 else None
    told = content.get("functions")
    known = (
        frozenset(name for name in told if isinstance(name, str)) if isinstance(told, list) else frozenset()
    )
    functions = known.intersection(names)
    if content.get("status") != "ok":
        failure = Failure.of(content.get("error"))
        if not shown.raised:
            outputs.append(error_output(failure.name, failure.message))
        if failure.name == "MemoryError":
            reason = "The code asked for more memory than it may use."
            return Execution("memory", reason, outputs, failure, seconds=seconds, count=number)
        return Execution("error", "", outputs, failure, seconds=seconds, count=number, functions=functions)
    return Execution("ok", "", outputs, seconds=seconds, count=number, functions=functions)


def from_breach(breach: Breach, outputs: list[NotebookNode], seconds: float) -> Execution:
    """Return what became of code whose sandbox was killed for passing a limit."""
    status: Status = "memory" if breach.kind == "memory" else "crashed"
    return Execution(status, breach.reason, outputs, seconds=seconds)


class Clock:
    """Counts the student's own time from now on.

    That is the larger of two times: the processor time of the whole sandbox, and the time on the wall clock
    less what the guest's main thread waited for a processor. So sleeping counts, all processes count, and a
    busy machine does not.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._begin = time.monotonic()
        self._processor = sandbox.watcher.seconds()
        self._delay = self._read()
        self._most = 0.0
        self._stopped = 0.0

    def _read(self) -> float:
        return run_delay(self._sandbox.schedstat)

    def wall(self) -> float:
        """Return the seconds on the wall clock."""
        return time.monotonic() - self._begin - self._stopped

    def uncounted(self, work: Callable[[bytes], bytes], argument: bytes) -> bytes:
        """Return what `work` returns, without counting the seconds that it takes on the wall clock."""
        begin = time.monotonic()
        try:
            return work(argument)
        finally:
            self._stopped += time.monotonic() - begin

    def processor(self) -> float:
        """Return the seconds of processor time."""
        return self._sandbox.watcher.seconds() - self._processor

    def own(self) -> float:
        """Return the seconds of own time; never less than before."""
        # A process that has ended reads as one that never waited.
        delay = max(0.0, self._read() - self._delay)
        awake = self.wall() - delay if delay or self._sandbox.running else 0.0
        self._most = max(self._most, self.processor(), awake)
        return self._most
