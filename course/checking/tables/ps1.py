"""Visible checks of ps1: a network worked by hand, and derivatives taken numerically."""

from __future__ import annotations

import numpy as np

from course.activations import sigmoid
from course.checking.tables import ps1_suspects as suspects
from course.checking.tables.linearised import slope
from course.checking.tables.ps1_nets import (
    RA,
    RB,
    RH,
    RO,
    RS,
    RW1,
    RW2,
    RX,
    RY,
    RY_HAT,
    RZ,
    W1,
    W2,
    Y_HAT,
    H,
    O,
    X,
    Y,
    Z,
    chain_to_W1,
    chain_to_W2,
    mean_square,
    output,
)
from course.checking.tables.table import LN3, Array, Check, column
from course.checking.trial import Case
from course.gradcheck import complex_step_gradient, complex_step_jacobian


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
    by_hand = Case((column(-1 / 8, 1 / 4), column(3 / 16, 1 / 4), Z), column(-1, 21, 20) / 512, 2)
    return [by_hand, Case((RA, RB, RZ), chain_to_W2(RA, RB, RZ), 5)]


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
    by_hand = (column(-1 / 8, 1 / 4), column(3 / 16, 1 / 4), W2[:2, 0], np.full((2, 2), 3 / 16), X)
    random = RA, RB, RW2[:-1, 0], RS, RX
    return [Case(by_hand, _dC_dW1_by_hand(), 2), Case(random, chain_to_W1(*random), 5)]


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
    two_inputs = np.array([[1.0, 2.0]]), column(3, 4, 5), np.array([[10.0, 20.0]]), column(0, -2, 6), 0.5
    one_input = column(1, 2), column(3, 4), column(4, 8), column(-4, 0), 0.25
    return [
        Case(two_inputs, (np.array([[-4.0, -8.0]]), column(3, 5, 2)), 1, fresh=True),
        Case(one_input, (column(0, 0), column(4, 4)), 1, fresh=True),
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


CHECKS = {
    "ps1.mse_cost": Check(
        "equals the cost worked by hand for 2 and for 3 examples", _mse_cost, suspects=suspects.MSE_COST
    ),
    "ps1.forward": Check(
        "equals two networks worked by hand; the bias unit is the last column of Z",
        _forward,
        suspects=suspects.FORWARD,
    ),
    "ps1.dC_dyhat": Check("is the derivative of (1) by every ŷ_i, for 2 and for 5 examples", _dC_dyhat),
    "ps1.dyhat_dO": Check("is the slope of σ at every O_i", _dyhat_dO, suspects=suspects.DYHAT_DO),
    "ps1.dO_dW2": Check("row i is the derivative of O_i by W2, bias included", _dO_dW2),
    "ps1.dC_dW2_chain": Check(
        "multiplies the three factors and sums over the examples",
        _dC_dW2_chain,
        suspects=suspects.DC_DW2_CHAIN,
    ),
    "ps1.dC_dW2": Check(
        "is the derivative of the cost by W2, for h = 2 and for h = 3", _dC_dW2, suspects=suspects.DC_DW2
    ),
    "ps1.dO_dZ": Check(
        "has one entry for each real hidden unit, none for the bias", _dO_dZ, suspects=suspects.DO_DZ
    ),
    "ps1.dZ_dH": Check("is the slope of σ at every H_il, written in Z", _dZ_dH, suspects=suspects.DZ_DH),
    "ps1.dH_dW1": Check("row i is the derivative of H_il by column l of W1", _dH_dW1),
    "ps1.dC_dW1_chain": Check(
        "multiplies the five factors and sums over the examples",
        _dC_dW1_chain,
        suspects=suspects.DC_DW1_CHAIN,
    ),
    "ps1.dC_dW1": Check(
        "is the derivative of the cost by W1, for a square and for a 4-by-3 W1",
        _dC_dW1,
        suspects=suspects.DC_DW1,
    ),
    "ps1.gradients_end_to_end": Check(
        "forward pass and gradients fit together: both are derivatives of the cost", _gradients_end_to_end
    ),
    "ps1.gradient_descent_step": Check(
        "goes downhill by η times the gradient, into new arrays",
        _gradient_descent_step,
        suspects=suspects.GRADIENT_DESCENT_STEP,
    ),
    "ps1.train": Check("follows numerical gradient descent, step for step; also for no step", _train),
}
