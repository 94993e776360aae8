"""Two readings of one formula, and a measured derivative that decides between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from course.gradcheck import relative_error

AGREEMENT, MISTAKE = 1e-7, 1e-4
"""Relative errors below and above which a derivative by central differences decides."""


def judge(truth: Any, readings: Mapping[str, Any]) -> list[bool]:
    """Print for each of the `readings` how far it is from `truth`, and return which of them agree with it.

    All are numbers or arrays. A reading of another shape than `truth` is wrong for that.

    Raises ValueError when an error is between agreement and mistake, where nothing is decided.
    """
    width = max(map(len, readings))
    agree = []
    for name, value in readings.items():
        right, why = _verdict(np.asarray(truth), np.asarray(value))
        print(f"{name:{width}}   {'agrees' if right else 'wrong '}   {why}")
        agree.append(right)
    return agree


def _verdict(truth: Any, value: Any) -> tuple[bool, str]:
    if value.shape != truth.shape:
        return False, f"shape {value.shape} instead of {truth.shape}"
    error = relative_error(value, truth)
    if AGREEMENT < error < MISTAKE:
        raise ValueError(f"a relative error of {error:.0e} decides nothing: take other numbers")
    return error <= AGREEMENT, f"relative error {error:.1g}"
