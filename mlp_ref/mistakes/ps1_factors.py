"""What students get wrong in the single factors of seed 1, (3) to (9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking import hints
from mlp_ref.mistakes.common import ALL_ZERO, BIAS_KEPT, as_it_is, bias_first, slope
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.ps1_gradients import RESIDUALS, SCALES, SIGNS
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]
SMALL = (1e-6, 1e-8, 1e-5, 1e-7, 1e-9, 1e-10, 1e-12, 1e-4, 1e-3)
CLIPS = (0.01, 1e-3, 1e-4, 1e-5, 1e-6, 0.05, 0.1)
CUT_OFF = "the activations were cut off near 0 and 1: where a unit saturates the slope goes to 0"
AVERAGED = "the derivative is one number for each example, from that example alone"


def _of_3(
    residual: Function = lambda y, p, O: p - y,
    form: Function = as_it_is,
    sign: Function = as_it_is,
    scale: Function = lambda n, m: 1 / n,
) -> Function:
    return lambda y, p: form(sign(residual(y, p, None) * scale(len(y), 1)))


def _cut(at: float) -> Function:
    return lambda units: np.clip(units, at, 1 - at)


def _slope_of(change: Function) -> Function:
    """Return (8) made of changed activations."""

    def of_Z(Z: Any) -> Any:
        units = change(Z[:, :-1])
        return units * (1 - units)

    return of_Z


def _slope_out_of(change: Function) -> Function:
    """Return (3a) made of a changed output."""

    def of_O(O: Any) -> Any:
        out = change(sigmoid(O))
        return out * (1 - out)

    return of_O


OF_3 = Recipe(
    _of_3,
    {
        "residual": (
            *RESIDUALS,
            WrongPart(
                "cross-entropy",
                "this is the derivative of the cross-entropy by ŷ: the cost is (1)",
                (lambda y, p, O: (p - y) / (p * (1 - p))),
            ),
            WrongPart(
                "σ′ included",
                "the slope of the output unit, (3a), is a factor of its own",
                lambda y, p, O: (p - y) * p * (1 - p),
            ),
        ),
        "form": (
            WrongPart("one axis", "the column was flattened", np.ravel),
            WrongPart("averaged", AVERAGED, np.mean),
            WrongPart("summed", AVERAGED, np.sum),
            WrongPart("averaged and spread", AVERAGED, lambda t: np.full_like(t, t.mean())),
            WrongPart("summed and spread", AVERAGED, lambda t: np.full_like(t, t.sum())),
        ),
        "sign": SIGNS,
        "scale": [slip for slip in SCALES if slip.name != "columns counted"],
    },
)
RECIPES = {"ps1.dC_dyhat": OF_3}
MISTAKES: Table = {
    "ps1.dC_dyhat": OF_3.mistakes(),
    "ps1.dyhat_dO": (
        Mistake("σ′ of σ(O)", hints.SLOPE_OUT_AT_Y_HAT, lambda O: slope(sigmoid(O))),
        Mistake(
            "O(1 − O)", "the rule is σ(1 − σ), applied here to O itself, without σ", lambda O: O * (1 - O)
        ),
        Mistake("only σ", hints.SIGMA_ALONE, lambda O: sigmoid(O)),
        Mistake("only 1 − σ", hints.REST_ALONE, lambda O: 1 - sigmoid(O)),
        Mistake("sign", hints.SIGN, lambda O: -slope(O)),
        Mistake("1 − σ²", "1 − σ² is the rule for tanh", lambda O: 1 - sigmoid(O) ** 2),
        Mistake(
            "tanh′", "1 − tanh² is the slope of tanh: the output unit is σ", lambda O: 1 - np.tanh(O) ** 2
        ),
        Mistake("σ twice", "the slope is σ(1 − σ), not σ²", lambda O: sigmoid(O) ** 2),
        Mistake("1 + σ", "1 + σ where 1 − σ should be", lambda O: sigmoid(O) * (1 + sigmoid(O))),
        Mistake("squared", hints.SLOPE_TWICE, lambda O: slope(O) ** 2),
        Mistake("one axis", "the column was flattened", lambda O: slope(O)[:, 0]),
        Mistake(
            "square missing below",
            "the denominator of e^−t / (1 + e^−t)² is squared",
            lambda O: np.minimum(sigmoid(O), sigmoid(-O)),
        ),
        Mistake("brackets", ALL_ZERO.format("σ"), lambda O: sigmoid(O) * 1 - sigmoid(O)),
        Mistake(
            "small number added",
            "a small number was added to the slope, which goes to 0 where the unit saturates",
            lambda O: slope(O) + SMALL[0],
            tuple(lambda O, eps=eps: slope(O) + eps for eps in SMALL[1:]),
        ),
        Mistake(
            "cut off",
            CUT_OFF,
            _slope_out_of(_cut(CLIPS[0])),
            tuple(_slope_out_of(_cut(at)) for at in CLIPS[1:]),
        ),
        Mistake(
            "diagonal matrix",
            "a column is asked for, with a number for each example, not a diagonal matrix",
            lambda O: np.diag(slope(O)[:, 0]),
        ),
    ),
    "ps1.dO_dW2": (
        Mistake("bias dropped", "the bias unit has a weight in W2 too: keep its column", lambda Z: Z[:, :-1]),
        Mistake("transposed", hints.TRANSPOSED, lambda Z: Z.T),
        Mistake("bias first", "the bias unit is the last column, not the first", bias_first),
        Mistake("σ′(Z)", "the derivative of Z W by W is Z, not a slope", lambda Z: slope(Z)),
        Mistake("σ(Z)", "σ was applied to Z, which is σ(H) already", lambda Z: sigmoid(Z)),
        Mistake(
            "bias zero",
            "the derivative by the bias weight is not 0",
            lambda Z: Z * np.append(np.ones(Z.shape[1] - 1), 0),
        ),
        Mistake("summed", "the sum over the examples comes later, in (2)", lambda Z: Z.sum(axis=0)),
        Mistake("averaged", "no mean is taken here", lambda Z: Z.mean(axis=0)),
        Mistake("sign", hints.SIGN, lambda Z: -Z),
        Mistake("Z(1 − Z)", "this is the slope of σ, (8), not the derivative by W2", lambda Z: Z * (1 - Z)),
        Mistake("ones", "the derivative of Z W by W is Z, not 1", lambda Z: np.ones_like(Z)),
    ),
    "ps1.dO_dZ": (
        Mistake("bias kept", BIAS_KEPT, lambda W2: W2[:, 0]),
        Mistake("first dropped", hints.FIRST_DROPPED, lambda W2: W2[1:, 0]),
        Mistake("column", "one axis is expected: (h,), not (h, 1)", lambda W2: W2[:-1]),
        Mistake("row", "one axis is expected: (h,), not (1, h)", lambda W2: W2[:-1].T),
        Mistake("sign", hints.SIGN, lambda W2: -W2[:-1, 0]),
        Mistake(
            "fixed size",
            "the number of hidden units is written into the code: it is one less than the rows of W2",
            lambda W2: W2[:3, 0],
            tuple(lambda W2, h=h: W2[:h, 0] for h in (2, 4, 1)),
        ),
        Mistake(
            "W2(1 − W2)", "σ′ was taken of the weights: O is linear in Z", lambda W2: (W2 * (1 - W2))[:-1, 0]
        ),
        Mistake("squared", "the weights were squared", lambda W2: W2[:-1, 0] ** 2),
        Mistake("activated", "σ has no place here: O = Z W2 is before σ", lambda W2: sigmoid(W2[:-1, 0])),
        Mistake("ones", "the derivative of Z W by Z is W, not 1", lambda W2: np.ones(len(W2) - 1)),
        Mistake(
            "summed", "no sum is taken here: one number for each hidden unit", lambda W2: np.sum(W2[:-1])
        ),
        Mistake("reversed", "the order of the hidden units is reversed", lambda W2: W2[:-1, 0][::-1]),
        Mistake(
            "first weight for all",
            "one weight stands for all hidden units: each has a row of its own in W2",
            lambda W2: np.full(len(W2) - 1, W2[0, 0]),
            (lambda W2: np.full(len(W2) - 1, W2[-1, 0]), lambda W2: np.full(len(W2) - 1, W2[-2, 0])),
        ),
    ),
    "ps1.dZ_dH": (
        Mistake("σ′ of Z", hints.SLOPE_HIDDEN_AT_Z, lambda Z: slope(Z[:, :-1])),
        Mistake("only Z", hints.SIGMA_ALONE, lambda Z: Z[:, :-1]),
        Mistake("only 1 − Z", hints.REST_ALONE, lambda Z: 1 - Z[:, :-1]),
        Mistake("bias kept", BIAS_KEPT, lambda Z: Z * (1 - Z)),
        Mistake(
            "fixed size",
            "the number of hidden units is written into the code: it is one less than the columns of Z",
            lambda Z: Z[:, :3] * (1 - Z[:, :3]),
            tuple(lambda Z, h=h: Z[:, :h] * (1 - Z[:, :h]) for h in (2, 4, 1)),
        ),
        Mistake("first dropped", hints.FIRST_DROPPED, lambda Z: Z[:, 1:] * (1 - Z[:, 1:])),
        Mistake(
            "example dropped",
            "a row of Z, which is an example, was dropped: the bias unit is its last column",
            lambda Z: Z[:-1] * (1 - Z[:-1]),
            (lambda Z: Z[:-1, :-1] * (1 - Z[:-1, :-1]), lambda Z: Z[1:] * (1 - Z[1:])),
        ),
        Mistake("1 − Z²", "1 − Z² is the rule for tanh", lambda Z: 1 - Z[:, :-1] ** 2),
        Mistake("sign", hints.SIGN, lambda Z: -Z[:, :-1] * (1 - Z[:, :-1])),
        Mistake(
            "cut off", CUT_OFF, _slope_of(_cut(CLIPS[0])), tuple(_slope_of(_cut(at)) for at in CLIPS[1:])
        ),
        Mistake("1 + Z", "1 + Z where 1 − Z should be", lambda Z: Z[:, :-1] * (1 + Z[:, :-1])),
        Mistake("Z²", "the slope is Z(1 − Z), not Z²", lambda Z: Z[:, :-1] ** 2),
        Mistake("matrix product", "⊙ is elementwise: *, not @", lambda Z: Z[:, :-1] @ (1 - Z[:, :-1]).T),
        Mistake("subtracted", "the two factors are multiplied", lambda Z: Z[:, :-1] - (1 - Z[:, :-1])),
        Mistake(
            "np.diag",
            "np.diag takes the diagonal out of a matrix: a number for each real hidden unit is asked for",
            lambda Z: np.diag(Z[:, :-1] * (1 - Z[:, :-1])),
        ),
        Mistake("squared", hints.SLOPE_TWICE, lambda Z: (Z[:, :-1] * (1 - Z[:, :-1])) ** 2),
        Mistake("brackets", ALL_ZERO.format("Z"), lambda Z: Z[:, :-1] * 1 - Z[:, :-1]),
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
        Mistake("transposed", hints.TRANSPOSED, lambda X: X.T),
        Mistake("summed", "the sum over the examples comes later, in (6)", lambda X: X.sum(axis=0)),
        Mistake("averaged", "no mean is taken here", lambda X: X.mean(axis=0)),
        Mistake(
            "last input dropped",
            "X has no bias unit to drop: all its columns are inputs",
            lambda X: X[:, :-1],
        ),
        Mistake(
            "last input zero",
            "the derivative by the weights of the last input is not 0: X has no bias unit",
            lambda X: X * (np.arange(X.shape[1]) < X.shape[1] - 1),
        ),
        Mistake("ones", "the derivative of X W by W is X, not 1", lambda X: np.ones_like(X)),
        Mistake("sign", hints.SIGN, lambda X: -X),
        Mistake(
            "divided by N", "no 1/N belongs here: it is in the first factor already", lambda X: X / len(X)
        ),
        Mistake("bias added", "X has no bias unit", lambda X: np.hstack([X, np.ones((len(X), 1))])),
        Mistake("X²", "the derivative of X W by W is X, not X²", lambda X: X**2),
        Mistake("X(1 − X)", "X is no activation: H = X W1 is linear in W1", lambda X: X * (1 - X)),
        Mistake("activated", "σ has no place here: H = X W1 is before σ", lambda X: sigmoid(X)),
    ),
}
