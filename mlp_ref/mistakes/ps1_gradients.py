"""What students get wrong in the gradients of seed 1, (5) and (10)."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlp_ref import one_hidden as ref
from mlp_ref.mistakes.hints import (
    AS_PRINTED,
    DOUBLE,
    NO_SLOPE_HIDDEN,
    NO_SLOPE_OUT,
    SLOPE_OF_Y,
    TRANSPOSED,
    TWICE_N,
    diagonal,
    factors,
    slope,
)
from mlp_ref.mistakes.mistake import Mistake, Table


def _delta(y: Any, y_hat: Any, O: Any) -> Any:
    return (y_hat - y) * slope(O) / len(y)


def _dW1(X: Any, delta: Any, W2: Any, Z: Any) -> Any:
    """Return (10) from whatever stands for (∂C/∂O), W2 without bias and ∂Z/∂H."""
    return X.T @ (delta * W2 * Z)


MISTAKES: Table = {
    "ps1.dC_dW2": (
        *factors(ref.dC_dW2, TWICE_N),
        Mistake("σ′ missing", NO_SLOPE_OUT, lambda y, p, O, Z: Z.T @ (p - y) / len(y)),
        Mistake("σ′ of ŷ", DOUBLE, lambda y, p, O, Z: Z.T @ ((p - y) * slope(p)) / len(y)),
        Mistake(
            "σ′ doubled",
            "the slope (3a) appears twice",
            lambda y, p, O, Z: Z.T @ ((p - y) * slope(O) ** 2) / len(y),
        ),
        Mistake(
            "O(1 − O)",
            "the slope is σ(1 − σ), not O(1 − O)",
            lambda y, p, O, Z: Z.T @ ((p - y) * O * (1 - O)) / len(y),
        ),
        Mistake("only σ", "the factor 1 − σ(O) is missing", lambda y, p, O, Z: Z.T @ ((p - y) * p) / len(y)),
        Mistake(
            "only 1 − σ", "the factor σ(O) is missing", lambda y, p, O, Z: Z.T @ ((p - y) * (1 - p)) / len(y)
        ),
        Mistake("σ′ of y", SLOPE_OF_Y, lambda y, p, O, Z: Z.T @ ((p - y) * y * (1 - y)) / len(y)),
        Mistake(
            "Z(1 − Z) for Z",
            "the slope (8) has no place here: ∂O/∂W2 is Z, (4)",
            lambda y, p, O, Z: (Z * (1 - Z)).T @ _delta(y, p, O),
        ),
        Mistake("one axis", "the column was flattened", lambda y, p, O, Z: (Z.T @ _delta(y, p, O))[:, 0]),
        Mistake("row", TRANSPOSED, lambda y, p, O, Z: _delta(y, p, O).T @ Z),
        Mistake("bias dropped", "the bias row is missing", lambda y, p, O, Z: Z[:, :-1].T @ _delta(y, p, O)),
        Mistake(
            "bias zero",
            "the derivative by the bias weight is not 0",
            lambda y, p, O, Z: (Z * np.append(np.ones(Z.shape[1] - 1), 0)).T @ _delta(y, p, O),
        ),
    ),
    "ps1.dC_dW1": (
        *factors(ref.dC_dW1, TWICE_N),
        Mistake("transposed", TRANSPOSED, lambda X, y, p, O, Z, W2: ref.dC_dW1(X, y, p, O, Z, W2).T),
        Mistake(
            "output σ′ missing",
            NO_SLOPE_OUT,
            lambda X, y, p, O, Z, W2: _dW1(X, (p - y) / len(y), W2[:-1].T, ref.dZ_dH(Z)),
        ),
        Mistake(
            "W2 missing",
            "the weight W2 on the way from the hidden unit, (7), is missing",
            lambda X, y, p, O, Z, W2: _dW1(X, _delta(y, p, O), 1, ref.dZ_dH(Z)),
        ),
        Mistake(
            "hidden σ′ missing",
            NO_SLOPE_HIDDEN,
            lambda X, y, p, O, Z, W2: _dW1(X, _delta(y, p, O), W2[:-1].T, 1),
        ),
        Mistake(
            "W2 shifted",
            "W2 was shifted by one: its last row belongs to the bias unit",
            lambda X, y, p, O, Z, W2: _dW1(X, _delta(y, p, O), W2[1:].T, ref.dZ_dH(Z)),
        ),
        Mistake(
            "Z shifted",
            "Z was shifted by one: its last column is the bias unit",
            lambda X, y, p, O, Z, W2: _dW1(X, _delta(y, p, O), W2[:-1].T, Z[:, 1:] * (1 - Z[:, 1:])),
        ),
        Mistake(
            "σ′ of ŷ",
            DOUBLE,
            lambda X, y, p, O, Z, W2: _dW1(X, (p - y) * slope(p) / len(y), W2[:-1].T, ref.dZ_dH(Z)),
        ),
        Mistake(
            "σ′ of Z",
            "σ was applied once too often in the hidden slope: Z is σ(H) already",
            lambda X, y, p, O, Z, W2: _dW1(X, _delta(y, p, O), W2[:-1].T, slope(Z[:, :-1])),
        ),
        Mistake(
            "O(1 − O)",
            "the slope is σ(1 − σ), not O(1 − O)",
            lambda X, y, p, O, Z, W2: _dW1(X, (p - y) * O * (1 - O) / len(y), W2[:-1].T, ref.dZ_dH(Z)),
        ),
        Mistake(
            "output σ′ doubled",
            "the slope (3a) appears twice",
            lambda X, y, p, O, Z, W2: _dW1(X, _delta(y, p, O) * slope(O), W2[:-1].T, ref.dZ_dH(Z)),
        ),
        Mistake(
            "hidden σ′ doubled",
            "the slope (8) appears twice",
            lambda X, y, p, O, Z, W2: _dW1(X, _delta(y, p, O), W2[:-1].T, ref.dZ_dH(Z) ** 2),
        ),
        Mistake(
            "only Z",
            "the factor 1 − Z is missing",
            lambda X, y, p, O, Z, W2: _dW1(X, _delta(y, p, O), W2[:-1].T, Z[:, :-1]),
        ),
        Mistake(
            "bias kept",
            "the bias unit is still in: no weight of W1 leads to it",
            lambda X, y, p, O, Z, W2: _dW1(X, _delta(y, p, O), W2.T, Z * (1 - Z)),
        ),
        Mistake("(9) as printed", AS_PRINTED, lambda *a: diagonal(ref.dC_dW1(*a))),
        Mistake(
            "summed over hidden",
            "there is no sum over hidden units: each has weights of its own",
            lambda *a: np.ones_like(ref.dC_dW1(*a)) * ref.dC_dW1(*a).sum(1, keepdims=True),
        ),
        Mistake(
            "only 1 − Z",
            "the factor Z is missing",
            lambda X, y, p, O, Z, W2: _dW1(X, _delta(y, p, O), W2[:-1].T, 1 - Z[:, :-1]),
        ),
        Mistake(
            "only σ",
            "the factor 1 − σ(O) is missing",
            lambda X, y, p, O, Z, W2: _dW1(X, (p - y) * p / len(y), W2[:-1].T, ref.dZ_dH(Z)),
        ),
        Mistake(
            "σ′ of y",
            SLOPE_OF_Y,
            lambda X, y, p, O, Z, W2: _dW1(X, (p - y) * y * (1 - y) / len(y), W2[:-1].T, ref.dZ_dH(Z)),
        ),
        Mistake(
            "output σ′ for the hidden",
            "the slope of the output unit stands where that of the hidden units, (8), should",
            lambda X, y, p, O, Z, W2: _dW1(X, _delta(y, p, O), W2[:-1].T, slope(O)),
        ),
        Mistake(
            "hidden σ′ for the output",
            "the slope of the hidden units stands where that of the output unit, (3a), should",
            lambda X, y, p, O, Z, W2: _dW1(X, (p - y) / len(y), W2[:-1].T, ref.dZ_dH(Z) ** 2),
        ),
        Mistake(
            "Z for X",
            "the last factor is X, (9), not Z",
            lambda X, y, p, O, Z, W2: _dW1(Z[:, :-1], _delta(y, p, O), W2[:-1].T, ref.dZ_dH(Z)),
        ),
    ),
}
