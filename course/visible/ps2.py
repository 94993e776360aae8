"""Visible checks of ps2: a network worked by hand, and derivatives taken numerically.

The network by hand has layers 2-2-2-1, N = 2, y = [1, 0]; its logits are 0 and ±ln 3. In units of ln 3:
z_1 = [[1, 0], [−1, 2]] + [0, −1] = [[1, −1], [−1, 1]], so h_1 = [[¾, ¼], [¼, ¾]];
z_2 = [[3/2, −1], [1/2, 1]] + [−1/2, 0] = [[1, −1], [0, 1]], so h_2 = [[¾, ¼], [½, ¾]];
z_3 = [5/4, 1/4] − 5/4 = [0, −1], so f = [½, ¼].
The errors are [−½, ¼]. Through W_3 = ln 3 [2, −1], on slopes [[3, 3], [4, 3]]/16, they become
ln 3 [[−12, 6], [8, −3]]/64; and those through W_2 = ln 3 [[2, −2], [0, 2]], on slopes 3/16, become
3 ln² 3 [[−36, 12], [22, −6]]/1024.

The others are random: 4-3-2-1 (N = 5), depths 1, 2 and 4, a single example, and a net so sure of itself
that f is 0 or 1 to the last bit, often wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from course.activations import sigmoid
from course.gradcheck import complex_step_gradient, complex_step_jacobian
from course.trial import Case
from course.visible.check import Check
from course.visible.common import LN3, Array, column, slope


class Net(NamedTuple):
    """Data, weights, and what the forward pass makes of them; zs[0] belongs to layer 1, hs[0] is X."""

    X: Array
    y: Array
    Ws: list[Array]
    bs: list[Array]
    zs: list[Array]
    hs: list[Array]


def pass_forward(x: Any, Ws: Sequence[Any], bs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return `(zs, hs)`, of real or complex numbers."""
    zs, hs = [], [x]
    for W, b in zip(Ws, bs, strict=True):
        zs.append(hs[-1] @ W + b)
        hs.append(sigmoid(zs[-1]))
    return zs, hs


def improbability(y: Array, f: Any) -> Any:
    """Return L: −log of the probability that f, real or complex, gives to the labels."""
    return -np.sum(np.log(np.where(y == 1, f, 1 - f)))


def improbability_of_logits(y: Array, z: Any) -> Any:
    """Return the same from f = σ(z), however large z."""
    against = np.where(y == 1, -z, z)
    negative = np.real(against) < 0
    rest = np.log1p(np.exp(np.where(negative, against, -against)))
    return np.sum(np.where(negative, 0, against) + rest)


def loss(y: Array, x: Any, Ws: Sequence[Any], bs: Sequence[Any]) -> Any:
    """Return L of a net, of real or complex numbers."""
    return improbability_of_logits(y, pass_forward(x, Ws, bs)[0][-1])


def _draw(rng: np.random.Generator, N: int, layers: tuple[int, ...], sure: float = 1) -> Net:
    """Draw a net; its last layer is multiplied by `sure`."""
    X = rng.normal(size=(N, layers[0]))
    y = column(*(i % 2 for i in range(N)))
    Ws = [rng.normal(size=pair) for pair in pairwise(layers)]
    bs = [rng.normal(size=n) for n in layers[1:]]
    Ws[-1], bs[-1] = sure * Ws[-1], sure * bs[-1]
    return Net(X, y, Ws, bs, *pass_forward(X, Ws, bs))


_X = np.array([[1.0, 0.0], [1.0, 1.0]])
_HS = [_X, np.array([[3, 1], [1, 3]]) / 4, np.array([[3, 1], [2, 3]]) / 4, column(1 / 2, 1 / 4)]
_ZS = [
    LN3 * np.array([[1.0, -1.0], [-1.0, 1.0]]),
    LN3 * np.array([[1.0, -1.0], [0.0, 1.0]]),
    column(0, -LN3),
]
_WS = [
    LN3 * np.array([[1.0, 0.0], [-2.0, 2.0]]),
    LN3 * np.array([[2.0, -2.0], [0.0, 2.0]]),
    LN3 * column(2, -1),
]
_BS = [LN3 * np.array([0.0, -1.0]), LN3 * np.array([-0.5, 0.0]), LN3 * np.array([-1.25])]
HAND = Net(_X, column(1, 0), _WS, _BS, _ZS, _HS)
HAND_DELTAS = [
    3 * LN3**2 / 1024 * np.array([[-36, 12], [22, -6]]),
    LN3 / 64 * np.array([[-12, 6], [8, -3]]),
    column(-1 / 2, 1 / 4),
]
# Sums over the two examples: rows of h_{l−1}, (1, 0) and (1, 1) in the first layer, times rows of δ_l.
HAND_DWS = [
    3 * LN3**2 / 1024 * np.array([[-14, 6], [22, -6]]),
    LN3 / 256 * np.array([[-28, 15], [12, -3]]),
    column(-4, 1) / 16,
]
HAND_DBS = [3 * LN3**2 / 1024 * np.array([-14, 6]), LN3 / 64 * np.array([-4, 3]), np.array([-1 / 4])]

