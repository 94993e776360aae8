"""What students get wrong in the gradients made from δ."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from course.checking import hints
from mlp_ref.mistakes.common import MEAN, as_it_is
from mlp_ref.mistakes.mistake import Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]


_RECEIVES = "∂L/∂W_l needs h_{l−1}, what layer l receives"


def _gradients(
    below: Function = lambda hs: hs[:-1],
    dW: Function = lambda h, delta: h.T @ delta,
    db: Function = lambda delta: delta.sum(axis=0),
    delta: Function = lambda delta, h: delta,
    lists: Function = lambda dWs, dbs: (dWs, dbs),
) -> Function:
    def gradients(hs: Any, deltas: Any) -> Any:
        used = [delta(d, h) for d, h in zip(deltas, hs[1:], strict=True)]
        return lists([dW(h, d) for h, d in zip(below(hs), used, strict=True)], [db(d) for d in used])

    return gradients


def _fitting(hs: Any) -> Any:
    return [h if h.shape == below.shape else below for below, h in pairwise(hs)]


def _X_where_it_fits(hs: Any) -> Any:
    return [hs[0] if hs[0].shape == h.shape else h for h in hs[:-1]]


GRADIENTS = Recipe(
    _gradients,
    {
        "below": (
            WrongPart("h_l for h_{l−1}", hints.BUILT_FROM_H_L, lambda hs: hs[1:]),
            WrongPart("h_l for h_{l−1} where it fits", hints.BUILT_FROM_H_L, _fitting),
            WrongPart("X in every layer", f"{_RECEIVES}, not X", lambda hs: [hs[0] for _ in hs[1:]]),
            WrongPart("X where it fits", f"{_RECEIVES}, not X", _X_where_it_fits),
            WrongPart(
                "h_{l−1} missing",
                f"{_RECEIVES}: it is missing",
                lambda hs: [*map(np.ones_like, hs[:-1])],
            ),
        ),
        "dW": (
            WrongPart(
                "transposed",
                "the ∂L/∂W_l are transposed: each has the shape of W_l",
                lambda h, d: d.T @ h,
            ),
            WrongPart("dW averaged", "∂L/∂W_l is a sum, not a mean", lambda h, d: h.T @ d / len(d)),
            WrongPart("sign of dW", "the sign of the ∂L/∂W_l is reversed", lambda h, d: -h.T @ d),
            WrongPart(
                "sums for dW",
                "h and δ were summed by themselves: the product of each example comes first",
                lambda h, d: np.outer(h.sum(axis=0), d.sum(axis=0)),
            ),
            WrongPart(
                "dW of one example",
                "∂L/∂W_l is summed over all examples",
                lambda h, d: np.outer(h[-1], d[-1]),
            ),
        ),
        "db": (
            WrongPart("db not summed", hints.BIASES_NOT_SUMMED, as_it_is),
            WrongPart("db averaged", "∂L/∂b_l is a sum, not a mean", lambda d: d.mean(axis=0)),
            WrongPart("sign of db", "the sign of the ∂L/∂b_l is reversed", lambda d: -d.sum(axis=0)),
            WrongPart(
                "db two axes", "∂L/∂b_l has one axis, like b_l", lambda d: d.sum(axis=0, keepdims=True)
            ),
            WrongPart(
                "db over units",
                "∂L/∂b_l is summed over the examples, not over the units: axis 0",
                lambda d: d.sum(axis=1),
            ),
            WrongPart(
                "db over all",
                "∂L/∂b_l has an entry for each unit: the sum is over the examples alone",
                lambda d: np.full(d.shape[1], d.sum()),
            ),
            WrongPart("db one number", "∂L/∂b_l has an entry for each unit", np.sum),
            WrongPart("db of the first example", "∂L/∂b_l is summed over all examples", lambda d: d[0]),
            WrongPart("db of the last example", "∂L/∂b_l is summed over all examples", lambda d: d[-1]),
        ),
        "delta": (
            WrongPart("slope again", "δ_l has its slope h_l(1 − h_l) already", lambda d, h: d * h * (1 - h)),
            WrongPart("mean", MEAN, lambda d, h: d / len(d)),
            WrongPart("sign", hints.SIGN, lambda d, h: -d),
            WrongPart("factor N", "there is a factor N too many", lambda d, h: d * len(d)),
        ),
        "lists": (
            WrongPart("swapped", "the ∂L/∂W come first, then the ∂L/∂b", lambda dWs, dbs: (dbs, dWs)),
            WrongPart(
                "reversed",
                "the lists are reversed: layer 1 comes first",
                lambda dWs, dbs: (dWs[::-1], dbs[::-1]),
            ),
            WrongPart(
                "pairs",
                "two lists are asked for, dWs and dbs, not a pair for each layer",
                lambda dWs, dbs: [*zip(dWs, dbs, strict=True)],
            ),
            WrongPart("dbs missing", "the ∂L/∂b_l are missing", lambda dWs, dbs: dWs),
        ),
    },
)
RECIPES = {"ps2.gradients": GRADIENTS}
MISTAKES: Table = {
    "ps2.gradients": GRADIENTS.mistakes(),
}
