"""What a wrong answer in ps2 may be, by suspicion."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking.tables.linearised import by_input, by_weights, slope, slope_where
from course.checking.tables.ps2_nets import cross_entropy, cross_entropy_of_logits
from course.checking.tables.table import Array
from course.checking.trial import Suspects
from course.gradcheck import complex_step_gradient

Layers = Collection[int] | None
"""Hidden layers, counted from 0; None: all of them."""

WRONG_SLOPES: dict[str, Callable[[Array], Array]] = {
    "the slope of σ is missing": np.ones_like,
    "the slope of σ appears twice": lambda h: slope_where(h) ** 2,
    "the slope of σ is taken at h, not at z: σ was applied once too often": lambda h: slope(sigmoid, h),
    "h stands alone where the slope of σ has two factors": lambda h: h,
    "1 − h stands alone where the slope of σ has two factors": lambda h: 1 - h,
}
WRONG_STARTS: dict[str, Callable[[Array, Array], Array]] = {
    "a factor f(1 − f) is left: it cancels": lambda delta, f: delta * slope_where(f),
    "0/0 where f is 0 or 1 to the last bit": lambda delta, f: delta * slope_where(f) / slope_where(f),
}
UNTRANSPOSED = "W is not transposed; where it is square, the shapes do not tell"
BROADCAST = "a (N,) array met an (N, 1) array and broadcast to (N, N) before the sum"
SUMMED = "a sum was taken over the index of the hidden unit, which stays free"


def _same(items: Sequence[Array]) -> Sequence[Array]:
    return items


@dataclass(frozen=True)
class BackwardPass:
    """What a backward pass takes for the slopes of hidden layers, the weights behind them, and δ_L."""

    slopes: Callable[[Sequence[Array]], Sequence[Array]] = lambda hs: [slope_where(h) for h in hs]
    weights: Callable[[Sequence[Array]], Sequence[Array]] = _same
    start: Callable[[Array, Array], Array] = lambda delta, f: delta


def _slopes(wrong: Callable[[Array], Array], which: Layers, hs: Sequence[Array]) -> list[Array]:
    return [wrong(h) if which is None or k in which else slope_where(h) for k, h in enumerate(hs)]


def _untransposed(Ws: Sequence[Array]) -> list[Array]:
    return [W.T if len(set(W.shape)) == 1 else W for W in Ws]


def _without_last(Ws: Sequence[Array]) -> list[Array]:
    return [*Ws[:-1], np.ones_like(Ws[-1])]


def _wrong_passes(layers: dict[str, Layers], with_start: bool = True) -> dict[str, BackwardPass]:
    """Return the backward passes with one thing wrong, by suspicion.

    `layers` are the hidden layers whose slopes may be wrong, by what a suspicion then ends with.
    """
    slopes = {
        f"{suspicion}{where}": BackwardPass(slopes=partial(_slopes, wrong, which))
        for where, which in layers.items()
        for suspicion, wrong in WRONG_SLOPES.items()
    }
    starts = {suspicion: BackwardPass(start=wrong) for suspicion, wrong in WRONG_STARTS.items() if with_start}
    return {**slopes, UNTRANSPOSED: BackwardPass(weights=_untransposed), **starts}


def _delta_step(backward: BackwardPass, want: Array, delta_next: Array, W_next: Array, h: Array) -> Array:
    return by_input(delta_next, backward.slopes([h]), backward.weights([W_next]))


def _deltas(
    backward: BackwardPass, want: list[Array], y: Array, hs: list[Array], Ws: list[Array]
) -> list[Array]:
    last = backward.start(want[-1], hs[-1])
    slopes, weights = backward.slopes(hs[1:-1]), backward.weights(Ws[1:])
    return [*(by_input(last, slopes[l:], weights[l:]) for l in range(len(slopes))), last]


def _dL_dW1(
    backward: BackwardPass, want: Array, X: Array, y: Array, hs: list[Array], Ws: list[Array]
) -> Array:
    f = hs[-1]
    last = complex_step_gradient(lambda z: cross_entropy_of_logits(y, z), np.log(f) - np.log1p(-f))
    return by_weights(
        X, want.shape[1], backward.start(last, f), backward.slopes(hs[1:-1]), backward.weights(Ws[1:])
    )


def _suspects(wrong: Callable[..., Any], passes: dict[str, BackwardPass]) -> Suspects:
    return {suspicion: partial(wrong, backward) for suspicion, backward in passes.items()}


def _received(want: Any, hs: list[Array], deltas: list[Array]) -> Any:
    """Return the gradients by weights with h_l in place of h_{l−1}."""
    return [by_weights(h, h.shape[1], d, [], []) for h, d in zip(hs[1:], deltas, strict=True)], want[1]


BCE_LOSS: Suspects = {BROADCAST: lambda want, y, f: cross_entropy(y.T, f)}
BCE_FROM_LOGITS: Suspects = {BROADCAST: lambda want, y, z: cross_entropy_of_logits(y.T, z)}
DL_DF: Suspects = {
    "the denominator f(1 − f) is missing": lambda want, y, f: want * slope_where(f),
}
DH_DZ: Suspects = {
    suspicion: (lambda want, h, wrong=wrong: wrong(h)) for suspicion, wrong in WRONG_SLOPES.items()
}
OUTPUT_DELTA: Suspects = {
    suspicion: (lambda want, y, f, wrong=wrong: wrong(want, f)) for suspicion, wrong in WRONG_STARTS.items()
}
DELTA_STEP = _suspects(_delta_step, _wrong_passes({"": None}, with_start=False))
DELTAS = _suspects(_deltas, _wrong_passes({"": None}))
DL_DW1: Suspects = {
    **_suspects(
        _dL_dW1,
        {
            **_wrong_passes({" in layer 1": {0}, " in layer 2": {1}, " in both layers": {0, 1}}),
            "the weights W_3 are missing": BackwardPass(weights=_without_last),
        },
    ),
    SUMMED: lambda want, *_: want.sum(axis=1),
    f"{SUMMED}, and spread over it again": lambda want, *_: (
        np.ones_like(want) * want.sum(axis=1, keepdims=True)
    ),
}
GRADIENTS: Suspects = {
    "∂L/∂b_l is not summed over the examples": lambda want, hs, deltas: (want[0], deltas),
    "∂L/∂W_l was built from h_l, what the layer returns, not from what it receives": _received,
}
