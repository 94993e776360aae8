"""Lets `inspect.getsource` show the source of a function that lives in the student's process."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from types import FunctionType
from typing import Any


def stand_in(name: str, source: str) -> Callable[..., Any]:
    """Return a function that does nothing and whose source is that of the student's function `name`.

    The source is text here: nothing of it is compiled or run.
    """
    place = f"<the student's {name}>"
    linecache.cache[place] = len(source), None, source.splitlines(keepends=True), place
    code = _nothing.__code__.replace(co_filename=place, co_firstlineno=1, co_name=name)
    return FunctionType(code, {}, name)


def _nothing(*args: Any, **keywords: Any) -> None:
    return None
