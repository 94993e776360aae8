"""What the naming of a wrong answer depends on: whether names are wanted, and what else was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

_named: ContextVar[bool] = ContextVar("named", default=True)
_refused: ContextVar[list[str] | None] = ContextVar("refused", default=None)


def mistakes_are_named() -> bool:
    """Return whether a test says which mistake a wrong answer is."""
    return _named.get()


@contextmanager
def mistakes_unnamed() -> Iterator[None]:
    """Let tests fail without saying which mistake it is: to find that out takes ten times as long."""
    token = _named.set(False)
    try:
        yield
    finally:
        _named.reset(token)


@contextmanager
def answers_of_one_student(refused: list[str]) -> Iterator[None]:
    """Let the names of functions that are refused in this block be added to `refused`."""
    token = _refused.set(refused)
    try:
        yield
    finally:
        _refused.reset(token)


def refused_before(name: str) -> Sequence[str]:
    """Note that function `name` was refused, and return the functions that were refused before it."""
    refused = _refused.get()
    if refused is None:
        return ()
    before = tuple(other for other in refused if other != name)
    if name not in refused:
        refused.append(name)
    return before
