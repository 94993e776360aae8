"""Visible checks of ps2: a network worked by hand, and derivatives taken numerically."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking.forward_passes import cross_entropy, cross_entropy_of_logits, loss_of_net
from course.checking.tables import ps2_suspects as suspects
from course.checking.tables import transfer
from course.checking.tables.altered import slope, true_unit
from course.checking.tables.measured import derivatives, descend, wrong_steps
from course.checking.tables.ps2_nets import (
    DRAWN,
    FOUR,
    HAND,
    HAND_DBS,
    HAND_DELTAS,
    HAND_DWS,
    ONE_LAYER_SINGLE,
    SATURATED,
    SQUARE,
    SQUARE_OF_THREE,
    SURE,
    THREE,
    THREE_LAYERS,
    TWO,
    ZERO,
    Net,
    repeated,
    solved,
)
from course.checking.tables.table import LN3, Array, Check, column, saturated
from course.checking.trial import Case
from course.gradcheck import complex_step_gradient, complex_step_jacobian


def _forward() -> list[Case]:
    return [
        Case((net.X, net.Ws, net.bs), net.hs, len(net.X), special=saturated(*net.zs))
        for net in (HAND, *DRAWN, SURE)
    ]


def _bce_loss() -> list[Case]:
    # −log of the probabilities of the labels: ½ and ¾; ¾, ½ and ¼; ¼
    pairs = [
        (column(1, 0), column(1 / 2, 1 / 4), np.log(8 / 3)),
        (column(1, 0, 1), column(3 / 4, 1 / 2, 1 / 4), np.log(32 / 3)),
        (column(0), column(3 / 4), np.log(4)),
        (column(1), column(1 / 8), np.log(8)),
        (column(1), column(1e-6), 6 * np.log(10)),
        (column(1, 1), column(1e-6, 1e-6), 12 * np.log(10)),
        (column(0), column(1 - 1e-6), float(cross_entropy(column(0), column(1 - 1e-6)))),
    ]
    pairs += [(net.y, net.hs[-1], float(cross_entropy(net.y, net.hs[-1]))) for net in DRAWN]
    return [
        Case((y, f), want, len(y), wrong=suspects.of_bce_loss(y, f), special=NEAR_EDGE if _sure(f) else "")
        for y, f, want in pairs
    ]


NEAR_EDGE = (
    "it is wrong only where f is near 0 or 1: is f cut off there, or something added, as in log(f + 1e-8)?"
)


def _sure(f: Array) -> bool:
    """Return whether an f is so near to 0 or 1 that a small number added to it shows."""
    return bool(np.minimum(f, 1 - f).min() < 0.01)


RATHER_SURE = ((1, 8.0), (0, -8.0), (1, 18.0), (0, -18.0))


def _bce_from_logits() -> list[Case]:
    # where e^−|z| is nothing beside 1, a right label costs 0 and a wrong one |z|
    pairs = [
        (column(1, 0), column(0, -LN3), np.log(8 / 3)),
        (column(0, 1, 1), column(LN3, LN3, -LN3), np.log(64 / 3)),
        (column(1, 0, 1, 0), column(1e4, -1e4, -1e4, 1e4), 2e4),
        (column(1), column(-800), 800.0),
        (column(0), column(800), 800.0),
    ]
    # right and rather sure, so that the loss is small: e^−|z| but for its square
    pairs += [(column(y), column(z), float(np.log1p(np.exp(-abs(z))))) for y, z in RATHER_SURE]
    pairs += [(net.y, net.zs[-1], float(cross_entropy_of_logits(net.y, net.zs[-1]))) for net in DRAWN]
    return [Case((y, z), want, len(y), wrong=suspects.of_bce_from_logits(y, z)) for y, z, want in pairs]


def _dL_df() -> list[Case]:
    # the loss of one example is −log f or −log(1 − f)
    y, f = THREE.y, np.vstack([THREE.hs[-1][:3], column(1e-6, 1 - 1e-6)])
    pairs = [
        (HAND.y, HAND.hs[-1], column(-2, 4 / 3)),
        (column(1, 0, 1), column(3 / 4, 1 / 2, 1 / 4), column(-4 / 3, 2, -4)),
        (y, f, complex_step_gradient(lambda p: cross_entropy(y, p), f)),
    ]
    pairs += [
        (net.y, net.hs[-1], complex_step_gradient(partial(cross_entropy, net.y), net.hs[-1])) for net in DRAWN
    ]
    return [Case((y, f), want, len(y), wrong=suspects.of_dL_df(y, f, want)) for y, f, want in pairs]


def _dh_dz() -> list[Case]:
    z = THREE.zs[0]
    values = [
        (HAND.hs[2], HAND.zs[1], np.array([[3, 4, 3], [4, 3, 3]]) / 16),
        (THREE.hs[1], z, slope(true_unit(sigmoid), z)),
        (sigmoid(z[0]), z[0], slope(true_unit(sigmoid), z[0])),
    ]
    values += [(h, z, slope(true_unit(sigmoid), z)) for net in DRAWN for h, z in [(net.hs[1], net.zs[0])]]
    return [
        Case((h,), want, len(z), wrong=suspects.of_dh_dz(z), special=saturated(z)) for h, z, want in values
    ]


def _layer(W: Array, h: Any) -> Any:
    """Return what the next layer receives, but for its bias."""
    return h @ W


def _dz_dh() -> list[Case]:
    h, (_, W2, W3) = THREE.hs[1][0], THREE.Ws
    return [
        Case((HAND.Ws[1],), LN3 * np.array([[2.0, -1.0], [0.0, 2.0], [2.0, -3.0]]), 1),
        Case((W2,), complex_step_jacobian(lambda v: v @ W2 + THREE.bs[1], h), 1),
        Case((W3,), complex_step_jacobian(lambda v: v @ W3 + THREE.bs[2], THREE.hs[2][0]), 1),
        *(
            Case((W,), complex_step_jacobian(partial(_layer, W), np.zeros(len(W))), 1)
            for net in DRAWN
            for W in net.Ws[1:2]
        ),
    ]


def _output_delta() -> list[Case]:
    # as σ(±1000) is 1 or 0 to the last bit
    sure = column(1000, -1000, -1000, 1000)
    layers = [
        (HAND.y, HAND.zs[-1], column(-1 / 2, 1 / 4)),
        (THREE.y, THREE.zs[-1], _numerical_delta(THREE, 2)),
        (column(1, 0, 1, 0), sure, column(0, 0, -1, 1)),
    ]
    layers += [(net.y, net.zs[-1], _numerical_delta(net, len(net.zs) - 1)) for net in DRAWN]
    cases = []
    for y, z, want in layers:
        f = sigmoid(z)
        cases.append(Case((y, f), want, len(y), wrong=suspects.of_output_delta(y, z, f, want)))
    return cases


def _delta_step() -> list[Case]:
    layers = [
        (HAND, 1, HAND_DELTAS[2], HAND_DELTAS[1]),
        (HAND, 0, HAND_DELTAS[1], HAND_DELTAS[0]),
    ]
    for net in (net for net in DRAWN if len(net.zs) > 1):
        delta_next = _upstream([net.zs[1]])[0]
        layers.append((net, 0, delta_next, _numerical_step(delta_next, net.Ws[1], net.zs[0])))
    cases = []
    for net, l, delta_next, want in layers:
        wrong = suspects.of_delta_step(net.zs[l], net.Ws[l + 1], delta_next)
        cases.append(Case((delta_next, net.Ws[l + 1], net.hs[l + 1]), want, len(net.y), wrong=wrong))
    return cases


def _numerical_step(delta_next: Array, W_next: Array, z: Array) -> Array:
    """Return the derivative by z of a loss that rises by delta_next with what the next layer receives."""
    return complex_step_gradient(lambda v: np.sum(delta_next * (sigmoid(v) @ W_next)), z)


def _upstream(zs: Sequence[Array]) -> list[Array]:
    """Return random gradients of the shapes of `zs`."""
    rng = np.random.default_rng(22)
    return [rng.normal(size=z.shape) for z in zs]


def _deltas() -> list[Case]:
    wants = [(HAND, HAND_DELTAS)]
    wants += [(net, [_numerical_delta(net, l) for l in range(len(net.zs))]) for net in (*DRAWN, SURE)]
    return [
        Case(
            (net.y, net.hs, net.Ws),
            want,
            len(net.y),
            wrong=suspects.of_deltas(net, want),
            special=saturated(*net.zs),
        )
        for net, want in wants
    ]


def _numerical_delta(net: Net, l: int) -> Array:
    """Return the derivative of L by zs[l]: what comes after it is a net of its own, fed with σ(z)."""
    after = slice(l + 1, None)
    if l == len(net.zs) - 1:
        return complex_step_gradient(lambda z: cross_entropy_of_logits(net.y, z), net.zs[l])
    return complex_step_gradient(
        lambda z: loss_of_net(net.y, sigmoid(z), net.Ws[after], net.bs[after]), net.zs[l]
    )


def _dL_dW1() -> list[Case]:
    wants = [(HAND, HAND_DWS[0])]
    wants += [(net, _numerical_gradients(net)[0][0]) for net in (*THREE_LAYERS, SURE)]
    return [
        Case(
            (net.X, net.y, net.hs, net.Ws),
            want,
            len(net.y),
            wrong=suspects.of_dL_dW1(net, want),
            special=saturated(*net.zs),
        )
        for net, want in wants
    ]


def _gradients() -> list[Case]:
    calls = [(HAND.hs, HAND_DELTAS, (HAND_DWS, HAND_DBS))]
    for net in DRAWN:
        upstream = _upstream(net.zs)
        layers = [
            _numerical_affine(*layer) for layer in zip(net.hs[:-1], net.Ws, net.bs, upstream, strict=True)
        ]
        calls.append((net.hs, upstream, ([dW for dW, _ in layers], [db for _, db in layers])))
    return [
        Case((hs, deltas), want, len(hs[0]), wrong=suspects.of_gradients(hs, deltas, want))
        for hs, deltas, want in calls
    ]


def _numerical_affine(h: Array, W: Array, b: Array, delta: Array) -> tuple[Array, Array]:
    """Return the derivatives of Σ delta · (h W + b) by W and by b."""
    by_W, by_b = derivatives(lambda V, c: np.sum(delta * (h @ V + c)), (W, b))
    return by_W, by_b


def _gradients_end_to_end() -> list[Case]:
    cases = [Case((HAND.X, HAND.y, HAND.Ws, HAND.bs), (HAND_DWS, HAND_DBS), 2)]
    # each piece has its own check on all networks
    for net in (TWO, SQUARE_OF_THREE, ZERO, SATURATED, SURE, ONE_LAYER_SINGLE, FOUR):
        want = _numerical_gradients(net)
        cases.append(Case((net.X, net.y, net.Ws, net.bs), want, len(net.y)))
    return cases


def _weights_and_loss(net: Net) -> tuple[list[Array], Callable[..., Any]]:
    """Return the weights and biases of a net, and its loss as a function of these."""
    L = len(net.Ws)
    return [*net.Ws, *net.bs], lambda *weights: loss_of_net(net.y, net.X, weights[:L], weights[L:])


def _numerical_gradients(net: Net) -> tuple[list[Array], list[Array]]:
    """Return the derivatives of L by all weights and biases."""
    weights, loss = _weights_and_loss(net)
    both = derivatives(loss, weights)
    return both[: len(net.Ws)], both[len(net.Ws) :]


YES, NO = solved(SQUARE, 12), solved(SQUARE, -12)
MANY = repeated(THREE, 300)
RUNS = (
    (HAND, 0.5, 2),
    (HAND, 0.5, 0),
    (THREE, 0.1, 3),
    # gradients that are large sums
    (MANY, 0.0005, 2),
    *((net, 0.05, 3) for net in DRAWN if net is not THREE),
    (TWO, 0.05, 25),
    # the loss rises on the way, and does not end at its lowest
    (THREE, 2.0, 3),
    (SQUARE, 2.0, 6),
    # it stands nearly still, and still to the last bit
    (YES, 0.05, 25),
    (NO, 1e-18, 60),
)
"""Networks with η and the number of steps."""


def _train() -> list[Case]:
    cases = []
    for net, eta, steps in RUNS:
        args = net.X, net.y, net.Ws, net.bs, eta, steps
        wrong = {
            suspicion: partial(_descent, net, eta, steps, factors)
            for suspicion, factors in wrong_steps(("the weights", "the biases")).items()
        }
        want = _descent(net, eta, steps, (1, 1))
        cases.append(Case(args, want, len(net.y), fresh=steps > 0, wrong=wrong))
    return cases


def _descent(net: Net, eta: float, steps: int, factors: tuple[float, float]) -> Any:
    """Return the losses, weights and biases of descent; `factors` are those of the steps of both."""
    weights, loss = _weights_and_loss(net)
    L = len(net.Ws)
    losses, weights = descend(loss, weights, eta, steps, [factors[0]] * L + [factors[1]] * L)
    return losses, weights[:L], weights[L:]


CHECKS = {
    "ps2.forward": Check("equals a network worked by hand; right for depths 1 to 4", _forward),
    "ps2.bce_loss": Check(
        "equals the loss worked by hand, also where f is within a millionth of 0 or 1", _bce_loss
    ),
    "ps2.bce_from_logits": Check(
        "equals the loss worked by hand, and stays right for z = ±10 000", _bce_from_logits
    ),
    "ps2.dL_df": Check("is the derivative of the loss by every f_i, for 1 to 6 examples", _dL_df),
    "ps2.dh_dz": Check("is the slope of σ at every z, written in h; for matrices and for rows", _dh_dz),
    "ps2.dz_dh": Check("entry [a, b] is the derivative of z_a by h_b, for many shapes of W", _dz_dh),
    "ps2.output_delta": Check(
        "is the derivative of the loss by the last z, also where f is exactly 0 or 1", _output_delta
    ),
    "ps2.delta_step": Check("carries any δ one layer back, for networks of many sizes", _delta_step),
    "ps2.deltas": Check(
        "are the derivatives of the loss by every z_l, for depths 1 to 4, and where f is exactly 0 or 1",
        _deltas,
    ),
    "ps2.dL_dW1_sums": Check("is the derivative of the loss by W_1, for networks of many sizes", _dL_dW1),
    "ps2.dL_dW1": Check("is the derivative of the loss by W_1, for networks of many sizes", _dL_dW1),
    "ps2.gradients": Check("turn any δ's into derivatives by every W_l and b_l", _gradients),
    "ps2.gradients_end_to_end": Check(
        "forward pass, recursion and gradients fit together: all are derivatives of the loss",
        _gradients_end_to_end,
    ),
    "ps2.train": Check(
        "follows numerical gradient descent, step for step, where the loss falls, rises or stands still",
        _train,
    ),
    **transfer.PS2,
}
