"""Whether a wrong answer is compared with the named mistakes: not where wrong answers are only counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_named: ContextVar[bool] = ContextVar("named", default=True)


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
