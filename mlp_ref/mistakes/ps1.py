"""What students get wrong in ps1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid
from mlp_ref import one_hidden as ref
from mlp_ref.mistakes.mistake import Mistake, Table

SIGN = "the sign is reversed"
NO_N = "1/N is missing"
TWICE_N = "1/N is applied twice: equation (3) has it already"
DOUBLE = "σ′ is taken of σ(O), not of O: σ was applied once too often"
NO_SLOPE_OUT = "the slope of the output unit, (3a), is missing"
NO_SLOPE_HIDDEN = "the slope of the hidden units, (8), is missing"
TRANSPOSED = "the result is transposed"
BIAS_KEPT = "the bias unit is still in: only the real hidden units are asked for"
BROADCAST = "a (N,) array met an (N, 1) array and broadcast to (N, N) before the sum"
AS_PRINTED = "(9) was taken as printed: the derivative is not zero where k and l differ"
SLOPE_OF_Y = "the slope is taken of the target y, not of the output ŷ"
BIAS_FIRST = "the first unit was dropped instead of the last: the bias unit is the last one"


def slope(t: Any) -> Any:
    """Return σ′(t)."""
    return sigmoid(t) * (1 - sigmoid(t))


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


def _diagonal(dW1: Any) -> Any:
    """Return a gradient by W1 that is zero unless k = l."""
    return dW1 * np.eye(*dW1.shape)


def _delta(y: Any, y_hat: Any, O: Any) -> Any:
    return (y_hat - y) * slope(O) / len(y)


def _dW1(X: Any, delta: Any, W2: Any, Z: Any) -> Any:
    """Return (10) from whatever stands for (∂C/∂O), W2 without bias and ∂Z/∂H."""
    return X.T @ (delta * W2 * Z)


def _chain(a: Any, b: Any, w: Any, s: Any, x: Any) -> Any:
    return x.T @ (a * b * w * s)


def _factors(right: Callable[..., Any], twice: str) -> tuple[Mistake, ...]:
    """Return wrong factors of a result that carries 1/N; N is the length of the first argument."""
    return (
        Mistake("sign", SIGN, lambda *a: -right(*a)),
        Mistake("1/N missing", NO_N, lambda *a: right(*a) * len(a[0])),
        Mistake("1/N twice", twice, lambda *a: right(*a) / len(a[0])),
        Mistake(
            "factor 2",
            "the 2 of the square is still there: the ½ of (1) cancels it",
            lambda *a: 2 * right(*a),
        ),
        Mistake(
            "factor ½",
            "the ½ of (1) is still there: the 2 of the square cancels it",
            lambda *a: right(*a) / 2,
        ),
    )


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
    "ps1.dC_dyhat": (
        *_factors(ref.dC_dyhat, "1/N is applied twice"),
        Mistake("still squared", "the square is not differentiated", lambda y, p: -((y - p) ** 2) / len(y)),
        Mistake("one axis", "the column was flattened", lambda y, p: ((p - y) / len(y))[:, 0]),
        Mistake(
            "averaged",
            "the derivative is one number for each example, not their mean",
            lambda y, p: np.mean(p - y),
        ),
        Mistake("sign and 1/N", "the sign is reversed and 1/N is missing", lambda y, p: y - p),
    ),
    "ps1.dyhat_dO": (
        Mistake("σ′ of σ(O)", DOUBLE, lambda O: slope(sigmoid(O))),
        Mistake(
            "O(1 − O)", "the rule is σ(1 − σ), applied here to O itself, without σ", lambda O: O * (1 - O)
        ),
        Mistake("only σ", "the factor 1 − σ(O) is missing", lambda O: sigmoid(O)),
        Mistake("only 1 − σ", "the factor σ(O) is missing", lambda O: 1 - sigmoid(O)),
        Mistake("sign", SIGN, lambda O: -slope(O)),
        Mistake("1 − σ²", "1 − σ² is the rule for tanh", lambda O: 1 - sigmoid(O) ** 2),
        Mistake("1 + σ", "1 + σ where 1 − σ should be", lambda O: sigmoid(O) * (1 + sigmoid(O))),
        Mistake("squared", "the slope was squared", lambda O: slope(O) ** 2),
        Mistake("one axis", "the column was flattened", lambda O: slope(O)[:, 0]),
    ),
    "ps1.dO_dW2": (
        Mistake("bias dropped", "the bias unit has a weight in W2 too: keep its column", lambda Z: Z[:, :-1]),
        Mistake("transposed", TRANSPOSED, lambda Z: Z.T),
        Mistake(
            "bias zero",
            "the derivative by the bias weight is not 0",
            lambda Z: Z * np.append(np.ones(Z.shape[1] - 1), 0),
        ),
        Mistake("summed", "the sum over the examples comes later, in (2)", lambda Z: Z.sum(axis=0)),
        Mistake("averaged", "no mean is taken here", lambda Z: Z.mean(axis=0)),
        Mistake("sign", SIGN, lambda Z: -Z),
        Mistake("Z(1 − Z)", "this is the slope of σ, (8), not the derivative by W2", lambda Z: Z * (1 - Z)),
        Mistake("ones", "the derivative of Z W by W is Z, not 1", lambda Z: np.ones_like(Z)),
    ),
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
    "ps1.dC_dW2": (
        *_factors(ref.dC_dW2, TWICE_N),
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
    "ps1.dO_dZ": (
        Mistake("bias kept", BIAS_KEPT, lambda W2: W2[:, 0]),
        Mistake("first dropped", BIAS_FIRST, lambda W2: W2[1:, 0]),
        Mistake("column", "one axis is expected: (h,), not (h, 1)", lambda W2: W2[:-1]),
        Mistake("row", "one axis is expected: (h,), not (1, h)", lambda W2: W2[:-1].T),
        Mistake("sign", SIGN, lambda W2: -W2[:-1, 0]),
        Mistake("ones", "the derivative of Z W by Z is W, not 1", lambda W2: np.ones(len(W2) - 1)),
        Mistake(
            "summed", "no sum is taken here: one number for each hidden unit", lambda W2: np.sum(W2[:-1])
        ),
        Mistake("reversed", "the order of the hidden units is reversed", lambda W2: W2[:-1, 0][::-1]),
    ),
    "ps1.dZ_dH": (
        Mistake("σ′ of Z", "σ was applied once too often: Z is σ(H) already", lambda Z: slope(Z[:, :-1])),
        Mistake("only Z", "the factor 1 − Z is missing", lambda Z: Z[:, :-1]),
        Mistake("only 1 − Z", "the factor Z is missing", lambda Z: 1 - Z[:, :-1]),
        Mistake("bias kept", BIAS_KEPT, lambda Z: Z * (1 - Z)),
        Mistake("first dropped", BIAS_FIRST, lambda Z: Z[:, 1:] * (1 - Z[:, 1:])),
        Mistake("1 − Z²", "1 − Z² is the rule for tanh", lambda Z: 1 - Z[:, :-1] ** 2),
        Mistake("sign", SIGN, lambda Z: -Z[:, :-1] * (1 - Z[:, :-1])),
        Mistake("squared", "the slope was squared", lambda Z: (Z[:, :-1] * (1 - Z[:, :-1])) ** 2),
        Mistake(
            "averaged",
            "the slope is one number for each example: no mean",
            lambda Z: (Z * (1 - Z))[:, :-1].mean(0),
        ),
    ),
    "ps1.dH_dW1": (
        Mistake(
            "as printed",
            "this is (9) as printed, zero unless k = l",
            lambda X: X[:, :, None] * np.eye(X.shape[1]),
        ),
        Mistake("transposed", TRANSPOSED, lambda X: X.T),
        Mistake("summed", "the sum over the examples comes later, in (6)", lambda X: X.sum(axis=0)),
        Mistake("averaged", "no mean is taken here", lambda X: X.mean(axis=0)),
        Mistake(
            "last input dropped",
            "X has no bias unit to drop: all its columns are inputs",
            lambda X: X[:, :-1],
        ),
        Mistake("ones", "the derivative of X W by W is X, not 1", lambda X: np.ones_like(X)),
        Mistake("sign", SIGN, lambda X: -X),
        Mistake("activated", "σ has no place here: H = X W1 is before σ", lambda X: sigmoid(X)),
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
        Mistake("(9) as printed", AS_PRINTED, lambda a, b, w, s, x: _diagonal(_chain(a, b, w, s, x))),
        Mistake(
            "∂ŷ/∂O twice",
            "the second factor appears twice",
            lambda a, b, w, s, x: _chain(a, b * b, w, s, x),
        ),
        Mistake(
            "∂Z/∂H twice", "the fourth factor appears twice", lambda a, b, w, s, x: _chain(a, b, w, s * s, x)
        ),
    ),
    "ps1.dC_dW1": (
        *_factors(ref.dC_dW1, TWICE_N),
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
        Mistake("(9) as printed", AS_PRINTED, lambda *a: _diagonal(ref.dC_dW1(*a))),
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
