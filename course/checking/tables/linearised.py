"""Derivatives of networks linearised at a point, which is what a backward pass with a mistake computes.

Linearised, a net is dh = s ⊙ dz in every unit and dz' = dh W between layers. A forgotten σ′ is a slope s
of 1, one that appears twice is s², and so on. The derivative is what a net does to unit steps, sent forwards:
it needs no backward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking.tables.table import Array
from course.gradcheck import COMPLEX_STEP


def slope(f: Callable[[Any], Any], at: Array) -> Array:
    """Return the derivative of an elementwise function at each entry, by the complex step."""
    derivative: Array = np.imag(f(at + 1j * COMPLEX_STEP)) / COMPLEX_STEP
    return derivative


def slope_where(h: Array) -> Array:
    """Return the slope of σ where its value is h, 0 where h is 0 or 1."""
    return slope(sigmoid, np.log(h) - np.log1p(-h))


def through(dz: Array, slopes: Sequence[Array], Ws: Sequence[Array]) -> Array:
    """Send changes dz (N, n) through units of these slopes and the weights behind them, layer by layer."""
    for s, W in zip(slopes, Ws, strict=True):
        dz = (s * dz) @ W
    return dz


def by_input(delta: Array, slopes: Sequence[Array], Ws: Sequence[Array]) -> Array:
    """Return the derivative of Σ delta · through(dz) by dz, each example by itself."""
    steps = np.eye(len(Ws[0]))
    return np.stack([np.sum(delta * through(step[None], slopes, Ws), axis=1) for step in steps], axis=1)


def by_weights(x: Array, n: int, delta: Array, slopes: Sequence[Array], Ws: Sequence[Array]) -> Array:
    """Return the derivative of Σ delta · through(x V) by V, which leads to n units."""
    gradient = np.empty((x.shape[1], n))
    for p in np.ndindex(gradient.shape):
        step = np.zeros(gradient.shape)
        step[p] = 1
        gradient[p] = np.sum(delta * through(x @ step, slopes, Ws))
    return gradient
