"""The guest's main loop: a request comes, it is done, the reply goes out."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from . import signals
from .answering import answer, failed, functions
from .channel import REQUEST, Channel
from .shell import Shell
from .streams import Streams

Request = dict[str, Any]


class Server:
    """Does what the host asks, with the shell that was made in the zygote."""

    def __init__(self, connection: socket.socket) -> None:
        """Catch standard output and error, and connect the shell."""
        self._process = os.getpid()
        self._channel = Channel(connection)
        self._shell: Shell = Shell.instance()
        self._streams = Streams(self._channel)
        # the home in which the shell was made is the zygote's
        profile: Any = self._shell.profile_dir
        Path(profile.location).mkdir(parents=True, exist_ok=True)
        self._shell.connect(self._channel, self._streams)
        self._threads = threading.active_count()

    def serve(self) -> None:
        """Serve until the host closes the channel."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            try:
                while True:  # here, so that what a handler raises between two requests is caught as well
                    self._serve_next()
            except ConnectionResetError:
                return
            except BaseException as error:  # of a signal's handler, or the reply is too long
                self._reply(failed(error))

    def _serve_next(self) -> None:
        received: list[tuple[bytes, Any]] = []
        try:
            self._receive(received)
        except BaseException:
            if not received:
                raise
        for kind, request in received:
            if kind == REQUEST:
                self._streams.forget()
                self._reply(self._interruptible(request))

    def _receive(self, received: list[tuple[bytes, Any]]) -> None:
        """Add the next message. Signals wait while it is taken: a handler that raises would lose it."""
        self._channel.wait()
        before = signals.blocked()
        try:
            signals.block_all()
            received.append(self._channel.receive())
        finally:
            signals.set_mask(signal.SIG_SETMASK, before, None)

    def _reply(self, reply: Request) -> None:
        if os.getpid() != self._process:
            os._exit(0)  # a fork that the code made: only the original process replies
        self._streams.flush()
        self._channel.reply(reply)

    def _interruptible(self, request: Request) -> Request:
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                return self._done(request)
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
        except BaseException as error:  # whatever the student's code raises, and an interrupt
            return failed(error)

    def _done(self, request: Request) -> Request:
        if "run" in request:
            reply = self._shell.run(request["run"])
            # what the code has left running may change them
            names = request["names"] if threading.active_count() == self._threads else []
            return reply | {"functions": functions(self._shell.user_ns, names)}
        reply = {"answer": answer(self._shell.user_ns, request, self._channel)}
        # as after a cell; otherwise the next one would show what the call has drawn
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
        return reply
