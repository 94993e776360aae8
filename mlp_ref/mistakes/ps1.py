"""What students get wrong in ps1's cost and forward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking import hints
from mlp_ref import one_hidden as ref
from mlp_ref.mistakes.common import NO_N, RUNNING, as_it_is, bias_first, running, untransposed
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]


def _cost(
    residual: Function = np.subtract,
    power: Function = np.square,
    examples: Function = as_it_is,
    scale: Function = lambda n: 1 / (2 * n),
) -> Function:
    return lambda y, p: np.sum(examples(power(residual(y, p)))) * scale(len(y))


COST = Recipe(
    _cost,
    {
        "residual": (
            WrongPart("broadcast", hints.BROADCAST, lambda y, p: y.T - p),
            WrongPart("y missing", "the target y is missing", lambda y, p: p),
            WrongPart("sum of y and ŷ", "the cost is made of differences, y − ŷ", np.add),
        ),
        "power": (
            WrongPart("no square", "the differences are not squared", as_it_is),
            WrongPart("absolute value", "absolute values in place of squares", np.abs),
            WrongPart("cubed", "the differences are squared, not cubed", lambda t: t**3),
        ),
        "examples": (
            WrongPart("running sums", RUNNING, running),
            WrongPart("last example missing", "the sum leaves the last example out", lambda t: t[:-1]),
            WrongPart("first example missing", "the sum leaves the first example out", lambda t: t[1:]),
            WrongPart(
                "last example only", "the sum keeps its last term only: += is needed", lambda t: t[-1:]
            ),
        ),
        "scale": (
            WrongPart("½ missing", "the ½ of (1) is missing", lambda n: 1 / n),
            WrongPart("1/N missing", NO_N, lambda n: 1 / 2),
            WrongPart("1/2N missing", "1/(2N) is missing", lambda n: 1),
            WrongPart("1/N twice", "1/N is applied twice", lambda n: 1 / (2 * n**2)),
            WrongPart("N − 1", "(1) divides by N, not by N − 1", lambda n: 1 / (2 * max(n - 1, 1))),
            WrongPart("¼", "(1) has one ½, not two", lambda n: 1 / (4 * n)),
            WrongPart("N above", "N stands above the line: / 2 * N is not / (2 * N)", lambda n: n / 2),
            WrongPart("sign", hints.SIGN, lambda n: -1 / (2 * n)),
        ),
    },
)


def _with_bias(units: Any, bias: float) -> Any:
    return np.hstack([units, np.full((len(units), 1), bias)])


def _forward(
    first: Function = lambda X, W1: X @ W1,
    hidden: Function = sigmoid,
    join: Function = lambda units: _with_bias(units, 1),
    second: Function = lambda H, Z, W2: Z @ W2,
    output: Function = sigmoid,
    results: Function = lambda *values: values,
) -> Function:
    def forward(X: Any, W1: Any, W2: Any) -> Any:
        H = first(X, W1)
        Z = join(hidden(H))
        O = second(H, Z, W2)
        return results(H, Z, O, output(O))

    return forward


FORWARD = Recipe(
    _forward,
    {
        "hidden": (
            WrongPart("no σ in hidden", "the hidden units lack their σ", as_it_is),
            WrongPart("tanh", "the hidden units are tanh, not σ", np.tanh),
            WrongPart("ReLU", "the hidden units are ReLU, not σ", lambda t: np.maximum(t, 0)),
            WrongPart(
                "σ twice in hidden", "σ was applied twice to the hidden units", lambda t: sigmoid(sigmoid(t))
            ),
            WrongPart("−t in hidden", "the sign in the hidden units' σ is reversed", lambda t: sigmoid(-t)),
        ),
        "join": (
            WrongPart(
                "bias first",
                hints.BIAS_IN_FRONT,
                lambda units: bias_first(_with_bias(units, 1)),
            ),
            WrongPart(
                "bias before the last",
                "the bias unit stands before the last hidden unit, and has to be the last column of Z",
                lambda units: np.insert(_with_bias(units, 1)[:, :-1], -1, 1, axis=1),
            ),
            WrongPart("bias zero", "the bias unit is 0; it has to be 1", lambda units: _with_bias(units, 0)),
            WrongPart(
                "bias squashed",
                "σ was applied to the bias unit too",
                lambda units: _with_bias(units, float(sigmoid(1.0))),
            ),
        ),
        "second": (
            WrongPart(
                "O from H",
                "O is made from Z, not from H: σ comes first",
                lambda H, Z, W2: H @ W2[:-1] + W2[-1],
            ),
            WrongPart("σ(Z)", "σ was applied to Z, which is σ(H) already", lambda H, Z, W2: sigmoid(Z) @ W2),
            WrongPart(
                "bias weight missing",
                "the last row of W2 is left out: it is the weight of the bias unit",
                lambda H, Z, W2: Z[:, :-1] @ W2[:-1],
            ),
            WrongPart(
                "O activated",
                "O is what the output unit receives, before σ",
                lambda H, Z, W2: sigmoid(Z @ W2),
            ),
        ),
        "output": (
            WrongPart("no σ at output", "the output unit lacks its σ", as_it_is),
            WrongPart(
                "σ twice at output", "σ was applied twice at the output", lambda t: sigmoid(sigmoid(t))
            ),
            WrongPart("tanh at output", "the output unit is σ, not tanh", np.tanh),
            WrongPart("rounded", "ŷ is the probability itself, not rounded to 0 or 1", np.round),
            WrongPart(
                "0 or 1", "ŷ is the probability itself, not 0 or 1", lambda t: np.where(t > 0, 1.0, 0.0)
            ),
            WrongPart("−O", "the sign in the output unit's σ is reversed", lambda t: sigmoid(-t)),
        ),
        "first": (
            WrongPart(
                "W1 transposed",
                "W1 is transposed; where it is square, the shapes do not tell",
                lambda X, W1: X @ untransposed(W1.T),
            ),
            WrongPart(
                "H used activated", "H is what the units receive, before σ", lambda X, W1: sigmoid(X @ W1)
            ),
        ),
        "results": (
            WrongPart(
                "H activated",
                "H is what the units receive, before σ",
                lambda H, Z, O, p: (sigmoid(H), Z, O, p),
            ),
            WrongPart(
                "H and Z swapped",
                "H and Z have changed places: the order is H, Z, O, ŷ",
                lambda H, Z, O, p: (Z, H, O, p),
            ),
            WrongPart(
                "O and ŷ swapped",
                "O and ŷ have changed places: the order is H, Z, O, ŷ",
                lambda H, Z, O, p: (H, Z, p, O),
            ),
            WrongPart("reversed", "the order is H, Z, O, ŷ", lambda H, Z, O, p: (p, O, Z, H)),
            WrongPart("output missing", "O is missing among the results", lambda H, Z, O, p: (H, Z, p)),
            WrongPart("only ŷ", "H, Z and O are asked for as well", lambda H, Z, O, p: p),
            WrongPart(
                "Z without bias",
                "Z keeps its bias unit, the last column",
                lambda H, Z, O, p: (H, Z[:, :-1], O, p),
            ),
            WrongPart(
                "H with bias",
                "H has no bias unit: nothing leads to it",
                lambda H, Z, O, p: (_with_bias(H, 1), Z, O, p),
            ),
            WrongPart(
                "ŷ for O", "O is what the output unit receives, before σ", lambda H, Z, O, p: (H, Z, p, p)
            ),
        ),
    },
)


def _no_bias(X: Any, W1: Any, W2: Any) -> Any:
    Z = sigmoid(X @ W1)
    return X @ W1, Z, Z @ W2[:-1], sigmoid(Z @ W2[:-1])


def _cross_entropy(y: Any, p: Any) -> Any:
    with np.errstate(all="ignore"):
        return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))


RECIPES = {"ps1.mse_cost": COST, "ps1.forward": FORWARD}
MISTAKES: Table = {
    "ps1.mse_cost": (
        *COST.mistakes(),
        Mistake(
            "square of sum",
            "the sum was squared, not the terms",
            lambda y, p: np.sum(y - p) ** 2 / (2 * len(y)),
            (lambda y, p: np.mean(y - p) ** 2 / 2, lambda y, p: np.sum(y - p) ** 2),
        ),
        Mistake(
            "root",
            "a square root was taken: (1) has none",
            lambda y, p: np.sqrt(np.mean((y - p) ** 2)),
            (
                lambda y, p: np.sqrt(ref.mse_cost(y, p)),
                lambda y, p: np.sqrt(np.sum((y - p) ** 2)),
                lambda y, p: np.sqrt(np.sum((y - p) ** 2)) / (2 * len(y)),
            ),
        ),
        Mistake(
            "sum missing", "the sum over the examples is missing", lambda y, p: (y - p) ** 2 / (2 * len(y))
        ),
        Mistake(
            "broadcast to a mean",
            hints.BROADCAST_MEAN,
            lambda y, p: np.mean((y.T - p) ** 2) / 2,
            (lambda y, p: np.mean((y.T - p) ** 2),),
        ),
        Mistake(
            "cross-entropy",
            "this is the cross-entropy: the cost is (1)",
            lambda y, p: _cross_entropy(y, p) / len(y),
            (_cross_entropy,),
        ),
    ),
    "ps1.forward": (
        *FORWARD.mistakes(),
        Mistake("bias missing", "the bias unit is missing", _no_bias),
    ),
}
