"""What students get wrong in the gradients made from δ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlp_ref import deep as ref
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.ps2 import MEAN


def _gradients(hs: Any, deltas: Any, over: Any = 1) -> Any:
    dWs, dbs = ref.gradients(hs, deltas)
    return [dW / over for dW in dWs], [db / over for db in dbs]


def _gradients_of_h(hs: Any, deltas: Any) -> Any:
    """Return what h_l in place of h_{l−1} gives; it always conforms."""
    return [h.T @ delta for h, delta in zip(hs[1:], deltas, strict=True)], ref.gradients(hs, deltas)[1]


def _mapped(dW: Callable[[Any], Any], db: Callable[[Any], Any]) -> Callable[..., Any]:
    def gradients(hs: Any, deltas: Any) -> Any:
        dWs, dbs = ref.gradients(hs, deltas)
        return [dW(g) for g in dWs], [db(g) for g in dbs]

    return gradients


MISTAKES: Table = {
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
