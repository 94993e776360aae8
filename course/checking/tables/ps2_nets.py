"""The networks of ps2's visible checks: one worked by hand, and random ones.

The network by hand has layers 3-2-3-1, N = 2, y = [1, 0]; its logits are 0 and ±ln 3. In units of ln 3:
z_1 = [[1, 0], [0, 2]] + [0, −1] = [[1, −1], [0, 1]], so h_1 = [[¾, ¼], [½, ¾]];
z_2 = [[5/4, 1/2, 3/4], [1/4, 3/2, −5/4]] + [−1/4, −1/2, 1/4] = [[1, 0, 1], [0, 1, −1]], so
h_2 = [[¾, ½, ¾], [½, ¾, ¼]];
z_3 = [5/4, 1/4] − 5/4 = [0, −1], so f = [½, ¼].
The errors are [−½, ¼]. Through W_3 = ln 3 [4, −2, −1], on slopes [[3, 4, 3], [4, 3, 3]]/16, they become
ln 3 [[−24, 16, 6], [16, −6, −3]]/64; and those through W_2 = ln 3 [[2, 0, 2], [−1, 2, −3]], on slopes
[[3, 3], [4, 3]]/16, become ln² 3 [[−108, 114], [104, −57]]/1024.

The others are random: 4-3-2-1 (N = 5), depths 1, 2 and 4, a single example, square layers, one unit in a
layer, saturated hidden units, and a net so sure of itself that f is 0 or 1 to the last bit, often wrongly.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from course.checking.forward_passes import pass_forward
from course.checking.tables.table import LN3, Array, column


class Net(NamedTuple):
    """Data, weights, and what the forward pass makes of them; zs[0] belongs to layer 1, hs[0] is X."""

    X: Array
    y: Array
    Ws: list[Array]
    bs: list[Array]
    zs: list[Array]
    hs: list[Array]


def _draw(rng: np.random.Generator, N: int, layers: tuple[int, ...], sure: float = 1) -> Net:
    """Draw a net; its last layer is multiplied by `sure`."""
    X = rng.normal(size=(N, layers[0]))
    y = column(*(i % 2 for i in range(N)))
    Ws = [rng.normal(size=pair) for pair in pairwise(layers)]
    bs = [rng.normal(size=n) for n in layers[1:]]
    Ws[-1], bs[-1] = sure * Ws[-1], sure * bs[-1]
    return Net(X, y, Ws, bs, *pass_forward(X, Ws, bs))


_X = np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
_HS = [
    _X,
    np.array([[3, 1], [2, 3]]) / 4,
    np.array([[3, 2, 3], [2, 3, 1]]) / 4,
    column(1 / 2, 1 / 4),
]
_ZS = [
    LN3 * np.array([[1.0, -1.0], [0.0, 1.0]]),
    LN3 * np.array([[1.0, 0.0, 1.0], [0.0, 1.0, -1.0]]),
    column(0, -LN3),
]
_WS = [
    LN3 * np.array([[-1.0, 1.0], [1.0, 1.0], [2.0, -1.0]]),
    LN3 * np.array([[2.0, 0.0, 2.0], [-1.0, 2.0, -3.0]]),
    LN3 * column(4, -2, -1),
]
_BS = [LN3 * np.array([0.0, -1.0]), LN3 * np.array([-0.25, -0.5, 0.25]), LN3 * np.array([-1.25])]
HAND = Net(_X, column(1, 0), _WS, _BS, _ZS, _HS)
HAND_DELTAS = [
    LN3**2 / 1024 * np.array([[-108, 114], [104, -57]]),
    LN3 / 64 * np.array([[-24, 16, 6], [16, -6, -3]]),
    column(-1 / 2, 1 / 4),
]
# Sums over the two examples: rows of h_{l−1}, (1, 0, 1) and (1, 1, 0) in the first layer, times rows of δ_l.
HAND_DWS = [
    LN3**2 / 1024 * np.array([[-4, 57], [104, -57], [-108, 114]]),
    LN3 / 256 * np.array([[-40, 36, 12], [24, -2, -3]]),
    column(-4, -1, -5) / 16,
]
HAND_DBS = [LN3**2 / 1024 * np.array([-4, 57]), LN3 / 64 * np.array([-8, 10, 3]), np.array([-1 / 4])]

# With this seed SURE is right and wrong about both labels.
_rng = np.random.default_rng(5536)
THREE = _draw(_rng, 5, (4, 3, 2, 1))
SURE = _draw(_rng, 6, (3, 4, 2, 1), sure=30_000)
SINGLE = _draw(_rng, 1, (2, 4, 3, 1))
ONE, TWO, FOUR = _draw(_rng, 4, (3, 1)), _draw(_rng, 5, (2, 4, 1)), _draw(_rng, 3, (2, 3, 5, 4, 1))
SQUARE, SQUARE_OF_THREE = _draw(_rng, 6, (3, 3, 3, 1)), _draw(_rng, 3, (3, 3, 3, 1))
THIN, ONE_LAYER_SINGLE = _draw(_rng, 5, (3, 1, 2, 1)), _draw(_rng, 1, (4, 1))
ZERO, UNIT = (
    net._replace(y=np.full((1, 1), label))
    for net, label in ((_draw(_rng, 1, (2, 3, 4, 1)), 0.0), (_draw(_rng, 1, (2, 3, 4, 1)), 1.0))
)


def _with_sure_units(net: Net) -> Net:
    """Return a net whose second layer is saturated, and of the first some examples."""
    X, Ws, bs = net.X.copy(), list(net.Ws), list(net.bs)
    X[:2] *= 40
    Ws[1], bs[1] = 60 * Ws[1], 60 * bs[1]
    return Net(X, net.y, Ws, bs, *pass_forward(X, Ws, bs))


SATURATED = _with_sure_units(_draw(_rng, 6, (4, 3, 5, 1)))
THREE_LAYERS = (THREE, SINGLE, SQUARE, SQUARE_OF_THREE, THIN, ZERO, UNIT, SATURATED)
DRAWN = (*THREE_LAYERS, ONE, TWO, FOUR, ONE_LAYER_SINGLE)


def repeated(net: Net, times: int) -> Net:
    """Return a net whose examples come so many times."""
    X, y = np.tile(net.X, (times, 1)), np.tile(net.y, (times, 1))
    return Net(X, y, net.Ws, net.bs, *pass_forward(X, net.Ws, net.bs))


def solved(net: Net, logit: float) -> Net:
    """Return a net that gets all examples right, its last z within ½ of `logit`."""
    Ws, bs, z = list(net.Ws), list(net.bs), net.zs[-1]
    scale = 0.5 / np.abs(z - np.median(z)).max()
    Ws[-1], bs[-1] = scale * Ws[-1], scale * (bs[-1] - np.median(z)) + logit
    return Net(net.X, np.full_like(z, float(logit > 0)), Ws, bs, *pass_forward(net.X, Ws, bs))
