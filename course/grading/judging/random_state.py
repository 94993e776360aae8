"""Shares the state of the global generators with the student's process, for tests that set a seed."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from course.grading.guest import codec
from course.grading.judging.proxies import no_answer

_SETTERS = {"seed", "set_state", "setstate"}
_WORDS = 624
"""of the Mersenne Twister's state"""


@lru_cache(maxsize=256)
def sets_seed(source: str) -> bool:
    """Return whether a test sets the state of a generator, as by `np.random.seed(0)`."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # told when the test is run
        return False
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    names |= {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    return not names.isdisjoint(_SETTERS)


def with_random_state(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Return `ask` such that test and student's code draw from the same numbers, as within one process."""

    def asking(question: dict[str, Any], *more: Any) -> Any:
        state = codec.encode((random.getstate(), np.random.get_state()))  # noqa: NPY002  # what tests set
        match ask({**question, "random": state}, *more):
            case {"value": value, "random": node}:
                _go_on_from(node)
                return value
        raise no_answer()

    return asking


def _go_on_from(node: Any) -> None:
    """Set the state that an answer tells, which may be anything. Raises StudentError."""
    try:
        match codec.Decoder().decode(node):
            # NumPy does not look at the position, from which it reads memory
            case (own, (str(), np.ndarray(shape=(624,)), int(place), _, _) as numpys) if 0 <= place <= _WORDS:
                random.setstate(own)
                np.random.set_state(numpys)  # noqa: NPY002  # as above
                return
    except (codec.CodecError, ValueError, TypeError, OverflowError):
        pass
    raise no_answer()
