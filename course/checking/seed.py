"""The seed from which the hidden inputs of a grading are drawn.

It comes from the operating system, unless the grader sets it to repeat an earlier grading.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_seed: ContextVar[int | None] = ContextVar("seed", default=None)

LARGEST = 2**53 - 1
"""The largest seed: exact in JSON, and too many to be tried."""


def fresh_seed() -> int:
    """Return a seed nobody can guess, between 0 and LARGEST."""
    return secrets.randbelow(LARGEST + 1)


def grading_seed() -> int:
    """Return the seed of the grading under way; the first call of a process draws it."""
    seed = _seed.get()
    if seed is None:
        seed = fresh_seed()
        _seed.set(seed)
    return seed


@contextmanager
def use_seed(seed: int) -> Iterator[None]:
    """Draw hidden inputs from `seed` within the block."""
    token = _seed.set(seed)
    try:
        yield
    finally:
        _seed.reset(token)
