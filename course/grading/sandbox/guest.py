"""A sandboxed process for one student's notebook, and requests to it; its replies are not trusted."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from course.grading.errors import SandboxUnavailable
from course.grading.sandbox import working_folder
from course.grading.sandbox.channel import Channel, Disconnected
from course.grading.sandbox.conversation import ENDED, TimeOut, converse, why_disconnected
from course.grading.sandbox.execution import Clock, Execution, from_breach, from_reply
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.outputs import Displays, Outputs
from course.grading.sandbox.sandbox import Sandbox

_LONG = 0.002
"""seconds: a longer request can use much and give it back, so the limits are looked at when it ends"""


class Exchange(NamedTuple):
    """A request, and what came of it."""

    reply: bytes
    """empty where there is none"""
    seconds: float
    """of the student's own time"""
    failed: Execution | None
    """what became of a request without a reply in time, or after which a limit was passed"""


def refuse(_: bytes) -> bytes:
    """Answer a callback to a function that was never handed over."""
    return b'{"error": "RuntimeError"}'


class Guest:
    """A running guest with an empty namespace. Use it as a context manager, or call `close`."""

    def __init__(
        self,
        assignment_files: Mapping[str, bytes] | None = None,
        *,
        limits: Limits | None = None,
        hidden: Collection[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Start a guest with these files, by relative path, in its working folder.

        `hidden` are modules of the course, as `course.gradcheck`, which it cannot use; `variables` are
        nbgrader's (NBGRADER_…) for its environment. Raises SandboxUnavailable if there can be no sandbox or
        the guest does not start (no student code has run by then), ValueError for a wrong argument.
        """
        self.limits = limits or Limits()
        self._given = dict(assignment_files or {})
        self._displays = Displays(4 * self.limits.output)
        self._seconds = 0.0
        self._end_reason = ""
        """why the guest will not be asked again"""
        self._channel: Channel | None = None
        self.sandbox = Sandbox(self.limits, files=self._given, hidden=hidden, variables=variables)
        try:
            self.sandbox.start()
            self._channel = Channel(self.sandbox.channel, 4 * self.limits.output)
            self._wait_until_ready(self._channel)
        except BaseException:
            self.close()
            raise
        self._since_start = Clock(self.sandbox)

    def _wait_until_ready(self, channel: Channel) -> None:
        time_out = TimeOut(self.sandbox, Clock(self.sandbox), self.limits.startup, is_rest=False)
        try:
            if converse(channel, b'{"values": []}', time_out, lambda _: None, refuse) is not None:
                return
        except Disconnected as error:
            raise self.sandbox.unavailable() from error
        raise self.sandbox.unavailable()

    @property
    def alive(self) -> bool:
        """Whether the guest can be asked more."""
        return not self._end_reason and self.sandbox.running and self.sandbox.watcher.breach is None

    @property
    def seconds(self) -> float:
        """Own time used so far, that of background threads between cells included."""
        return max(self._seconds, self._since_start.processor())

    @property
    def answering(self) -> float:
        """Own time used while questions were answered or cells ran, without background threads in between."""
        return self._seconds

    def execute(self, code: str, *, seconds: float | None = None, names: Collection[str] = ()) -> Execution:
        """Run `code` and return what became of it, within `seconds` of own time (a cell's limit by default).

        Of these `names` it is told which are functions then.
        Never raises for anything the student's code does. Raises SandboxUnavailable when the sandbox's
        limits cannot be watched, which is no fault of the student's.
        """
        outputs = Outputs(self.limits.output, self._displays)
        request = json.dumps({"run": code, "names": list(names)}).encode()
        exchange = self._within(request, outputs, seconds, refuse)
        execution = exchange.failed or from_reply(exchange.reply, outputs, exchange.seconds, names)
        if execution.status == "crashed":
            self._kill(execution.reason)
        return execution

    def _kill(self, reason: str) -> None:
        self._end_reason = self._end_reason or reason
        self.sandbox.kill()

    def ask(
        self, question: bytes, call_back: Callable[[bytes], bytes] = refuse, *, seconds: float | None = None
    ) -> Execution:
        """Put a question to the guest's `answering`; return what became of it.

        `call_back` answers what the guest asks meanwhile. The same holds as for `execute`. Any bytes may
        come back as the answer.
        """
        outputs = Outputs(self.limits.output, self._displays)
        exchange = self._within(question, outputs, seconds, call_back)
        return exchange.failed or Execution(
            "ok", "", outputs.result(), seconds=exchange.seconds, answer=exchange.reply
        )

    def _within(
        self, request: bytes, outputs: Outputs, seconds: float | None, call_back: Callable[[bytes], bytes]
    ) -> Exchange:
        """Make a request, and end the guest where it cannot be asked again."""
        breach = self.sandbox.watcher.breach
        if breach is not None and not self._end_reason:
            self._end_reason = breach.reason
            return Exchange(b"", 0.0, from_breach(breach, [], 0.0))
        if not self.alive or self._channel is None:
            return Exchange(b"", 0.0, Execution("crashed", self._end_reason or ENDED))
        remaining = self.limits.notebook - self.seconds
        if remaining <= 0:
            used_up = f"The notebook took more than {self.limits.notebook:g} seconds."
            return Exchange(b"", 0.0, Execution("timeout", used_up))
        limit = self.limits.cell if seconds is None else seconds
        clock = Clock(self.sandbox)
        before = self._seconds
        time_out = TimeOut(self.sandbox, clock, min(limit, remaining), remaining < limit)
        reply = None
        try:
            reply = converse(self._channel, request, time_out, outputs.take, call_back)
            if reply is None:
                self._end_reason = time_out.late
        except Disconnected:
            self._end_reason = self._end_reason or time_out.late or why_disconnected(self.sandbox)
        if self.sandbox.watcher.failure is not None:
            raise SandboxUnavailable("The limits could not be watched.") from self.sandbox.watcher.failure
        spent = clock.own()
        # a request that a callback made meanwhile has been counted
        self._seconds = max(self._seconds, before + spent)
        failed = None
        breach = self.sandbox.watcher.look(again=reply is None or clock.wall() > _LONG)
        if breach is not None:
            self._end_reason = breach.reason
            failed = from_breach(breach, outputs.result(), spent)
        elif time_out.late:
            failed = Execution("timeout", time_out.late, outputs.result(), seconds=spent)
        elif reply is None:
            failed = Execution("crashed", self._end_reason, outputs.result(), seconds=spent)
        if self._end_reason:
            self._kill(self._end_reason)
        return Exchange(reply or b"", spent, failed)

    def files(self) -> dict[str, bytes]:
        """Return the files the student's code wrote, by relative path; also after the guest has ended.

        Regular files only, at most as many and as much as the limits allow, without notebooks, hidden
        files and names that are unsafe on some system; without the assignment's own if unchanged.
        """
        files = working_folder.collect(self.sandbox.work, self.limits.files, self.limits.file_count)
        return {name: content for name, content in files.items() if self._given.get(name) != content}

    def close(self) -> None:
        """End the guest and everything it started; nothing of it is left. May be called again."""
        self._end_reason = self._end_reason or "The process has been closed."
        if self._channel is not None:
            self._channel.close()
        self.sandbox.close()

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
