"""Random networks of both seeds, with their data and all they compute on the way.

Weights are O(1); one size is saturated, with confident wrong labels; all sizes differ, but for the
seeds' own square ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlp_ref import deep, one_hidden

Array = NDArray[np.float64]
Generator = np.random.Generator

MARGIN = 1e-6
"""`bce_loss`, `dL_df` and `train` only see f at least this far from 0 and 1."""

LARGEST_LOGIT = 6.0
"""Of unsaturated deep nets before training, so that f stays within the margin while they train."""

LARGEST_PREACTIVATION = 500.0
"""Of saturated nets, in every layer."""


class Size(NamedTuple):
    """N examples, layer sizes [d, …, 1], and the scale that saturates the units (1: does not)."""

    N: int
    layers: tuple[int, ...]
    saturation: float = 1.0


ONE_HIDDEN_SIZES = (
    Size(7, (5, 3, 1)),
    Size(6, (2, 4, 1)),
    Size(5, (3, 3, 1)),
    Size(1, (4, 2, 1)),
    Size(4, (3, 1, 1)),
    Size(6, (3, 3, 1), 100.0),
)
THREE_LAYER_SIZES = (
    Size(7, (4, 3, 5, 1)),
    Size(6, (3, 3, 3, 1)),
    Size(1, (2, 3, 4, 1)),
    Size(5, (3, 1, 2, 1)),
    Size(6, (4, 3, 5, 1), 60.0),
)
DEEP_SIZES = (
    *THREE_LAYER_SIZES,
    Size(7, (4, 1)),
    Size(5, (3, 4, 1)),
    Size(6, (2, 3, 5, 4, 1)),
)
UNSATURATED = tuple(size for size in DEEP_SIZES if size.saturation == 1)
UNSATURATED_ONE_HIDDEN = tuple(size for size in ONE_HIDDEN_SIZES if size.saturation == 1)


@dataclass(frozen=True)
class OneHidden:
    """A network of seed 1, its data and all it computes on the way."""

    X: Array
    y: Array
    W1: Array
    W2: Array
    H: Array
    Z: Array
    O: Array
    y_hat: Array


def draw_one_hidden(rng: Generator, size: Size) -> OneHidden:
    """Draw a network of seed 1: y real in [0, 1], 0 and 1 among them."""
    N, (d, h, _), saturation = size
    X, W1 = rng.normal(size=(N, d)), saturation * rng.normal(size=(d, h))
    W2 = saturation * rng.normal(size=(h + 1, 1))
    W1 *= _within(LARGEST_PREACTIVATION, X @ W1)
    W2 *= _within(LARGEST_PREACTIVATION, one_hidden.forward(X, W1, W2)[2])
    H, Z, O, y_hat = one_hidden.forward(X, W1, W2)
    y = rng.uniform(size=(N, 1))
    if saturation > 1:
        y = (y_hat < 0.5).astype(float)
    elif N > 1:
        y[rng.permutation(N)[:2], 0] = 0, 1
    return OneHidden(X, y, W1, W2, H, Z, O, y_hat)


@dataclass(frozen=True)
class Deep:
    """A network of seed 2, its data and its activations."""

    X: Array
    y: Array
    Ws: list[Array]
    bs: list[Array]
    hs: list[Array]


def draw_deep(rng: Generator, size: Size) -> Deep:
    """Draw a network of seed 2: y in {0, 1}, both occurring when N > 1."""
    N, layers, saturation = size
    X = rng.normal(size=(N, layers[0]))
    Ws = [saturation * rng.normal(size=pair) for pair in pairwise(layers)]
    bs = [saturation * rng.normal(size=n) for n in layers[1:]]
    for k, (W, b) in enumerate(zip(Ws, bs, strict=True)):
        last_unsaturated = saturation == 1 and k == len(Ws) - 1
        limit = LARGEST_LOGIT if last_unsaturated else LARGEST_PREACTIVATION
        scale = _within(limit, deep.forward(X, Ws[:k], bs[:k])[-1] @ W + b)
        W *= scale
        b *= scale
    hs = deep.forward(X, Ws, bs)
    y = (hs[-1] < 0.5).astype(float) if saturation > 1 else labels(rng, N)
    if N > 1 and (y == y[0]).all():
        y[rng.integers(N)] = 1 - y[0]
    return Deep(X, y, Ws, bs, hs)


def _within(limit: float, preactivations: Array) -> float:
    """Return the factor, at most 1, that brings `preactivations` within ±limit."""
    return float(min(1.0, limit / np.abs(preactivations).max()))


def labels(rng: Generator, N: int) -> Array:
    """Draw y (N, 1) in {0, 1}, both occurring when N > 1."""
    y = rng.integers(0, 2, size=(N, 1)).astype(float)
    if N > 1:
        y[rng.permutation(N)[:2], 0] = 0, 1
    return y
