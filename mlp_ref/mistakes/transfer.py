"""What students get wrong with tanh units, beyond seed 1, and with momentum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid
from mlp_ref import transfer as ref
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.ps1 import BIAS_FIRST, BIAS_KEPT, NO_N, NO_SLOPE_HIDDEN, NO_SLOPE_OUT, TRANSPOSED, slope

SIGN = "the sign is reversed"
RULE_OF_SIGMA = "Z(1 − Z) is the rule for σ: the hidden units are tanh"
TANH_TWICE = "tanh was applied once too often: Z is tanh(H) already"

Of = Callable[[Any], Any]


def one(t: Any) -> Any:
    """Return ones, the slope of a straight line."""
    return np.ones_like(t)


def _dW1(
    X: Any,
    y: Any,
    y_hat: Any,
    O: Any,
    Z: Any,
    W2: Any,
    *,
    output: Of = slope,
    hidden: Of = lambda z: 1 - z**2,
    weights: Of = lambda W2: W2[:-1].T,
    units: Of = lambda Z: Z[:, :-1],
) -> Any:
    """Return (10) with tanh units, parts of it wrong."""
    return X.T @ ((y_hat - y) * output(O) / len(y) * weights(W2) * hidden(units(Z)))


def _variant(**wrong: Of) -> Callable[..., Any]:
    return lambda *a: _dW1(*a, **wrong)


def scaled(right: Callable[..., Any], factor: Callable[..., float]) -> Callable[..., Any]:
    """Return the right function times a factor, which is made of the arguments."""
    return lambda *a: right(*a) * factor(*a)


def over_n(*a: Any) -> float:
    """Return 1/N, of arguments whose first has a row for each example."""
    return float(1 / len(a[0]))


def _momentum_in_place(theta: Any, velocity: Any, gradient: Any, eta: float, beta: float) -> Any:
    velocity *= beta
    velocity += gradient
    theta -= eta * velocity
    return theta, velocity


def _step(velocity: Callable[..., Any], move: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Return a step with another new velocity, and another move than η times it."""

    def step(theta: Any, v: Any, g: Any, eta: float, beta: float) -> Any:
        new = velocity(v, g, eta, beta)
        return theta - (eta * new if move is None else move(v, g, new, eta, beta)), new

    return step


def _velocity(v: Any, g: Any, eta: float, beta: float) -> Any:
    return beta * v + g


