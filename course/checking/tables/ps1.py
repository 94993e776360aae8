"""Visible checks of ps1: a network worked by hand, and derivatives taken numerically."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.checking.tables import ps1_suspects as suspects
from course.checking.tables import transfer
from course.checking.tables.measured import descend
from course.checking.tables.ps1_nets import (
    HAND,
    HAND_BY_W1,
    HAND_BY_W2,
    HAND_FACTORS,
    HAND_VALUES,
    RANDOM,
    STRANGE,
    Net,
    with_cost,
)
from course.checking.tables.table import LN3, Check, column
from course.checking.trial import Case, Suspects

H, Z, O, Y_HAT = HAND_VALUES
RH, RZ, RO, RY_HAT = RANDOM.values


def _case(net: Net, args: tuple[Any, ...], want: Any, wrong: Suspects | None = None) -> Case:
    return Case(args, want, len(net.X), wrong=wrong or {})


def _mse_cost() -> list[Case]:
    pairs = {
        5 / 64: (HAND.y, Y_HAT),
        1 / 16: (column(1, 0, 1 / 2), column(3 / 4, 1 / 2, 1 / 4)),
    }
    return [Case(pair, want, len(pair[0]), wrong=suspects.of_mse_cost(*pair)) for want, pair in pairs.items()]


def _forward() -> list[Case]:
    thin = with_cost(column(LN3, 0, -LN3), np.zeros((3, 1)), np.ones((1, 1)), column(4 * LN3, -2 * LN3))
    z = np.array([[3 / 4, 1], [1 / 2, 1], [1 / 4, 1]])
    wants = {HAND: HAND_VALUES, thin: (thin.X, z, thin.X, column(3 / 4, 1 / 2, 1 / 4))}
    return [
        _case(net, (net.X, net.W1, net.W2), want, suspects.of_forward(net)) for net, want in wants.items()
    ]


def _dC_dyhat() -> list[Case]:
    return [
        _case(HAND, (HAND.y, Y_HAT), HAND_FACTORS[0]),
        _case(RANDOM, (RANDOM.y, RY_HAT), RANDOM.factors[0]),
    ]


def _dyhat_dO() -> list[Case]:
    return [
        _case(HAND, (O,), HAND_FACTORS[1], suspects.of_dyhat_dO(HAND)),
        _case(RANDOM, (RO,), RANDOM.factors[1], suspects.of_dyhat_dO(RANDOM)),
    ]


def _dO_dW2() -> list[Case]:
    return [_case(HAND, (Z,), HAND_FACTORS[2]), _case(RANDOM, (RZ,), RANDOM.factors[2])]


def _dC_dW2_chain() -> list[Case]:
    return [
        _case(net, factors[:3], want, suspects.of_dC_dW2_chain(net))
        for net, factors, want in (
            (HAND, HAND_FACTORS, HAND_BY_W2),
            (RANDOM, RANDOM.factors, RANDOM.by_W2),
            (STRANGE, STRANGE.factors, STRANGE.by_W2),
        )
    ]


def _dC_dW2() -> list[Case]:
    return [
        _case(HAND, (HAND.y, Y_HAT, O, Z), HAND_BY_W2, suspects.of_dC_dW2(HAND)),
        _case(RANDOM, (RANDOM.y, RY_HAT, RO, RZ), RANDOM.by_W2, suspects.of_dC_dW2(RANDOM)),
    ]


def _dO_dZ() -> list[Case]:
    return [
        _case(HAND, (HAND.W2,), HAND_FACTORS[3], suspects.of_dO_dZ(HAND)),
        _case(RANDOM, (RANDOM.W2,), RANDOM.factors[3], suspects.of_dO_dZ(RANDOM)),
    ]


def _dZ_dH() -> list[Case]:
    return [
        _case(HAND, (Z,), HAND_FACTORS[4], suspects.of_dZ_dH(HAND)),
        _case(RANDOM, (RZ,), RANDOM.factors[4], suspects.of_dZ_dH(RANDOM)),
    ]


def _dH_dW1() -> list[Case]:
    return [_case(HAND, (HAND.X,), HAND_FACTORS[5]), _case(RANDOM, (RANDOM.X,), RANDOM.factors[5])]


def _dC_dW1_chain() -> list[Case]:
    return [
        _case(net, (*factors[:2], *factors[3:]), want, suspects.of_dC_dW1_chain(net))
        for net, factors, want in (
            (HAND, HAND_FACTORS, HAND_BY_W1),
            (RANDOM, RANDOM.factors, RANDOM.by_W1),
            (STRANGE, STRANGE.factors, STRANGE.by_W1),
        )
    ]


def _dC_dW1() -> list[Case]:
    by_hand = HAND.X, HAND.y, Y_HAT, O, Z, HAND.W2
    random = RANDOM.X, RANDOM.y, RY_HAT, RO, RZ, RANDOM.W2
    return [
        _case(HAND, by_hand, HAND_BY_W1, suspects.of_dC_dW1(HAND)),
        _case(RANDOM, random, RANDOM.by_W1, suspects.of_dC_dW1(RANDOM)),
    ]


def _gradients_end_to_end() -> list[Case]:
    wants = {HAND: (HAND_BY_W1, HAND_BY_W2), RANDOM: (RANDOM.by_W1, RANDOM.by_W2)}
    return [_case(net, (net.X, net.y, net.W1, net.W2), want) for net, want in wants.items()]


def _gradient_descent_step() -> list[Case]:
    two_inputs = np.array([[1.0, 2.0]]), column(3, 4, 5), np.array([[10.0, 20.0]]), column(0, -2, 6), 0.5
    one_input = column(1, 2), column(3, 4), column(4, 8), column(-4, 0), 0.25
    wants = (np.array([[-4.0, -8.0]]), column(3, 5, 2)), (column(0, 0), column(4, 4))
    return [
        Case(args, want, 1, fresh=True, wrong=suspects.of_gradient_descent_step(*args[:2], want))
        for args, want in zip((two_inputs, one_input), wants, strict=True)
    ]


def _train() -> list[Case]:
    net, by_hand = HAND, (np.array([5 / 64]), HAND.W1, HAND.W2)
    cases = [Case((net.X, net.y, net.W1, net.W2, 1.0, 0), by_hand, 2, fresh=True)]
    for net, eta, steps in ((HAND, 2.0, 2), (RANDOM, 0.5, 3)):
        losses, weights = descend(net.loss_at, (net.W1, net.W2), eta, steps)
        args = net.X, net.y, net.W1, net.W2, eta, steps
        cases.append(Case(args, (losses, *weights), len(net.X), fresh=True))
    return cases


CHECKS = {
    "ps1.mse_cost": Check("equals the cost worked by hand for 2 and for 3 examples", _mse_cost),
    "ps1.forward": Check(
        "equals two networks worked by hand; the bias unit is the last column of Z", _forward
    ),
    "ps1.dC_dyhat": Check("is the derivative of (1) by every ŷ_i, for 2 and for 5 examples", _dC_dyhat),
    "ps1.dyhat_dO": Check("is the slope of σ at every O_i", _dyhat_dO),
    "ps1.dO_dW2": Check("row i is the derivative of O_i by W2, bias included", _dO_dW2),
    "ps1.dC_dW2_chain": Check("multiplies the three factors and sums over the examples", _dC_dW2_chain),
    "ps1.dC_dW2": Check("is the derivative of the cost by W2, for h = 2 and for h = 3", _dC_dW2),
    "ps1.dO_dZ": Check("has one entry for each real hidden unit, none for the bias", _dO_dZ),
    "ps1.dZ_dH": Check("is the slope of σ at every H_il, written in Z", _dZ_dH),
    "ps1.dH_dW1": Check("row i is the derivative of H_il by column l of W1", _dH_dW1),
    "ps1.dC_dW1_chain": Check("multiplies the five factors and sums over the examples", _dC_dW1_chain),
    "ps1.dC_dW1": Check("is the derivative of the cost by W1, for a square and for a 4-by-3 W1", _dC_dW1),
    "ps1.gradients_end_to_end": Check(
        "forward pass and gradients fit together: both are derivatives of the cost", _gradients_end_to_end
    ),
    "ps1.gradient_descent_step": Check(
        "goes downhill by η times the gradient, into new arrays", _gradient_descent_step
    ),
    "ps1.train": Check("follows numerical gradient descent, step for step; also for no step", _train),
    **transfer.PS1,
}
