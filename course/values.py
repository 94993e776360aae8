"""Copies and comparisons of plain data: arrays, numbers, and lists of them."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import numpy as np


def clone(value: Any) -> Any:
    """Return an independent copy; arrays keep their memory order, strided ones stay strided."""
    if isinstance(value, np.ndarray):
        if value.flags.c_contiguous or value.flags.f_contiguous:
            return value.copy(order="K")
        return strided(value)
    if isinstance(value, (list, tuple)):
        return type(value)(clone(item) for item in value)
    if type(value) is partial:  # with the data bound in it
        return partial(value.func, *clone(value.args), **copy.deepcopy(value.keywords))
    return value if type(value) in (int, float, str) else copy.deepcopy(value)


def is_data(value: Any) -> bool:
    """Return whether a value is arrays, numbers and texts alone, however nested in lists."""
    if isinstance(value, (list, tuple)):
        return all(map(is_data, value))
    return isinstance(value, (np.ndarray, int, float, str))


def strided(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a copy with gaps between the entries, as every second one of a larger array is."""
    larger = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    larger[..., ::2] = array
    return larger[..., ::2]


def unchanged(before: Any, after: Any) -> bool:
    """Return whether `after` equals `before` to the last bit, containers included."""
    if type(before) is not type(after):
        return False
    if isinstance(before, np.ndarray):
        if before.shape != after.shape or before.dtype != after.dtype:
            return False
        return bool(before.tobytes() == after.tobytes())
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(unchanged, before, after))
    if isinstance(before, dict):
        return unchanged(list(before.items()), list(after.items()))
    if isinstance(before, set):
        return bool(before == after)
    if isinstance(before, (int, float, str, type(None))):
        return repr(before) == repr(after)
    if isinstance(before, partial):
        # a list bound in it records its calls, and may grow
        return before.func is after.func and all(
            isinstance(a, list) or unchanged(a, b) for a, b in zip(before.args, after.args, strict=True)
        )
    return True


def shares_memory(a: Any, b: Any) -> bool:
    """Return whether an array in `a` shares memory with one in `b`, however nested in lists."""
    return any(np.shares_memory(x, y) for x in arrays(a) for y in arrays(b))


def arrays(value: Any) -> list[np.ndarray[Any, Any]]:
    """Return the arrays in a result or an argument list, however nested in lists."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, (list, tuple)):
        return [a for item in value for a in arrays(item)]
    return []
