"""What students get wrong in the forward pass of ps2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking import hints
from mlp_ref import deep as ref
from mlp_ref.mistakes.common import as_it_is, untransposed
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]


def _layer(h: Any, W: Any, b: Any, b_1: Any, unit: Function) -> Any:
    return unit(h @ W + b)


def _forward(
    hidden: Function = sigmoid,
    output: Function = sigmoid,
    layer: Function = _layer,
    inputs: Function = lambda X, h, W: h,
    weights: Function = as_it_is,
    first: Function = as_it_is,
    results: Function = as_it_is,
) -> Function:
    def forward(X: Any, Ws: Any, bs: Any) -> Any:
        hs, h = [X], first(X)
        for l, (W, b) in enumerate(zip(Ws, bs, strict=True), start=1):
            unit = output if l == len(Ws) else hidden
            h = layer(inputs(X, h, W), weights(W), b, bs[0], unit)
            hs.append(h)
        return results(hs)

    return forward


def _twice(t: Any) -> Any:
    return sigmoid(sigmoid(t))


def _reversed(t: Any) -> Any:
    return sigmoid(-t)


FORWARD = Recipe(
    _forward,
    {
        "hidden": (
            WrongPart("no σ in hidden", "the hidden layers lack their σ", as_it_is),
            WrongPart("tanh", "the hidden layers are tanh, not σ", np.tanh),
            WrongPart("ReLU", "the hidden layers are ReLU, not σ", lambda t: np.maximum(t, 0)),
            WrongPart("σ twice in hidden", "σ was applied twice in the hidden layers", _twice),
            WrongPart("sign in hidden", "the sign in the hidden layers' σ is reversed", _reversed),
        ),
        "output": (
            WrongPart("no σ at output", "the last layer lacks its σ", as_it_is),
            WrongPart("tanh at output", "the last layer is σ, not tanh", np.tanh),
            WrongPart("ReLU at output", "the last layer is σ, not ReLU", lambda t: np.maximum(t, 0)),
            WrongPart("σ twice at output", "σ was applied twice at the output", _twice),
            WrongPart("sign at output", "the sign in the last σ is reversed", _reversed),
            WrongPart(
                "rounded",
                "f is the probability itself, not rounded to 0 or 1",
                lambda t: np.round(sigmoid(t)),
            ),
        ),
        "layer": (
            WrongPart("bias missing", "the biases are missing", lambda h, W, b, b_1, unit: unit(h @ W)),
            WrongPart(
                "bias subtracted",
                "the biases are added, not subtracted",
                lambda h, W, b, b_1, unit: unit(h @ W - b),
            ),
            WrongPart(
                "bias twice", "the biases were added twice", lambda h, W, b, b_1, unit: unit(h @ W + 2 * b)
            ),
            WrongPart(
                "bias after σ",
                "the biases were added after σ: they belong to what the units receive",
                lambda h, W, b, b_1, unit: unit(h @ W) + b,
            ),
            WrongPart(
                "b_1 in every layer",
                "every layer has a bias of its own; where the shapes fit, they do not tell",
                lambda h, W, b, b_1, unit: unit(h @ W + (b_1 if b_1.shape == b.shape else b)),
            ),
        ),
        "inputs": (
            WrongPart(
                "X in every layer",
                "a layer receives what the one before returns, not X; where the shapes fit, they do not tell",
                lambda X, h, W: X if X.shape[1] == len(W) else h,
            ),
        ),
        "weights": (
            WrongPart("W transposed", hints.UNTRANSPOSED.replace("not ", ""), lambda W: untransposed(W.T)),
        ),
        "first": (WrongPart("σ(X)", "the first layer receives X itself, without σ", sigmoid),),
        "results": (
            WrongPart("X missing", "hs starts with X itself", lambda hs: hs[1:]),
            WrongPart("only f", "all layers are asked for, not the last alone", lambda hs: hs[-1]),
            WrongPart("X activated", "h_0 is X itself, without σ", lambda hs: [sigmoid(hs[0]), *hs[1:]]),
            WrongPart("reversed", "the list is reversed: X comes first", lambda hs: hs[::-1]),
            WrongPart("last layer missing", "the last layer, f, is missing", lambda hs: hs[:-1]),
        ),
    },
)


def _zs(X: Any, Ws: Any, bs: Any) -> Any:
    hs = ref.forward(X, Ws, bs)
    return [X, *(h @ W + b for h, W, b in zip(hs[:-1], Ws, bs, strict=True))]


def _z_handed_on(X: Any, Ws: Any, bs: Any) -> Any:
    zs = [X]
    for W, b in zip(Ws, bs, strict=True):
        zs.append(zs[-1] @ W + b)
    return [X, *map(sigmoid, zs[1:])]


RECIPES = {"ps2.forward": FORWARD}
MISTAKES: Table = {
    "ps2.forward": (
        *FORWARD.mistakes(),
        Mistake("z handed on", "a layer receives h_l, not the z_l before σ", _z_handed_on),
        Mistake("zs", "these are the z_l, before σ", _zs),
        Mistake("no σ", "all layers lack their σ", _forward(hidden=as_it_is, output=as_it_is)),
        Mistake("all tanh", "the units are σ, not tanh", _forward(hidden=np.tanh, output=np.tanh)),
        Mistake("all twice", "σ was applied twice in every layer", _forward(hidden=_twice, output=_twice)),
    ),
}
