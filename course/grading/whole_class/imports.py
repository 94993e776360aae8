"""Importing much at the start of a process."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept() -> Iterator[None]:
    """Spare what is imported meanwhile all searches for garbage, the one at the end too: it is kept."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
