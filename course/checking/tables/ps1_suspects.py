"""What a wrong answer in ps1 may be, by suspicion: derivatives of networks with one thing altered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking import hints
from course.checking.forward_passes import mean_square
from course.checking.tables.altered import (
    Network,
    UnitAtPoint,
    line_by_rest,
    line_by_value,
    shifted,
    slope,
    steep_twice,
    straight,
)
from course.checking.tables.ps1_nets import Net
from course.checking.tables.table import Array
from course.checking.trial import Suspects
from course.gradcheck import complex_step_gradient

OUTPUT_UNITS = {
    hints.NO_SLOPE_OUT: straight,
    hints.SLOPE_OUT_TWICE: steep_twice,
    hints.SLOPE_OUT_AT_Y_HAT: shifted,
}
HIDDEN_UNITS = {
    hints.NO_SLOPE_HIDDEN: straight,
    hints.SLOPE_HIDDEN_TWICE: steep_twice,
    hints.SLOPE_HIDDEN_AT_Z: shifted,
}


def _with_units(net: Net, hidden: UnitAtPoint | None = None, output: UnitAtPoint | None = None) -> Network:
    point = net.at_the_point()
    return replace(point, units=(hidden or point.units[0], output or point.units[1]))


def _by_weights(network: Network, l: int, x: Array) -> Callable[[], Array]:
    return lambda: network.by_weights(l, x)


def of_dC_dW2(net: Net) -> Suspects:
    """Suspicions about (5)."""
    Z = net.values[1]
    return {
        suspicion: _by_weights(_with_units(net, output=unit), 1, Z)
        for suspicion, unit in OUTPUT_UNITS.items()
    }


def of_dC_dW1(net: Net) -> Suspects:
    """Suspicions about (10)."""
    altered = {suspicion: _with_units(net, output=unit) for suspicion, unit in OUTPUT_UNITS.items()}
    altered |= {suspicion: _with_units(net, hidden=unit) for suspicion, unit in HIDDEN_UNITS.items()}
    altered[hints.NO_WEIGHTS] = replace(net.at_the_point(), Ws=(np.ones_like(net.W2[:-1]),))
    return {suspicion: _by_weights(network, 0, net.X) for suspicion, network in altered.items()}


def _without_each_factor(*gradients: Callable[[], Array]) -> Suspects:
    return {
        hints.FACTOR_MISSING.format(ordinal): gradient
        for ordinal, gradient in zip(hints.ORDINALS, gradients, strict=False)
    }


def of_dC_dW2_chain(net: Net) -> Suspects:
    """Suspicions about (2)."""
    Z, point = net.values[1], net.at_the_point()
    return _without_each_factor(
        _by_weights(replace(point, loss=np.sum), 1, Z),
        _by_weights(_with_units(net, output=straight), 1, Z),
        _by_weights(point, 1, np.ones_like(Z)),
    )


def of_dC_dW1_chain(net: Net) -> Suspects:
    """Suspicions about (6)."""
    point = net.at_the_point()
    networks = (
        replace(point, loss=np.sum),
        _with_units(net, output=straight),
        replace(point, Ws=(np.ones_like(net.W2[:-1]),)),
        _with_units(net, hidden=straight),
    )
    return _without_each_factor(
        *(_by_weights(network, 0, net.X) for network in networks),
        _by_weights(point, 0, np.ones_like(net.X)),
    )


def of_mse_cost(y: Array, y_hat: Array) -> Suspects:
    """Suspicions about (1)."""
    return {
        hints.BROADCAST: lambda: mean_square(y, y_hat.T),
        hints.BROADCAST_MEAN: lambda: mean_square(y, y_hat.T) / len(y),
    }


def of_forward(net: Net) -> Suspects:
    """Suspicions about the forward pass."""

    def bias_first() -> Any:
        H, Z, _, _ = net.values
        z = np.roll(Z, 1, axis=1)
        return H, z, z @ net.W2, sigmoid(z @ net.W2)

    return {hints.BIAS_IN_FRONT: bias_first}


def of_dyhat_dO(net: Net) -> Suspects:
    """Suspicions about (3a)."""
    units = {
        hints.SLOPE_TWICE: steep_twice,
        hints.SLOPE_OUT_AT_Y_HAT: shifted,
        hints.SIGMA_ALONE: line_by_value,
        hints.REST_ALONE: line_by_rest,
    }
    return {suspicion: partial(slope, unit, net.values[2]) for suspicion, unit in units.items()}


def of_dZ_dH(net: Net) -> Suspects:
    """Suspicions about (8)."""
    H, Z, _, _ = net.values
    units = {
        hints.SLOPE_TWICE: steep_twice,
        hints.SLOPE_HIDDEN_AT_Z: shifted,
        hints.SIGMA_ALONE: line_by_value,
        hints.REST_ALONE: line_by_rest,
    }
    # the bias unit never changes
    flat = np.zeros((len(Z), 1))
    return {
        **{suspicion: partial(slope, unit, H) for suspicion, unit in units.items()},
        hints.FIRST_DROPPED: lambda: np.hstack([net.factors[4][:, 1:], flat]),
    }


def of_dO_dZ(net: Net) -> Suspects:
    """Suspicions about (7)."""
    # of the bias unit too, then without the first
    return {
        hints.FIRST_DROPPED: lambda: complex_step_gradient(lambda z: (z @ net.W2)[0], net.values[1][0])[1:]
    }


def of_gradient_descent_step(W1: Array, W2: Array, want: tuple[Array, Array]) -> Suspects:
    """Suspicions about a step."""
    return {hints.UPHILL: lambda: (2 * W1 - want[0], 2 * W2 - want[1])}
