"""Small data sets, the same on every machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def xor() -> tuple[Array, Array]:
    """Return exclusive or, `X` (4, 3) and `y` (4, 1).

    The rows of `X` are [x1, x2, 1]: seed 1's three inputs are two features and a constant.
    """
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return np.hstack([x, np.ones((4, 1))]), np.array([[0.0], [1.0], [1.0], [0.0]])


def initial_weights(d: int, h: int, seed: int = 0, scale: float = 1.0) -> tuple[Array, Array]:
    """Return random `W1` (d, h) and `W2` (h + 1, 1), normal with standard deviation `scale`.

    Not zeros: with equal weights all hidden units get equal gradients and stay equal for ever.
    """
    rng = np.random.default_rng(seed)
    return scale * rng.normal(size=(d, h)), scale * rng.normal(size=(h + 1, 1))
