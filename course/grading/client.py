"""The conversation with a kernel in a sandbox, whose every word may be forged."""

from __future__ import annotations

import select
import signal
import time
from typing import Any

from course.grading import confinement, messages, zmtp
from course.grading.execution import Clock, Execution, Failure, from_reply
from course.grading.limits import Limits
from course.grading.line import Line
from course.grading.outputs import Outputs, error_output
from course.grading.sandbox import Sandbox
from course.grading.streams import Disconnected

_LARGEST_REPLY = 65 << 20
_ENVELOPE = 1 << 20
_TICK = 0.1
# Own seconds which an interrupted kernel has to stop, and one that has answered to hand in the last outputs.
_TO_STOP = 2.0
_TO_FINISH = 2.0
ENDED = "The code ended the process that runs the notebook."
_TOO_LARGE = Failure("ValueError", "The kernel's reply is larger than any that may be read.")
_SILENT = "The kernel no longer answers: the code closed its connection, or sent what is no message."
_Source = zmtp.Connection | Line


class _Wait:
    """How long a kernel may take: it is interrupted when it is late, and given up when that does not help."""

    def __init__(self, sandbox: Sandbox, clock: Clock, seconds: float, is_rest: bool) -> None:
        self.clock = clock
        self.late = ""
        """that it was interrupted"""
        self.given_up = ""
        """why it will not be asked again"""
        self._sandbox = sandbox
        self._limit, self._is_rest = seconds, is_rest
        self._patience = sandbox.limits.patience
        self._deadline, self._widest = seconds, seconds * self._patience
        self._has_reply = False
        self._looked = 0.0

    def has_reply(self) -> None:
        """Say that only the last outputs are missing."""
        self._has_reply = True
        self._deadline = min(self._deadline, self.clock.own() + _TO_FINISH)
        self._widest = min(self._widest, self.clock.wall() + _TO_FINISH * self._patience)

    def gives_up(self, reason: str) -> None:
        """Say why there will be no answer."""
        self.given_up = self.late or reason

    def goes_on(self) -> bool:
        """Look now and then; return whether to wait. Raises Disconnected when the kernel has ended."""
        if self.clock.wall() - self._looked < _TICK:
            return True
        self._looked = self.clock.wall()
        if self._sandbox.watcher.breach is not None or not self._sandbox.running:
            raise Disconnected
        if self.clock.own() <= self._deadline and self.clock.wall() <= self._widest:
            return True
        if self._has_reply or self.late:
            self.given_up = self.late
            return False
        what, seconds = (
            ("notebook", self._sandbox.limits.notebook) if self._is_rest else ("cell", self._limit)
        )
        self.late = f"The {what} took more than {seconds:g} seconds."
        self._sandbox.send(signal.SIGINT)
        self._deadline = self.clock.own() + _TO_STOP
        self._widest = self.clock.wall() + _TO_STOP * self._patience
        return True


