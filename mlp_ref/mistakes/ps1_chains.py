"""What students get wrong where the factors of seed 1 are multiplied, (2) and (6)."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlp_ref.mistakes.hints import AS_PRINTED, SIGN, TRANSPOSED, diagonal
from mlp_ref.mistakes.mistake import Mistake, Table


def _chain(a: Any, b: Any, w: Any, s: Any, x: Any) -> Any:
    return x.T @ (a * b * w * s)


MISTAKES: Table = {
    "ps1.dC_dW2_chain": (
        Mistake(
            "mean",
            "a mean was taken for the sum: 1/N is in the first factor already",
            lambda a, b, z: z.T @ (a * b) / len(a),
        ),
        Mistake("no ∂ŷ/∂O", "the second factor is missing", lambda a, b, z: z.T @ a),
        Mistake("no ∂C/∂ŷ", "the first factor is missing", lambda a, b, z: z.T @ b),
        Mistake(
            "no ∂O/∂W2",
            "the third factor is missing",
            lambda a, b, z: np.full((z.shape[1], 1), np.sum(a * b)),
        ),
        Mistake("sign", SIGN, lambda a, b, z: -z.T @ (a * b)),
        Mistake("one axis", "the column was flattened", lambda a, b, z: (z.T @ (a * b))[:, 0]),
        Mistake("row", TRANSPOSED, lambda a, b, z: (z.T @ (a * b)).T),
        Mistake("no sum", "the sum over the examples is missing", lambda a, b, z: a * b * z),
        Mistake(
            "sum of products apart",
            "each factor was summed by itself",
            lambda a, b, z: z.sum(0)[:, None] * a.sum() * b.sum(),
        ),
        Mistake("bias dropped", "the bias row is missing", lambda a, b, z: z[:, :-1].T @ (a * b)),
    ),
    "ps1.dC_dW1_chain": (
        Mistake(
            "mean",
            "a mean was taken for the sum: 1/N is in the first factor already",
            lambda a, b, w, s, x: _chain(a, b, w, s, x) / len(a),
        ),
        Mistake("no ∂C/∂ŷ", "the first factor is missing", lambda a, b, w, s, x: _chain(1, b, w, s, x)),
        Mistake("no ∂ŷ/∂O", "the second factor is missing", lambda a, b, w, s, x: _chain(a, 1, w, s, x)),
        Mistake("no ∂O/∂Z", "the third factor is missing", lambda a, b, w, s, x: _chain(a, b, 1, s, x)),
        Mistake(
            "no ∂Z/∂H",
            "the fourth factor is missing",
            lambda a, b, w, s, x: _chain(a, b, w, np.ones_like(s), x),
        ),
        Mistake(
            "no ∂H/∂W1",
            "the fifth factor is missing",
            lambda a, b, w, s, x: _chain(a, b, w, s, np.ones_like(x)),
        ),
        Mistake("transposed", TRANSPOSED, lambda a, b, w, s, x: _chain(a, b, w, s, x).T),
        Mistake("sign", SIGN, lambda a, b, w, s, x: -_chain(a, b, w, s, x)),
        Mistake(
            "summed over hidden",
            "(6) has no sum over hidden units",
            lambda a, b, w, s, x: _chain(a, b, w, s, x).sum(1, keepdims=True),
        ),
        Mistake(
            "spread over hidden",
            "(6) has no sum over hidden units",
            lambda a, b, w, s, x: np.repeat(_chain(a, b, w, s, x).sum(1, keepdims=True), len(w), 1),
        ),
        Mistake("(9) as printed", AS_PRINTED, lambda a, b, w, s, x: diagonal(_chain(a, b, w, s, x))),
        Mistake(
            "∂ŷ/∂O twice",
            "the second factor appears twice",
            lambda a, b, w, s, x: _chain(a, b * b, w, s, x),
        ),
        Mistake(
            "∂Z/∂H twice", "the fourth factor appears twice", lambda a, b, w, s, x: _chain(a, b, w, s * s, x)
        ),
    ),
}
