"""What students get wrong in a step of gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.checking import hints
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]


def _one(W: Any, dW: Any, eta: float) -> Any:
    return W - eta * dW


def _step(first: Function = _one, second: Function = _one) -> Function:
    return lambda W1, W2, dW1, dW2, eta: (first(W1, dW1, eta), second(W2, dW2, eta))


def _but_the_last(dW: Any) -> Any:
    return dW * (np.arange(len(dW)) < len(dW) - 1)[:, None]


_SLIPS = (
    ("uphill", hints.UPHILL, lambda W, dW, eta: W + eta * dW),
    ("uphill, no η", "the step goes uphill, and η is missing", lambda W, dW, eta: W + dW),
    ("no η", "the learning rate is missing", lambda W, dW, eta: W - dW),
    ("divided by η", "the gradient was divided by η", lambda W, dW, eta: W - dW / eta),
    ("half η", "η was halved", lambda W, dW, eta: W - eta / 2 * dW),
    ("η twice", "η was doubled", lambda W, dW, eta: W - 2 * eta * dW),
    ("η squared", "η appears twice", lambda W, dW, eta: W - eta**2 * dW),
    ("only the step", "this is the step alone, not the new weights", lambda W, dW, eta: -eta * dW),
    ("η outside", "η multiplies the gradient alone: brackets", lambda W, dW, eta: (W - dW) * eta),
    ("η subtracted", "η multiplies the gradient alone: brackets", lambda W, dW, eta: (W - eta) * dW),
    ("η added", "η multiplies the gradient", lambda W, dW, eta: W - eta - dW),
    ("times W", "the step is η times the gradient, without W", lambda W, dW, eta: W - eta * dW * W),
    ("roles swapped", "weights and gradients have changed places", lambda W, dW, eta: dW - eta * W),
    ("minus the result", "the sign of the result is reversed", lambda W, dW, eta: eta * dW - W),
    (
        "sign of the gradient",
        "the gradient itself is meant, not its sign",
        lambda W, dW, eta: W - eta * np.sign(dW),
    ),
    ("last row kept", "the last row is left as it is", lambda W, dW, eta: W - eta * _but_the_last(dW)),
    (
        "over its rows",
        "η was divided by the number of rows: 1/N is in the gradients already",
        lambda W, dW, eta: W - eta / len(W) * dW,
    ),
    ("unmoved", "the weights did not move", lambda W, dW, eta: W.copy()),
    (
        "by its length",
        "the gradient was divided by its length",
        lambda W, dW, eta: W - eta * dW / np.linalg.norm(dW),
    ),
)


def _of(name: str) -> tuple[WrongPart, ...]:
    return tuple(WrongPart(f"{name}: {slip}", f"{hint}, of {name}", part) for slip, hint, part in _SLIPS)


STEP = Recipe(_step, {"first": _of("W1"), "second": _of("W2")})


def _in_place(W1: Any, W2: Any, dW1: Any, dW2: Any, eta: Any) -> Any:
    W1 -= eta * dW1
    W2 -= eta * dW2
    return W1, W2


RECIPES = {"ps1.gradient_descent_step": STEP}
MISTAKES: Table = {
    "ps1.gradient_descent_step": (
        *(Mistake(name, hint, _step(part, part)) for name, hint, part in _SLIPS),
        *STEP.mistakes(),
        Mistake(
            "η over a number of rows",
            "η was divided by a number of rows: 1/N is in the gradients already",
            lambda W1, W2, d1, d2, eta: (W1 - eta / len(W1) * d1, W2 - eta / len(W1) * d2),
            (lambda W1, W2, d1, d2, eta: (W1 - eta / len(W2) * d1, W2 - eta / len(W2) * d2),),
        ),
        Mistake("in place", "the arguments were changed in place", _in_place),
        Mistake("swapped", "W1 comes first", lambda W1, W2, d1, d2, eta: (W2 - eta * d2, W1 - eta * d1)),
    ),
}
