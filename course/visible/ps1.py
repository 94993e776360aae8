"""Visible checks of ps1: a network worked by hand, and derivatives taken numerically.

The network by hand has logits of ±ln 3, because σ(ln 3) = 3/4 and σ(−ln 3) = 1/4: N = 2, d = 2, h = 2,
X = I, W1 = ln 3 [[1, −1], [−1, 1]], W2 = ln 3 [1, −1, ½]. Then Z = [[¾, ¼, 1], [¼, ¾, 1]],
O = [ln 3, 0], ŷ = [¾, ½]. The second size is a random network with N = 5, d = 4, h = 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.gradcheck import complex_step_gradient, complex_step_jacobian
from course.trial import Case
from course.visible.check import Check
from course.visible.common import LN3, Array, column, slope

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


def _mse_cost() -> list[Case]:
    three = column(1, 0, 1 / 2), column(3 / 4, 1 / 2, 1 / 4)
    return [Case((Y, Y_HAT), 5 / 64, 2), Case(three, 1 / 16, 3)]


def _forward() -> list[Case]:
    x, w2 = column(LN3, 0, -LN3), column(4 * LN3, -2 * LN3)
    z = np.array([[3 / 4, 1], [1 / 2, 1], [1 / 4, 1]])
    return [
        Case((X, W1, W2), (H, Z, O, Y_HAT), 2),
        Case((x, np.ones((1, 1)), w2), (x, z, x, column(3 / 4, 1 / 2, 1 / 4)), 3),
    ]


def _dC_dyhat() -> list[Case]:
    by_hand = Case((Y, Y_HAT), column(-1 / 8, 1 / 4), 2)
    want = complex_step_gradient(lambda y_hat: mean_square(RY, y_hat), RY_HAT)
    return [by_hand, Case((RY, RY_HAT), want, 5)]


def _dyhat_dO() -> list[Case]:
    return [Case((O,), column(3 / 16, 1 / 4), 2), Case((RO,), slope(sigmoid, RO), 5)]


def _dO_dW2() -> list[Case]:
    want = complex_step_jacobian(lambda w2: (RZ @ w2)[:, 0], RW2)[:, :, 0]
    return [Case((Z,), Z.copy(), 2), Case((RZ,), want, 5)]


def _dC_dW2_chain() -> list[Case]:
    want = complex_step_gradient(lambda w2: np.sum(RA * RB * (RZ @ w2)), RW2)
    by_hand = Case((column(-1 / 8, 1 / 4), column(3 / 16, 1 / 4), Z), column(-1, 21, 20) / 512, 2)
    return [by_hand, Case((RA, RB, RZ), want, 5)]


def _dC_dW2() -> list[Case]:
    want = complex_step_gradient(lambda w2: mean_square(RY, sigmoid(RZ @ w2)), RW2)
    return [Case((Y, Y_HAT, O, Z), column(-1, 21, 20) / 512, 2), Case((RY, RY_HAT, RO, RZ), want, 5)]


def _dO_dZ() -> list[Case]:
    want = complex_step_gradient(lambda z: (np.append(z, 1) @ RW2)[0], RZ[0, :-1])
    return [Case((W2,), np.array([LN3, -LN3]), 2), Case((RW2,), want, 5)]


def _dZ_dH() -> list[Case]:
    return [Case((Z,), np.full((2, 2), 3 / 16), 2), Case((RZ,), slope(sigmoid, RH), 5)]


def _dH_dW1() -> list[Case]:
    # of one unit l: with one column of W1, H is (N, 1)
    want = complex_step_jacobian(lambda w: (RX @ w)[:, 0], RW1[:, :1])[:, :, 0]
    return [Case((X,), X.copy(), 2), Case((RX,), want, 5)]


def _dC_dW1_chain() -> list[Case]:
    w = RW2[:-1, 0]
    want = complex_step_gradient(lambda w1: np.sum(RA * RB * w * RS * (RX @ w1)), RW1)
    by_hand = (column(-1 / 8, 1 / 4), column(3 / 16, 1 / 4), W2[:2, 0], np.full((2, 2), 3 / 16), X)
    return [Case(by_hand, _dC_dW1_by_hand(), 2), Case((RA, RB, w, RS, RX), want, 5)]


def _dC_dW1_by_hand() -> Array:
    gradient: Array = LN3 * np.array([[-9.0, 9.0], [24.0, -24.0]]) / 2048
    return gradient


def _dC_dW1() -> list[Case]:
    want = complex_step_gradient(lambda w1: mean_square(RY, output(w1, RW2, RX)), RW1)
    by_hand = Case((X, Y, Y_HAT, O, Z, W2), _dC_dW1_by_hand(), 2)
    return [by_hand, Case((RX, RY, RY_HAT, RO, RZ, RW2), want, 5)]


def _gradients_end_to_end() -> list[Case]:
    by_hand = Case((X, Y, W1, W2), (_dC_dW1_by_hand(), column(-1, 21, 20) / 512), 2)
    want = _numerical_gradients(RX, RY, RW1, RW2)
    return [by_hand, Case((RX, RY, RW1, RW2), want, 5)]


def _gradient_descent_step() -> list[Case]:
    two = np.array([[1.0, 2.0]]), column(3, 4, 5), np.array([[10.0, 20.0]]), column(0, -2, 6), 0.5
    one = column(1, 2), column(3, 4), column(4, 8), column(-4, 0), 0.25
    return [
        Case(two, (np.array([[-4.0, -8.0]]), column(3, 5, 2)), 1, fresh=True),
        Case(one, (column(0, 0), column(4, 4)), 1, fresh=True),
    ]


def _train() -> list[Case]:
    return [
        Case((X, Y, W1, W2, 1.0, 0), (np.array([5 / 64]), W1, W2), 2, fresh=True),
        Case((X, Y, W1, W2, 2.0, 2), _descend(X, Y, W1, W2, 2.0, 2), 2, fresh=True),
        Case((RX, RY, RW1, RW2, 0.5, 3), _descend(RX, RY, RW1, RW2, 0.5, 3), 5, fresh=True),
    ]


def _descend(x: Array, y: Array, w1: Array, w2: Array, eta: float, steps: int) -> tuple[Array, Array, Array]:
    losses = [float(mean_square(y, output(w1, w2, x)))]
    for _ in range(steps):
        dw1, dw2 = _numerical_gradients(x, y, w1, w2)
        w1, w2 = w1 - eta * dw1, w2 - eta * dw2
        losses.append(float(mean_square(y, output(w1, w2, x))))
    return np.array(losses), w1, w2


def _numerical_gradients(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    dw1 = complex_step_gradient(lambda w: mean_square(y, output(w, w2, x)), w1)
    dw2 = complex_step_gradient(lambda w: mean_square(y, output(w1, w, x)), w2)
    return dw1, dw2


NO_SLOPE = "the slope of σ at the output, (3a), is missing"
SLOPE_TWICE = "the slope of σ at the output, (3a), is in twice"
SLOPE_OF_Y_HAT = "the slope of σ is taken at ŷ: σ was applied once too often"


def _output_slopes() -> dict[str, Callable[[Array, Array], Any]]:
    """Return what may stand for the slope of the output unit, as functions of O and ŷ."""
    return {
        NO_SLOPE: lambda o, y_hat: 1.0,
        SLOPE_TWICE: lambda o, y_hat: slope(sigmoid, o) ** 2,
        SLOPE_OF_Y_HAT: lambda o, y_hat: slope(sigmoid, y_hat),
    }


def _by_W2(s: Any, y: Array, y_hat: Array, z: Array) -> Array:
    """Return ∂C/∂W2 if the output unit were a straight line of slope `s`."""
    return complex_step_gradient(lambda w: mean_square(y, y_hat + s * (z @ w)), np.zeros((z.shape[1], 1)))


def _by_W1(s: Any, t: Any, x: Array, y: Array, y_hat: Array, w2: Array) -> Array:
    """Return ∂C/∂W1 if output and hidden units were straight lines of slopes `s` and `t`."""
    start = np.zeros((x.shape[1], len(w2) - 1))
    return complex_step_gradient(lambda w: mean_square(y, y_hat + s * ((t * (x @ w)) @ w2[:-1])), start)


def _hidden_slope(z: Array) -> Array:
    """Return the slopes of the hidden units, found from what they received."""
    return slope(sigmoid, np.log(z[:, :-1]) - np.log1p(-z[:, :-1]))


DC_DW2_SUSPECTS: dict[str, Callable[..., Any]] = {
    suspicion: (lambda want, y, y_hat, o, z, s=s: _by_W2(s(o, y_hat), y, y_hat, z))
    for suspicion, s in _output_slopes().items()
}
DC_DW1_SUSPECTS: dict[str, Callable[..., Any]] = {
    **{
        suspicion: (
            lambda want, x, y, y_hat, o, z, w2, s=s: _by_W1(s(o, y_hat), _hidden_slope(z), x, y, y_hat, w2)
        )
        for suspicion, s in _output_slopes().items()
    },
    "the slope of the hidden units, (8), is missing": (
        lambda want, x, y, y_hat, o, z, w2: _by_W1(slope(sigmoid, o), 1.0, x, y, y_hat, w2)
    ),
    "the slope of the hidden units, (8), is in twice": (
        lambda want, x, y, y_hat, o, z, w2: _by_W1(slope(sigmoid, o), _hidden_slope(z) ** 2, x, y, y_hat, w2)
    ),
    "the slope of the hidden units is taken at Z: σ was applied once too often": (
        lambda want, x, y, y_hat, o, z, w2: _by_W1(
            slope(sigmoid, o), slope(sigmoid, z[:, :-1]), x, y, y_hat, w2
        )
    ),
    "the weights on the way from the hidden units, (7), are missing": (
        lambda want, x, y, y_hat, o, z, w2: _by_W1(
            slope(sigmoid, o), _hidden_slope(z), x, y, y_hat, np.ones_like(w2)
        )
    ),
}
DYHAT_DO_SUSPECTS = {
    "σ was applied once too often": lambda want, o: slope(sigmoid, sigmoid(o)),
    "one of the two factors is missing": lambda want, o: sigmoid(o),
}
DZ_DH_SUSPECTS = {
    "σ was applied once too often: Z is σ(H) already": lambda want, z: slope(sigmoid, z[:, :-1]),
    "one of the two factors is missing": lambda want, z: z[:, :-1],
}

CHECKS = {
    "ps1.mse_cost": Check("equals the cost worked by hand for 2 and for 3 examples", _mse_cost),
    "ps1.forward": Check(
        "equals two networks worked by hand; the bias unit is the last column of Z", _forward
    ),
    "ps1.dC_dyhat": Check("is the derivative of (1) by every ŷ_i, for 2 and for 5 examples", _dC_dyhat),
    "ps1.dyhat_dO": Check("is the slope of σ at every O_i", _dyhat_dO, suspects=DYHAT_DO_SUSPECTS),
    "ps1.dO_dW2": Check("row i is the derivative of O_i by W2, bias included", _dO_dW2),
    "ps1.dC_dW2_chain": Check("multiplies the three factors and sums over the examples", _dC_dW2_chain),
    "ps1.dC_dW2": Check(
        "is the derivative of the cost by W2, for h = 2 and for h = 3", _dC_dW2, suspects=DC_DW2_SUSPECTS
    ),
    "ps1.dO_dZ": Check("has one entry for each real hidden unit, none for the bias", _dO_dZ),
    "ps1.dZ_dH": Check("is the slope of σ at every H_il, written in Z", _dZ_dH, suspects=DZ_DH_SUSPECTS),
    "ps1.dH_dW1": Check("row i is the derivative of H_il by column l of W1", _dH_dW1),
    "ps1.dC_dW1_chain": Check("multiplies the five factors and sums over the examples", _dC_dW1_chain),
    "ps1.dC_dW1": Check(
        "is the derivative of the cost by W1, for a square and for a 4-by-3 W1",
        _dC_dW1,
        suspects=DC_DW1_SUSPECTS,
    ),
    "ps1.gradients_end_to_end": Check(
        "forward pass and gradients fit together: both are derivatives of the cost", _gradients_end_to_end
    ),
    "ps1.gradient_descent_step": Check(
        "goes downhill by η times the gradient, into new arrays", _gradient_descent_step
    ),
    "ps1.train": Check("follows numerical gradient descent, step for step; also for no step", _train),
}
