"""One request to a guest, and how long its reply may take."""

from __future__ import annotations

import select
import signal
from collections.abc import Callable

from course.grading.guest.channel import CALLBACK, OUTPUT
from course.grading.sandbox.channel import SECONDS_TO_WAIT, Channel, Disconnected
from course.grading.sandbox.execution import Clock
from course.grading.sandbox.sandbox import Sandbox

_TICK = 0.1
_TO_STOP = 2.0
"""seconds of own time within which an interrupted guest has to stop"""
ENDED = "The code ended the process that runs the notebook."
_SILENT = (
    "The process that runs the notebook no longer answers: the code closed its connection, or wrote to it."
)


class TimeOut:
    """How long a guest may take: it is interrupted when it is late, and ended when that does not help."""

    def __init__(self, sandbox: Sandbox, clock: Clock, seconds: float, is_rest: bool) -> None:
        """Wait for `seconds` of own time; `is_rest` says whether these are what is left of the notebook's."""
        self.clock = clock
        self.late = ""
        """the message for the student, once the guest was interrupted"""
        self._sandbox = sandbox
        self._limit, self._is_rest = seconds, is_rest
        self._factor = sandbox.limits.patience
        self._deadline, self._widest = seconds, seconds * self._factor
        self._looked = 0.0

    def allows_waiting(self) -> bool:
        """Look now and then; return whether to wait. Raises Disconnected when the guest has ended."""
        if self.clock.wall() - self._looked < _TICK:
            return True
        self._looked = self.clock.wall()
        if self._sandbox.watcher.breach is not None or not self._sandbox.running:
            raise Disconnected
        if self.clock.own() <= self._deadline and self.clock.wall() <= self._widest:
            return True
        if self.late:
            return False
        what, seconds = (
            ("notebook", self._sandbox.limits.notebook) if self._is_rest else ("cell", self._limit)
        )
        self.late = f"The {what} took more than {seconds:g} seconds."
        self._sandbox.send(signal.SIGINT)
        self._deadline = self.clock.own() + _TO_STOP
        self._widest = self.clock.wall() + _TO_STOP * self._factor
        return True


def converse(
    channel: Channel,
    request: bytes,
    time_out: TimeOut,
    show: Callable[[bytes], None],
    call_back: Callable[[bytes], bytes],
) -> bytes | None:
    """Return the reply to a request, None when the guest does not answer in time. Raises Disconnected.

    `show` takes each output meanwhile; `call_back` serves callbacks, whose time does not count.
    """
    poll = select.poll()
    poll.register(channel, select.POLLIN | select.POLLOUT)
    with channel.asking(request):
        while time_out.allows_waiting():
            is_sending = channel.is_sending
            if is_sending:
                poll.poll(SECONDS_TO_WAIT * 1000)
                channel.flush()
            for message in channel.receive(wait=not is_sending):
                if message.kind == OUTPUT:
                    show(message.data)
                elif message.kind == CALLBACK:
                    channel.give_back(time_out.clock.uncounted(call_back, message.data))
                else:
                    return message.data
                del message
    return None


def why_disconnected(sandbox: Sandbox) -> str:
    """Return the message for the student."""
    # The connection of a process that ends may be gone a moment before it.
    return ENDED if sandbox.wait(0.5) else _SILENT
