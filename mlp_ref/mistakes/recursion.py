"""What students get wrong where δ goes back through all layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from course.checking import hints
from course.checking.compare import Tolerance, agrees
from course.checking.trial import Trial
from mlp_ref import deep as ref
from mlp_ref.mistakes.backwards import PRODUCTS, SLOPES, by_slope
from mlp_ref.mistakes.common import as_it_is, slope_of_h, untransposed
from mlp_ref.mistakes.delta_step import SCALES
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.ps2 import STARTS, difference
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]


def _deltas(
    start: Function = difference,
    weights: Function = lambda Ws: Ws,
    layer: int = 0,
    slope: Function = slope_of_h,
    product: Function = by_slope,
    form: Function = as_it_is,
    scale: Function = lambda n: 1,
) -> Function:
    """Return the recursion; `layer` is the one whose h stands for that of layer l, counted from l."""

    def deltas(y: Any, hs: Any, Ws: Any) -> Any:
        result = [start(y, hs[-1])]
        for l in range(len(Ws) - 1, 0, -1):
            other = hs[l + layer]
            h = other if other.shape == hs[l].shape else hs[l]
            back = result[0] @ weights(Ws)[l].T
            result.insert(0, back * slope(h) if product is by_slope else product(back, h))
        return form([delta * scale(len(y)) for delta in result])

    return deltas


def _W_before(Ws: Any) -> Any:
    """Return what W_l in place of W_{l+1} gives where it fits."""
    return [Ws[0], *(A if A.shape == B.shape else B for A, B in pairwise(Ws))]


def _three(deltas: Any) -> Any:
    """Return what code written out for L = 3 gives, which for fewer layers repeats the last."""
    return (deltas if len(deltas) >= 3 else [*deltas, deltas[-1], deltas[-1]])[:3]


DELTAS = Recipe(
    _deltas,
    {
        "slope": SLOPES,
        "product": PRODUCTS[:6],
        "weights": (
            WrongPart("W_l for W_{l+1}", "W_l stands where W_{l+1} should", _W_before),
            WrongPart(
                "W not transposed",
                hints.UNTRANSPOSED,
                lambda Ws: [untransposed(W).T for W in Ws],
            ),
            WrongPart(
                "W missing", "W_{l+1} is missing from the product", lambda Ws: [np.ones_like(W) for W in Ws]
            ),
        ),
        "layer": (
            WrongPart("h_{l+1}", "the slope is that of layer l + 1; δ_l needs h_l", 1),
            WrongPart("h_{l−1}", "the slope is that of layer l − 1; δ_l needs h_l", -1),
        ),
        "start": STARTS,
        "form": (
            WrongPart("reversed", "the list is reversed: δ_1 comes first", lambda deltas: deltas[::-1]),
            WrongPart(
                "hidden layers reversed",
                "the δ of the hidden layers are in reverse order: each new one comes first",
                lambda deltas: [*deltas[:-1][::-1], deltas[-1]],
            ),
            WrongPart("δ_L missing", "δ_L is missing at the end", lambda deltas: deltas[:-1]),
            WrongPart("δ_1 missing", "δ_1 is missing at the start", lambda deltas: deltas[1:] or deltas),
            WrongPart("only δ_1", "all layers are asked for", lambda deltas: deltas[0]),
            WrongPart("L = 3 only", "the number of layers is written into the code; L may be any", _three),
            WrongPart(
                "summed",
                "no sum over the examples: each has its own δ",
                lambda deltas: [np.broadcast_to(delta.sum(0), delta.shape) for delta in deltas],
            ),
        ),
        "scale": SCALES[1:],
    },
)


def _one_more(trials: Sequence[Trial]) -> bool:
    """Return whether a δ stands before the right ones, whatever it is."""
    return all(
        type(trial.got) in (list, tuple)
        and len(trial.got) == len(trial.case.want) + 1
        and agrees(list(trial.got[1:]), trial.case.want, Tolerance())
        for trial in trials
    )


def _with_delta_0(y: Any, hs: Any, Ws: Any) -> Any:
    deltas = ref.deltas(y, hs, Ws)
    return [ref.delta_step(deltas[0], Ws[0], hs[0]), *deltas]


def _one_slope(y: Any, hs: Any, Ws: Any) -> Any:
    """Return the recursion with no slope but that of the first layer."""
    result = [hs[-1] - y]
    for l in range(len(Ws) - 1, 0, -1):
        back = result[0] @ Ws[l].T
        result.insert(0, back * hs[l] * (1 - hs[l]) if l == 1 else back)
    return result


def _always_the_last(y: Any, hs: Any, Ws: Any) -> Any:
    result = [hs[-1] - y]
    for l in range(len(Ws) - 1, 0, -1):
        result.insert(0, result[-1] * hs[l] * (1 - hs[l]))
    return result


def _deltas_in_place(y: Any, hs: Any, Ws: Any) -> Any:
    result = ref.deltas(y, hs, Ws)
    hs[-1] -= y
    return result


RECIPES = {"ps2.deltas": DELTAS}

MISTAKES: Table = {
    "ps2.deltas": (
        *DELTAS.mistakes(),
        Mistake("δ_0 too many", "there is no δ for the input layer", _with_delta_0, seen=_one_more),
        Mistake(
            "slope of layer 1 only",
            "every hidden layer has a slope h(1 − h)",
            _one_slope,
        ),
        Mistake("δ_L in every layer", "δ_l is made of δ_{l+1}, not of δ_L, and of W_{l+1}", _always_the_last),
        Mistake("in place", "an argument was changed in place", _deltas_in_place),
    ),
}
