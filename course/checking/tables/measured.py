"""Derivatives of a loss by several arrays, measured, and gradient descent along them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from course.checking import hints
from course.checking.tables.table import Array
from course.gradcheck import complex_step_gradient


def derivatives(loss: Callable[..., Any], weights: Sequence[Array]) -> list[Array]:
    """Return the derivative of `loss(*weights)` by each of the weights."""

    def loss_with(k: int, W: Any) -> Any:
        return loss(*weights[:k], W, *weights[k + 1 :])

    return [complex_step_gradient(partial(loss_with, k), W) for k, W in enumerate(weights)]


def wrong_steps(names: tuple[str, str]) -> dict[str, tuple[float, float]]:
    """Return by what the steps of two groups of weights are multiplied, by suspicion."""
    first, second = names
    return {
        hints.STEPS_UPHILL: (-1, -1),
        hints.STEPS_OF_UPHILL.format(first): (-1, 1),
        hints.STEPS_OF_UPHILL.format(second): (1, -1),
        hints.DID_NOT_MOVE.format(first): (0, 1),
        hints.DID_NOT_MOVE.format(second): (1, 0),
        hints.DID_NOT_MOVE.format(f"{first} and {second}"): (0, 0),
    }


def descend(
    loss: Callable[..., Any],
    weights: Sequence[Array],
    eta: float,
    steps: int,
    factors: Sequence[float] | None = None,
) -> tuple[Array, list[Array]]:
    """Return the losses before each step and after the last, and the weights there.

    `factors`: by what the step of each of the weights is multiplied, where it is another.
    """
    losses, weights = [float(loss(*weights))], list(weights)
    of_step = factors or [1.0] * len(weights)
    for _ in range(steps):
        gradients = derivatives(loss, weights)
        weights = [W - eta * f * dW for W, dW, f in zip(weights, gradients, of_step, strict=True)]
        losses.append(float(loss(*weights)))
    return np.array(losses), weights
