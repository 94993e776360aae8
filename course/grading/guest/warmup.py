"""The warm-up of the zygote: does once what takes longer the first time, so that its forks need not."""

from __future__ import annotations

import gc
import io
import sys
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import stack_data
from matplotlib import font_manager, pyplot
from matplotlib.mathtext import MathTextParser
from pygments.formatters.terminal256 import (  # type: ignore[import-untyped]  # it has no types
    Terminal256Formatter,
)
from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]  # as above

from course.figures import single
from course.gradcheck import relative_error


def faster_tracebacks() -> None:
    """Keep what IPython and its libraries would make again for each traceback."""
    _compile_lexer()
    _cache_styles()


def warm_up(shell: Any) -> None:
    """Do once what takes longer the first time: drawing, showing an error.

    Raises RuntimeError if a font stays open: forks would share its position in the file.
    """
    before = _open_descriptors()
    gc.freeze()  # nothing of what is imported is garbage, and looking for it takes a tenth of the start
    _draw()
    _show_errors(shell.InteractiveTB)
    gc.collect()
    if _open_descriptors() > before:
        raise RuntimeError("Matplotlib keeps a font open.")


def _compile_lexer() -> None:
    # Each frame makes a lexer class of its own, which would compile all regular expressions again.
    lexer: Any = PythonLexer
    compiled: list[Any] = []

    def process(kind: Any, name: str, rules: Any = None) -> Any:
        is_plain = kind.__bases__ == (PythonLexer,) and "tokens" not in vars(kind)
        if is_plain and compiled:
            return compiled[0]
        tokens = type(kind).process_tokendef(kind, name, rules)
        compiled.extend([tokens] if is_plain else ())
        return tokens

    lexer.process_tokendef = classmethod(process)


def _cache_styles() -> None:
    # Each traceback makes the same style anew, and looks for the terminal's nearest colours.
    styles: dict[tuple[Any, ...], dict[str, tuple[str, str]]] = {}
    set_up: Any = Terminal256Formatter._setup_styles

    def keep(formatter: Any) -> None:
        kind = (formatter.style, formatter.usebold, formatter.useunderline, formatter.useitalic)
        if kind not in styles:
            set_up(formatter)
            styles[kind] = formatter.style_string
        formatter.style_string = dict(styles[kind])

    formatters: Any = Terminal256Formatter
    formatters._setup_styles = keep
    frames: Any = stack_data
    frames.style_with_executing_node = lru_cache(frames.style_with_executing_node)


def _draw() -> None:
    for log in ("", "xy"):
        figure, axes = single(4, 3, "title", log=log)
        axes.plot([1, 10], [1, 10], label="η")
        axes.set(xlabel="x", ylabel="y")
        axes.legend()
        figure.savefig(io.BytesIO(), format="png")
        pyplot.close(figure)
        del figure, axes
    fonts: Any = font_manager
    texts: Any = MathTextParser
    fonts._get_font.cache_clear()
    texts._parse_cached.cache_clear()


def _show_errors(tracebacks: Any) -> None:
    # Common ones, a misspelt name and another shape: a module's source is read and parsed to show them.
    for mistake in (lambda: attrgetter("misspelt")(np), lambda: relative_error(np.ones(1), np.ones(2))):
        try:
            mistake()
        except Exception:  # of a hidden module it is ImportError
            tracebacks.structured_traceback(*sys.exc_info())
        tracebacks.forget()


def _open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
