"""What students get wrong in the single factors of seed 1, (3) to (9)."""

from __future__ import annotations

import numpy as np

from course.activations import sigmoid
from mlp_ref import one_hidden as ref
from mlp_ref.mistakes.hints import BIAS_FIRST, BIAS_KEPT, DOUBLE, SIGN, TRANSPOSED, factors, slope
from mlp_ref.mistakes.mistake import Mistake, Table

MISTAKES: Table = {
    "ps1.dC_dyhat": (
        *factors(ref.dC_dyhat, "1/N is applied twice"),
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
}
