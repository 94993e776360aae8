"""The networks of ps1's visible checks: one worked by hand, one random.

The network by hand has logits of ±ln 3, because σ(ln 3) = 3/4 and σ(−ln 3) = 1/4: N = 2, d = 2, h = 2,
X = I, W1 = ln 3 [[1, −1], [−1, 1]], W2 = ln 3 [1, −1, ½]. Then Z = [[¾, ¼, 1], [¼, ¾, 1]],
O = [ln 3, 0], ŷ = [¾, ½]. The second size is a random network with N = 5, d = 4, h = 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking.tables.table import LN3, Array, column
from course.gradcheck import complex_step_gradient

X = np.eye(2)
W1 = LN3 * np.array([[1.0, -1.0], [-1.0, 1.0]])
W2 = LN3 * column(1, -1, 1 / 2)
H = W1.copy()
Z = np.array([[3 / 4, 1 / 4, 1], [1 / 4, 3 / 4, 1]])
O = column(LN3, 0)
Y_HAT = column(3 / 4, 1 / 2)
Y = column(1, 0)

# The second size, with a net whose forward pass is the only thing taken from it.
_rng = np.random.default_rng(20)
RX, RY = _rng.normal(size=(5, 4)), _rng.uniform(size=(5, 1))
RW1, RW2 = _rng.normal(size=(4, 3)), _rng.normal(size=(4, 1))
RH = RX @ RW1
RZ = np.hstack([sigmoid(RH), np.ones((5, 1))])
RO = RZ @ RW2
RY_HAT = sigmoid(RO)
RA, RB, RS = _rng.normal(size=(5, 1)), _rng.normal(size=(5, 1)), _rng.normal(size=(5, 3))


def mean_square(y: Any, y_hat: Any) -> Any:
    """(1), of real or complex numbers."""
    return np.sum((y - y_hat) ** 2) / (2 * len(y))


def output(w1: Any, w2: Any, x: Any) -> Any:
    """Return ŷ of the net, of real or complex numbers."""
    hidden = sigmoid(x @ w1)
    return sigmoid(np.hstack([hidden, np.ones((len(x), 1))]) @ w2)


def chain_to_W2(a: Array, b: Array, z: Array) -> Array:
    """Return the derivative by W2 of Σ a b (z W2)."""
    return complex_step_gradient(lambda w2: np.sum(a * b * (z @ w2)), np.zeros((z.shape[1], 1)))


def chain_to_W1(a: Array, b: Array, w: Array, s: Array, x: Array) -> Array:
    """Return the derivative by W1 of Σ a b w s (x W1)."""
    start = np.zeros((x.shape[1], len(w)))
    return complex_step_gradient(lambda w1: np.sum(a * b * w * s * (x @ w1)), start)