MISTAKES: Table = {
    "ps1.dZ_dH_tanh": (
        Mistake("σ′", RULE_OF_SIGMA, lambda Z: (Z * (1 - Z))[:, :-1]),
        Mistake("not squared", "the square is missing", lambda Z: 1 - Z[:, :-1]),
        Mistake("tanh twice", TANH_TWICE, lambda Z: 1 - np.tanh(Z[:, :-1]) ** 2),
        Mistake("1 + Z²", "one sign inside is wrong", lambda Z: 1 + Z[:, :-1] ** 2),
        Mistake("only Z²", "this is what has to be taken away from 1", lambda Z: Z[:, :-1] ** 2),
        Mistake("slope squared", "the slope appears twice", lambda Z: ref.dZ_dH_tanh(Z) ** 2),
        Mistake("sign", SIGN, lambda Z: -ref.dZ_dH_tanh(Z)),
        Mistake("bias kept", BIAS_KEPT, lambda Z: 1 - Z**2),
        Mistake("first dropped", BIAS_FIRST, lambda Z: 1 - Z[:, 1:] ** 2),
        Mistake("ones", "the slope of tanh is 1 at 0 only", lambda Z: np.ones_like(Z[:, :-1])),
        Mistake(
            "averaged",
            "the slope is one number for each example: no mean",
            lambda Z: ref.dZ_dH_tanh(Z).mean(0),
        ),
    ),
    "ps1.dC_dW1_tanh": (
        Mistake("hidden σ′", RULE_OF_SIGMA, _variant(hidden=lambda z: z * (1 - z))),
        Mistake("hidden slope missing", NO_SLOPE_HIDDEN, _variant(hidden=one)),
        Mistake(
            "hidden not squared",
            "the square in the hidden slope is missing",
            _variant(hidden=lambda z: 1 - z),
        ),
        Mistake("hidden tanh twice", TANH_TWICE, _variant(hidden=lambda z: 1 - np.tanh(z) ** 2)),
        Mistake(
            "hidden slope doubled", "the slope (8) appears twice", _variant(hidden=lambda z: (1 - z**2) ** 2)
        ),
        Mistake("output slope missing", NO_SLOPE_OUT, _variant(output=one)),
        Mistake(
            "output tanh′",
            "the output unit stays σ: its slope is (3a)",
            _variant(output=lambda O: 1 - sigmoid(O) ** 2),
        ),
        Mistake(
            "σ′ of ŷ",
            "σ was applied once too often at the output",
            _variant(output=lambda O: slope(sigmoid(O))),
        ),
        Mistake(
            "output slope doubled", "the slope (3a) appears twice", _variant(output=lambda O: slope(O) ** 2)
        ),
        Mistake(
            "W2 missing",
            "the weight W2 on the way from the hidden unit is missing",
            _variant(weights=lambda _: 1),
        ),
        Mistake(
            "W2 shifted",
            "W2 was shifted by one: its last row belongs to the bias unit",
            _variant(weights=lambda W2: W2[1:].T),
        ),
        Mistake(
            "Z shifted",
            "Z was shifted by one: its last column is the bias unit",
            _variant(units=lambda Z: Z[:, 1:]),
        ),
        Mistake(
            "bias kept",
            "the bias unit is still in: no weight of W1 leads to it",
            _variant(weights=lambda W2: W2.T, units=lambda Z: Z),
        ),
        Mistake("1/N missing", NO_N, scaled(ref.dC_dW1_tanh, lambda *a: len(a[0]))),
        Mistake("1/N twice", "1/N is applied twice", scaled(ref.dC_dW1_tanh, over_n)),
        Mistake("sign", SIGN, scaled(ref.dC_dW1_tanh, lambda *_: -1)),
        Mistake("factor 2", "the 2 of the square is still there", scaled(ref.dC_dW1_tanh, lambda *_: 2)),
        Mistake("transposed", TRANSPOSED, lambda *a: ref.dC_dW1_tanh(*a).T),
    ),
    "ps3.momentum_step": (
        Mistake("sign", "the step goes uphill", _step(_velocity, lambda v, g, new, eta, beta: -eta * new)),
        Mistake(
            "old velocity",
            "the step follows the old velocity: the new one comes first",
            _step(_velocity, lambda v, g, new, eta, beta: eta * v),
        ),
        Mistake(
            "average",
            "the gradient is added whole, without a factor 1 − β",
            _step(lambda v, g, eta, beta: beta * v + (1 - beta) * g),
        ),
        Mistake(
            "η in the velocity",
            "η belongs to the step, not to the velocity",
            _step(lambda v, g, eta, beta: beta * v + eta * g, lambda v, g, new, eta, beta: new),
        ),
        Mistake(
            "β missing", "the old velocity is kept whole: β is missing", _step(lambda v, g, eta, beta: v + g)
        ),
        Mistake(
            "β on both", "β multiplies the old velocity only", _step(lambda v, g, eta, beta: beta * (v + g))
        ),
        Mistake(
            "β on the gradient",
            "β multiplies the old velocity, not the gradient",
            _step(lambda v, g, eta, beta: v + beta * g),
        ),
        Mistake("plain descent", "the old velocity is missing", _step(lambda v, g, eta, beta: +g)),
        Mistake(
            "1 − β",
            "what is kept of the old velocity is β, not 1 − β",
            _step(lambda v, g, eta, beta: (1 - beta) * v + g),
        ),
        Mistake(
            "minus the gradient",
            "the gradient is added to the velocity, and the step goes against it",
            _step(lambda v, g, eta, beta: beta * v - g),
        ),
        Mistake(
            "minus twice",
            "the velocity points downhill here: it has to point uphill, and the step goes against it",
            _step(lambda v, g, eta, beta: beta * v - g, lambda v, g, new, eta, beta: -eta * new),
        ),
        Mistake(
            "look ahead",
            "the gradient was added once more in the step",
            _step(_velocity, lambda v, g, new, eta, beta: eta * (g + beta * new)),
        ),
        Mistake(
            "velocity lost",
            "the new velocity is to be returned, not the old one",
            lambda t, v, g, eta, beta: (ref.momentum_step(t, v, g, eta, beta)[0], v.copy()),
        ),
        Mistake("swapped", "theta comes first, then the velocity", lambda *a: ref.momentum_step(*a)[::-1]),
        Mistake(
            "η and β swapped",
            "eta and beta are swapped",
            lambda t, v, g, eta, beta: ref.momentum_step(t, v, g, beta, eta),
        ),
        Mistake("in place", "the arguments were changed: return new arrays", _momentum_in_place),
    ),
}
