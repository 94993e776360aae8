"""The networks of ps1's visible checks: one worked by hand, and random ones.

The network by hand has logits of ±ln 3, because σ(ln 3) = 3/4 and σ(−ln 3) = 1/4: N = 2, d = 2, h = 2,
X = I, W1 = ln 3 [[1, −1], [−1, 1]], W2 = ln 3 [1, −1, ½]. Then Z = [[¾, ¼, 1], [¼, ¾, 1]],
O = [ln 3, 0], ŷ = [¾, ½]. The second size is a random network with N = 5, d = 4, h = 3; the third,
of this size too, has other units and another loss, so that its factors are any numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking.forward_passes import Unit, mean_square, one_hidden
from course.checking.tables.altered import Network, slope, true_unit
from course.checking.tables.measured import derivatives
from course.checking.tables.table import LN3, Array, column
from course.gradcheck import complex_step_gradient, complex_step_jacobian


@dataclass(frozen=True, eq=False)
class Net:
    """A network with one hidden layer, its examples, and what its forward pass makes of them."""

    X: Array
    y: Array
    W1: Array
    W2: Array
    loss: Callable[[Any], Any]
    """of ŷ"""
    hidden: Unit = sigmoid
    output: Unit = sigmoid

    @cached_property
    def values(self) -> tuple[Array, Array, Array, Array]:
        """`(H, Z, O, y_hat)`."""
        return one_hidden(self.X, self.W1, self.W2, self.hidden, self.output)

    @property
    def by_W1(self) -> Array:
        """The derivative of the loss by W1."""
        return derivatives(self.loss_at, (self.W1, self.W2))[0]

    @property
    def by_W2(self) -> Array:
        """The derivative of the loss by W2."""
        return derivatives(self.loss_at, (self.W1, self.W2))[1]

    def loss_at(self, w1: Any, w2: Any) -> Any:
        """Return the loss with other weights."""
        return self.loss(one_hidden(self.X, w1, w2, self.hidden, self.output)[3])

    @cached_property
    def factors(self) -> tuple[Array, Array, Array, Array, Array, Array]:
        """The factors of (2) and (6): (3), (3a), (4), (7), (8) and (9), each measured."""
        H, Z, O, y_hat = self.values
        return (
            complex_step_gradient(self.loss, y_hat),
            slope(true_unit(self.output), O),
            self.each_by_weights(Z, self.W2),
            complex_step_gradient(lambda z: (np.append(z, 1) @ self.W2)[0], Z[0, :-1]),
            slope(true_unit(self.hidden), H),
            self.each_by_weights(self.X, self.W1),
        )

    @staticmethod
    def each_by_weights(x: Array, W: Array) -> Array:
        """Return the derivative of each example's x W, of its first column, by that column of W."""
        return complex_step_jacobian(lambda w: (x @ w)[:, 0], W[:, :1])[:, :, 0]

    def at_the_point(self) -> Network:
        """Return the network as one that can be altered."""
        H, _, O, y_hat = self.values
        return Network(
            (H, O), (true_unit(self.hidden), true_unit(self.output)), (self.W2[:-1],), y_hat, self.loss
        )


def with_cost(X: Array, y: Array, W1: Array, W2: Array) -> Net:
    """Return seed 1's network."""
    return Net(X, y, W1, W2, partial(mean_square, y))


HAND = with_cost(
    np.eye(2), column(1, 0), LN3 * np.array([[1.0, -1.0], [-1.0, 1.0]]), LN3 * column(1, -1, 1 / 2)
)
HAND_VALUES = (
    HAND.W1.copy(),
    np.array([[3 / 4, 1 / 4, 1], [1 / 4, 3 / 4, 1]]),
    column(LN3, 0),
    column(3 / 4, 1 / 2),
)
HAND_FACTORS = (
    column(-1 / 8, 1 / 4),
    column(3 / 16, 1 / 4),
    HAND_VALUES[1].copy(),
    np.array([LN3, -LN3]),
    np.full((2, 2), 3 / 16),
    np.eye(2),
)
HAND_BY_W1 = LN3 * np.array([[-9.0, 9.0], [24.0, -24.0]]) / 2048
HAND_BY_W2 = column(-1, 21, 20) / 512

_rng = np.random.default_rng(20)
RANDOM = with_cost(
    _rng.normal(size=(5, 4)), _rng.uniform(size=(5, 1)), _rng.normal(size=(4, 3)), _rng.normal(size=(4, 1))
)
_lengths = _rng.normal(size=(5, 1))
STRANGE = Net(
    _rng.normal(size=(5, 4)),
    _lengths,
    _rng.normal(size=(4, 3)),
    _rng.normal(size=(4, 1)),
    lambda y_hat: np.sum(_lengths * np.cos(y_hat)),
    hidden=np.sin,
    output=np.tanh,
)
