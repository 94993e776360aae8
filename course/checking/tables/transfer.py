"""Visible checks of the questions beyond the seeds: numbers worked by hand, and numerical derivatives.

tanh(ln 2) = 3/5 and tanh(ln 3) = 4/5. The network by hand has N = 2, d = 3, h = 2:
X = [[1, 0, 1], [0, 1, 1]], W1 = [[ln 2, −2 ln 2], [ln 3, −2 ln 2], [0, ln 2]], W2 = ln 3 [5, −5, −6].
Then H = [[ln 2, −ln 2], [ln 3, −ln 2]], Z = [[3/5, −3/5, 1], [4/5, −3/5, 1]], O = [0, ln 3], ŷ = [½, ¾].

Softmax of the logarithms of whole numbers is each number by their sum, and a shift of a row changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from course.checking.forward_passes import mean_square
from course.checking.tables import transfer_suspects as suspects
from course.checking.tables.altered import slope, true_unit
from course.checking.tables.measured import derivatives
from course.checking.tables.ps1_nets import Net, with_cost, with_saturation
from course.checking.tables.table import LN3, Array, Check, column, saturated
from course.checking.trial import Case
from course.gradcheck import complex_step_gradient

LN2 = float(np.log(2))

HAND = with_cost(
    np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]),
    column(1, 0),
    np.array([[LN2, -2 * LN2], [LN3, -2 * LN2], [0.0, LN2]]),
    LN3 * column(5, -5, -6),
)
HAND_VALUES = np.array([[3, -3, 5], [4, -3, 5]]) / 5, column(0, LN3), column(1 / 2, 3 / 4)
HAND_SLOPES = np.array([[16, 16], [9, 16]]) / 25
HAND_BY_W1 = LN3 / 640 * np.array([[-128, 128], [81, -144], [-47, -16]])


def _draw(rng: np.random.Generator, N: int, d: int, h: int, steep: float = 1) -> Net:
    """Draw a network with tanh units, whose first weights are multiplied by `steep`."""
    y = rng.uniform(size=(N, 1))
    net = with_cost(rng.normal(size=(N, d)), y, steep * rng.normal(size=(d, h)), rng.normal(size=(h + 1, 1)))
    return replace(net, loss=partial(mean_square, y), hidden=np.tanh)


_rng = np.random.default_rng(24)
NETS = [
    _draw(_rng, 5, 4, 3),
    _draw(_rng, 4, 3, 3),
    _draw(_rng, 1, 2, 1),
    _draw(_rng, 5, 3, 4, steep=200),
    _draw(_rng, 4, 3, 1),
    _draw(_rng, 1, 3, 2),
    with_saturation(_draw(_rng, 6, 3, 4), 3, 400),
]
"""of different sizes, square, of one example or one unit or both, and saturated units and outputs"""


def _dZ_dH_tanh() -> list[Case]:
    H = HAND.X @ HAND.W1
    cases = [Case((HAND_VALUES[0],), HAND_SLOPES, 2, wrong=suspects.of_dZ_dH_tanh(H, HAND_SLOPES))]
    for net in NETS:
        H, Z, _, _ = net.values
        want = slope(true_unit(net.hidden), H)
        cases.append(Case((Z,), want, len(Z), wrong=suspects.of_dZ_dH_tanh(H, want)))
    return cases


def _dC_dW1_tanh() -> list[Case]:
    Z, O, y_hat = HAND_VALUES
    by_hand = replace(HAND, hidden=np.tanh)
    calls = [(by_hand, (HAND.X, HAND.y, y_hat, O, Z, HAND.W2), HAND_BY_W1)]
    for net in NETS:
        _, Z, O, y_hat = net.values
        calls.append((net, (net.X, net.y, y_hat, O, Z, net.W2), net.by_W1))
    return [
        Case(
            args,
            want,
            len(net.X),
            wrong=suspects.of_dC_dW1_tanh(net),
            special=saturated(net.values[0], net.values[2]),
        )
        for net, args, want in calls
    ]


COUNTS = [
    np.array([[1.0, 2.0, 4.0], [3.0, 1.0, 5.0]]),
    np.array([[1.0, 2.0, 4.0], [5.0, 1.0, 3.0], [2.0, 2.0, 9.0], [1.0, 6.0, 6.0]]),
    np.array([[2.0, 3.0, 2.0], [4.0, 1.0, 6.0], [1.0, 1.0, 5.0]]),
    np.array([[3.0, 4.0]]),
    np.array([[2.0], [7.0]]),
    np.array([[1.0, 2e7, 4.0]]),
]
"""whole numbers; one of them far larger than those beside it"""
SHIFTS = [column(0, 0), column(9000, -9000, 0, 800), column(-1, 2, 1), column(0.5), column(0, 3), column(0)]
LABELS = [(1, 0), (2, 0, 1, 1), (0, 1, 2), (1,), (0, 0), (1,)]
# one probability is 1 to the last bit, or two are ½
FAR = np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4]])


def _one_hot(labels: tuple[int, ...], K: int) -> Array:
    return np.eye(K)[list(labels)]


def _softmax() -> list[Case]:
    cases = [
        (np.log(m) + shift, m / m.sum(axis=1, keepdims=True)) for m, shift in zip(COUNTS, SHIFTS, strict=True)
    ]
    cases.append((FAR, np.array([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])))
    return [Case((z,), want, len(z), wrong=suspects.of_softmax(z, want)) for z, want in cases]


FAR_OUT = (
    "it is wrong only far out, where a probability is 0 to the last bit: is its logarithm taken, or is it "
    "cut off before, or a small number added to it?"
)


def _softmax_loss() -> list[Case]:
    cases = []
    for m, shift, labels in zip(COUNTS, SHIFTS, LABELS, strict=True):
        # how often the sum is the number of the label; near 1 its logarithm is the small rest
        rest = [(sum(row) - row[label]) / row[label] for row, label in zip(m.tolist(), labels, strict=True)]
        args = _one_hot(labels, m.shape[1]), np.log(m) + shift
        cases.append(Case(args, float(np.sum(np.log1p(rest))), len(m), wrong=suspects.of_softmax_loss(*args)))
    far = [((0, 1), float(np.log(2))), ((1, 0), 4e4 + float(np.log(2))), ((2, 2), 1e4 + float(np.log(2)))]
    for labels, want in far:
        args = _one_hot(labels, 3), FAR
        cases.append(Case(args, want, 2, wrong=suspects.of_softmax_loss(*args), special=FAR_OUT))
    return cases


def _softmax_delta() -> list[Case]:
    pairs: list[tuple[tuple[int, ...], Any, Any]] = [
        ((1, 0), np.array([[1, 2, 4], [4, 1, 2]]) / 7, np.array([[1, -5, 4], [-3, 1, 2]]) / 7),
        (
            (2, 0, 1),
            np.array([[1, 2, 6], [2, 2, 5], [3, 3, 3]]) / 9,
            np.array([[1, 2, -3], [-7, 2, 5], [3, -6, 3]]) / 9,
        ),
        ((1,), np.array([[3, 4]]) / 7, np.array([[3, -3]]) / 7),
        ((0, 0), np.ones((2, 1)), np.zeros((2, 1))),
        # certain, rightly and wrongly
        ((0, 2), np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), np.array([[0.0, 0.0, 0.0], [0.0, 1.0, -1.0]])),
    ]
    cases = []
    for labels, P, want in pairs:
        Y = _one_hot(labels, P.shape[1])
        cases.append(Case((Y, P), want, len(Y), wrong=suspects.of_softmax_delta(Y, P, want)))
    return cases


def _relu_delta_step() -> list[Case]:
    rng = np.random.default_rng(25)
    by_hand = (
        np.array([[2.0, -1.0, 0.25]]),
        np.array([[1.0, 2.0], [3.0, 1.0], [0.0, 5.0]]),
        np.array([[1.0, -2.0]]),
    )
    layers = [(*by_hand, np.array([[-3.0, 0.0, -10.0]]))]
    for N, n, n_next in ((5, 4, 2), (4, 3, 3), (6, 1, 2), (1, 4, 1)):
        z, W, delta = rng.normal(size=(N, n)), rng.normal(size=(n, n_next)), rng.normal(size=(N, n_next))
        # just on, far on, and 0
        z.flat[:3] = 1e-9, 60.0, 0.0
        layers.append((z, W, delta, complex_step_gradient(partial(_loss_of_relu, W, delta), z)))
    return [
        Case((delta, W, suspects.relu(z)), want, len(z), wrong=suspects.of_relu_delta_step(z, W, delta))
        for z, W, delta, want in layers
    ]


def _loss_of_relu(W: Array, delta: Array, z: Any) -> Any:
    """Return a loss that rises by delta with what the next layer receives from units that receive z."""
    return np.sum(delta * (suspects.relu(z) @ W))


def _l2_gradients() -> list[Case]:
    rng = np.random.default_rng(26)
    first, second = np.array([[2.0, -4.0], [6.0, 0.0]]), column(8, -2)
    calls = [
        (
            ([np.array([[1.0, 2.0], [3.0, 4.0]]), column(-1, 1)], [first, second], 0.5),
            [np.array([[2.0, 0.0], [6.0, 4.0]]), column(3, 0)],
        )
    ]
    for shapes, lam in (
        (((3, 1),), 0.7),
        (((4, 3), (3, 2), (2, 1)), 3.0),
        (((3, 3), (3, 1)), 0.0),
        (((1, 1),), 0.02),
    ):
        Ws, dWs = ([rng.normal(size=shape) for shape in shapes] for _ in range(2))
        calls.append(((dWs, Ws, lam), derivatives(partial(_penalised, dWs, lam), Ws)))
    return [Case(args, want, 1, wrong=suspects.of_l2_gradients(*args, want)) for args, want in calls]


def _penalised(dWs: list[Array], lam: float, *Ws: Any) -> Any:
    """Return a loss whose derivatives are dWs, with the penalty."""
    return sum(np.sum(dW * W) + lam * np.sum(W * W) / 2 for dW, W in zip(dWs, Ws, strict=True))


def _vector(*numbers: float) -> Array:
    return np.array(numbers, dtype=float)


def _momentum_step() -> list[Case]:
    calls: list[tuple[tuple[Any, ...], tuple[Array, Array]]] = [
        ((_vector(1, 2), _vector(1, -2), _vector(3, 4), 0.5, 0.5), (_vector(-0.75, 0.5), _vector(3.5, 3))),
        ((_vector(0.3), _vector(-0.7), _vector(1.1), 0.1, 0.9), (_vector(0.253), _vector(0.47))),
        (
            (_vector(1 / 3), _vector(1 / 3), _vector(1 / 7), 0.5, 0.5),
            (_vector(5 / 28), _vector(13 / 42)),
        ),
        # from rest, and without momentum
        (
            (_vector(1, 2, 3), _vector(0, 0, 0), _vector(3, -4, 0), 0.25, 0.9),
            (_vector(0.25, 3, 3), _vector(3, -4, 0)),
        ),
        (
            (_vector(1, 2, 3), _vector(9, 9, 9), _vector(3, -4, 0), 0.25, 0.0),
            (_vector(0.25, 3, 3), _vector(3, -4, 0)),
        ),
    ]
    return [
        Case(args, want, 1, fresh=True, wrong=suspects.of_momentum_step(args, want)) for args, want in calls
    ]


PS1 = {
    "ps1.dZ_dH_tanh": Check(
        "is the slope of tanh at every real hidden unit, for networks of many sizes", _dZ_dH_tanh
    ),
    "ps1.dC_dW1_tanh": Check(
        "is the derivative of the cost by W1 of networks with tanh units, of many sizes", _dC_dW1_tanh
    ),
}
PS2 = {
    "ps2.softmax": Check(
        "equals probabilities worked by hand, for 1 to 3 classes, as far out as ±10 000", _softmax
    ),
    "ps2.softmax_loss": Check(
        "equals the loss worked by hand, for 1 to 3 classes, as far out as ±10 000", _softmax_loss
    ),
    "ps2.softmax_delta": Check(
        "equals derivatives worked by hand, also where a probability is exactly 0 or 1", _softmax_delta
    ),
    "ps2.relu_delta_step": Check("carries any δ back through ReLU units, for five layers", _relu_delta_step),
    "ps2.l2_gradients": Check(
        "are the derivatives of the loss with its penalty, for one to three layers", _l2_gradients
    ),
}
PS3 = {
    "ps3.momentum_step": Check(
        "equals steps worked by hand: on the way, from rest, and without momentum", _momentum_step
    ),
}
