"""The forward passes and losses of the networks: the only answers of problem sets that students receive.

A right derivative is measured on them, and a derivative is written down nowhere. They take real and complex
numbers. `course verify` refuses any other
answer here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.judged import refuse_while_judged

ANSWERS = ("ps1.mse_cost", "ps1.forward", "ps2.forward", "ps2.bce_loss", "ps2.bce_from_logits")
"""The exercises that these functions answer. Within judged calls they refuse to work."""

Unit = Callable[[Any], Any]
"""What units make of what they receive, each by itself."""


def one_hidden(
    x: Any, w1: Any, w2: Any, hidden: Unit = sigmoid, output: Unit = sigmoid
) -> tuple[Any, Any, Any, Any]:
    """Return `(H, Z, O, y_hat)` of seed 1's network, also with other units."""
    refuse_while_judged("course.checking")
    before = x @ w1
    z = np.hstack([hidden(before), np.ones((len(x), 1))])
    return before, z, z @ w2, output(z @ w2)


def mean_square(y: Any, y_hat: Any) -> Any:
    """Return seed 1's cost, (1)."""
    refuse_while_judged("course.checking")
    return np.sum((y - y_hat) ** 2) / (2 * len(y))


def pass_forward(x: Any, Ws: Sequence[Any], bs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return `(zs, hs)` of seed 2's network; zs[0] belongs to layer 1, hs[0] is x."""
    refuse_while_judged("course.checking")
    zs, hs = [], [x]
    for W, b in zip(Ws, bs, strict=True):
        zs.append(hs[-1] @ W + b)
        hs.append(sigmoid(zs[-1]))
    return zs, hs


def cross_entropy(y: Any, f: Any) -> Any:
    """Return L, −log of the probability that f gives to the labels."""
    refuse_while_judged("course.checking")
    return -np.sum(np.log(np.where(y == 1, f, 1 - f)))


def cross_entropy_of_logits(y: Any, z: Any) -> Any:
    """Return the same from f = σ(z), however large z."""
    refuse_while_judged("course.checking")
    against = np.where(y == 1, -z, z)
    negative = np.real(against) < 0
    rest = np.log1p(np.exp(np.where(negative, against, -against)))
    return np.sum(np.where(negative, 0, against) + rest)


def loss_of_net(y: Any, x: Any, Ws: Sequence[Any], bs: Sequence[Any]) -> Any:
    """Return L of seed 2's network."""
    return cross_entropy_of_logits(y, pass_forward(x, Ws, bs)[0][-1])
