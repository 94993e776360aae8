"""The kernel of a notebook that is graded: ipykernel's, less what only somebody at a keyboard needs.

Besides Jupyter's channels it has a control channel, on which the grader has cells run, and asks for the
values of names and for calls of functions.
"""

from __future__ import annotations

import ast
import asyncio
import contextvars
import inspect
import json
import os
import socket
import sys
import threading
import uuid
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import zmq
from ipykernel.iostream import OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from IPython.core.application import BaseIPythonApplication
from IPython.core.compilerop import CachingCompiler
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_client.session import DELIM
from tornado.ioloop import IOLoop
from traitlets import Type

from . import answering
from .codec import IDENTITY, LARGEST_ANSWER, LENGTH, LONGEST_REASON, MOST_SHOWN


class _Stream(OutStream):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._sending = threading.RLock()
        super().__init__(*arguments, **options)

    def _in_turn(self) -> AbstractContextManager[Any]:
        # In a process that the code forks, nobody would ever open a lock that was shut.
        is_copy = not self._is_master_process()
        return nullcontext() if is_copy else self._sending

    def _flush(self) -> None:
        with self._in_turn():
            super()._flush()

    def flush(self) -> None:
        """Send what there is at once, and not in the thread that sends now and then.

        A signal's handler that has interrupted a thread as it wrote or sent leaves it to that thread.
        """
        locks: list[Any] = [self._buffer_lock, getattr(self.pub_thread, "sending", None)]
        if not any(lock._is_owned() for lock in locks if lock is not None):
            self._flush()


class _NoSubshells:
    """Stands for the thread that would hand requests to subshells."""

    parent_thread = threading.main_thread()

    def __bool__(self) -> bool:
        return False

    def is_alive(self) -> bool:
        return False


