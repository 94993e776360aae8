"""What students get wrong where δ goes back through the layers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from mlp_ref import deep as ref
from mlp_ref.mistakes.hints import LEFT_TO_RIGHT, left_to_right, one, rest, slope, twice, untransposed
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.ps2 import (
    DOUBLE,
    MEAN,
    MSE_START,
    NO_SLOPE,
    SIGN,
    TRANSPOSED,
    ZERO_BY_ZERO,
    naive_delta,
)

Slope = Callable[[Any], Any]


def _step_in_place_h(delta_next: Any, W_next: Any, h: Any) -> Any:
    result = delta_next @ W_next.T
    result *= h
    h -= 1
    return -result * h


def _step_in_place_delta(delta_next: Any, W_next: Any, h: Any) -> Any:
    result = ref.delta_step(delta_next, W_next, h)
    delta_next *= 0
    return result


def _deltas(
    y: Any, hs: Any, Ws: Any, *, start: Any = None, slope_of: Slope = ref.dh_dz, shift: int = 0
) -> Any:
    """Return the recursion from `start`, with `slope_of` h_l, or of a neighbouring layer where it fits."""
    result = [ref.output_delta(y, hs[-1]) if start is None else start]
    for l in range(len(Ws) - 1, 0, -1):
        back = result[0] @ Ws[l].T
        h = hs[l + shift]
        result.insert(0, back * slope_of(h if h.shape == hs[l].shape else hs[l]))
    return result


def _deltas_left_to_right(y: Any, hs: Any, Ws: Any) -> Any:
    result = [ref.output_delta(y, hs[-1])]
    for l in range(len(Ws) - 1, 0, -1):
        result.insert(0, left_to_right(result[0] @ Ws[l].T, hs[l]))
    return result


def _deltas_of_W_before(y: Any, hs: Any, Ws: Any) -> Any:
    """Return what W_l in place of W_{l+1} gives where it fits."""
    fitting = [A if A.shape == B.shape else B for A, B in pairwise(Ws)]
    return ref.deltas(y, hs, [Ws[0], *fitting])


def _deltas_untransposed(y: Any, hs: Any, Ws: Any) -> Any:
    return ref.deltas(y, hs, [untransposed(W).T for W in Ws])


def _delta_summed(y: Any, hs: Any, Ws: Any) -> Any:
    return [np.broadcast_to(delta.sum(0), delta.shape) for delta in ref.deltas(y, hs, Ws)]


def _three_layers(y: Any, hs: Any, Ws: Any) -> Any:
    """Return what code written out for L = 3 gives, which for fewer layers repeats the last."""
    deltas = ref.deltas(y, hs, Ws)
    return (deltas if len(deltas) >= 3 else [*deltas, deltas[-1], deltas[-1]])[:3]


def _deltas_in_place(y: Any, hs: Any, Ws: Any) -> Any:
    result = ref.deltas(y, hs, Ws)
    hs[-1] -= y
    return result


MISTAKES: Table = {
    "ps2.delta_step": (
        Mistake(
            "W not transposed",
            "W_{l+1} is not transposed; where it is square, the shapes do not tell",
            lambda d, W, h: (d @ untransposed(W)) * h * (1 - h),
        ),
        Mistake("left to right", LEFT_TO_RIGHT, lambda d, W, h: left_to_right(d @ W.T, h)),
        Mistake(
            "h(1 − h) summed",
            "h(1 − h) was summed over the layer: ⊙ takes entry by entry",
            lambda d, W, h: (d @ W.T) * np.sum(h * (1 - h), axis=1, keepdims=True),
        ),
        Mistake("h(1 − h) missing", NO_SLOPE, lambda d, W, h: d @ W.T),
        Mistake("σ′ of h", DOUBLE, lambda d, W, h: (d @ W.T) * slope(h)),
        Mistake(
            "h(1 − h) twice",
            "the factor h(1 − h) appears twice",
            lambda d, W, h: (d @ W.T) * (h * (1 - h)) ** 2,
        ),
        Mistake("only h", "the factor 1 − h is missing", lambda d, W, h: (d @ W.T) * h),
        Mistake("only 1 − h", "the factor h is missing", lambda d, W, h: (d @ W.T) * (1 - h)),
        Mistake("1 − h²", "1 − h² is the rule for tanh", lambda d, W, h: (d @ W.T) * (1 - h**2)),
        Mistake("sign", "the sign is reversed", lambda d, W, h: -ref.delta_step(d, W, h)),
        Mistake(
            "δ_{l+1} ignored",
            "δ_{l+1} is missing from the product",
            lambda d, W, h: (np.ones_like(d) @ W.T) * h * (1 - h),
        ),
        Mistake(
            "W missing",
            "W_{l+1} is missing from the product",
            lambda d, W, h: d.sum(1, keepdims=True) * h * (1 - h),
        ),
        Mistake(
            "matrix product for ⊙", "⊙ is elementwise: *, not @", lambda d, W, h: (d @ W.T) @ (h * (1 - h)).T
        ),
        Mistake("mean", MEAN, lambda d, W, h: ref.delta_step(d, W, h) / len(h)),
        Mistake(
            "summed",
            "no sum over the examples: each has its own δ",
            lambda d, W, h: ref.delta_step(d, W, h).sum(0),
        ),
        Mistake("transposed", TRANSPOSED, lambda d, W, h: ref.delta_step(d, W, h).T),
        Mistake("h in place", "the argument h was changed in place", _step_in_place_h),
        Mistake("δ in place", "the argument delta_next was changed in place", _step_in_place_delta),
        Mistake(
            "h added", "h(1 − h) was added, it has to be multiplied", lambda d, W, h: d @ W.T + h * (1 - h)
        ),
    ),
    "ps2.deltas": (
        Mistake("sign", SIGN, lambda y, hs, Ws: [-delta for delta in ref.deltas(y, hs, Ws)]),
        Mistake(
            "f(1 − f) kept",
            MSE_START,
            lambda y, hs, Ws: _deltas(y, hs, Ws, start=(hs[-1] - y) * ref.dh_dz(hs[-1])),
        ),
        Mistake("0/0", ZERO_BY_ZERO, lambda y, hs, Ws: _deltas(y, hs, Ws, start=naive_delta(y, hs[-1]))),
        Mistake("h(1 − h) missing", NO_SLOPE, lambda y, hs, Ws: _deltas(y, hs, Ws, slope_of=one)),
        Mistake("σ′ of h", DOUBLE, lambda y, hs, Ws: _deltas(y, hs, Ws, slope_of=slope)),
        Mistake(
            "only h",
            "the factor 1 − h is missing",
            lambda y, hs, Ws: _deltas(y, hs, Ws, slope_of=lambda h: h),
        ),
        Mistake(
            "only 1 − h",
            "the factor h is missing",
            lambda y, hs, Ws: _deltas(y, hs, Ws, slope_of=rest),
        ),
        Mistake(
            "h(1 − h) twice",
            "the factor h(1 − h) appears twice",
            lambda y, hs, Ws: _deltas(y, hs, Ws, slope_of=twice),
        ),
        Mistake("left to right", LEFT_TO_RIGHT, _deltas_left_to_right),
        Mistake("W_l for W_{l+1}", "W_l stands where W_{l+1} should", _deltas_of_W_before),
        Mistake(
            "h_{l+1}",
            "the slope is that of layer l + 1; δ_l needs h_l",
            lambda y, hs, Ws: _deltas(y, hs, Ws, shift=1),
        ),
        Mistake(
            "h_{l−1}",
            "the slope is that of layer l − 1; δ_l needs h_l",
            lambda y, hs, Ws: _deltas(y, hs, Ws, shift=-1),
        ),
        Mistake(
            "reversed", "the list is reversed: δ_1 comes first", lambda y, hs, Ws: ref.deltas(y, hs, Ws)[::-1]
        ),
        Mistake("δ_L missing", "δ_L is missing at the end", lambda y, hs, Ws: ref.deltas(y, hs, Ws)[:-1]),
        Mistake(
            "δ_0 too many",
            "there is no δ for the input layer",
            lambda y, hs, Ws: [
                ref.delta_step(ref.deltas(y, hs, Ws)[0], Ws[0], hs[0]),
                *ref.deltas(y, hs, Ws),
            ],
        ),
        Mistake("only δ_1", "all layers are asked for", lambda y, hs, Ws: ref.deltas(y, hs, Ws)[0]),
        Mistake("L = 3 only", "the number of layers is written into the code; L may be any", _three_layers),
        Mistake(
            "W not transposed",
            "W is not transposed; where it is square, the shapes do not tell",
            _deltas_untransposed,
        ),
        Mistake("mean", MEAN, lambda y, hs, Ws: [delta / len(y) for delta in ref.deltas(y, hs, Ws)]),
        Mistake("summed", "no sum over the examples: each has its own δ", _delta_summed),
        Mistake("in place", "an argument was changed in place", _deltas_in_place),
    ),
}
