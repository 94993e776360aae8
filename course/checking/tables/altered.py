"""Networks with one thing altered: their values are the true ones at a point, their derivative is another.

Most wrong gradients are the right gradient of such a network. Where σ′ is forgotten, it is that of a network
whose units are straight lines of slope 1. So a mistake is told by a forward pass and a measured derivative;
no formula for a derivative stands here, right or wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking.forward_passes import Unit
from course.checking.tables.table import Array
from course.gradcheck import complex_step_gradient

UnitAtPoint = Callable[[Any, Any], Any]
"""What units make of t, altered at the point t0: only how it changes with t counts."""


def true_unit(unit: Unit) -> UnitAtPoint:
    """Return a unit that is not altered."""
    return lambda t, t0: unit(t)


def straight(t: Any, t0: Any) -> Any:
    """A straight line of slope 1."""
    return t


def steep_twice(t: Any, t0: Any) -> Any:
    """σ(t) times σ′(t0)."""
    return slope(true_unit(sigmoid), t0) * sigmoid(t)


def shifted(t: Any, t0: Any) -> Any:
    """σ at the place σ(t0) instead of t0."""
    return sigmoid(t + (sigmoid(t0) - t0))


def line_by_value(t: Any, t0: Any) -> Any:
    """A straight line of slope σ(t0)."""
    return sigmoid(t0) * t


def line_by_rest(t: Any, t0: Any) -> Any:
    """A straight line of slope 1 − σ(t0)."""
    return sigmoid(-t0) * t


def slope(unit: UnitAtPoint, t0: Array) -> Array:
    """Return the slope at each entry of t0."""
    return complex_step_gradient(lambda t: np.sum(unit(t, t0)), t0)


@dataclass(frozen=True)
class Network:
    """The layers of a network at a point, as far as a change in one of them is passed on to the loss."""

    zs: Sequence[Array]
    """what the units of each layer receive"""
    units: Sequence[UnitAtPoint]
    """the units of each layer"""
    Ws: Sequence[Array]
    """the weights from each layer to the next"""
    last: Array
    """what the last units make"""
    loss: Callable[[Any], Any]
    """of what the last units make"""

    def loss_from(self, l: int, z: Any) -> Any:
        """Return the loss when layer l, counted from 0, receives z."""
        for k in range(l, len(self.zs)):
            change = self.units[k](z, self.zs[k]) - self.units[k](self.zs[k], self.zs[k])
            if k + 1 < len(self.zs):
                z = self.zs[k + 1] + change @ self.Ws[k]
        return self.loss(self.last + change)

    def by_z(self, l: int) -> Array:
        """Return the derivative of the loss by what layer l receives."""
        return complex_step_gradient(lambda z: self.loss_from(l, z), self.zs[l])

    def by_weights(self, l: int, x: Array) -> Array:
        """Return the derivative of the loss by the weights from x to layer l."""
        start = np.zeros((x.shape[1], self.zs[l].shape[1]))
        return complex_step_gradient(lambda V: self.loss_from(l, self.zs[l] + x @ V), start)
