"""What a wrong answer beyond the seeds may be, by suspicion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from course.checking import hints
from course.checking.tables.altered import Network, UnitAtPoint, slope, straight, true_unit
from course.checking.tables.ps1_nets import Net
from course.checking.tables.ps1_suspects import OUTPUT_UNITS
from course.checking.tables.table import Array
from course.checking.trial import Suspects

OVERFLOW, UNDERFLOW = 709.0, 745.0
"""exp(t) is infinite above, and 0 below minus"""


def _as_if_sigma(t: Any, t0: Any) -> Any:
    """A straight line as steep as σ would be where its value is tanh(t0)."""
    return np.tanh(t0) * (1 - np.tanh(t0)) * t


def _unsquared(t: Any, t0: Any) -> Any:
    """A straight line as steep as tanh is below 1."""
    return (1 - np.tanh(t0)) * t


def _steep_twice(t: Any, t0: Any) -> Any:
    """A tanh, stretched by the slope that it has at t0 already."""
    return slope(true_unit(np.tanh), t0) * np.tanh(t)


def _shifted(t: Any, t0: Any) -> Any:
    """A tanh at the place tanh(t0) instead of t0."""
    return np.tanh(t + (np.tanh(t0) - t0))


TANH_UNITS: dict[str, UnitAtPoint] = {
    hints.SIGMA_FOR_TANH: _as_if_sigma,
    hints.NOT_SQUARED: _unsquared,
    hints.NO_SLOPE_HIDDEN: straight,
    hints.SLOPE_HIDDEN_TWICE: _steep_twice,
    hints.SLOPE_OF_TANH_AT_Z: _shifted,
}


def of_dZ_dH_tanh(H: Array, want: Array) -> Suspects:
    """Suspicions about (8) for tanh."""
    # the bias unit never changes; by the rule its slope is 0
    return {
        **{suspicion: partial(slope, unit, H) for suspicion, unit in TANH_UNITS.items()},
        hints.FIRST_DROPPED: lambda: np.hstack([want[:, 1:], np.zeros((len(want), 1))]),
    }


def of_dC_dW1_tanh(net: Net) -> Suspects:
    """Suspicions about (10) for tanh."""
    point = net.at_the_point()
    hidden, output = point.units
    altered = {suspicion: replace(point, units=(unit, output)) for suspicion, unit in TANH_UNITS.items()}
    altered |= {suspicion: replace(point, units=(hidden, unit)) for suspicion, unit in OUTPUT_UNITS.items()}
    altered[hints.NO_WEIGHTS] = replace(point, Ws=(np.ones_like(point.Ws[0]),))
    return {suspicion: partial(network.by_weights, 0, net.X) for suspicion, network in altered.items()}


def of_softmax(z: Array, want: Array) -> Suspects:
    """Suspicions about softmax: where numbers overflow, or nothing is left of them."""
    largest = z.max(axis=1, keepdims=True)

    def unshifted() -> Any:
        # ∞/∞ where a power overflows, and 0 beside it; 0/0 where all vanish
        overflown = np.where(z > OVERFLOW, np.nan, np.where(largest > OVERFLOW, 0, want))
        return np.where(largest < -UNDERFLOW, np.nan, overflown)

    return {
        hints.OVERFLOW: unshifted,
        hints.ONE_SHIFT: lambda: np.where(z.max() - largest > UNDERFLOW, np.nan, want),
    }


def of_softmax_loss(Y: Array, z: Array) -> Suspects:
    """Suspicions about the loss."""
    largest = z.max(axis=1, keepdims=True)
    sums = largest[:, 0] + np.log(np.exp(z - largest).sum(axis=1))
    return {
        hints.NO_TERM_OF_THE_LABEL: lambda: np.sum(sums),
        hints.EVERY_CLASS_COUNTED: lambda: np.sum(sums[:, None] - z),
    }


def of_softmax_delta(Y: Array, P: Array, want: Array) -> Suspects:
    """Suspicions about δ of the last layer."""
    return {
        hints.P_UNCANCELLED: lambda: want * P * (1 - P),
        hints.LABEL_ALONE: lambda: want * Y,
        hints.LABELS_ENTRY_MISSING: lambda: want * (1 - Y),
        hints.NO_LABEL: lambda: want + Y,
    }


def relu(z: Any) -> Any:
    """Return what ReLU units make of z, real or complex."""
    return z * (np.real(z) > 0)


def _as_if_sigma_of_relu(t: Any, t0: Any) -> Any:
    """A curve as steep as σ would be where its value is that of a ReLU at t0."""
    value = relu(t0) + t - t0
    return value**2 / 2 - value**3 / 3


RELU_UNITS: dict[str, UnitAtPoint] = {
    hints.NO_SLOPE_OF_RELU: straight,
    hints.SIGMA_FOR_RELU: _as_if_sigma_of_relu,
    hints.H_FOR_ITS_SLOPE: lambda t, t0: relu(t0) * t,
    hints.ON_AND_OFF_SWAPPED: lambda t, t0: (relu(t0) == 0) * t,
    hints.NEVER_ON: lambda t, t0: 0 * t,
}


def of_relu_delta_step(z: Array, W_next: Array, delta_next: Array) -> Suspects:
    """Suspicions about a step back through ReLU units."""
    z_next = np.zeros_like(delta_next)
    network = Network(
        (z, z_next),
        (true_unit(relu), straight),
        (W_next,),
        z_next,
        lambda change: np.sum(delta_next * change),
    )
    altered = {suspicion: replace(network, units=(unit, straight)) for suspicion, unit in RELU_UNITS.items()}
    square = W_next.shape[0] == W_next.shape[1]
    altered[hints.UNTRANSPOSED] = replace(network, Ws=(W_next.T if square else W_next,))
    return {suspicion: partial(other.by_z, 0) for suspicion, other in altered.items()}


def of_l2_gradients(dWs: Sequence[Array], Ws: Sequence[Array], lam: float, want: Sequence[Array]) -> Suspects:
    """Suspicions about gradients with a penalty."""

    def penalty_times(factor: float) -> Any:
        return lambda: [dW + factor * (right - dW) for dW, right in zip(dWs, want, strict=True)]

    return {
        hints.NO_PENALTY: penalty_times(0),
        hints.PENALTY_TWICE: penalty_times(2),
        hints.PENALTY_HALF: penalty_times(1 / 2),
        hints.PENALTY_SIGN: penalty_times(-1),
        hints.PENALTY_ITSELF: lambda: [dW + lam * W**2 / 2 for dW, W in zip(dWs, Ws, strict=True)],
        hints.PENALTY_ALONE: lambda: [right - dW for dW, right in zip(dWs, want, strict=True)],
    }


def of_momentum_step(args: Sequence[Any], want: tuple[Array, Array]) -> Suspects:
    """Suspicions about a step with momentum."""
    theta, velocity, gradient, eta, _ = args
    moved, new = want
    return {
        hints.UPHILL: lambda: (2 * theta - moved, new),
        hints.OLD_VELOCITY: lambda: (theta - eta * velocity, new),
        hints.NO_OLD_VELOCITY: lambda: (theta - eta * gradient, gradient),
        "eta is a part of the velocity": lambda: (moved, new - (1 - eta) * gradient),
    }
