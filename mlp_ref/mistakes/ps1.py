"""What students get wrong in ps1's cost and forward pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.activations import sigmoid
from mlp_ref import one_hidden as ref
from mlp_ref.mistakes.hints import BROADCAST, NO_N
from mlp_ref.mistakes.mistake import Mistake, Table


def _forward(
    X: Any, W1: Any, W2: Any, *, hidden: Any = sigmoid, output: Any = sigmoid, bias: float = 1.0
) -> Any:
    H = X @ W1
    Z = np.hstack([hidden(H), np.full((len(X), 1), bias)])
    return H, Z, Z @ W2, output(Z @ W2)


def _bias_first(X: Any, W1: Any, W2: Any) -> Any:
    Z = np.hstack([np.ones((len(X), 1)), sigmoid(X @ W1)])
    return X @ W1, Z, Z @ W2, sigmoid(Z @ W2)


def _no_bias(X: Any, W1: Any, W2: Any) -> Any:
    Z = sigmoid(X @ W1)
    return X @ W1, Z, Z @ W2[:-1], sigmoid(Z @ W2[:-1])


def _bias_squashed(X: Any, W1: Any, W2: Any) -> Any:
    return _forward(X, W1, W2, bias=float(sigmoid(1.0)))


def _H_activated(X: Any, W1: Any, W2: Any) -> Any:
    _, *rest = ref.forward(X, W1, W2)
    return sigmoid(X @ W1), *rest


def _W1_transposed(X: Any, W1: Any, W2: Any) -> Any:
    """Return what W1ᵀ gives where it fits, which is where W1 is square."""
    return ref.forward(X, W1.T if W1.shape[0] == W1.shape[1] else W1, W2)


def _swapped(X: Any, W1: Any, W2: Any) -> Any:
    H, Z, O, y_hat = ref.forward(X, W1, W2)
    return Z, H, O, y_hat


def _O_from_H(X: Any, W1: Any, W2: Any) -> Any:
    H, Z, _, _ = ref.forward(X, W1, W2)
    O = H @ W2[:-1] + W2[-1]
    return H, Z, O, sigmoid(O)


def _drop(results: Any, k: int) -> Any:
    return (*results[:k], *results[k + 1 :])


MISTAKES: Table = {
    "ps1.mse_cost": (
        Mistake("½ missing", "the ½ of (1) is missing", lambda y, p: np.sum((y - p) ** 2) / len(y)),
        Mistake("1/N missing", NO_N, lambda y, p: np.sum((y - p) ** 2) / 2),
        Mistake("1/2N missing", "1/(2N) is missing", lambda y, p: np.sum((y - p) ** 2)),
        Mistake("no square", "the differences are not squared", lambda y, p: np.sum(y - p) / (2 * len(y))),
        Mistake(
            "absolute value",
            "absolute values in place of squares",
            lambda y, p: np.sum(abs(y - p)) / (2 * len(y)),
        ),
        Mistake(
            "square of sum",
            "the sum was squared, not the terms",
            lambda y, p: np.sum(y - p) ** 2 / (2 * len(y)),
        ),
        Mistake("root", "a square root was taken: (1) has none", lambda y, p: np.sqrt(np.mean((y - p) ** 2))),
        Mistake(
            "sum missing", "the sum over the examples is missing", lambda y, p: (y - p) ** 2 / (2 * len(y))
        ),
        Mistake("1/N twice", "1/N is applied twice", lambda y, p: np.sum((y - p) ** 2) / (2 * len(y) ** 2)),
        Mistake(
            "broadcast",
            BROADCAST,
            lambda y, p: np.sum((y.T - p) ** 2) / (2 * len(y)),
            (
                lambda y, p: np.mean((y.T - p) ** 2) / 2,
                lambda y, p: np.mean((y.T - p) ** 2),
                lambda y, p: np.sum((y.T - p) ** 2) / 2,
                lambda y, p: np.sum((y.T - p) ** 2),
            ),
        ),
    ),
    "ps1.forward": (
        Mistake("bias first", "the bias unit is the first column of Z; it has to be the last", _bias_first),
        Mistake("bias missing", "the bias unit is missing", _no_bias),
        Mistake("bias zero", "the bias unit is 0; it has to be 1", lambda *a: _forward(*a, bias=0.0)),
        Mistake("bias squashed", "σ was applied to the bias unit too", _bias_squashed),
        Mistake(
            "no σ in hidden", "the hidden units lack their σ", lambda *a: _forward(*a, hidden=lambda t: t)
        ),
        Mistake("no σ at output", "the output unit lacks its σ", lambda *a: _forward(*a, output=lambda t: t)),
        Mistake(
            "σ twice at output",
            "σ was applied twice at the output",
            lambda *a: _forward(*a, output=lambda t: sigmoid(sigmoid(t))),
        ),
        Mistake("H activated", "H is what the units receive, before σ", _H_activated),
        Mistake("tanh", "the hidden units are tanh, not σ", lambda *a: _forward(*a, hidden=np.tanh)),
        Mistake(
            "W1 transposed", "W1 is transposed; where it is square, the shapes do not tell", _W1_transposed
        ),
        Mistake("H and Z swapped", "H and Z have changed places: the order is H, Z, O, ŷ", _swapped),
        Mistake("O from H", "O is made from Z, not from H: σ comes first", _O_from_H),
        Mistake("output missing", "O is missing among the results", lambda *a: _drop(ref.forward(*a), 2)),
    ),
}
