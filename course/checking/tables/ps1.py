"""Visible checks of ps1: a network worked by hand, and derivatives taken numerically."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from course.checking.forward_passes import mean_square
from course.checking.tables import ps1_suspects as suspects
from course.checking.tables import transfer
from course.checking.tables.measured import descend, wrong_steps
from course.checking.tables.ps1_nets import (
    BY_HAND,
    CORNERS,
    DRAWN,
    HAND,
    LARGE,
    MODERATE,
    RANDOM,
    SINGLE,
    SOLVED,
    STRANGE,
    SURE,
    WITHOUT_TARGETS,
    Net,
    Worked,
    measured,
    with_cost,
)
from course.checking.tables.table import Check, column, saturated
from course.checking.trial import Case, Suspects


def _no_suspects(net: Net) -> Suspects:
    return {}


def _of_nets(
    pick: Callable[[Worked], tuple[Any, ...]],
    want: Callable[[Worked], Any],
    wrong: Callable[[Net], Suspects] = _no_suspects,
    more: Sequence[Net] = (),
    nets: Sequence[Net] = DRAWN,
) -> Callable[[], list[Case]]:
    """Return what makes a case of every network, `more` of them too: what is passed, what is right."""

    def make() -> list[Case]:
        networks = [BY_HAND, *map(measured, (*nets, *more))]
        return [
            Case(
                pick(w),
                want(w),
                len(w.net.X),
                wrong=wrong(w.net),
                special=saturated(w.values[0], w.values[2]),
            )
            for w in networks
        ]

    return make


def _mse_cost() -> list[Case]:
    pairs = [
        (HAND.y, BY_HAND.values[3], 5 / 64),
        (column(1, 0, 1 / 2), column(3 / 4, 1 / 2, 1 / 4), 1 / 16),
        (column(1 / 4), column(3 / 4), 1 / 8),
    ]
    pairs += [(net.y, net.values[3], float(mean_square(net.y, net.values[3]))) for net in DRAWN]
    return [Case((y, f), want, len(y), wrong=suspects.of_mse_cost(y, f)) for y, f, want in pairs]


def _gradient_descent_step() -> list[Case]:
    two_inputs = np.array([[1.0, 2.0]]), column(3, 4, 5), np.array([[10.0, 20.0]]), column(0, -2, 6), 0.5
    one_input = column(1, 2), column(3, 4), column(4, 8), column(-4, 0), 0.25
    square = np.array([[1.0, 2.0], [4.0, 7.0]]), column(1, 2, 3), np.array([[3.0, 5.0], [2.0, 9.0]])
    thirds = square[0] / 3, square[1] / 3, square[2], column(2, -1, 1), 1 / 3
    wants = [
        (two_inputs, (np.array([[-4.0, -8.0]]), column(3, 5, 2))),
        (one_input, (column(0, 0), column(4, 4))),
        (thirds, (np.array([[-2.0, -3.0], [2.0, -2.0]]) / 3, column(-1, 3, 2) / 3)),
        ((*square, column(3, 0, -3), 10.0), (np.array([[-29.0, -48.0], [-16.0, -83.0]]), column(-29, 2, 33))),
    ]
    return [
        Case(args, want, 1, fresh=True, wrong=suspects.of_gradient_descent_step(*args[:2], want))
        for args, want in wants
    ]


TWELVE = with_cost(
    np.vstack([MODERATE[1].X, MODERATE[1].X[::-1] / 2]),
    np.vstack([MODERATE[1].y, 1 - MODERATE[1].y]),
    MODERATE[1].W1,
    MODERATE[1].W2,
)
RUNS = (
    (HAND, 2.0, 2),
    (HAND, 1.0, 0),
    (MODERATE[0], 0.5, 3),
    *((net, 1.0, 4) for net in MODERATE[1:]),
    (MODERATE[1], 1.0, 15),
    # the loss rises on the way, and does not end at its lowest
    (MODERATE[1], 30.0, 8),
    (MODERATE[2], 30.0, 8),
    # twelve examples
    (TWELVE, 1.0, 3),
    # a large rate where the slope is small, and large gradients
    (SURE, 200.0, 3),
    (replace(MODERATE[1], X=1e4 * MODERATE[1].X, W1=MODERATE[1].W1 / 1e4), 1e-8, 2),
    # it stands nearly still, on a plateau and at the bottom, and still to the last bit
    (SURE, 1.0, 25),
    (SOLVED, 1.0, 12),
    (MODERATE[3], 1e-18, 40),
)
"""Networks with η and the number of steps."""


def _train() -> list[Case]:
    cases = []
    for net, eta, steps in RUNS:
        losses, weights = descend(net.loss_at, (net.W1, net.W2), eta, steps)
        args = net.X, net.y, net.W1, net.W2, eta, steps
        wrong = {
            suspicion: partial(_descent, net, eta, steps, factors)
            for suspicion, factors in wrong_steps(("W1", "W2")).items()
        }
        cases.append(Case(args, (losses, *weights), len(net.X), fresh=steps > 0, wrong=wrong))
    return cases


def _descent(net: Net, eta: float, steps: int, factors: Sequence[float]) -> Any:
    losses, weights = descend(net.loss_at, (net.W1, net.W2), eta, steps, factors)
    return losses, *weights


def _arguments_of_dC_dW2(w: Worked) -> tuple[Any, ...]:
    _, Z, O, y_hat = w.values
    return w.net.y, y_hat, O, Z


def _arguments_of_dC_dW1(w: Worked) -> tuple[Any, ...]:
    _, Z, O, y_hat = w.values
    return w.net.X, w.net.y, y_hat, O, Z, w.net.W2


def _arguments_of_dC_dW1_chain(w: Worked) -> tuple[Any, ...]:
    return *w.factors[:2], *w.factors[3:]


_forward = _of_nets(
    lambda w: (w.net.X, w.net.W1, w.net.W2), lambda w: w.values, suspects.of_forward, nets=WITHOUT_TARGETS
)
_dC_dyhat = _of_nets(lambda w: (w.net.y, w.values[3]), lambda w: w.factors[0])
_dyhat_dO = _of_nets(
    lambda w: (w.values[2],), lambda w: w.factors[1], suspects.of_dyhat_dO, nets=WITHOUT_TARGETS
)
_dO_dW2 = _of_nets(lambda w: (w.values[1],), lambda w: w.factors[2], nets=WITHOUT_TARGETS)
_dC_dW2_chain = _of_nets(
    lambda w: w.factors[:3], lambda w: w.by_W2, suspects.of_dC_dW2_chain, more=(STRANGE, LARGE)
)
_dC_dW2 = _of_nets(_arguments_of_dC_dW2, lambda w: w.by_W2, suspects.of_dC_dW2)
_dO_dZ = _of_nets(lambda w: (w.net.W2,), lambda w: w.factors[3], suspects.of_dO_dZ, nets=WITHOUT_TARGETS)
_dZ_dH = _of_nets(lambda w: (w.values[1],), lambda w: w.factors[4], suspects.of_dZ_dH, nets=WITHOUT_TARGETS)
_dH_dW1 = _of_nets(lambda w: (w.net.X,), lambda w: w.factors[5], nets=WITHOUT_TARGETS)
_dC_dW1_chain = _of_nets(
    _arguments_of_dC_dW1_chain, lambda w: w.by_W1, suspects.of_dC_dW1_chain, more=(STRANGE, LARGE)
)
_dC_dW1 = _of_nets(_arguments_of_dC_dW1, lambda w: w.by_W1, suspects.of_dC_dW1)
# each piece has its own check on all networks; two of these have the same shapes
_gradients_end_to_end = _of_nets(
    lambda w: (w.net.X, w.net.y, w.net.W1, w.net.W2),
    lambda w: (w.by_W1, w.by_W2),
    nets=(RANDOM, SINGLE, CORNERS[1], CORNERS[5]),
)

CHECKS = {
    "ps1.mse_cost": Check("equals the cost worked by hand, and that of networks of many sizes", _mse_cost),
    "ps1.forward": Check(
        "equals the network worked by hand and others of many sizes, saturated ones too", _forward
    ),
    "ps1.dC_dyhat": Check("is the derivative of (1) by every ŷ_i, for 1 to 8 examples", _dC_dyhat),
    "ps1.dyhat_dO": Check("is the slope of σ at every O_i", _dyhat_dO),
    "ps1.dO_dW2": Check("row i is the derivative of O_i by W2, bias included", _dO_dW2),
    "ps1.dC_dW2_chain": Check("multiplies the three factors and sums over the examples", _dC_dW2_chain),
    "ps1.dC_dW2": Check("is the derivative of the cost by W2, for h = 1 to 4 and saturated units", _dC_dW2),
    "ps1.dO_dZ": Check("has one entry for each real hidden unit, none for the bias", _dO_dZ),
    "ps1.dZ_dH": Check("is the slope of σ at every H_il, written in Z", _dZ_dH),
    "ps1.dH_dW1": Check("row i is the derivative of H_il by column l of W1", _dH_dW1),
    "ps1.dC_dW1_chain": Check("multiplies the five factors and sums over the examples", _dC_dW1_chain),
    "ps1.dC_dW1": Check(
        "is the derivative of the cost by W1, of many shapes, and where units saturate", _dC_dW1
    ),
    "ps1.gradients_end_to_end": Check(
        "forward pass and gradients fit together: both are derivatives of the cost", _gradients_end_to_end
    ),
    "ps1.gradient_descent_step": Check(
        "goes downhill by η times the gradient, into new arrays", _gradient_descent_step
    ),
    "ps1.train": Check(
        "follows numerical gradient descent, step for step, where the loss falls, rises or stands still",
        _train,
    ),
    **transfer.PS1,
}
