"""Training that records a loss and takes steps by a rule, right or wrong, for either network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.values import clone
from mlp_ref.mistakes.common import quiet

Function = Callable[..., Any]
"""A loss takes X, y, first and second; a rule takes gradients and returns a step, which takes X, y, first,
second, η and the number of the step, and returns the new weights. `first` and `second` are W1 and W2, or the
lists Ws and bs."""


def moved(weights: Any, gradients: Any, eta: float) -> Any:
    """Return weights, an array or a list of them, after a step."""
    if isinstance(weights, list):
        return [moved(W, dW, eta) for W, dW in zip(weights, gradients, strict=True)]
    return weights - eta * gradients


def descending(gradients: Function) -> Function:
    """Return the right step."""
    step: Function = with_rates(lambda eta, n, t: (eta, eta))(gradients)
    return step


def with_rates(rates: Function) -> Function:
    """Return a rule whose η of both groups are made of η, N and the number of the step."""

    def rule(gradients: Function) -> Function:
        def step(X: Any, y: Any, first: Any, second: Any, eta: float, t: int) -> Any:
            by_first, by_second = gradients(X, y, first, second)
            eta_1, eta_2 = rates(eta, len(X), t)
            return moved(first, by_first, eta_1), moved(second, by_second, eta_2)

        return step

    return rule


def at_the_start(gradients: Function) -> Function:
    """Return a step along the gradients of the first."""
    first_ones: list[Any] = []

    def step(X: Any, y: Any, first: Any, second: Any, eta: float, t: int) -> Any:
        if t == 0:
            first_ones[:] = gradients(X, y, first, second)
        return moved(first, first_ones[0], eta), moved(second, first_ones[1], eta)

    return step


def with_momentum(gradients: Function) -> Function:
    """Return a step along gradients to which nine tenths of the last are added."""
    velocities: list[Any] = []

    def step(X: Any, y: Any, first: Any, second: Any, eta: float, t: int) -> Any:
        new = gradients(X, y, first, second)
        velocities[:] = new if t == 0 else [moved(g, v, -0.9) for g, v in zip(new, velocities, strict=True)]
        return moved(first, velocities[0], eta), moved(second, velocities[1], eta)

    return step


def by_example(gradients: Function) -> Function:
    """Return a step that goes along the gradient of each example in turn."""

    def step(X: Any, y: Any, first: Any, second: Any, eta: float, t: int) -> Any:
        for i in range(len(X)):
            by_first, by_second = gradients(X[i : i + 1], y[i : i + 1], first, second)
            first, second = moved(first, by_first, eta), moved(second, by_second, eta)
        return first, second

    return step


def one_example_a_step(gradients: Function) -> Function:
    """Return a step along the gradient of one example, the next one in each step."""

    def step(X: Any, y: Any, first: Any, second: Any, eta: float, t: int) -> Any:
        i = t % len(X)
        by_first, by_second = gradients(X[i : i + 1], y[i : i + 1], first, second)
        return moved(first, by_first, eta), moved(second, by_second, eta)

    return step


def by_steps(loss: Function, step: Function) -> Function:
    """Return training that records `loss` and takes steps."""

    def train(X: Any, y: Any, first: Any, second: Any, eta: Any, steps: int) -> Any:
        first, second = clone(first), clone(second)
        losses = [loss(X, y, first, second)]
        for t in range(steps):
            first, second = step(X, y, first, second, eta, t)
            losses.append(loss(X, y, first, second))
        return np.array(losses), first, second

    return quiet(train)
