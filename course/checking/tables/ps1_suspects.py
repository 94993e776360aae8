"""What a wrong answer in ps1 may be, by suspicion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking.tables.linearised import slope, slope_where
from course.checking.tables.ps1_nets import chain_to_W1, chain_to_W2, mean_square
from course.checking.tables.table import Array
from course.checking.trial import Suspects
from course.gradcheck import complex_step_gradient

NO_SLOPE = "the slope of σ at the output, (3a), is missing"
SLOPE_TWICE = "the slope of σ at the output, (3a), appears twice"
SLOPE_OF_Y_HAT = "the slope of σ is taken at ŷ: σ was applied once too often"


def _output_slopes() -> dict[str, Callable[[Array, Array], Any]]:
    """Return what may stand for the slope of the output unit, as functions of O and ŷ."""
    return {
        NO_SLOPE: lambda o, y_hat: 1.0,
        SLOPE_TWICE: lambda o, y_hat: slope(sigmoid, o) ** 2,
        SLOPE_OF_Y_HAT: lambda o, y_hat: slope(sigmoid, y_hat),
    }


def _by_W2(s: Any, y: Array, y_hat: Array, z: Array) -> Array:
    """Return ∂C/∂W2 if the output unit were a straight line of slope `s`."""
    return complex_step_gradient(lambda w: mean_square(y, y_hat + s * (z @ w)), np.zeros((z.shape[1], 1)))


def _by_W1(s: Any, t: Any, x: Array, y: Array, y_hat: Array, w2: Array) -> Array:
    """Return ∂C/∂W1 if output and hidden units were straight lines of slopes `s` and `t`."""
    start = np.zeros((x.shape[1], len(w2) - 1))
    return complex_step_gradient(lambda w: mean_square(y, y_hat + s * ((t * (x @ w)) @ w2[:-1])), start)


def _hidden_slope(z: Array) -> Array:
    return slope_where(z[:, :-1])


DC_DW2: Suspects = {
    suspicion: (lambda want, y, y_hat, o, z, s=s: _by_W2(s(o, y_hat), y, y_hat, z))
    for suspicion, s in _output_slopes().items()
}
DC_DW1: Suspects = {
    **{
        suspicion: (
            lambda want, x, y, y_hat, o, z, w2, s=s: _by_W1(s(o, y_hat), _hidden_slope(z), x, y, y_hat, w2)
        )
        for suspicion, s in _output_slopes().items()
    },
    "the slope of the hidden units, (8), is missing": (
        lambda want, x, y, y_hat, o, z, w2: _by_W1(slope(sigmoid, o), 1.0, x, y, y_hat, w2)
    ),
    "the slope of the hidden units, (8), appears twice": (
        lambda want, x, y, y_hat, o, z, w2: _by_W1(slope(sigmoid, o), _hidden_slope(z) ** 2, x, y, y_hat, w2)
    ),
    "the slope of the hidden units is taken at Z: σ was applied once too often": (
        lambda want, x, y, y_hat, o, z, w2: _by_W1(
            slope(sigmoid, o), slope(sigmoid, z[:, :-1]), x, y, y_hat, w2
        )
    ),
    "the weights on the way from the hidden units, (7), are missing": (
        lambda want, x, y, y_hat, o, z, w2: _by_W1(
            slope(sigmoid, o), _hidden_slope(z), x, y, y_hat, np.ones_like(w2)
        )
    ),
}
BROADCAST = "a (N,) array met an (N, 1) array and broadcast to (N, N) before the"
MSE_COST: Suspects = {
    f"{BROADCAST} sum": lambda want, y, y_hat: mean_square(y, y_hat.T),
    f"{BROADCAST} mean": lambda want, y, y_hat: mean_square(y, y_hat.T) / len(y),
}
SQUARED = "the slope of σ appears twice"
FIRST_DROPPED = "the first unit was dropped, but the bias unit is the last"


def _bias_first(want: Any, x: Array, w1: Array, w2: Array) -> Any:
    z = np.roll(want[1], 1, axis=1)
    return want[0], z, z @ w2, sigmoid(z @ w2)


def _missing_factors(chain: Callable[..., Array], count: int) -> Suspects:
    def without(k: int, factors: tuple[Array, ...]) -> Array:
        return chain(*factors[:k], np.ones_like(factors[k]), *factors[k + 1 :])

    return {
        f"factor {k + 1} of the {count} is missing": lambda want, *factors, k=k: without(k, factors)
        for k in range(count)
    }


DYHAT_DO: Suspects = {
    SQUARED: lambda want, o: want**2,
    "σ was applied once too often": lambda want, o: slope(sigmoid, sigmoid(o)),
    "one of the two factors is missing": lambda want, o: sigmoid(o),
}
DO_DZ: Suspects = {FIRST_DROPPED: lambda want, w2: w2[1:, 0]}
DZ_DH: Suspects = {
    SQUARED: lambda want, z: want**2,
    FIRST_DROPPED: lambda want, z: slope_where(z[:, 1:]),
    "σ was applied once too often: Z is σ(H) already": lambda want, z: slope(sigmoid, z[:, :-1]),
    "one of the two factors is missing": lambda want, z: z[:, :-1],
}
FORWARD: Suspects = {"the bias unit is the first column of Z": _bias_first}
DC_DW2_CHAIN = _missing_factors(chain_to_W2, 3)
DC_DW1_CHAIN = _missing_factors(chain_to_W1, 5)
GRADIENT_DESCENT_STEP: Suspects = {
    "the step goes uphill": lambda want, W1, W2, *_: (2 * W1 - want[0], 2 * W2 - want[1]),
}
