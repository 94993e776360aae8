"""Small data sets, the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def xor() -> tuple[Array, Array]:
    """Return exclusive or, `X` (4, 3) and `y` (4, 1).

    The rows of `X` are [x1, x2, 1]: seed 1's three inputs are two features and a constant.
    """
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return np.hstack([x, np.ones((4, 1))]), np.array([[0.0], [1.0], [1.0], [0.0]])


def two_moons(N: int = 200, noise: float = 0.15, seed: int = 0) -> tuple[Array, Array]:
    """Return two interlocking half circles, `X` (N, 2) and `y` (N, 1), 0 and 1 in turn.

    The upper one, around (−½, −¼), is 0; the lower one, around (½, ¼), is 1. Both have radius 1; every
    point is then moved by normal noise of standard deviation `noise`. No straight line separates them.
    """
    rng = np.random.default_rng(seed)
    y = (np.arange(N) % 2)[:, None]
    angle = np.pi * rng.uniform(size=N)
    upper = np.stack([np.cos(angle) - 1 / 2, np.sin(angle) - 1 / 4], axis=1)
    X = np.where(y == 0, upper, -upper) + noise * rng.normal(size=(N, 2))
    return X, y.astype(float)


def initial_weights(d: int, h: int, seed: int = 0, scale: float = 1.0) -> tuple[Array, Array]:
    """Return random `W1` (d, h) and `W2` (h + 1, 1), normal with standard deviation `scale`.

    Not zeros: with equal weights all hidden units get equal gradients and stay equal for ever.
    """
    rng = np.random.default_rng(seed)
    return scale * rng.normal(size=(d, h)), scale * rng.normal(size=(h + 1, 1))


def initial_layers(
    layers: Sequence[int], seed: int = 0, scale: float = 1.0
) -> tuple[list[Array], list[Array]]:
    """Return random `Ws` and zero `bs` for a net of the given sizes [n_0, …, n_L].

    W_l is (n_{l−1}, n_l), normal with standard deviation `scale` / √n_{l−1}, so that a sum over many
    units is no larger than one over few.
    """
    rng = np.random.default_rng(seed)
    Ws = [scale * rng.normal(size=pair) / np.sqrt(pair[0]) for pair in pairwise(layers)]
    return Ws, [np.zeros(n) for n in layers[1:]]