# With this seed SURE is right and wrong about both labels.
_rng = np.random.default_rng(5536)
THREE = _draw(_rng, 5, (4, 3, 2, 1))
SURE = _draw(_rng, 6, (3, 4, 2, 1), sure=30_000)
SINGLE = _draw(_rng, 1, (2, 4, 3, 1))
ONE, TWO, FOUR = _draw(_rng, 4, (3, 1)), _draw(_rng, 5, (2, 4, 1)), _draw(_rng, 3, (2, 3, 5, 4, 1))
DEPTHS = (ONE, TWO, THREE, FOUR)


def _forward() -> list[Case]:
    return [Case((net.X, net.Ws, net.bs), net.hs, len(net.X)) for net in (HAND, *DEPTHS)]


def _bce_loss() -> list[Case]:
    # −log of the probabilities of the labels: ½ and ¾; ¾, ½ and ¼; ¼
    return [
        Case((column(1, 0), column(1 / 2, 1 / 4)), np.log(8 / 3), 2),
        Case((column(1, 0, 1), column(3 / 4, 1 / 2, 1 / 4)), np.log(32 / 3), 3),
        Case((column(0), column(3 / 4)), np.log(4), 1),
    ]


def _bce_from_logits() -> list[Case]:
    # where e^−|z| is nothing beside 1, a right label costs 0 and a wrong one |z|
    return [
        Case((column(1, 0), column(0, -LN3)), np.log(8 / 3), 2),
        Case((column(0, 1, 1), column(LN3, LN3, -LN3)), np.log(64 / 3), 3),
        Case((column(1, 0, 1, 0), column(1e4, -1e4, -1e4, 1e4)), 2e4, 4),
        Case((column(1), column(-800)), 800.0, 1),
    ]


def _dL_df() -> list[Case]:
    # the loss of one example is −log f or −log(1 − f)
    three = column(1, 0, 1), column(3 / 4, 1 / 2, 1 / 4)
    y, f = THREE.y, np.vstack([THREE.hs[-1][:3], column(1e-6, 1 - 1e-6)])
    want = complex_step_gradient(lambda p: improbability(y, p), f)
    return [
        Case((HAND.y, HAND.hs[-1]), column(-2, 4 / 3), 2),
        Case(three, column(-4 / 3, 2, -4), 3),
        Case((y, f), want, 5),
    ]


def _dh_dz() -> list[Case]:
    row = THREE.zs[0][0]
    return [
        Case((HAND.hs[2],), np.array([[3, 3], [4, 3]]) / 16, 2),
        Case((THREE.hs[1],), slope(sigmoid, THREE.zs[0]), 5),
        Case((sigmoid(row),), slope(sigmoid, row), 1),
    ]


def _dz_dh() -> list[Case]:
    h, (_, W2, W3) = THREE.hs[1][0], THREE.Ws
    return [
        Case((HAND.Ws[1],), LN3 * np.array([[2.0, 0.0], [-2.0, 2.0]]), 1),
        Case((W2,), complex_step_jacobian(lambda v: v @ W2 + THREE.bs[1], h), 1),
        Case((W3,), complex_step_jacobian(lambda v: v @ W3 + THREE.bs[2], THREE.hs[2][0]), 1),
    ]


def _output_delta() -> list[Case]:
    want = complex_step_gradient(lambda z: improbability_of_logits(THREE.y, z), THREE.zs[-1])
    return [
        Case((HAND.y, HAND.hs[-1]), column(-1 / 2, 1 / 4), 2),
        Case((THREE.y, THREE.hs[-1]), want, 5),
        Case((column(1, 0, 1, 0), column(1, 0, 0, 1)), column(0, 0, -1, 1), 4),
    ]


