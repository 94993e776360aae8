"""The shell that runs a student's cells: IPython's own, whose outputs are messages on the control channel."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import contextvars
import getpass
import inspect
import os
import re
import sys
import traceback as tracebacks
from collections.abc import Coroutine
from typing import Any

from IPython.core import page
from IPython.core.async_helpers import get_asyncio_loop
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.ultratb import AutoFormattedTB
from traitlets import Any as AnyTrait
from traitlets import Bool, Instance, Type

from . import magics
from .answering import described
from .channel import OUTPUT
from .formatting import Formatter

LAST = ("last_type", "last_value", "last_traceback")
"""where Python and `%tb` keep the last exception"""
_MAKES_TASKS = re.compile(
    r"\b(?:create_task|ensure_future|get_running_loop|get_event_loop|current_task|all_tasks)\b"
)
"""what works inside of the event loop only, or is another thing outside"""
_RUNS_LOOP = re.compile(r"\basyncio\.run\(|\brun_until_complete\b")
"""what works outside of the event loop only"""
_MAY_BE_MAGIC = re.compile(r"[%!?]|\A\s*[,;/]")


class Publisher(DisplayPublisher):
    """Sends what a cell displays."""

    shell: Shell

    def publish(  # type: ignore[override]  # IPython's has an argument that it ignores
        self, data: Any, metadata: Any = None, *, transient: Any = None, update: bool = False, **_: Any
    ) -> None:
        """Send a MIME bundle; with `update` it replaces what has the same `display_id`."""
        kind = "update_display_data" if update else "display_data"
        self.shell.send(kind, data=data, metadata=metadata or {}, transient=transient or {})

    def clear_output(self, wait: bool = False) -> None:
        """Send that the outputs so far are to go, with `wait` when the next one comes."""
        self.shell.send("clear_output", wait=wait)


class Hook(DisplayHook):
    """Sends the value of a cell's last expression."""

    shell: Shell

    def write_output_prompt(self) -> None:
        """Write no prompt."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """Send the value in all its representations."""
        count = self.prompt_count
        self.shell.send("execute_result", data=format_dict, metadata=md_dict or {}, execution_count=count)


class InputTransformer(TransformerManager):
    """Takes cells apart where there may be a magic only, since it takes half a millisecond."""

    def do_token_transforms(self, lines: Any) -> Any:
        """Return the lines of a cell as Python."""
        return super().do_token_transforms(lines) if any(map(_MAY_BE_MAGIC.search, lines)) else lines


class Tracebacks(AutoFormattedTB):
    """Formats an exception once: IPython asks for it to show it, and again for its history."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.forget()

    def forget(self) -> None:
        """Format the next exception even if it is the last one."""
        self._error: Any = None
        self._options: Any = None
        self._lines: list[str] = []

    def structured_traceback(
        self, etype: Any = None, evalue: Any = None, etb: Any = None, tb_offset: Any = None, context: int = 5
    ) -> list[str]:
        """Return the lines that show an exception."""
        offset = self.tb_offset if tb_offset is None else tb_offset
        options = id(etb), offset, context, self.mode
        if evalue is None or evalue is not self._error or options != self._options:
            _belong_to_no_module(etb)
            self._lines = super().structured_traceback(etype, evalue, etb, tb_offset, context)
            self._error, self._options = evalue, options
        return self._lines


def _belong_to_no_module(traceback: Any) -> None:
    """Tell `inspect` that no module holds the code of cells, or it looks at all modules for each frame."""
    known: Any = inspect
    for frame, _ in tracebacks.walk_tb(traceback):
        if frame.f_globals.get("__name__") == "__main__":
            known.modulesbyfile.setdefault(os.path.abspath(frame.f_code.co_filename), "")  # noqa: PTH100  # as there


class EndOfCell(BaseException):
    """`exit()` in a cell: it ends nothing else."""

    def __str__(self) -> str:
        return "exit() or quit() was called"

    def _render_traceback_(self) -> list[str]:
        return []


EndOfCell.__name__ = "SystemExit"  # what the student has called, in Python's own words


def _no_input(prompt: object = "") -> str:
    raise RuntimeError("Nobody can answer input() while the notebook is graded.")


def _no_debugger(*_: object, **__: object) -> None:
    """Do nothing at a `breakpoint()`, as where no debugger is open beside a notebook."""


