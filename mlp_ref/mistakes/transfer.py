"""What students get wrong with tanh units, beyond seed 1, and with momentum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.checking import hints
from mlp_ref import transfer as ref
from mlp_ref.mistakes.common import BIAS_KEPT
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]


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


def _step(
    velocity: Function = lambda v, g, eta, beta: beta * v + g,
    move: Function = lambda v, g, new, eta, beta: eta * new,
    results: Function = lambda theta, new, v: (theta, new),
) -> Function:
    """Return a step with another new velocity, or another move than η times it."""

    def step(theta: Any, v: Any, g: Any, eta: float, beta: float) -> Any:
        new = velocity(v, g, eta, beta)
        return results(theta - move(v, g, new, eta, beta), new, v.copy())

    return step


MOMENTUM = Recipe(
    _step,
    {
        "velocity": (
            WrongPart(
                "average",
                "the gradient is added whole, without 1 − β",
                lambda v, g, eta, beta: beta * v + (1 - beta) * g,
            ),
            WrongPart(
                "β missing", "the old velocity is kept whole: β is missing", lambda v, g, eta, beta: v + g
            ),
            WrongPart(
                "β on both", "β multiplies the old velocity only", lambda v, g, eta, beta: beta * (v + g)
            ),
            WrongPart(
                "β on the gradient",
                "β multiplies the old velocity, not the gradient",
                lambda v, g, eta, beta: v + beta * g,
            ),
            WrongPart("plain descent", hints.NO_OLD_VELOCITY, lambda v, g, eta, beta: +g),
            WrongPart(
                "1 − β",
                "what is kept of the old velocity is β, not 1 − β",
                lambda v, g, eta, beta: (1 - beta) * v + g,
            ),
            WrongPart("β squared", "β appears twice", lambda v, g, eta, beta: beta**2 * v + g),
            WrongPart(
                "β and 1 − β swapped",
                "the velocity is β v + g",
                lambda v, g, eta, beta: (1 - beta) * v + beta * g,
            ),
            WrongPart(
                "minus the gradient",
                "the gradient is added to the velocity, and the step goes against it",
                lambda v, g, eta, beta: beta * v - g,
            ),
            WrongPart(
                "minus the velocity",
                "the old velocity is added, not subtracted",
                lambda v, g, eta, beta: g - beta * v,
            ),
            WrongPart(
                "η twice",
                "η belongs to the step, not to the velocity as well",
                lambda v, g, eta, beta: beta * v + eta * g,
            ),
            WrongPart(
                "η on the old velocity",
                "the old velocity is multiplied by β, not by η",
                lambda v, g, eta, beta: eta * v + g,
            ),
            WrongPart(
                "gradient missing",
                "the gradient is missing in the velocity",
                lambda v, g, eta, beta: beta * v,
            ),
        ),
        "move": (
            WrongPart("sign", hints.UPHILL, lambda v, g, new, eta, beta: -eta * new),
            WrongPart(
                "old velocity",
                hints.OLD_VELOCITY,
                lambda v, g, new, eta, beta: eta * v,
            ),
            WrongPart("no η", "the learning rate is missing", lambda v, g, new, eta, beta: new),
            WrongPart(
                "look ahead",
                "the gradient was added once more in the step",
                lambda v, g, new, eta, beta: eta * (g + beta * new),
            ),
            WrongPart(
                "gradient added again",
                "the gradient is in the velocity already",
                lambda v, g, new, eta, beta: eta * (new + g),
            ),
            WrongPart(
                "gradient only in the step",
                "the step follows the velocity, not the gradient",
                lambda v, g, new, eta, beta: eta * g,
            ),
            WrongPart("half η", "η was halved", lambda v, g, new, eta, beta: eta / 2 * new),
            WrongPart("double η", "η was doubled", lambda v, g, new, eta, beta: 2 * eta * new),
            WrongPart(
                "divided by η", "the velocity was divided by η", lambda v, g, new, eta, beta: new / eta
            ),
            WrongPart(
                "β in the step",
                "β belongs to the velocity, not to the step",
                lambda v, g, new, eta, beta: beta * new,
            ),
            WrongPart(
                "β in the step too",
                "β belongs to the velocity, not to the step",
                lambda v, g, new, eta, beta: eta * beta * new,
            ),
        ),
        "results": (
            WrongPart(
                "velocity lost",
                "the new velocity is to be returned, not the old one",
                lambda theta, new, v: (theta, v),
            ),
            WrongPart("swapped", "theta comes first, then the velocity", lambda theta, new, v: (new, theta)),
            WrongPart("only theta", "the new velocity is asked for as well", lambda theta, new, v: theta),
        ),
    },
)
RECIPES = {"ps3.momentum_step": MOMENTUM}
MISTAKES: Table = {
    "ps1.dZ_dH_tanh": (
        Mistake("σ′", hints.SIGMA_FOR_TANH, lambda Z: (Z * (1 - Z))[:, :-1]),
        Mistake("not squared", hints.NOT_SQUARED, lambda Z: 1 - Z[:, :-1]),
        Mistake("tanh twice", hints.SLOPE_OF_TANH_AT_Z, lambda Z: 1 - np.tanh(Z[:, :-1]) ** 2),
        Mistake("(1 − Z)²", "1 − Z² is not (1 − Z)²", lambda Z: (1 - Z[:, :-1]) ** 2),
        Mistake("1 + Z²", "one sign inside is wrong", lambda Z: 1 + Z[:, :-1] ** 2),
        Mistake("only Z²", "this is what has to be taken away from 1", lambda Z: Z[:, :-1] ** 2),
        Mistake("slope squared", hints.SLOPE_HIDDEN_TWICE, lambda Z: ref.dZ_dH_tanh(Z) ** 2),
        Mistake("sign", hints.SIGN, lambda Z: -ref.dZ_dH_tanh(Z)),
        Mistake("bias kept", BIAS_KEPT, lambda Z: 1 - Z**2),
        Mistake("first dropped", hints.FIRST_DROPPED, lambda Z: 1 - Z[:, 1:] ** 2),
        Mistake("ones", hints.NO_SLOPE_HIDDEN, lambda Z: np.ones_like(Z[:, :-1])),
        Mistake(
            "averaged",
            "the slope is one number for each example: no mean",
            lambda Z: ref.dZ_dH_tanh(Z).mean(0),
        ),
    ),
    "ps3.momentum_step": (
        *MOMENTUM.mistakes(),
        Mistake(
            "η in the velocity",
            "η belongs to the step, not to the velocity",
            _step(lambda v, g, eta, beta: beta * v + eta * g, lambda v, g, new, eta, beta: new),
        ),
        Mistake(
            "minus twice",
            "the velocity points downhill here: it has to point uphill, and the step goes against it",
            _step(lambda v, g, eta, beta: beta * v - g, lambda v, g, new, eta, beta: -eta * new),
        ),
        Mistake(
            "η in a velocity that points downhill",
            "η belongs to the step, and the velocity points uphill: v ← β v + g",
            _step(lambda v, g, eta, beta: beta * v - eta * g, lambda v, g, new, eta, beta: -new),
        ),
        Mistake(
            "η and β swapped",
            "eta and beta are swapped",
            lambda t, v, g, eta, beta: ref.momentum_step(t, v, g, beta, eta),
        ),
        Mistake(
            "old velocity itself",
            "the velocity that comes back is the argument itself, the old one: return the new one",
            lambda t, v, g, eta, beta: (ref.momentum_step(t, v, g, eta, beta)[0], v),
        ),
        Mistake(
            "nothing new",
            "nothing was updated: the arguments themselves come back",
            lambda t, v, g, eta, beta: (t, v),
        ),
        Mistake("in place", "the arguments were changed: return new arrays", _momentum_in_place),
    ),
}
