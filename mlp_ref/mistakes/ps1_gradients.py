"""What students get wrong in the gradients of seed 1, (5) and (10), and in (10) with tanh units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking import hints
from mlp_ref.mistakes.common import (
    AS_PRINTED,
    FACTOR_2,
    FACTOR_HALF,
    NO_N,
    NO_SUM,
    RUNNING,
    SLOPE_OF_Y,
    SUMMED_OVER_UNITS,
    TWICE_N,
    as_it_is,
    bias_first,
    diagonal,
    running,
    slope,
    spread,
)
from mlp_ref.mistakes.mistake import Mistake, Table, sums_not_reset
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]

RESIDUALS = (
    WrongPart("squared", "the square is not differentiated", lambda y, p, O: (p - y) ** 2),
    WrongPart(
        "the cost itself",
        "this is made of the cost itself: the square is not differentiated",
        lambda y, p, O: (p - y) ** 2 / 2,
    ),
    WrongPart("absolute value", "the sign of the difference is lost", lambda y, p, O: abs(p - y)),
    WrongPart("broadcast", hints.BROADCAST, lambda y, p, O: (p - y.T).sum(axis=1, keepdims=True)),
    WrongPart(
        "broadcast to a mean",
        hints.BROADCAST_MEAN,
        lambda y, p, O: (p - y.T).mean(axis=1, keepdims=True),
    ),
    WrongPart("y missing", "the target y is missing", lambda y, p, O: p),
)
_O_FOR_Y_HAT = WrongPart(
    "O for ŷ", "the difference is that of ŷ and y, not of O and y", lambda y, p, O: O - y
)
OUTPUT_SLOPES = (
    ("σ′ missing", hints.NO_SLOPE_OUT, lambda y, p, O: np.ones_like(O)),
    ("σ′ of ŷ", hints.SLOPE_OUT_AT_Y_HAT, lambda y, p, O: slope(p)),
    ("σ′ doubled", hints.SLOPE_OUT_TWICE, lambda y, p, O: slope(O) ** 2),
    ("O(1 − O)", "the slope is σ(1 − σ), not O(1 − O)", lambda y, p, O: O * (1 - O)),
    ("only σ", "the factor 1 − σ(O) is missing", lambda y, p, O: p),
    ("only 1 − σ", "the factor σ(O) is missing", lambda y, p, O: 1 - p),
    ("σ′ of y", SLOPE_OF_Y, lambda y, p, O: y * (1 - y)),
    ("tanh′", "the output unit is σ: 1 − σ² is not its slope", lambda y, p, O: 1 - p**2),
    ("tanh′ of O", "the output unit is σ, not tanh: its slope is (3a)", lambda y, p, O: 1 - np.tanh(O) ** 2),
    ("1 + σ", "1 + σ where 1 − σ should be", lambda y, p, O: p * (1 + p)),
    (
        "O cut off",
        "O was cut off: the slope is small beyond, not constant",
        lambda y, p, O: slope(np.clip(O, -20, 20)),
    ),
)
SCALES = (
    WrongPart("1/N missing", NO_N, lambda n, m: 1),
    WrongPart("1/N twice", TWICE_N, lambda n, m: 1 / n**2),
    WrongPart("factor 2", FACTOR_2, lambda n, m: 2 / n),
    WrongPart("factor ½", FACTOR_HALF, lambda n, m: 1 / (2 * n)),
    WrongPart("N − 1", "the cost divides by N, not by N − 1", lambda n, m: 1 / max(n - 1, 1)),
    WrongPart(
        "columns counted", "the number of columns was taken for N, the number of rows", lambda n, m: 1 / m
    ),
)
EXAMPLES = (
    WrongPart("running sums", RUNNING, running),
    WrongPart(
        "last example only", "the sum over i keeps its last term only: += is needed", lambda rows: rows[-1:]
    ),
    WrongPart("last example missing", "the sum over i leaves the last example out", lambda rows: rows[:-1]),
    WrongPart("first example missing", "the sum over i leaves the first example out", lambda rows: rows[1:]),
)
SIGNS = (WrongPart("sign", hints.SIGN, lambda gradient: -gradient),)


def _residual(y: Any, y_hat: Any, O: Any) -> Any:
    return y_hat - y


def _slope_out(y: Any, y_hat: Any, O: Any) -> Any:
    return slope(O)


def _over_n(n: int, m: int) -> float:
    return 1 / n


def _by_W2(
    units: Function = as_it_is,
    output: Function = _slope_out,
    residual: Function = _residual,
    outer: Function | None = None,
    examples: Function = as_it_is,
    form: Function = as_it_is,
    sign: Function = as_it_is,
    scale: Function = _over_n,
) -> Function:
    def gradient(y: Any, y_hat: Any, O: Any, Z: Any) -> Any:
        difference = residual(y, y_hat, O)
        delta = outer(difference, y_hat) if outer else difference * output(y, y_hat, O)
        product = examples(units(Z)).T @ examples(delta)
        return form(sign(product * scale(len(y), Z.shape[1])))

    return gradient


def _real(Z: Any) -> Any:
    return Z[:, :-1]


def _weights(W2: Any) -> Any:
    return W2[:-1].T


def _slope_hidden(z: Any, O: Any) -> Any:
    return z * (1 - z)


def _slope_tanh(z: Any, O: Any) -> Any:
    return 1 - z**2


def _by_W1(
    weights: Function = _weights,
    hidden: Function = _slope_hidden,
    output: Function = _slope_out,
    inputs: Function = lambda X, Z: X,
    units: Function = _real,
    residual: Function = _residual,
    outer: Function | None = None,
    inner: Function | None = None,
    examples: Function = as_it_is,
    form: Function = as_it_is,
    sign: Function = as_it_is,
    scale: Function = _over_n,
) -> Function:
    def gradient(X: Any, y: Any, y_hat: Any, O: Any, Z: Any, W2: Any) -> Any:
        difference = residual(y, y_hat, O)
        delta = outer(difference, y_hat) if outer else difference * output(y, y_hat, O)
        back, z = delta * weights(W2), units(Z)
        product = inner(back, z) if inner else back * hidden(z, O)
        return form(sign(examples(inputs(X, Z)).T @ examples(product)) * scale(len(y), X.shape[1]))

    return gradient


def _by_W1_tanh(**parts: Any) -> Function:
    return _by_W1(**{"hidden": _slope_tanh, **parts})


def _bias_zero(Z: Any) -> Any:
    return Z * np.append(np.ones(Z.shape[1] - 1), 0)


_BRACKETS = tuple(
    WrongPart(name, f"{text}: brackets are missing", part)
    for name, text, part in (
        ("brackets", "· σ · 1 − σ is not · σ (1 − σ)", lambda back, h: back * h - h),
        ("brackets of σ − σ²", "· σ − σ² is not · (σ − σ²)", lambda back, h: back * h - h**2),
    )
)
"""in the product with σ(1 − σ), where h is σ"""
_BRACKETS_OF_TANH = (
    WrongPart(
        "brackets of 1 − Z²", "· 1 − Z² is not · (1 − Z²): brackets are missing", lambda back, z: back - z**2
    ),
)


def _of_the(units: str, slips: tuple[WrongPart, ...]) -> tuple[WrongPart, ...]:
    return tuple(
        WrongPart(f"{s.name}: {units}", f"{s.hint}, in the slope of the {units}", s.part) for s in slips
    )


def _terms(y: Any, y_hat: Any, O: Any, Z: Any) -> Any:
    """Return what is summed over the examples in (5)."""
    return _residual(y, y_hat, O) * _slope_out(y, y_hat, O) * Z / len(y)


BY_W2 = Recipe(
    _by_W2,
    {
        "units": (
            WrongPart("Z(1 − Z) for Z", "the slope (8) has no place here: (4) is Z", lambda Z: Z * (1 - Z)),
            WrongPart("σ(Z)", "σ was applied to Z, which is σ(H) already", sigmoid),
            WrongPart("bias first", "the bias unit is the last column of Z, not the first", bias_first),
            WrongPart("bias zero", "the derivative by the bias weight is not 0", _bias_zero),
            WrongPart("bias dropped", "the bias row is missing", _real),
        ),
        "output": [WrongPart(*slip) for slip in OUTPUT_SLOPES],
        "residual": (*RESIDUALS, _O_FOR_Y_HAT),
        "outer": _of_the("output", _BRACKETS),
        "examples": EXAMPLES,
        "form": (
            WrongPart("one axis", "the column was flattened", np.ravel),
            WrongPart("row", hints.TRANSPOSED, np.transpose),
        ),
        "sign": SIGNS,
        "scale": SCALES,
    },
)
_FORMS = (
    WrongPart("(9) as printed", AS_PRINTED, diagonal),
    WrongPart("transposed", hints.TRANSPOSED, np.transpose),
    WrongPart("summed over hidden", "there is no sum over hidden units: each has weights of its own", spread),
)
_WEIGHTS = (
    WrongPart("W2 missing", hints.NO_WEIGHTS, lambda W2: 1),
    WrongPart(
        "W2 shifted", "W2 was shifted by one: its last row belongs to the bias unit", lambda W2: W2[1:].T
    ),
    WrongPart("W2 squared", "the weight W2 appears twice", lambda W2: W2[:-1].T ** 2),
    WrongPart(
        "W2(1 − W2)",
        "σ′ was taken of the weights: O is linear in Z, (7)",
        lambda W2: (W2[:-1] * (1 - W2[:-1])).T,
    ),
    WrongPart("W2 summed", "the weights were summed: each unit has one of its own", lambda W2: W2[:-1].sum()),
    WrongPart("|W2|", "the sign of the weights is lost", lambda W2: abs(W2[:-1].T)),
    WrongPart("W2 reversed", "the order of the weights is reversed", lambda W2: W2[:-1][::-1].T),
)
_UNITS = (
    WrongPart("Z shifted", "Z was shifted by one: its last column is the bias unit", lambda Z: Z[:, 1:]),
)
_INPUTS = (
    WrongPart("Z for X", "the last factor is X, (9), not Z", lambda X, Z: Z[:, :-1]),
    WrongPart("σ(X)", "σ has no place here: the last factor is X, (9)", lambda X, Z: sigmoid(X)),
    WrongPart("X missing", "the last factor, X, (9), is missing", lambda X, Z: np.ones_like(X)),
)
_HIDDEN = (
    WrongPart("hidden σ′ missing", hints.NO_SLOPE_HIDDEN, lambda z, O: np.ones_like(z)),
    WrongPart(
        "σ′ of Z",
        hints.SLOPE_HIDDEN_AT_Z,
        lambda z, O: slope(z),
    ),
    WrongPart("hidden σ′ doubled", hints.SLOPE_HIDDEN_TWICE, lambda z, O: (z * (1 - z)) ** 2),
    WrongPart("only Z", "the factor 1 − Z is missing", lambda z, O: z),
    WrongPart("only 1 − Z", "the factor Z is missing", lambda z, O: 1 - z),
    WrongPart("hidden tanh′", "1 − Z² is the rule for tanh: the hidden units are σ", lambda z, O: 1 - z**2),
    WrongPart("1 + Z", "1 + Z where 1 − Z should be", lambda z, O: z * (1 + z)),
    WrongPart(
        "output σ′ for the hidden",
        "the slope of the output unit stands where that of the hidden units, (8), should",
        lambda z, O: slope(O) * np.ones_like(z),
    ),
)
_HIDDEN_TANH = (
    WrongPart("hidden σ′", hints.SIGMA_FOR_TANH, lambda z, O: z * (1 - z)),
    WrongPart("hidden slope missing", hints.NO_SLOPE_HIDDEN, lambda z, O: np.ones_like(z)),
    WrongPart("hidden not squared", hints.NOT_SQUARED, lambda z, O: 1 - z),
    WrongPart("hidden tanh twice", hints.SLOPE_OF_TANH_AT_Z, lambda z, O: 1 - np.tanh(z) ** 2),
    WrongPart("hidden slope doubled", hints.SLOPE_HIDDEN_TWICE, lambda z, O: (1 - z**2) ** 2),
    WrongPart("1 + Z²", "one sign inside the hidden slope is wrong", lambda z, O: 1 + z**2),
    WrongPart("only Z²", "the 1 in the hidden slope is missing", lambda z, O: z**2),
    WrongPart("(1 − Z)²", "1 − Z² is not (1 − Z)²", lambda z, O: (1 - z) ** 2),
    WrongPart(
        "output slope for the hidden",
        "the slope of the output unit stands where that of the hidden units should",
        lambda z, O: slope(O) * np.ones_like(z),
    ),
)
_OUTPUT = {"σ′ missing": "output σ′ missing", "σ′ doubled": "output σ′ doubled"}
_OUTPUT_TANH = {
    "σ′ missing": "output slope missing",
    "σ′ doubled": "output slope doubled",
    "tanh′": "output tanh′",
}


def _of_W1(
    make: Function, hidden: tuple[WrongPart, ...], inner: tuple[WrongPart, ...], names: dict[str, str]
) -> Recipe:
    output = [WrongPart(names.get(name, name), hint, part) for name, hint, part in OUTPUT_SLOPES]
    return Recipe(
        make,
        {
            "weights": _WEIGHTS,
            "units": _UNITS,
            "hidden": hidden,
            "output": output,
            "inputs": _INPUTS,
            "residual": (*RESIDUALS, _O_FOR_Y_HAT),
            "outer": _of_the("output", _BRACKETS),
            "inner": inner,
            "examples": EXAMPLES,
            "form": _FORMS,
            "sign": SIGNS,
            "scale": SCALES,
        },
    )


BY_W1 = _of_W1(_by_W1, _HIDDEN, _of_the("hidden units", _BRACKETS), _OUTPUT)
BY_W1_TANH = _of_W1(_by_W1_tanh, _HIDDEN_TANH, _BRACKETS_OF_TANH, _OUTPUT_TANH)
_BIAS_KEPT = "the bias unit is still in: no weight of W1 leads to it"

RECIPES = {"ps1.dC_dW2": BY_W2, "ps1.dC_dW1": BY_W1, "ps1.dC_dW1_tanh": BY_W1_TANH}
MISTAKES: Table = {
    "ps1.dC_dW2": (
        *BY_W2.mistakes(),
        Mistake(
            "summed over units",
            SUMMED_OVER_UNITS,
            lambda *a: _terms(*a).sum(axis=1, keepdims=True),
            (
                lambda *a: _terms(*a).sum(axis=1),
                lambda *a: _terms(*a).sum(axis=1, keepdims=True) * len(a[0]),
                lambda *a: _terms(*a).mean(axis=1, keepdims=True) * len(a[0]),
                lambda *a: -_terms(*a).sum(axis=1, keepdims=True),
            ),
        ),
        Mistake("no sum", NO_SUM, _terms, (lambda *a: _terms(*a) * len(a[0]), lambda *a: -_terms(*a))),
        sums_not_reset(BY_W2.make()),
    ),
    "ps1.dC_dW1": (
        *BY_W1.mistakes(),
        Mistake("bias kept", _BIAS_KEPT, _by_W1(weights=np.transpose, units=as_it_is)),
        Mistake(
            "hidden σ′ for the output",
            "the slope of the hidden units stands where that of the output unit, (3a), should",
            _by_W1(output=lambda y, p, O: np.ones_like(O), hidden=lambda z, O: (z * (1 - z)) ** 2),
        ),
        sums_not_reset(BY_W1.make()),
    ),
    "ps1.dC_dW1_tanh": (
        *BY_W1_TANH.mistakes(),
        Mistake("bias kept", _BIAS_KEPT, _by_W1_tanh(weights=np.transpose, units=as_it_is)),
        sums_not_reset(BY_W1_TANH.make()),
    ),
}
