"""What students get wrong in one step of the recursion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from course.checking import hints
from mlp_ref import deep as ref
from mlp_ref.mistakes.backwards import PRODUCTS, SLOPES, by_slope
from mlp_ref.mistakes.common import MEAN, as_it_is, slope_of_h, untransposed
from mlp_ref.mistakes.mistake import Mistake, Table, sums_not_reset
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]


SCALES = (
    WrongPart("sign", hints.SIGN, lambda n: -1),
    WrongPart("mean", MEAN, lambda n: 1 / n),
    WrongPart("factor N", "there is a factor N too many", lambda n: n),
    WrongPart("factor 2", "there is a factor 2 too many", lambda n: 2),
)


def _step(
    delta: Function = as_it_is,
    weights: Function = np.transpose,
    slope: Function = slope_of_h,
    product: Function = by_slope,
    form: Function = as_it_is,
    scale: Function = lambda n: 1,
) -> Function:
    def step(delta_next: Any, W_next: Any, h: Any) -> Any:
        back = delta(delta_next) @ weights(W_next)
        result = back * slope(h) if product is by_slope else product(back, h)
        return form(result) * scale(len(h))

    return step


STEP = Recipe(
    _step,
    {
        "weights": (
            WrongPart(
                "W not transposed",
                hints.UNTRANSPOSED,
                untransposed,
            ),
            WrongPart("W missing", "W_{l+1} is missing from the product", lambda W: np.ones_like(W.T)),
            WrongPart(
                "W(1 − W)",
                "the slope is taken of the weights: h(1 − h) is meant",
                lambda W: (W * (1 - W)).T,
            ),
            WrongPart("W squared", "W_{l+1} appears twice", lambda W: W.T**2),
            WrongPart("W reversed", "the order of the weights is reversed", lambda W: W[::-1].T),
        ),
        "slope": SLOPES,
        "product": PRODUCTS,
        "delta": (
            WrongPart("δ_{l+1} ignored", "δ_{l+1} is missing from the product", np.ones_like),
            WrongPart("δ_{l+1} squared", "δ_{l+1} appears twice", np.square),
            WrongPart("absolute value", "the sign of δ_{l+1} is lost", np.abs),
            WrongPart(
                "δ_{l+1} summed",
                "δ_{l+1} was summed over the examples: each has its own",
                lambda d: np.ones_like(d) * d.sum(axis=0),
            ),
        ),
        "form": (
            WrongPart("summed", "no sum over the examples: each has its own δ", lambda d: d.sum(axis=0)),
            WrongPart("transposed", hints.TRANSPOSED, np.transpose),
        ),
        "scale": SCALES,
    },
)


def sums_not_reset_before(slope: Function) -> Mistake:
    """Return the mistake in which the sums of δ Wᵀ, or those with the slope, go on from entry to entry."""
    sums = sums_not_reset(lambda d, W, h: d @ W.T)
    whole = sums_not_reset(lambda d, W, h: d @ W.T * slope(h))
    first, *others = (
        lambda d, W, h, form=form: form(d, W, h) * slope(h) for form in (sums.function, *sums.variants)
    )
    return replace(whole, function=first, variants=(*others, whole.function, *whole.variants))


def _step_in_place_h(delta_next: Any, W_next: Any, h: Any) -> Any:
    result = delta_next @ W_next.T
    result *= h
    h -= 1
    return -result * h


def _step_in_place_delta(delta_next: Any, W_next: Any, h: Any) -> Any:
    result = ref.delta_step(delta_next, W_next, h)
    delta_next *= 0
    return result


RECIPES = {"ps2.delta_step": STEP}

MISTAKES: Table = {
    "ps2.delta_step": (
        *STEP.mistakes(),
        Mistake(
            "⊙ as products of matrices", "⊙ is elementwise: *, not @", lambda d, W, h: d @ W.T @ h.T @ (1 - h)
        ),
        Mistake(
            "summed apart",
            "δ and W were summed by themselves: a matrix product is meant",
            lambda d, W, h: d.sum(axis=1, keepdims=True) * W.sum(axis=1) * h * (1 - h),
        ),
        sums_not_reset_before(lambda h: h * (1 - h)),
        Mistake("h in place", "the argument h was changed in place", _step_in_place_h),
        Mistake("δ in place", "the argument delta_next was changed in place", _step_in_place_delta),
    ),
}
