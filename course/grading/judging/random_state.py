"""Hands the state of `random` and of NumPy's global generator to the student's process when a test sets it."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from course.grading.guest import codec

_SETTERS = {"seed", "set_state", "setstate"}


@lru_cache(maxsize=256)
def sets_seed(source: str) -> bool:
    """Return whether a test sets the state of a generator, as by `np.random.seed(0)`."""
    nodes = list(ast.walk(ast.parse(source)))
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    names |= {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    return not names.isdisjoint(_SETTERS)


def with_random_state(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Return `ask` such that a question brings the state of the generators here, if it is another by now.

    Between two calls without a new seed the student's code goes on with its own numbers, as in a notebook.
    """
    before = _state()

    def asking(question: dict[str, Any], *more: Any) -> Any:
        nonlocal before
        now = _state()
        if now != before:
            question, before = {**question, "random": now}, now
        return ask(question, *more)

    return asking


def _state() -> codec.Node:
    return codec.encode((random.getstate(), np.random.get_state()))  # noqa: NPY002  # what tests set
