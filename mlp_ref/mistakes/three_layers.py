"""What students get wrong in ∂L/∂W_1 of three layers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mlp_ref import deep as ref
from mlp_ref.mistakes.hints import LEFT_TO_RIGHT, left_to_right, one, rest, slope, twice, untransposed
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.ps2 import DOUBLE, MEAN, MSE_START, SIGN, TRANSPOSED, ZERO_BY_ZERO, naive_delta

Slope = Callable[[Any], Any]


def _dW1(
    X: Any,
    y: Any,
    hs: Any,
    Ws: Any,
    *,
    start: Any = None,
    slope1: Slope = ref.dh_dz,
    slope2: Slope = ref.dh_dz,
) -> Any:
    _, h1, h2, f = hs
    delta3 = f - y if start is None else start
    return X.T @ ((((delta3 @ Ws[2].T) * slope2(h2)) @ Ws[1].T) * slope1(h1))


def _dW1_left_to_right(X: Any, y: Any, hs: Any, Ws: Any, layers: tuple[int, ...]) -> Any:
    delta = hs[-1] - y
    for l in (2, 1):
        back, h = delta @ Ws[l].T, hs[l]
        delta = left_to_right(back, h) if l in layers else back * ref.dh_dz(h)
    return X.T @ delta


def _slope_swapped(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    """Return what the slopes of layers 1 and 2 give when swapped, where they fit."""
    _, h1, h2, _ = hs
    if h1.shape != h2.shape:
        return ref.dL_dW1(X, y, hs, Ws)
    return _dW1(X, y, hs, Ws, slope1=lambda _: ref.dh_dz(h2), slope2=lambda _: ref.dh_dz(h1))


def _slope_of(h: Any, other: Any) -> Slope:
    """Return the slope of another layer where it fits."""
    return lambda own: ref.dh_dz(other if other.shape == h.shape else own)


def _dW1_W1_for_W2(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    W = Ws[0] if Ws[0].shape == Ws[1].shape else Ws[1]
    return _dW1(X, y, hs, [Ws[0], W, Ws[2]])


def _itself(h: Any) -> Any:
    return h


SLOPES = (
    ("h(1 − h) twice", "the slope h(1 − h) appears twice", twice),
    ("only h", "the factor 1 − h is missing", _itself),
    ("only 1 − h", "the factor h is missing", rest),
    ("σ′ of h", DOUBLE, slope),
)


# of dL_dW1 in both forms
_OF_THREE_LAYERS = (
    *(
        Mistake(
            "left to right" + where,
            f"{LEFT_TO_RIGHT}{where and ':'}{where}",
            partial(_dW1_left_to_right, layers=layers),
        )
        for where, layers in (("", (1, 2)), (" in layer 1", (1,)), (" in layer 2", (2,)))
    ),
    *(
        Mistake(name + where, hint + where, partial(_dW1, **dict.fromkeys(layers, wrong)))
        for name, hint, wrong in SLOPES
        for where, layers in (
            ("", ("slope1", "slope2")),
            (" in layer 1", ("slope1",)),
            (" in layer 2", ("slope2",)),
        )
    ),
    Mistake(
        "no h(1 − h)", "the slopes of both layers are missing", lambda *a: _dW1(*a, slope1=one, slope2=one)
    ),
    Mistake("slopes swapped", "the slopes of layers 1 and 2 have changed places", _slope_swapped),
    Mistake(
        "slope of layer 2 in both",
        "the slope of layer 2 stands where that of layer 1 should",
        lambda X, y, hs, Ws: _dW1(X, y, hs, Ws, slope1=_slope_of(hs[1], hs[2])),
    ),
    Mistake(
        "slope of layer 1 in both",
        "the slope of layer 1 stands where that of layer 2 should",
        lambda X, y, hs, Ws: _dW1(X, y, hs, Ws, slope2=_slope_of(hs[2], hs[1])),
    ),
    Mistake(
        "W_2 missing",
        "W_2 is missing from the product",
        lambda X, y, hs, Ws: _dW1(X, y, hs, [Ws[0], np.ones_like(Ws[1]), Ws[2]]),
    ),
    Mistake("W_1 for W_2", "W_1 stands where W_2 should", _dW1_W1_for_W2),
)


def _dW1_no_W3(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    return _dW1(X, y, hs, [*Ws[:2], np.ones_like(Ws[2])])


def _dW1_untransposed(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    return _dW1(X, y, hs, [Ws[0], untransposed(Ws[1]).T, Ws[2]])


def _dW1_last_node(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    last = np.zeros(len(Ws[2]))
    last[-1] = 1
    return _dW1(X, y, hs, Ws, slope2=lambda h2: ref.dh_dz(h2) * last)


def _dW1_last_example(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    return ref.dL_dW1(X[-1:], y[-1:], [h[-1:] for h in hs], Ws)


def _as_printed(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    return ref.dL_dW1(X, y, hs, Ws).sum(axis=1)


def _dW1_naive(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    return _dW1(X, y, hs, Ws, start=naive_delta(y, hs[-1]))


MISTAKES: Table = {
    "ps2.dL_dW1": (
        Mistake("0/0", ZERO_BY_ZERO, _dW1_naive),
        Mistake("sign", SIGN, lambda *a: -ref.dL_dW1(*a)),
        Mistake("h_1(1 − h_1) missing", "the slope of layer 1 is missing", lambda *a: _dW1(*a, slope1=one)),
        Mistake("h_2(1 − h_2) missing", "the slope of layer 2 is missing", lambda *a: _dW1(*a, slope2=one)),
        Mistake(
            "f(1 − f) kept",
            MSE_START,
            lambda X, y, hs, Ws: _dW1(X, y, hs, Ws, start=(hs[-1] - y) * ref.dh_dz(hs[-1])),
        ),
        Mistake("W_3 missing", "W_3 is missing from the product", _dW1_no_W3),
        Mistake(
            "W_2 not transposed",
            "W_2 is not transposed; where it is square, the shapes do not tell",
            _dW1_untransposed,
        ),
        Mistake("mean", MEAN, lambda X, y, hs, Ws: ref.dL_dW1(X, y, hs, Ws) / len(y)),
        Mistake("transposed", TRANSPOSED, lambda *a: ref.dL_dW1(*a).T),
        Mistake(
            "h_1 for X",
            "the last factor is x, not h_1",
            lambda X, y, hs, Ws: hs[1].T @ ref.deltas(y, hs, Ws)[0],
        ),
        *_OF_THREE_LAYERS,
        Mistake("summed over columns", "the index m of the hidden unit is free: no sum over it", _as_printed),
    ),
    "ps2.dL_dW1_sums": (
        Mistake("0/0", ZERO_BY_ZERO, _dW1_naive),
        Mistake(
            "as printed",
            "the sum over m, the free index of the hidden unit, is taken as the seed prints it",
            _as_printed,
        ),
        Mistake(
            "Σ_m spread",
            "the index m of the hidden unit is free: no sum over it",
            lambda X, y, hs, Ws: np.repeat(_as_printed(X, y, hs, Ws)[:, None], hs[1].shape[1], 1),
        ),
        Mistake("sign", SIGN, lambda *a: -ref.dL_dW1(*a)),
        Mistake("mean", MEAN, lambda X, y, hs, Ws: ref.dL_dW1(X, y, hs, Ws) / len(y)),
        Mistake("h_1(1 − h_1) missing", "the slope of layer 1 is missing", lambda *a: _dW1(*a, slope1=one)),
        Mistake("h_2(1 − h_2) missing", "the slope of layer 2 is missing", lambda *a: _dW1(*a, slope2=one)),
        Mistake("transposed", TRANSPOSED, lambda *a: ref.dL_dW1(*a).T),
        Mistake("last l only", "the sum over l keeps its last term only: += is needed", _dW1_last_node),
        Mistake(
            "last example only", "the sum over i keeps its last term only: += is needed", _dW1_last_example
        ),
        Mistake(
            "f(1 − f) kept",
            MSE_START,
            lambda X, y, hs, Ws: _dW1(X, y, hs, Ws, start=(hs[-1] - y) * ref.dh_dz(hs[-1])),
        ),
        Mistake("W_3 missing", "W_3 is missing from the product", _dW1_no_W3),
        *_OF_THREE_LAYERS,
        Mistake("W_2 not transposed", "the indices of W_2 are swapped: it is W_2[m, l]", _dW1_untransposed),
    ),
}
