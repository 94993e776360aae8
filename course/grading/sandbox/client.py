"""Asks a kernel in a sandbox, and reads its replies without trust."""

from __future__ import annotations

import json
import math
import secrets
import select
import signal
import time
from typing import Any

from course.grading.sandbox import confinement, messages, zmtp
from course.grading.sandbox.channel import ControlChannel, Disconnected
from course.grading.sandbox.execution import Clock, Execution, from_reply
from course.grading.sandbox.outputs import Outputs, error_output
from course.grading.sandbox.sandbox import Sandbox

_ENVELOPE = 1 << 20
_TICK = 0.1
# Own seconds which an interrupted kernel has to stop, and one that has answered to hand in the last outputs.
_TO_STOP = 2.0
_TO_FINISH = 2.0
ENDED = "The code ended the process that runs the notebook."
_SILENT = "The kernel no longer answers: the code closed its connection, or sent what is no message."


class _Wait:
    """How long a kernel may take: it is interrupted when it is late, and given up when that does not help."""

    def __init__(self, sandbox: Sandbox, clock: Clock, seconds: float, is_rest: bool) -> None:
        self.clock = clock
        self.late = ""
        """which limit it passed, for which it was interrupted; empty if none"""
        self.given_up = ""
        """why it will not be asked again"""
        self._sandbox = sandbox
        self._limit, self._is_rest = seconds, is_rest
        self._patience = sandbox.limits.patience
        self._deadline, self._widest = seconds, seconds * self._patience
        self._has_reply = False
        self._looked = 0.0

    def has_reply(self) -> None:
        """Record that the reply is here, and only the last outputs are missing."""
        self._has_reply = True
        self._deadline = min(self._deadline, self.clock.own() + _TO_FINISH)
        self._widest = min(self._widest, self.clock.wall() + _TO_FINISH * self._patience)

    def gives_up(self, reason: str) -> None:
        """Record why there will be no answer."""
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
        """why the kernel will not be asked again; empty while it may be. Such a kernel has to be killed"""
        deadline = time.monotonic() + sandbox.limits.startup
        sandbox.start(confinement.connection_file(secrets.token_hex(32)))
        self._channel = ControlChannel(sandbox.channel)
        try:
            self._iopub = self._subscription(deadline)
        except BaseException:
            self._channel.close()
            raise
        try:
            self._wait_until_ready(deadline)
        except BaseException:
            self.close()
            raise

    def _subscription(self, deadline: float) -> zmtp.Subscription:
        path = f"/proc/self/fd/{self.sandbox.sockets}/k-{confinement.PORTS['iopub_port']}"
        while True:
            try:
                return zmtp.Subscription(path, 4 * self.sandbox.limits.output + _ENVELOPE, deadline)
            except (OSError, Disconnected) as error:
                if not self.sandbox.running or time.monotonic() > deadline:
                    raise self.sandbox.unavailable() from error
                time.sleep(0.005)

    def _wait_until_ready(self, deadline: float) -> None:
        # An empty cell that has shown something: the subscription has arrived, and no output will be missed.
        try:
            while time.monotonic() < deadline:
                identity = self._channel.send(b'{"run": "", "sign": true}')
                until = min(deadline, time.monotonic() + 1)
                while time.monotonic() < until:
                    answers, shown = self._received(_TICK, identity)
                    if shown:
                        return
                    if answers:
                        break
        except Disconnected as error:
            raise self.sandbox.unavailable() from error
        raise self.sandbox.unavailable()

    def _received(self, patience: float, identity: bytes) -> tuple[list[bytes], list[messages.Message]]:
        """Return what has come within `patience` seconds: answers to this question, and what it has shown.

        Raises Disconnected.
        """
        poll = select.poll()
        poll.register(self._channel, select.POLLIN | (select.POLLOUT if self._channel.sending else 0))
        poll.register(self._iopub, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(patience * 1000)}
        answers: list[bytes] = []
        shown: list[messages.Message] = []
        if self._channel.fileno() in ready:
            self._channel.flush()
            answers = [text for whose, text in self._channel.receive() if whose == identity]
        if self._iopub.fileno() in ready:
            read = map(messages.read, self._iopub.receive())
            shown = [message for message in read if message and message.parent == identity.hex()]
        return answers, shown

    def execute(self, code: str, outputs: Outputs, clock: Clock, seconds: float, is_rest: bool) -> Execution:
        """Return what became of a cell, within `seconds` of own time.

        `is_rest` says whether these are what is left of the notebook's.
        """
        reply: dict[str, Any] = {}
        idle, wait = False, _Wait(self.sandbox, clock, seconds, is_rest)
        missing: float = math.inf
        dropped = self._iopub.dropped
        try:
            identity = self._channel.send(json.dumps({"run": code}).encode())
            taken = 0
            while wait.goes_on():
                answers, shown = self._received(_TICK, identity)
                for message in shown:
                    outputs.take(message)
                    idle |= message.kind == "status" and message.content().get("execution_state") == "idle"
                taken += len(shown)
                if answers and not reply:
                    reply = messages.json_object(answers[0])
                    if reply.get("status") not in ("ok", "error"):
                        raise Disconnected
                    if type(reply.get("shown")) is int:
                        missing = reply["shown"]
                    wait.has_reply()
                if reply and (idle or taken + self._iopub.dropped - dropped >= missing):
                    break
        except Disconnected:
            wait.gives_up(self._why_disconnected())
        if self._iopub.dropped > dropped:
            outputs.leave_out()
        if failed := self._failed(wait, outputs):
            return failed
        kept = outputs.result()
        if reply["status"] == "error" and not outputs.raised:
            kept.append(error_output(reply))
        return from_reply(reply, kept, clock.own())

    def question(
        self, text: bytes, outputs: Outputs, clock: Clock, seconds: float, is_rest: bool
    ) -> Execution:
        """Return what became of a question on the control channel, within `seconds` of own time.

        Outputs of the code meanwhile are dropped.
        """
        wait = _Wait(self.sandbox, clock, seconds, is_rest)
        answers: list[bytes] = []
        try:
            identity = self._channel.send(text)
            while not answers and wait.goes_on():
                answers, _ = self._received(_TICK, identity)
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
        self._iopub.close()
        self._channel.close()
