"""Leaves lines out of a cell that mean something to IPython alone and that decide nothing."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

DISPLAY_OR_RELOADING = (
    "autoreload",
    "colors",
    "config",
    "load_ext",
    "matplotlib",
    "pprint",
    "precision",
    "reload_ext",
    "unload_ext",
    "xmode",
)
"""magics that set how something is shown, or when modules are read again, and bind no name"""
_LINE = re.compile(rf"([ \t]*)%(?:{'|'.join(DISPLAY_OR_RELOADING)})(?:[ \t].*)?")


@lru_cache(maxsize=256)
def without_display_magics(source: str) -> str:
    """Return a cell as plain Python, line by line, without the magics of DISPLAY_OR_RELOADING.

    A cell is returned as it is where it is plain Python already, and where there is more in it that is none.
    """
    lines = source.split("\n")
    while True:
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as error:
            # only where Python refuses it is such a line a magic, and not part of a text or an expression
            number = (error.lineno or 0) - 1
            match = _LINE.fullmatch(lines[number]) if 0 <= number < len(lines) else None
            if match is None:
                return source
            lines[number] = f"{match[1]}pass"
        except ValueError:  # a null character
            return source
        else:
            return "\n".join(lines)
