"""What students get wrong in ps2 where δ goes back through the layers, and in the gradients made from it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from mlp_ref import deep as ref
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.ps1 import slope
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


def _untransposed(W: Any) -> Any:
    """Return W where it conforms as it is, which is where it is square."""
    return W if W.shape[0] == W.shape[1] else W.T


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


def _left_to_right(back: Any, h: Any) -> Any:
    """Return what δ Wᵀ h ⊙ (1 − h) is, as printed: a number for each example, times 1 − h."""
    return np.sum(back * h, axis=1, keepdims=True) * (1 - h)


def _deltas_left_to_right(y: Any, hs: Any, Ws: Any) -> Any:
    result = [ref.output_delta(y, hs[-1])]
    for l in range(len(Ws) - 1, 0, -1):
        result.insert(0, _left_to_right(result[0] @ Ws[l].T, hs[l]))
    return result


def _deltas_of_W_before(y: Any, hs: Any, Ws: Any) -> Any:
    """Return what W_l in place of W_{l+1} gives where it fits."""
    fitting = [A if A.shape == B.shape else B for A, B in pairwise(Ws)]
    return ref.deltas(y, hs, [Ws[0], *fitting])


def _deltas_untransposed(y: Any, hs: Any, Ws: Any) -> Any:
    return ref.deltas(y, hs, [_untransposed(W).T for W in Ws])


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
        delta = _left_to_right(back, h) if l in layers else back * ref.dh_dz(h)
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


def _one(h: Any) -> Any:
    return np.ones_like(h)


def _twice(h: Any) -> Any:
    return ref.dh_dz(h) ** 2


def _rest(h: Any) -> Any:
    return 1 - h


def _itself(h: Any) -> Any:
    return h


LEFT_TO_RIGHT = "read from left to right, as printed: δ Wᵀ h is one number; ⊙ comes before that product"
SLOPES = (
    ("h(1 − h) twice", "the slope h(1 − h) appears twice", _twice),
    ("only h", "the factor 1 − h is missing", _itself),
    ("only 1 − h", "the factor h is missing", _rest),
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
        "no h(1 − h)", "the slopes of both layers are missing", lambda *a: _dW1(*a, slope1=_one, slope2=_one)
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
    return _dW1(X, y, hs, [Ws[0], _untransposed(Ws[1]).T, Ws[2]])


def _dW1_last_node(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    last = np.zeros(len(Ws[2]))
    last[-1] = 1
    return _dW1(X, y, hs, Ws, slope2=lambda h2: ref.dh_dz(h2) * last)


def _dW1_last_example(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    return ref.dL_dW1(X[-1:], y[-1:], [h[-1:] for h in hs], Ws)


def _as_printed(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    return ref.dL_dW1(X, y, hs, Ws).sum(axis=1)


def _gradients(hs: Any, deltas: Any, over: Any = 1) -> Any:
    dWs, dbs = ref.gradients(hs, deltas)
    return [dW / over for dW in dWs], [db / over for db in dbs]


def _gradients_of_h(hs: Any, deltas: Any) -> Any:
    """Return what h_l in place of h_{l−1} gives; it always conforms."""
    return [h.T @ delta for h, delta in zip(hs[1:], deltas, strict=True)], ref.gradients(hs, deltas)[1]


def _mapped(dW: Slope, db: Slope) -> Callable[..., Any]:
    def gradients(hs: Any, deltas: Any) -> Any:
        dWs, dbs = ref.gradients(hs, deltas)
        return [dW(g) for g in dWs], [db(g) for g in dbs]

    return gradients


def _dW1_naive(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    return _dW1(X, y, hs, Ws, start=naive_delta(y, hs[-1]))


MISTAKES: Table = {
    "ps2.delta_step": (
        Mistake(
            "W not transposed",
            "W_{l+1} is not transposed; where it is square, the shapes do not tell",
            lambda d, W, h: (d @ _untransposed(W)) * h * (1 - h),
        ),
        Mistake("left to right", LEFT_TO_RIGHT, lambda d, W, h: _left_to_right(d @ W.T, h)),
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
        Mistake("h(1 − h) missing", NO_SLOPE, lambda y, hs, Ws: _deltas(y, hs, Ws, slope_of=_one)),
        Mistake("σ′ of h", DOUBLE, lambda y, hs, Ws: _deltas(y, hs, Ws, slope_of=slope)),
        Mistake(
            "only h",
            "the factor 1 − h is missing",
            lambda y, hs, Ws: _deltas(y, hs, Ws, slope_of=lambda h: h),
        ),
        Mistake(
            "only 1 − h",
            "the factor h is missing",
            lambda y, hs, Ws: _deltas(y, hs, Ws, slope_of=_rest),
        ),
        Mistake(
            "h(1 − h) twice",
            "the factor h(1 − h) appears twice",
            lambda y, hs, Ws: _deltas(y, hs, Ws, slope_of=_twice),
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
    "ps2.dL_dW1": (
        Mistake("0/0", ZERO_BY_ZERO, _dW1_naive),
        Mistake("sign", SIGN, lambda *a: -ref.dL_dW1(*a)),
        Mistake("h_1(1 − h_1) missing", "the slope of layer 1 is missing", lambda *a: _dW1(*a, slope1=_one)),
        Mistake("h_2(1 − h_2) missing", "the slope of layer 2 is missing", lambda *a: _dW1(*a, slope2=_one)),
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
        Mistake("h_1(1 − h_1) missing", "the slope of layer 1 is missing", lambda *a: _dW1(*a, slope1=_one)),
        Mistake("h_2(1 − h_2) missing", "the slope of layer 2 is missing", lambda *a: _dW1(*a, slope2=_one)),
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
    "ps2.gradients": (
        Mistake("h_l for h_{l−1}", "∂L/∂W_l needs h_{l−1}, what layer l receives", _gradients_of_h),
        Mistake(
            "db not summed",
            "∂L/∂b_l is summed over the examples",
            lambda hs, deltas: (ref.gradients(hs, deltas)[0], list(deltas)),
        ),
        Mistake(
            "db averaged",
            "∂L/∂b_l is a sum, not a mean",
            lambda hs, deltas: (ref.gradients(hs, deltas)[0], [d.mean(0) for d in deltas]),
        ),
        Mistake("mean", MEAN, lambda hs, deltas: _gradients(hs, deltas, len(hs[0]))),
        Mistake(
            "dW averaged",
            "∂L/∂W_l is a sum, not a mean",
            lambda hs, deltas: (_gradients(hs, deltas, len(hs[0]))[0], ref.gradients(hs, deltas)[1]),
        ),
        Mistake(
            "transposed",
            "the ∂L/∂W_l are transposed: each has the shape of W_l",
            _mapped(lambda dW: dW.T, lambda db: db),
        ),
        Mistake("sign", "the sign is reversed", lambda hs, deltas: _gradients(hs, deltas, -1)),
        Mistake(
            "swapped",
            "the ∂L/∂W come first, then the ∂L/∂b",
            lambda hs, deltas: ref.gradients(hs, deltas)[::-1],
        ),
        Mistake(
            "db two axes", "∂L/∂b_l has one axis, like b_l", _mapped(lambda dW: dW, lambda db: db[None, :])
        ),
        Mistake(
            "reversed",
            "the lists are reversed: layer 1 comes first",
            lambda hs, deltas: tuple(g[::-1] for g in ref.gradients(hs, deltas)),
        ),
        Mistake(
            "X in every layer",
            "∂L/∂W_l needs h_{l−1}, what layer l receives, not X",
            lambda hs, deltas: (
                [hs[0].T @ delta for delta in deltas],
                ref.gradients(hs, deltas)[1],
            ),
        ),
        Mistake("dbs missing", "the ∂L/∂b_l are missing", lambda hs, deltas: ref.gradients(hs, deltas)[0]),
    ),
}
