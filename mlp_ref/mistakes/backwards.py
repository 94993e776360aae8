"""What goes wrong where δ is sent back through a layer, in whichever function."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.checking import hints
from mlp_ref.mistakes.common import LEFT_TO_RIGHT, left_to_right, one, rest, slope, twice
from mlp_ref.mistakes.recipe import WrongPart

SLOPES = (
    WrongPart("h(1 − h) missing", hints.SLOPE_MISSING, one),
    WrongPart("h(1 − h) twice", hints.SLOPE_TWICE, twice),
    WrongPart("only h", hints.SIGMA_ALONE, lambda h: h),
    WrongPart("only 1 − h", hints.REST_ALONE, rest),
    WrongPart("σ′ of h", hints.SLOPE_AT_H, slope),
    WrongPart("1 − h²", "1 − h² is the rule for tanh", lambda h: 1 - h**2),
    WrongPart("1 + h", "1 + h where 1 − h should be", lambda h: h * (1 + h)),
    WrongPart(
        "ReLU", "this is the slope of ReLU units: the units are σ", lambda h: np.where(h > 0.5, 1.0, 0.0)
    ),
    WrongPart("h²", "the slope is h(1 − h), not h²", lambda h: h**2),
    WrongPart(
        "h(1 − h) summed",
        "h(1 − h) was summed over the layer: ⊙ takes entry by entry",
        lambda h: np.sum(h * (1 - h), axis=1, keepdims=True),
    ),
)
"""instead of h(1 − h)"""


def by_slope(back: Any, h: Any) -> Any:
    """Return δ Wᵀ ⊙ h ⊙ (1 − h)."""
    return back * h * (1 - h)


PRODUCTS = (
    WrongPart("left to right", LEFT_TO_RIGHT, left_to_right),
    WrongPart(
        "left to right at the end",
        "⊙ takes entry by entry: the product with 1 − h was summed over the layer",
        lambda back, h: np.sum(back * (1 - h), axis=1, keepdims=True) * h,
    ),
    WrongPart(
        "δ Wᵀ summed",
        "δ Wᵀ was summed over the layer: ⊙ takes entry by entry",
        lambda back, h: back.sum(axis=1, keepdims=True) * h * (1 - h),
    ),
    WrongPart("h added", "h(1 − h) was added, it has to be multiplied", lambda back, h: back + h * (1 - h)),
    WrongPart("brackets", "h · 1 − h is not h (1 − h): brackets are missing", lambda back, h: back * h - h),
    WrongPart(
        "brackets of h − h²",
        "· h − h² is not · (h − h²): brackets are missing",
        lambda back, h: back * h - h**2,
    ),
    WrongPart(
        "matrix product for ⊙",
        "⊙ is elementwise: *, not @",
        lambda back, h: back @ (h * (1 - h)).T,
    ),
)
"""instead of δ Wᵀ ⊙ h ⊙ (1 − h), from δ Wᵀ and h"""
