"""Derivatives of a loss by several arrays, measured, and gradient descent along them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from course.checking.tables.table import Array
from course.gradcheck import complex_step_gradient


def derivatives(loss: Callable[..., Any], weights: Sequence[Array]) -> list[Array]:
    """Return the derivative of `loss(*weights)` by each of the weights."""

    def loss_with(k: int, W: Any) -> Any:
        return loss(*weights[:k], W, *weights[k + 1 :])

    return [complex_step_gradient(partial(loss_with, k), W) for k, W in enumerate(weights)]


def descend(
    loss: Callable[..., Any], weights: Sequence[Array], eta: float, steps: int
) -> tuple[Array, list[Array]]:
    """Return the losses before each step and after the last, and the weights there."""
    losses, weights = [float(loss(*weights))], list(weights)
    for _ in range(steps):
        weights = [W - eta * dW for W, dW in zip(weights, derivatives(loss, weights), strict=True)]
        losses.append(float(loss(*weights)))
    return np.array(losses), weights
