"""The networks of ps1's visible checks: one worked by hand, and random ones.

The network by hand has logits of ±ln 3 and 0, because σ(ln 3) = ¾, σ(0) = ½ and σ(−ln 3) = ¼: N = 2, d = 3,
h = 2, X = [[1, 0, 1], [0, 1, 1]], W1 = ln 3 [[1, 1], [−1, 2], [0, −1]], W2 = ln 3 [1, −2, 5/4]. Then
H = ln 3 [[1, 0], [−1, 1]], Z = [[¾, ½, 1], [¼, ¾, 1]], O = [ln 3, 0], ŷ = [¾, ½]. ∂C/∂O = [−3, 8]/128;
through W2 and the slopes, [[3, 4], [3, 3]]/16, it becomes ln 3 [[−9, 24], [24, −48]]/2048.

The others are random: of several sizes, square ones among them, with one example, one hidden unit, a
hidden unit that is exactly 1, with saturated hidden units, and with outputs that are sure, often wrongly.
STRANGE has other units and another loss, so that its factors are any numbers, and LARGE a large loss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any, NamedTuple

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


class Worked(NamedTuple):
    """A network with all that a check compares with: worked by hand, or measured."""

    net: Net
    values: tuple[Array, ...]
    """`(H, Z, O, y_hat)`"""
    factors: tuple[Array, ...]
    """(3), (3a), (4), (7), (8) and (9)"""
    by_W1: Array
    by_W2: Array


@cache
def measured(net: Net) -> Worked:
    """Return a network with its derivatives measured."""
    return Worked(net, net.values, net.factors, net.by_W1, net.by_W2)


def with_cost(X: Array, y: Array, W1: Array, W2: Array) -> Net:
    """Return seed 1's network."""
    return Net(X, y, W1, W2, partial(mean_square, y))


HAND = with_cost(
    np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]),
    column(1, 0),
    LN3 * np.array([[1.0, 1.0], [-1.0, 2.0], [0.0, -1.0]]),
    LN3 * column(1, -2, 5 / 4),
)
HAND_VALUES = (
    LN3 * np.array([[1.0, 0.0], [-1.0, 1.0]]),
    np.array([[3 / 4, 1 / 2, 1], [1 / 4, 3 / 4, 1]]),
    column(LN3, 0),
    column(3 / 4, 1 / 2),
)
HAND_FACTORS = (
    column(-1 / 8, 1 / 4),
    column(3 / 16, 1 / 4),
    HAND_VALUES[1].copy(),
    np.array([LN3, -2 * LN3]),
    np.array([[3.0, 4.0], [3.0, 3.0]]) / 16,
    HAND.X.copy(),
)
HAND_BY_W1 = LN3 * np.array([[-9.0, 24.0], [24.0, -48.0], [15.0, -24.0]]) / 2048
HAND_BY_W2 = column(-1, 18, 20) / 512


def _draw(rng: np.random.Generator, N: int, d: int, h: int, y: float | None = None) -> Net:
    """Draw a network; `y` is the target of every example, None: drawn."""
    X, W1, W2 = rng.normal(size=(N, d)), rng.normal(size=(d, h)), rng.normal(size=(h + 1, 1))
    return with_cost(X, rng.uniform(size=(N, 1)) if y is None else np.full((N, 1), y), W1, W2)


def _with_constant_unit(net: Net) -> Net:
    """Return a network in which a hidden unit is 1 to the last bit, as the bias unit is."""
    net.X[:, -1], net.W1[-1, 1] = 1, 60
    return net


def _with_large_inputs(net: Net) -> Net:
    """Return a network in which half of the examples have large inputs."""
    net.X[::2] *= 100
    return net


def with_saturation(net: Net, hidden: float, output: float) -> Net:
    """Return a network with weights so large that pre-activations reach `hidden` and ±`output`."""
    net.W1[...] *= hidden / np.abs(net.X @ net.W1).max()
    O = one_hidden(net.X, net.W1, net.W2, net.hidden)[2]
    net.W2[-1] -= np.median(O)
    net.W2[...] *= output / np.abs(O - np.median(O)).max()
    return net


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
LARGE = replace(STRANGE, loss=lambda y_hat: 1000 * STRANGE.loss(y_hat))
SINGLE = _draw(_rng, 1, 4, 2)
MODERATE = (
    RANDOM,
    _draw(_rng, 6, 2, 4),
    _draw(_rng, 5, 3, 3),
    _draw(_rng, 4, 3, 1),
    # as many examples as hidden units with the bias unit, as inputs, as hidden units
    _draw(_rng, 3, 3, 2),
    _draw(_rng, 3, 2, 3),
    SINGLE,
)
CORNERS = (
    _draw(_rng, 1, 4, 2, y=0.0),
    _draw(_rng, 1, 4, 2, y=1.0),
    _with_constant_unit(_draw(_rng, 5, 3, 3)),
    with_saturation(_draw(_rng, 6, 3, 4), 500, 3),
    with_saturation(_with_large_inputs(_draw(_rng, 6, 3, 3)), 200, 3),
    with_saturation(_draw(_rng, 8, 3, 3, y=1.0), 5, 400),
    with_saturation(_draw(_rng, 8, 4, 3, y=0.0), 5, 400),
)
DRAWN = (*MODERATE, *CORNERS)
WITHOUT_TARGETS = (*MODERATE, *CORNERS[2:])
"""for functions that do not see y, by which alone the others differ"""

# for descent: outputs that are rather sure, and outputs that are nearly right
SURE = with_saturation(_draw(_rng, 6, 3, 3), 3, 0.5)
SURE.W2[-1] += 11.5
_moderate = _draw(_rng, 6, 4, 3)
SOLVED = with_cost(
    _moderate.X, _moderate.values[3] + _rng.uniform(-1e-5, 1e-5, size=(6, 1)), _moderate.W1, _moderate.W2
)
BY_HAND = Worked(HAND, HAND_VALUES, HAND_FACTORS, HAND_BY_W1, HAND_BY_W2)