class Client:
    """Starts the kernel of a sandbox, and asks it one thing after the other."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Start the kernel and wait until it answers. Raises SandboxUnavailable; the caller closes both."""
        self.sandbox = sandbox
        self.condemned = ""
        """why the kernel will not be asked again; once said, it is to be killed"""
        self._limits: Limits = sandbox.limits
        self._writer = messages.Writer()
        self._connections: list[zmtp.Connection] = []
        deadline = time.monotonic() + self._limits.startup
        sandbox.start(confinement.kernel_side(self._writer.key))
        self._line = Line(sandbox.line)
        try:
            self._shell = self._connect("shell_port", "DEALER", _LARGEST_REPLY, deadline)
            self._iopub = self._connect("iopub_port", "SUB", 4 * self._limits.output + _ENVELOPE, deadline)
            self._wait_until_ready(deadline)
        except BaseException:
            self.close()
            raise

    def _connect(self, channel: str, kind: str, largest: int, deadline: float) -> zmtp.Connection:
        path = f"/proc/self/fd/{self.sandbox.sockets}/k-{confinement.PORTS[channel]}"
        while True:
            try:
                connection = zmtp.Connection(path, kind, largest, deadline)
            except (OSError, Disconnected) as error:
                if not self.sandbox.running or time.monotonic() > deadline:
                    raise self.sandbox.unavailable() from error
                time.sleep(0.005)
            else:
                self._connections.append(connection)
                return connection

    def _wait_until_ready(self, deadline: float) -> None:
        # Answered on both channels: the subscription has arrived, and no output will be missed.
        ready: set[_Source] = set()
        try:
            while len(ready) < 2:
                request, parts = self._writer.request("kernel_info_request", {})
                self._shell.send(parts)
                until = min(deadline, time.monotonic() + 1)
                while len(ready) < 2 and time.monotonic() < until:
                    ready |= {
                        source for source, message in self._messages(_TICK) if message.parent == request
                    }
                if time.monotonic() >= deadline:
                    raise Disconnected
        except Disconnected as error:
            raise self.sandbox.unavailable() from error

    def _received(self, patience: float, *more: Line) -> list[tuple[_Source, Any]]:
        """Return what has come within `patience` seconds, each with where from. Raises Disconnected."""
        poll = select.poll()
        sources: list[_Source] = [*self._connections, *more]
        for source in sources:
            poll.register(source, select.POLLIN | (select.POLLOUT if source.sending else 0))
        ready = {descriptor for descriptor, _ in poll.poll(patience * 1000)}
        readable = [source for source in sources if source.fileno() in ready]
        for source in readable:
            source.flush()
        return [(source, one) for source in readable for one in source.receive()]

    def _messages(self, patience: float) -> list[tuple[_Source, messages.Message]]:
        """Return Jupyter's messages that have come within `patience` seconds. Raises Disconnected."""
        received = ((source, messages.read(parts)) for source, parts in self._received(patience))
        return [(source, message) for source, message in received if message is not None]

    def execute(
        self, content: dict[str, Any], outputs: Outputs, clock: Clock, seconds: float, is_rest: bool
    ) -> Execution:
        """Return what became of an `execute_request`, within `seconds` of own time.

        `is_rest` says whether these are what is left of the notebook's.
        """
        reply: dict[str, Any] = {}
        idle, wait = False, _Wait(self.sandbox, clock, seconds, is_rest)
        dropped = self._shell.dropped, self._iopub.dropped
        try:
            request, parts = self._writer.request("execute_request", content)
            self._shell.send(parts)
            while not (reply and idle) and wait.goes_on():
                for source, message in self._messages(_TICK):
                    if message.parent != request:
                        continue
                    if source is self._iopub:
                        outputs.take(message)
                        idle |= (
                            message.kind == "status" and message.content().get("execution_state") == "idle"
                        )
                    elif message.kind == "execute_reply" and not reply:
                        found = message.content()
                        if found.get("status") in ("ok", "error", "aborted"):
                            reply = found
                            wait.has_reply()
                if self._shell.dropped > dropped[0] and not reply:
                    return Execution("error", "", outputs.result(), _TOO_LARGE, seconds=clock.own())
        except Disconnected:
            wait.gives_up(self._why_disconnected())
        if self._iopub.dropped > dropped[1]:
            outputs.leave_out()
        if failed := self._failed(wait, outputs):
            return failed
        shown = outputs.result()
        if reply["status"] == "error" and not outputs.raised:
            shown.append(error_output(reply))
        return from_reply(reply, shown, clock.own())

    def question(
        self, text: bytes, outputs: Outputs, clock: Clock, seconds: float, is_rest: bool
    ) -> Execution:
        """Return what became of a question on the line, within `seconds` of own time.

        What the code shows meanwhile is nobody's.
        """
        wait = _Wait(self.sandbox, clock, seconds, is_rest)
        answers: list[bytes] = []
        try:
            identity = self._line.send(text)
            while not answers and wait.goes_on():
                found = self._received(_TICK, self._line)
                answers = [one[1] for source, one in found if source is self._line and one[0] == identity]
        except Disconnected:
            wait.gives_up(self._why_disconnected())
        failed = self._failed(wait, outputs)
        return failed or Execution("ok", seconds=clock.own(), answer=answers[0])

    def _failed(self, wait: _Wait, outputs: Outputs) -> Execution | None:
        """Return what became of a request that took too long or ended the kernel, None for any other."""
        self.condemned = wait.given_up
        if wait.late:
            return Execution("timeout", wait.late, outputs.result(), seconds=wait.clock.own())
        if self.condemned:
            return Execution("crashed", self.condemned, outputs.result(), seconds=wait.clock.own())
        return None

    def _why_disconnected(self) -> str:
        # The connection of a process that ends may be gone a moment before it.
        return ENDED if self.sandbox.wait(0.5) else _SILENT

    def close(self) -> None:
        """Close the connections. May be called again."""
        for connection in self._connections:
            connection.close()
        self._line.close()