def _delta_step() -> list[Case]:
    cases = [
        Case((HAND_DELTAS[2], HAND.Ws[2], HAND.hs[2]), HAND_DELTAS[1], 2),
        Case((HAND_DELTAS[1], HAND.Ws[1], HAND.hs[1]), HAND_DELTAS[0], 2),
    ]
    for net in (THREE, SINGLE, TWO):
        delta_next = _upstream([net.zs[1]])[0]
        want = _numerical_step(delta_next, net.Ws[1], net.zs[0])
        cases.append(Case((delta_next, net.Ws[1], net.hs[1]), want, len(net.y)))
    return cases


def _numerical_step(delta_next: Array, W_next: Array, z: Array) -> Array:
    """Return the derivative by z of Σ delta_next · σ(z) W_next."""
    return complex_step_gradient(lambda v: np.sum(delta_next * (sigmoid(v) @ W_next)), z)


def _upstream(zs: Sequence[Array]) -> list[Array]:
    """Return random gradients of the shapes of `zs`."""
    rng = np.random.default_rng(22)
    return [rng.normal(size=z.shape) for z in zs]


def _deltas() -> list[Case]:
    cases = [Case((HAND.y, HAND.hs, HAND.Ws), HAND_DELTAS, 2)]
    for net in (*DEPTHS, SINGLE, SURE):
        want = [_numerical_delta(net, l) for l in range(len(net.zs))]
        cases.append(Case((net.y, net.hs, net.Ws), want, len(net.y)))
    return cases


def _numerical_delta(net: Net, l: int) -> Array:
    """Return the derivative of L by zs[l]: what comes after it is a net of its own, fed with σ(z)."""
    after = slice(l + 1, None)
    if l == len(net.zs) - 1:
        return complex_step_gradient(lambda z: improbability_of_logits(net.y, z), net.zs[l])
    return complex_step_gradient(lambda z: loss(net.y, sigmoid(z), net.Ws[after], net.bs[after]), net.zs[l])


def _dL_dW1() -> list[Case]:
    cases = [Case((HAND.X, HAND.y, HAND.hs, HAND.Ws), HAND_DWS[0], 2)]
    for net in (THREE, SINGLE, SURE):
        want = _by_W(net.X, net.y, net.Ws, net.bs, 0)
        cases.append(Case((net.X, net.y, net.hs, net.Ws), want, len(net.y)))
    return cases


def _gradients() -> list[Case]:
    cases = [Case((HAND.hs, HAND_DELTAS), (HAND_DWS, HAND_DBS), 2)]
    for net in (*DEPTHS, SINGLE):
        upstream = _upstream(net.zs)
        layers = [
            _numerical_affine(*layer) for layer in zip(net.hs[:-1], net.Ws, net.bs, upstream, strict=True)
        ]
        want = [dW for dW, _ in layers], [db for _, db in layers]
        cases.append(Case((net.hs, upstream), want, len(net.y)))
    return cases


def _numerical_affine(h: Array, W: Array, b: Array, delta: Array) -> tuple[Array, Array]:
    """Return the derivatives of Σ delta · (h W + b) by W and by b."""
    by_W = complex_step_gradient(lambda V: np.sum(delta * (h @ V + b)), W)
    by_b = complex_step_gradient(lambda c: np.sum(delta * (h @ W + c)), b)
    return by_W, by_b


def _gradients_end_to_end() -> list[Case]:
    cases = [Case((HAND.X, HAND.y, HAND.Ws, HAND.bs), (HAND_DWS, HAND_DBS), 2)]
    for net in (*DEPTHS, SINGLE):
        want = _numerical_gradients(net.X, net.y, net.Ws, net.bs)
        cases.append(Case((net.X, net.y, net.Ws, net.bs), want, len(net.y)))
    return cases


def _numerical_gradients(
    x: Array, y: Array, Ws: Sequence[Array], bs: Sequence[Array]
) -> tuple[list[Array], list[Array]]:
    """Return the derivatives of L by all weights and biases."""
    layers = range(len(Ws))
    return [_by_W(x, y, Ws, bs, l) for l in layers], [_by_b(x, y, Ws, bs, l) for l in layers]


def _by_W(x: Array, y: Array, Ws: Sequence[Array], bs: Sequence[Array], l: int) -> Array:
    return complex_step_gradient(lambda W: loss(y, x, _with(Ws, l, W), bs), Ws[l])


def _by_b(x: Array, y: Array, Ws: Sequence[Array], bs: Sequence[Array], l: int) -> Array:
    return complex_step_gradient(lambda b: loss(y, x, Ws, _with(bs, l, b)), bs[l])


def _with(items: Sequence[Any], l: int, item: Any) -> list[Any]:
    """Return `items` with number l replaced."""
    return [*items[:l], item, *items[l + 1 :]]