def run_in_loop(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a cell that awaits; what it sets of context variables (np.seterr does) stays set.

    A cell that is interrupted ends then: it does not go on in the loop of a later one.
    """
    loop = get_asyncio_loop()
    context = contextvars.copy_context()
    cell = loop.create_task(coroutine, context=context)
    try:
        result = loop.run_until_complete(cell)
        if asyncio.all_tasks(loop):
            loop.run_until_complete(asyncio.sleep(0))  # what the cell has left running begins
        return result
    except BaseException:
        if cell.cancel():
            with contextlib.suppress(BaseException):  # what the cell, or a task that it awaits, raises now
                loop.run_until_complete(cell)
        raise
    finally:
        for variable, value in context.items():
            variable.set(value)


class Shell(InteractiveShell):
    """Made once, in the zygote; connected in each process that is forked from it."""

    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)
    input_transformer_manager = Instance(InputTransformer, ())
    InteractiveTB: Tracebacks
    streams: Any = AnyTrait()
    channel: Any = AnyTrait()
    failure: Any = AnyTrait()
    makes_tasks = Bool(False)
    """whether the notebook leaves tasks running, which go on in every cell"""

    def init_hooks(self) -> None:
        """Show pages among the outputs."""
        super().init_hooks()
        self.set_hook("show_in_pager", page.as_hook(page.display_page), 99)

    def init_alias(self) -> None:
        """Add Jupyter's magics, of which aliases have taken some names."""
        super().init_alias()
        magics.register(self)

    def init_display_formatter(self) -> None:
        """Format figures so that pages can show them."""
        self.display_formatter = Formatter(parent=self)
        configurables: list[Any] = self.configurables
        configurables.append(self.display_formatter)

    def init_traceback_handlers(self, custom_exceptions: Any) -> None:
        """Show exceptions as IPython does."""
        super().init_traceback_handlers(custom_exceptions)
        self.InteractiveTB = Tracebacks(mode=self.xmode, theme_name=self.colors, tb_offset=1)

    def should_run_async(self, raw_cell: str, *, transformed_cell: Any = None, **others: Any) -> bool:
        """Return whether a cell awaits or makes tasks, as those after it may; IPython compiles every cell."""
        code = transformed_cell or raw_cell
        if _RUNS_LOOP.search(code):
            return False
        self.makes_tasks |= _MAKES_TASKS.search(code) is not None
        if self.makes_tasks:
            return True
        return ("await" in code or "async" in code) and super().should_run_async(
            raw_cell, transformed_cell=transformed_cell, **others
        )

    def enable_gui(self, gui: Any = None) -> None:
        """Do nothing: figures are shown inline."""

    def ask_exit(self) -> None:
        """End the cell."""
        raise EndOfCell

    def connect(self, channel: Any, streams: Any) -> None:
        """Use a process's own channel."""
        self.channel, self.streams = channel, streams
        self.loop_runner = run_in_loop
        builtins.input = _no_input
        getpass.getpass = _no_input  # type: ignore[assignment]  # it never returns
        sys.breakpointhook = _no_debugger

    def send(self, kind: str, **content: Any) -> None:
        """Send an output, as a notebook stores it, after all text written before."""
        self.streams.flush()
        self.channel.send(OUTPUT, {"kind": kind, **content})

    def run(self, source: str) -> dict[str, Any]:
        """Run a cell; return the reply: its status, its number, and the exception that ended it."""
        self.failure = None
        self.InteractiveTB.forget()
        result = self.run_cell(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        if error is None and self.failure is not None:  # while its value was shown
            error = self.failure
        count = self.execution_count - 1
        if error is None or isinstance(error, EndOfCell):
            return {"status": "ok", "count": count}
        return {"status": "error", "count": count, "error": described(error)}

    def showtraceback(
        self,
        exc_tuple: Any = None,
        filename: str | None = None,
        tb_offset: int | None = None,
        exception_only: bool = False,
        running_compiled_code: bool = False,
    ) -> None:
        """Send an exception as IPython shows it, by default the one that is being handled."""
        kind: Any
        kind, error, traceback = exc_tuple or sys.exc_info()
        if error is None:
            kind, error, traceback = (
                getattr(sys, f"last_{name}", None) for name in ("type", "value", "traceback")
            )
        self.failure = error
        if error is None or isinstance(error, EndOfCell):
            return
        for name, value in zip(LAST, (kind, error, traceback), strict=True):
            setattr(sys, name, value)
        if isinstance(error, SyntaxError):
            self.showsyntaxerror(filename, running_compiled_code)
        elif isinstance(error, UsageError):
            self.show_usage_error(error)
        else:
            self._send_error(error, self._lines(kind, error, traceback, tb_offset, exception_only))

    def _lines(
        self, kind: Any, error: Any, traceback: Any, offset: int | None, exception_only: bool
    ) -> list[str]:
        if exception_only:
            hint = "An exception has occurred, use %tb to see the full traceback.\n"
            return [hint, *self.InteractiveTB.get_exception_only(kind, error)]
        try:
            if hasattr(error, "_render_traceback_"):  # how an exception shows itself, as IPython has it
                return list(error._render_traceback_())
            if _has_group(error):  # whose parts IPython does not show
                return tracebacks.format_exception(error)
            shown = self.InteractiveTB.structured_traceback(kind, error, traceback, tb_offset=offset)
        except Exception:
            return [f"{name}: {message}" for name, message in [described(error)]]
        return list(shown)

    def showsyntaxerror(self, filename: str | None = None, running_compiled_code: bool = False) -> None:
        """Send a syntax error: without a traceback where it is the cell that cannot be compiled."""
        kind: Any
        kind, error, traceback = sys.exc_info()
        self.failure = error
        if filename and isinstance(error, SyntaxError):
            error.filename = filename
        frames: Any = tracebacks.extract_tb(traceback) if running_compiled_code else []
        self._send_error(error, self.SyntaxTB.structured_traceback(kind, error, frames))

    def _send_error(self, error: Any, lines: list[str]) -> None:
        name, message = described(error)
        self.send("error", ename=name, evalue=message, traceback=lines)


Shell.__name__ = "ZMQInteractiveShell"  # by this name code finds out that it is in a notebook


def _has_group(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, BaseExceptionGroup):
        error = error.__context__
    return error is not None
