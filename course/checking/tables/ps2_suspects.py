"""What a wrong answer in ps2 may be, by suspicion: derivatives of networks with one thing altered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course.activations import sigmoid
from course.checking import hints
from course.checking.forward_passes import cross_entropy, cross_entropy_of_logits
from course.checking.tables.altered import (
    Network,
    UnitAtPoint,
    line_by_rest,
    line_by_value,
    shifted,
    slope,
    steep_twice,
    straight,
    true_unit,
)
from course.checking.tables.ps2_nets import Net
from course.checking.tables.table import Array
from course.checking.trial import Suspects
from course.gradcheck import complex_step_gradient

Layers = Collection[int] | None
"""Hidden layers, counted from 0; None: all of them."""
Altered = dict[str, Network]
"""Networks with one thing altered, by suspicion."""

WRONG_UNITS: dict[str, UnitAtPoint] = {
    hints.SLOPE_MISSING: straight,
    hints.SLOPE_TWICE: steep_twice,
    hints.SLOPE_AT_H: shifted,
    hints.SIGMA_ALONE: line_by_value,
    hints.REST_ALONE: line_by_rest,
}
SIGMA = true_unit(sigmoid)


def of_loss(net: Net) -> Network:
    """Return the whole network: σ in the hidden layers, and the loss of the last z."""
    units = [*(SIGMA for _ in net.Ws[1:]), straight]
    return Network(net.zs, units, net.Ws[1:], net.zs[-1], partial(cross_entropy_of_logits, net.y))


def _of_one_step(z: Array, W_next: Array, delta_next: Array) -> Network:
    """Return two layers, in which the loss rises by delta_next with what the second receives."""
    z_next = np.zeros_like(delta_next)
    return Network(
        (z, z_next), (SIGMA, straight), (W_next,), z_next, lambda change: np.sum(delta_next * change)
    )


def _affine(delta: Array) -> Network:
    """Return a layer in which the loss rises by delta with what it receives."""
    return Network((delta,), (straight,), (), delta, lambda z: np.sum(delta * z))


def _altered(network: Network, layers: dict[str, Layers]) -> Altered:
    """Return `network` with other hidden units, and with square weights transposed.

    `layers` are the hidden layers whose units are others, by what a suspicion then ends with.
    """

    def units(unit: UnitAtPoint, which: Layers) -> Sequence[UnitAtPoint]:
        *hidden, last = network.units
        return [*(unit if which is None or k in which else own for k, own in enumerate(hidden)), last]

    transposed = [W.T if len(set(W.shape)) == 1 else W for W in network.Ws]
    return {
        **{
            f"{suspicion}{where}": replace(network, units=units(unit, which))
            for where, which in layers.items()
            for suspicion, unit in WRONG_UNITS.items()
        },
        hints.UNTRANSPOSED: replace(network, Ws=transposed),
    }


def _uncancelled(network: Network) -> Network:
    return replace(network, units=[*network.units[:-1], SIGMA])


def _as_suspects(altered: Altered, derivative: Callable[[Network], Any]) -> Suspects:
    return {suspicion: partial(derivative, network) for suspicion, network in altered.items()}


def _saturated(f: Array) -> NDArray[np.bool_]:
    return np.isin(f, (0.0, 1.0))


def of_bce_loss(y: Array, f: Array) -> Suspects:
    """Suspicions about L."""
    return {
        hints.BROADCAST: lambda: cross_entropy(y.T, f),
        "it is the loss for labels that are all 0: is the term with y missing?": lambda: cross_entropy(
            np.zeros_like(y), f
        ),
        hints.ALL_ONES: lambda: cross_entropy(np.ones_like(y), f),
    }


def of_bce_from_logits(y: Array, z: Array) -> Suspects:
    """Suspicions about L from the last z."""
    return {hints.BROADCAST: lambda: cross_entropy_of_logits(y.T, z)}


def of_dL_df(y: Array, f: Array, want: Array) -> Suspects:
    """Suspicions about the derivative by f: it may be the one by z."""
    z = np.log(f) - np.log1p(-f)
    return {
        hints.NO_DENOMINATOR: lambda: complex_step_gradient(partial(cross_entropy_of_logits, y), z),
        hints.SIGN_WHERE_ONE: lambda: np.where(y == 1, -want, want),
        hints.SIGN_WHERE_ZERO: lambda: np.where(y == 0, -want, want),
    }


def of_dh_dz(z: Array) -> Suspects:
    """Suspicions about the slope of σ."""
    return {suspicion: partial(slope, unit, z) for suspicion, unit in WRONG_UNITS.items()}


def of_output_delta(y: Array, z: Array, f: Array, want: Array) -> Suspects:
    """Suspicions about δ_L."""
    network = Network((z,), (SIGMA,), (), z, partial(cross_entropy_of_logits, y))
    return {
        hints.UNCANCELLED: partial(network.by_z, 0),
        hints.ZERO_BY_ZERO: lambda: np.where(_saturated(f), np.nan, want),
    }


def of_delta_step(z: Array, W_next: Array, delta_next: Array) -> Suspects:
    """Suspicions about one step of the recursion."""
    return _as_suspects(_altered(_of_one_step(z, W_next, delta_next), {"": None}), lambda n: n.by_z(0))


def of_deltas(net: Net, want: Sequence[Array]) -> Suspects:
    """Suspicions about all δ."""
    network = of_loss(net)
    altered = {**_altered(network, {"": None}), hints.UNCANCELLED: _uncancelled(network)}
    return {
        **_as_suspects(altered, lambda n: [n.by_z(l) for l in range(len(n.zs))]),
        hints.ZERO_BY_ZERO: lambda: [np.where(_saturated(net.hs[-1]), np.nan, delta) for delta in want],
    }


def of_dL_dW1(net: Net, want: Array) -> Suspects:
    """Suspicions about ∂L/∂W_1 of three layers."""
    network = of_loss(net)
    altered = {
        **_altered(network, {": in layer 1": {0}, ": in layer 2": {1}, "": {0, 1}}),
        hints.UNCANCELLED: _uncancelled(network),
        hints.NO_W_3: replace(network, Ws=[network.Ws[0], np.ones_like(network.Ws[1])]),
    }
    return {
        **_as_suspects(altered, lambda n: n.by_weights(0, net.X)),
        hints.ZERO_BY_ZERO: lambda: np.full_like(want, np.nan) if _saturated(net.hs[-1]).any() else want,
        hints.SUMMED: lambda: want.sum(axis=1),
        hints.SUMMED_AND_SPREAD: lambda: np.ones_like(want) * want.sum(axis=1, keepdims=True),
    }


def of_gradients(hs: Sequence[Array], deltas: Sequence[Array], want: tuple[Any, Any]) -> Suspects:
    """Suspicions about the derivatives by weights and biases."""

    def received() -> Any:
        layers = [_affine(delta).by_weights(0, h) for h, delta in zip(hs[1:], deltas, strict=True)]
        return layers, want[1]

    return {
        hints.BIASES_NOT_SUMMED: lambda: (want[0], list(deltas)),
        hints.BUILT_FROM_H_L: received,
    }
