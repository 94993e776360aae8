"""The conversation with a kernel in a sandbox, whose every word may be forged."""

from __future__ import annotations

import select
import signal
import time
from typing import Any

from course.grading import confinement, messages, zmtp
from course.grading.execution import Clock, Execution, Failure, from_reply
from course.grading.limits import Limits
from course.grading.outputs import Outputs, error_output
from course.grading.sandbox import Sandbox

WIRE = 64 << 20
"""bytes of the largest answer to a question"""
_ENVELOPE = 1 << 20
_TICK = 0.02
# Own seconds which an interrupted kernel has to stop, and one that has answered to hand in the last outputs.
_TO_STOP = 2.0
_TO_FINISH = 2.0
ENDED = "The code ended the process that runs the notebook."
_TOO_LARGE = Failure("ValueError", f"The result is larger than {WIRE >> 20} MiB.")
_SILENT = "The kernel no longer answers: the code closed its connection, or sent what is no message."


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
        try:
            self._shell = self._connect("shell_port", "DEALER", WIRE + _ENVELOPE, deadline)
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
            except (OSError, zmtp.Disconnected) as error:
                if not self.sandbox.running or time.monotonic() > deadline:
                    raise self.sandbox.unavailable() from error
                time.sleep(0.005)
            else:
                self._connections.append(connection)
                return connection

    def _wait_until_ready(self, deadline: float) -> None:
        # Answered on both channels: the subscription has arrived, and no output will be missed.
        ready: set[zmtp.Connection] = set()
        try:
            while len(ready) < 2:
                request, parts = self._writer.request("kernel_info_request", {})
                self._shell.send(parts)
                until = min(deadline, time.monotonic() + 1)
                while len(ready) < 2 and time.monotonic() < until:
                    ready |= {source for source, message in self._receive(_TICK) if message.parent == request}
                if time.monotonic() >= deadline:
                    raise zmtp.Disconnected
        except zmtp.Disconnected as error:
            raise self.sandbox.unavailable() from error

    def _receive(self, patience: float) -> list[tuple[zmtp.Connection, messages.Message]]:
        """Return what has come within `patience` seconds. Raises Disconnected."""
        poll = select.poll()
        for connection in self._connections:
            poll.register(connection, select.POLLIN | (select.POLLOUT if connection.sending else 0))
        ready = {descriptor for descriptor, _ in poll.poll(patience * 1000)}
        readable = [connection for connection in self._connections if connection.fileno() in ready]
        for connection in readable:
            connection.flush()
        received = ((source, messages.read(parts)) for source in readable for parts in source.receive())
        return [(source, message) for source, message in received if message is not None]

    def ask(
        self, content: dict[str, Any], outputs: Outputs, clock: Clock, seconds: float, is_rest: bool
    ) -> Execution:
        """Return what became of an `execute_request`, within `seconds` of own time.

        `is_rest` says whether these are what is left of the notebook's.
        """
        reply: dict[str, Any] = {}
        idle, late, deadline, widest = False, "", seconds, seconds * self._limits.patience
        dropped = self._shell.dropped, self._iopub.dropped
        try:
            request, parts = self._writer.request("execute_request", content)
            self._shell.send(parts)
            looked = 0.0
            while not (reply and idle):
                for source, message in self._receive(_TICK):
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
                            deadline = min(deadline, clock.own() + _TO_FINISH)
                            widest = min(widest, clock.wall() + _TO_FINISH * self._limits.patience)
                if self._shell.dropped > dropped[0] and not reply:
                    return Execution("error", "", outputs.result(), _TOO_LARGE, seconds=clock.own())
                if clock.wall() - looked < _TICK:
                    continue
                looked = clock.wall()
                if self.sandbox.watcher.breach is not None or not self.sandbox.running:
                    raise zmtp.Disconnected
                if clock.own() <= deadline and clock.wall() <= widest:
                    continue
                if reply:
                    break
                if late:
                    self.condemned = late
                    break
                limit = self._limits.notebook if is_rest else seconds
                late = f"The {'notebook' if is_rest else 'cell'} took more than {limit:g} seconds."
                self.sandbox.send(signal.SIGINT)
                deadline = clock.own() + _TO_STOP
                widest = clock.wall() + _TO_STOP * self._limits.patience
        except zmtp.Disconnected:
            self.condemned = late or self._why_disconnected()
        if self._iopub.dropped > dropped[1]:
            outputs.leave_out()
        seconds = clock.own()
        if late:
            return Execution("timeout", late, outputs.result(), seconds=seconds)
        if self.condemned:
            return Execution("crashed", self.condemned, outputs.result(), seconds=seconds)
        shown = outputs.result()
        if reply["status"] == "error" and not outputs.raised:
            shown.append(error_output(reply))
        return from_reply(reply, shown, WIRE, seconds)

    def _why_disconnected(self) -> str:
        # The connection of a process that ends may be gone a moment before it.
        return ENDED if self.sandbox.wait(0.5) else _SILENT

    def close(self) -> None:
        """Close the connections. May be called again."""
        for connection in self._connections:
            connection.close()
