"""Suspects of a result that is nearly right that something was rounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEW_DIGITS = (
    "the result is right to a few digits only: is something rounded, cut off, or computed in float32, is a "
    "small number added, or a difference taken with a large step?"
)
NEAR = 1e-4
"""the largest difference, relative to the largest number beside it, of a result that is nearly right"""


def suspicion(pairs: Sequence[tuple[Any, Any]], with_few_digits: bool) -> str | None:
    """Return what the normalised wrong results suggest beside the right ones, or None."""
    wrong = [next(_wrong(got, want), None) for got, want in pairs]
    arrays = [pair for pair in wrong if pair]
    if len(arrays) < len(wrong):
        return None
    some = any(np.any(np.nan_to_num(got)) for got, _ in arrays)
    for decimals in range(2, 11):
        if some and all(_rounded(got, want, decimals) for got, want in arrays):
            return f"the numbers are rounded to {decimals} decimals: return them as they are computed"
    return FEW_DIGITS if with_few_digits and all(_near(got, want) for got, want in arrays) else None


def _wrong(got: Any, want: Any) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield the arrays in a result that are not right, which are those that differ much for rounding."""
    if isinstance(want, (list, tuple)):
        for item, right in zip(got, want, strict=True):
            yield from _wrong(item, right)
    elif not isinstance(want, str):
        numbers, right = np.asarray(got, float), np.asarray(want, float)
        if not np.allclose(numbers, right, rtol=1e-9, atol=1e-13, equal_nan=True):
            yield numbers, right


def _rounded(got: NDArray[Any], want: NDArray[Any], decimals: int) -> bool:
    right = np.round(want, decimals)
    return np.allclose(got, right, rtol=1e-13, atol=0, equal_nan=True)


def _near(got: NDArray[Any], want: NDArray[Any]) -> bool:
    finite = np.isfinite(want)
    if not np.array_equal(got[~finite], want[~finite], equal_nan=True) or not finite.any():
        return False
    return bool(np.abs(got - want)[finite].max() <= NEAR * np.abs(want[finite]).max())