class _Transformer(TransformerManager):
    def do_token_transforms(self, lines: list[str]) -> list[str]:
        """Look for IPython's own syntax only in what is not Python: nearly all cells are."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the compiler will say it
                ast.parse("".join(lines))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            found: list[str] = super().do_token_transforms(lines)
            return found
        return lines


class _Compiler(CachingCompiler):
    # IPython's own: a debugger, for which ipykernel's names each cell, is not there
    def cache(self, *arguments: Any, **options: Any) -> str:
        """Remember a cell, and that no module has its name: tracebacks would look at them all."""
        name: str = super().cache(*arguments, **options)
        inspect.modulesbyfile.update(dict.fromkeys((name, os.path.abspath(name)), ""))  # noqa: PTH100  # faster
        return name


class _Kernel(IPythonKernel):
    # for outputs to overtake the reply, which nobody here minds
    _execute_sleep = 0.0
    _supports_kernel_subshells = False
    compiler_class = Type(_Compiler)  # type: ignore[assignment]  # a class that does as well

    @classmethod
    def instance(cls, **traits: Any) -> _Kernel:
        """Return the instance made in the zygote, with what this process has of its own."""
        kernel: Any = super().instance(**traits)
        if kernel.session is not traits["session"]:
            kernel.ident = str(uuid.uuid4())
            for name, value in traits.items():
                setattr(kernel, name, value)
            kernel._stdout, kernel._stderr = sys.stdout, sys.stderr
            for shown in (kernel.shell.displayhook, kernel.shell.display_pub):
                shown.session, shown.pub_socket = kernel.session, kernel.iopub_socket
            kernel.shell.displayhook.topic = kernel._topic("execute_result")
        made: _Kernel = kernel
        return made


class Kernel(IPKernelApp):
    """The application: prepared once, in the zygote, and initialized in each process forked from it.

    `channel` is the socket on which the grader asks.
    """

    kernel_class = _Kernel
    channel: socket.socket
    _cell = b""
    """the identity of the question that asks for the cell"""
    _shown = 0
    """messages about the cell on the channel of outputs"""

    def parse_command_line(self, argv: Any = None) -> None:
        """Do nothing: there is no command line, and making the parser takes as long as all the sockets."""

    def prepare(self) -> None:
        """Make the kernel and its shell; it has no sockets, threads or files of its own yet.

        To be called where the kernels' working folder will be: the shell remembers where it began.
        """
        BaseIPythonApplication.initialize(self, [])
        app: Any = self
        app.init_pdb()
        traits = {"session": None, "log": self.log, "profile_dir": self.profile_dir, "user_ns": self.user_ns}
        app.kernel = _Kernel.instance(parent=self, **traits)
        app.init_path()
        app.init_shell()
        app.init_gui_pylab()
        app.init_extensions()
        app.init_code()
        shell = app.shell
        transformer: Any = _Transformer
        shell.input_transformer_manager = transformer()
        shell.should_run_async = partial(_runs_async, shell.should_run_async)
        shell._format_exception_for_storage = partial(_as_shown, shell, shell._format_exception_for_storage)
        home = Path(self.ipython_dir)
        self._folders = [home, *sorted(path for path in home.rglob("*") if path.is_dir())]

    def initialize(self, argv: Any = None) -> None:
        """Do the rest of what ipykernel does: all that forks must not share."""
        # The shell was made in the zygote's home; this is another.
        for folder in self._folders:
            folder.mkdir()
        app: Any = self
        app.init_connection_file()
        app.init_sockets()
        app.init_heartbeat()
        app.log_connection_info()
        app.init_io()
        app.init_signal()
        app.init_kernel()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()

    def init_io(self) -> None:
        """Replace standard output and error."""
        module = ModuleType("course_streams")
        module.Stream = _Stream  # type: ignore[attr-defined]  # the trait is the name of something to import
        sys.modules[module.__name__] = module
        self.outstream_class = f"{module.__name__}.Stream"
        super().init_io()

    def init_control(self, context: zmq.Context[Any]) -> None:
        """Open the control channel; requests on the shell channel go to the main thread directly."""
        super().init_control(context)
        self.shell_channel_thread = _NoSubshells()

    def init_iopub(self, context: zmq.Context[Any]) -> None:
        """Open the channel of outputs; the thread that has a message sends it, one at a time."""
        super().init_iopub(context)
        # A thread's first message to the one that sends takes descriptors, and they may run out.
        self.iopub_thread.schedule(lambda: None)
        thread: Any = self.iopub_thread
        # Its owner is known at every point, at any of which a signal's handler may run.
        sending: Any = threading.RLock()
        waiting: deque[tuple[list[Any], dict[str, Any]]] = deque()
        thread.sending = sending

        def send(parts: list[Any], **options: Any) -> None:
            waiting.append((parts, options))
            if sending._is_owned():
                return  # a signal's handler, in the middle of what it has interrupted
            while True:
                with sending:  # even when none waits: another thread may be sending this one
                    while waiting:
                        message, how = waiting.popleft()
                        self._shown += _is_about(message, self._cell)
                        thread._really_send(message, **how)
                if not waiting:  # a handler may leave one when all seem to be gone
                    return

        thread.send_multipart = send

    def init_kernel(self) -> None:
        """Connect the kernel, and listen to the control channel."""
        super().init_kernel()
        self._process = os.getpid()
        # What a cell sets in it, as NumPy's treatment of errors, holds for the cells that follow.
        self._context = contextvars.copy_context()
        self._running: asyncio.Task[None] | None = None
        IOLoop.current().add_handler(self.channel.fileno(), lambda *_: self._asked(), IOLoop.READ)

    def _asked(self) -> None:
        self._end_if_forked()
        try:
            size = int.from_bytes(self._exactly(LENGTH))
            identity, question = self._exactly(IDENTITY), self._exactly(size - IDENTITY)
        except OSError:
            IOLoop.current().remove_handler(self.channel.fileno())
            return
        asked = json.loads(question)
        if "run" in asked:
            running = self._run(identity, asked["run"], bool(asked.get("sign")))
            self._running = asyncio.get_running_loop().create_task(running, context=self._context)
        else:
            self._reply(identity, self._interruptible(asked))

    async def _run(self, identity: bytes, source: str, sign: bool) -> None:
        """Run a cell; answer with the number of messages about it on the channel of outputs.

        If there are many, of which ZeroMQ may lose some, or if `sign` is true, a last message says "idle".
        """
        kernel: Any = self.kernel
        self._cell, self._shown = identity.hex().encode(), 0
        kernel.set_parent([], {"header": {"msg_id": identity.hex()}})
        try:
            kernel.pre_handler_hook()
            try:
                if _may_await(source):
                    reply = await kernel.do_execute(source, silent=False, allow_stdin=False)
                else:
                    reply = _executed(kernel, source)
            finally:
                kernel.post_handler_hook()
            for stream in filter(None, (sys.stdout, sys.stderr)):  # which the code may have taken away
                stream.flush()
        except BaseException as error:  # an interrupt where it is not the cell that gets it
            reply = {"status": "error", "ename": type(error).__name__}
        self._end_if_forked()
        shown: int | None = self._shown
        if sign or self._shown > MOST_SHOWN:
            shown = None
            kernel._publish_status("idle", "shell")
        self._reply(identity, _told(reply, shown))

    def _reply(self, identity: bytes, reply: bytes) -> None:
        self._end_if_forked()
        self.channel.sendall((IDENTITY + len(reply)).to_bytes(LENGTH) + identity + reply)

    def _end_if_forked(self) -> None:
        # A process that the code has forked would go on as a second kernel here.
        if os.getpid() != self._process:
            os._exit(0)

    def _exactly(self, size: int) -> bytes:
        data = self.channel.recv(size, socket.MSG_WAITALL)
        if len(data) < size:
            raise ConnectionResetError
        return data

    def _interruptible(self, question: dict[str, Any]) -> bytes:
        kernel: Any = self.kernel
        try:
            kernel.pre_handler_hook()
            try:
                return self._answered(question)
            finally:
                kernel.post_handler_hook()
        except BaseException as error:  # whatever the student's code raises, and an interrupt at any point
            return _failed(error)

    def _answered(self, question: dict[str, Any]) -> bytes:
        shell: Any = self.shell
        reply = json.dumps({"answer": answering.answer(shell.user_ns, question)}).encode()
        # As after a cell; otherwise the next one would show what the call has drawn.
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
        if len(reply) > LARGEST_ANSWER - IDENTITY:
            raise MemoryError(f"The result is larger than {LARGEST_ANSWER >> 20} MiB.")
        return reply


def _may_await(source: str) -> bool:
    """Whether code may have to await at its top level; these keywords can be written in no other way."""
    return "await" in source or "async" in source


def _runs_async(asked: Callable[..., bool], raw_cell: str, **found: Any) -> bool:
    # IPython would compile each cell once more to know.
    return _may_await(found.get("transformed_cell") or "") and asked(raw_cell, **found)


def _as_shown(
    shell: Any, formatted: Callable[..., Any], exception: BaseException, *how: Any, **named: Any
) -> Any:
    # A cell's history tells of an error what the cell has just shown: IPython would make it all again.
    if shell._last_traceback is None:
        return formatted(exception, *how, **named)
    return {"ename": type(exception).__name__, "evalue": str(exception), "traceback": shell._last_traceback}


def _executed(kernel: Any, source: str) -> dict[str, Any]:
    """Run a cell that awaits nothing, without what ipykernel does to find that out."""
    shell = kernel.shell
    kernel._forward_input(allow_stdin=False)
    try:
        result = shell.run_cell(source, store_history=True)
    finally:
        kernel._restore_input()
    shell.payload_manager.clear_payload()
    reply: dict[str, Any] = {"status": "ok", "execution_count": shell.execution_count - 1}
    if not result.success or shell._last_traceback_during_displayhook:
        error = result.error_before_exec or result.error_in_exec
        reply |= {"status": "error", "ename": type(error).__name__, "evalue": str(error)}
    return reply


def _is_about(parts: list[Any], cell: bytes) -> bool:
    """Whether a message of Jupyter's, as it goes out, names this cell as its parent."""
    return DELIM in parts and cell in bytes(parts[parts.index(DELIM) + 3])


def _told(reply: dict[str, Any], shown: int | None) -> bytes:
    """Return the answer about a cell that was run; the whole traceback is among its outputs."""
    name, message = (reply.get(field, "")[:LONGEST_REASON] for field in ("ename", "evalue"))
    told = {field: reply[field] for field in ("status", "execution_count") if field in reply}
    error = {"ename": name, "evalue": message, "traceback": [f"{name}: {message}"]}
    return json.dumps({**told, **error, "shown": shown}).encode()


def _failed(error: BaseException) -> bytes:
    try:
        told = str(error)
    except Exception:
        told = ""
    return json.dumps({"error": [type(error).__name__, told[:LONGEST_REASON]]}).encode()
