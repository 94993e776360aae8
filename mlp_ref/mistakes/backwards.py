"""What goes wrong where δ is sent back through a layer, in whichever function."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlp_ref.mistakes.hints import LEFT_TO_RIGHT, left_to_right, one, rest, slope, twice
from mlp_ref.mistakes.ps2 import DOUBLE, NO_SLOPE
from mlp_ref.mistakes.recipe import Slip

SLOPES = (
    Slip("h(1 − h) missing", NO_SLOPE, one),
    Slip("h(1 − h) twice", "the slope h(1 − h) appears twice", twice),
    Slip("only h", "the factor 1 − h is missing", lambda h: h),
    Slip("only 1 − h", "the factor h is missing", rest),
    Slip("σ′ of h", DOUBLE, slope),
    Slip("1 − h²", "1 − h² is the rule for tanh", lambda h: 1 - h**2),
    Slip("1 + h", "1 + h where 1 − h should be", lambda h: h * (1 + h)),
    Slip("ReLU", "this is the slope of ReLU units: the units are σ", lambda h: np.where(h > 0.5, 1.0, 0.0)),
    Slip("h²", "the slope is h(1 − h), not h²", lambda h: h**2),
    Slip(
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
    Slip("left to right", LEFT_TO_RIGHT, left_to_right),
    Slip(
        "left to right at the end",
        "⊙ takes entry by entry: the product with 1 − h was summed over the layer",
        lambda back, h: np.sum(back * (1 - h), axis=1, keepdims=True) * h,
    ),
    Slip(
        "δ Wᵀ summed",
        "δ Wᵀ was summed over the layer: ⊙ takes entry by entry",
        lambda back, h: back.sum(axis=1, keepdims=True) * h * (1 - h),
    ),
    Slip("h added", "h(1 − h) was added, it has to be multiplied", lambda back, h: back + h * (1 - h)),
    Slip("brackets", "h · 1 − h is not h (1 − h): brackets are missing", lambda back, h: back * h - h),
    Slip(
        "matrix product for ⊙",
        "⊙ is elementwise: *, not @",
        lambda back, h: back @ (h * (1 - h)).T,
    ),
)
"""instead of δ Wᵀ ⊙ h ⊙ (1 − h), from δ Wᵀ and h"""
