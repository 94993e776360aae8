"""Importing much at the start of a process."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept() -> Iterator[None]:
    """Have what is imported meanwhile never looked through for garbage, at the end neither: none is."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