def _train() -> list[Case]:
    hand = HAND.X, HAND.y, HAND.Ws, HAND.bs
    cases = [Case((*hand, 0.5, 0), (np.array([np.log(8 / 3)]), HAND.Ws, HAND.bs), 2, fresh=True)]
    for net, eta, steps in ((HAND, 0.5, 2), (THREE, 0.1, 3), (ONE, 0.05, 3)):
        args = net.X, net.y, net.Ws, net.bs, eta, steps
        cases.append(Case(args, _descend(*args), len(net.y), fresh=True))
    return cases


def _descend(
    x: Array, y: Array, Ws: Sequence[Array], bs: Sequence[Array], eta: float, steps: int
) -> tuple[Array, list[Array], list[Array]]:
    Ws, bs = list(Ws), list(bs)
    losses = [float(loss(y, x, Ws, bs))]
    for _ in range(steps):
        dWs, dbs = _numerical_gradients(x, y, Ws, bs)
        Ws = [W - eta * dW for W, dW in zip(Ws, dWs, strict=True)]
        bs = [b - eta * db for b, db in zip(bs, dbs, strict=True)]
        losses.append(float(loss(y, x, Ws, bs)))
    return np.array(losses), Ws, bs


NO_SLOPE = "the slope of σ in layer l is missing"
SLOPE_TWICE = "the slope of σ in layer l is in twice"
SLOPE_OF_H = "the slope of σ is taken at h_l: σ was applied once too often"


def _straight(delta_next: Array, W_next: Array, h: Array) -> Array:
    """Return the derivative of Σ delta_next · (h W_next) by h: what a layer without σ would give."""
    return complex_step_gradient(lambda v: np.sum(delta_next * (v @ W_next)), np.zeros_like(h))


DELTA_STEP_SUSPECTS = {
    NO_SLOPE: lambda want, *args: _straight(*args),
    SLOPE_TWICE: lambda want, *args: want * (want / _straight(*args)),
    SLOPE_OF_H: lambda want, d, W, h: _straight(d, W, h) * slope(sigmoid, h),
}
DH_DZ_SUSPECTS = {
    "σ was applied once too often: h is σ(z) already": lambda want, h: slope(sigmoid, h),
    "one of the two factors is missing": lambda want, h: h,
}
OUTPUT_DELTA_SUSPECTS = {
    "a factor f(1 − f) is left: it cancels": lambda want, y, f: (
        want * slope(sigmoid, np.log(f) - np.log1p(-f))
    ),
}

CHECKS = {
    "ps2.forward": Check("equals a network worked by hand; right for depths 1 to 4", _forward),
    "ps2.bce_loss": Check("equals the loss worked by hand for 1, 2 and 3 examples", _bce_loss),
    "ps2.bce_from_logits": Check(
        "equals the loss worked by hand, and stays right for z = ±10 000", _bce_from_logits
    ),
    "ps2.dL_df": Check("is the derivative of the loss by every f_i, for 2, 3 and 5 examples", _dL_df),
    "ps2.dh_dz": Check(
        "is the slope of σ at every z, written in h; for matrices and for rows",
        _dh_dz,
        suspects=DH_DZ_SUSPECTS,
    ),
    "ps2.dz_dh": Check("entry [a, b] is the derivative of z_a by h_b, for three shapes of W", _dz_dh),
    "ps2.output_delta": Check(
        "is the derivative of the loss by the last z, also where f is exactly 0 or 1",
        _output_delta,
        suspects=OUTPUT_DELTA_SUSPECTS,
    ),
    "ps2.delta_step": Check(
        "carries any δ one layer back, for five networks", _delta_step, suspects=DELTA_STEP_SUSPECTS
    ),
    "ps2.deltas": Check(
        "are the derivatives of the loss by every z_l, for depths 1 to 4, and where f is exactly 0 or 1",
        _deltas,
    ),
    "ps2.dL_dW1_sums": Check("is the derivative of the loss by W_1, for four networks", _dL_dW1),
    "ps2.dL_dW1": Check("is the derivative of the loss by W_1, for four networks", _dL_dW1),
    "ps2.gradients": Check("turn any δ's into derivatives by every W_l and b_l", _gradients),
    "ps2.gradients_end_to_end": Check(
        "forward pass, recursion and gradients fit together: all are derivatives of the loss",
        _gradients_end_to_end,
    ),
    "ps2.train": Check("follows numerical gradient descent, step for step; also for no step", _train),
}
