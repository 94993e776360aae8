"""Functions of which the formulas are made, and what is taken for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid as sigma

Function = Callable[..., Any]


def sigmoid(t: Any) -> Any:
    """Return σ(t)."""
    return sigma(t)


def slope_at(t: Any) -> Any:
    """Return σ′(t)."""
    return sigma(t) * sigma(-t)


def slope_of(h: Any) -> Any:
    """Return the slope of σ where its value is h."""
    return h * (1 - h)


def tanh_slope(h: Any) -> Any:
    """Return the slope of tanh where its value is h."""
    return 1 - h**2


def positive(h: Any) -> Any:
    """Return the slope of max(0, z) where its value is h."""
    return h > 0


def square(t: Any) -> Any:
    """Return t²."""
    return t**2


def total(t: Any) -> Any:
    """Return the sum of all entries."""
    return np.sum(t)


def norm(t: Any) -> Any:
    """Return the root of the sum of squares."""
    return np.sqrt(np.sum(np.square(t)))


def exp(t: Any) -> Any:
    """Return e to the t."""
    return np.exp(t)


def log(t: Any) -> Any:
    """Return the natural logarithm."""
    return np.log(t)


def logaddexp(a: Any, b: Any) -> Any:
    """Return log(e^a + e^b)."""
    return np.logaddexp(a, b)


def row_sums(t: Any) -> Any:
    """Return the sum over each row, as a column."""
    return np.sum(t, axis=1, keepdims=True)


def sum_of_rows(t: Any) -> Any:
    """Return the sum over the rows."""
    return np.sum(t, axis=0)


def shifted(z: Any) -> Any:
    """Return z with 0 as the largest entry of each row."""
    return z - np.max(z, axis=1, keepdims=True)


def with_ones(units: Any) -> Any:
    """Return the units with the bias unit as last column."""
    return _with_column(units, 1.0)


def _with_column(units: Any, value: float) -> Any:
    return np.concatenate([units, np.full((len(units), 1), value)], axis=1)


def moved(W: Any, p: Any, h: Any) -> Any:
    """Return W with h added to entry p."""
    W = W.copy()
    W[p] += h
    return W


SLOPES: dict[str, Function] = {
    "{} missing": lambda a, b: np.ones_like(a),
    "only the first factor of {}": lambda a, b: a,
    "only the second factor of {}": lambda a, b: b,
    "the sign of {} reversed": lambda a, b: -a * b,
    "+ for − in {}": lambda a, b: a * (1 + a),
    "{} twice": lambda a, b: (a * b) ** 2,
    "a square in {}: 1 − a² for a(1 − a)": lambda a, b: 1 - a**2,
    "a square in {}: a² for a(1 − a)": lambda a, b: a**2,
    "a square in {}: a²(1 − a) for a(1 − a)": lambda a, b: a**2 * b,
    "a square in {}: a(1 − a)² for a(1 − a)": lambda a, b: a * b**2,
    "a square in {}: a(1 − a²) for a(1 − a)": lambda a, b: a * (1 - a**2),
    "a square in {}: (1 − a)² for a(1 − a)": lambda a, b: b**2,
    "+ for the product in {}: a + a² for a(1 − a)": lambda a, b: a + a**2,
    "− for the product in {}: a − (1 − a) for a(1 − a)": lambda a, b: a - b,
    "the quotient for the product in {}: a/(1 − a) for a(1 − a)": lambda a, b: a / b,
    "the quotient for the product in {}: (1 − a)/a for a(1 − a)": lambda a, b: b / a,
    "a division by {}": lambda a, b: 1 / (a * b),
    "tanh′ for {}": lambda a, b: 1 - np.tanh(a) ** 2,
    "σ′ taken of {}": lambda a, b: slope_at(a * b),
    "σ′ once more in {}": lambda a, b: slope_at(a),
    "the slope of max(0, ·) for {}": lambda a, b: (a > 0) * 1.0,
    "a constant slope ¼ for {}": lambda a, b: np.full_like(a, 0.25),
    "1 − {} for it": lambda a, b: 1 - a * b,
    "the root of {}": lambda a, b: np.sqrt(np.abs(a * b)),
    "the matrix product in {}": lambda a, b: a.T @ b,
    "the sum of {} over each row": lambda a, b: np.sum(a * b, axis=1, keepdims=True),
    "the sum of {} over the rows": lambda a, b: np.sum(a * b, axis=0, keepdims=True),
}
"""What is taken for the slope a b, with a = h and b = 1 − h."""

OF_T: dict[str, Function] = {
    "t(1 − t) for {}": lambda t: t * (1 - t),
    "1 − t² for {}": lambda t: 1 - t**2,
    "t(1 − σ) for {}": lambda t: t * sigma(-t),
    "σ(1 − t) for {}": lambda t: sigma(t) * (1 - t),
    "the derivative of tanh for {}": lambda t: 1 - np.tanh(t) ** 2,
    "t for {}": lambda t: t,
    "the slope of max(0, t) for {}": lambda t: (t > 0) * 1.0,
    "σ(−t) in {} with its sign": lambda t: sigma(t) * (sigma(-t) - 1),
    "{} cut off at ±20": lambda t: slope_at(np.clip(t, -20, 20)),
    "e^t for {}": np.exp,
    "σ(t)/t for {}": lambda t: sigma(t) / t,
}


def _with_a(alternatives: dict[str, Function], a: Function) -> dict[str, Function]:
    return {text: lambda t, made=made: made(a(t), 1 - a(t)) for text, made in alternatives.items()}


TAKEN_FOR: dict[str, dict[str, Function]] = {
    "sigmoid": {
        "σ missing: the argument itself": lambda t: t,
        "σ applied twice": lambda t: sigma(sigma(t)),
        "tanh for σ": np.tanh,
        "the slope σ′ for σ": slope_at,
        "max(0, ·) for σ": lambda t: np.maximum(t, 0),
        "σ of the negative": lambda t: sigma(-t),
        "exp for σ": np.exp,
        "log(1 + e^t) for σ": lambda t: np.logaddexp(0, t),
        "2σ − 1 for σ": lambda t: 2 * sigma(t) - 1,
        "the sign of σ reversed": lambda t: -sigma(t),
        "σ rounded to 0 or 1": lambda t: (t > 0) * 1.0,
        "e^t/(1 + e^−t) for σ": lambda t: np.exp(t) / (1 + np.exp(-t)),
        "softmax for σ": lambda t: np.exp(t) / np.exp(t).sum(axis=-1, keepdims=True),
        "σ of numbers cut off at ±20": lambda t: sigma(np.clip(t, -20, 20)),
    },
    "slope_at": {**_with_a(SLOPES, sigma), **OF_T},
    "slope_of": _with_a(SLOPES, np.asarray),
    "tanh_slope": {
        "{} missing": np.ones_like,
        "Z(1 − Z), the rule of σ, for {}": slope_of,
        "1 − Z for {}": lambda h: 1 - h,
        "1 + Z for {}": lambda h: 1 + h,
        "1 + Z² for {}": lambda h: 1 + h**2,
        "Z² for {}": np.square,
        "Z² − 1 for {}: its sign": lambda h: h**2 - 1,
        "2Z for {}": lambda h: 2 * h,
        "−2Z for {}": lambda h: -2 * h,
        "(1 − Z)² for {}": lambda h: (1 - h) ** 2,
        "1 − 2Z for {}": lambda h: 1 - 2 * h,
        "Z(1 + Z) for {}": lambda h: h * (1 + h),
        "Z − Z³ for {}": lambda h: h * (1 - h**2),
        "{} twice": lambda h: (1 - h**2) ** 2,
        "tanh once more in {}": lambda h: 1 - np.tanh(h) ** 2,
        "σ once more in {}": slope_at,
        "tanh for {}": np.tanh,
        "Z for {}": lambda h: h,
        "√(1 − Z²) for {}": lambda h: np.sqrt(np.abs(1 - h**2)),
        "a division by {}": lambda h: 1 / (1 - h**2),
        "half of {}": lambda h: (1 - h**2) / 2,
        "the slope of max(0, ·) for {}": lambda h: (h > 0) * 1.0,
    },
    "positive": {
        "{} missing": np.ones_like,
        "the slope 1 at 0 too": lambda h: h >= 0,
        "the slope ½ at 0": lambda h: (h > 0) + 0.5 * (h == 0),
        "the other half of {}": lambda h: h <= 0,
        "h for its slope": lambda h: h,
        "h(1 − h), the rule of σ, for {}": slope_of,
        "1 − h², the rule of tanh, for {}": tanh_slope,
        "σ(h) for {}": sigma,
        "σ′ for {}": slope_at,
        "the slope −1 below": lambda h: np.where(h > 0, 1, -1),
        "the sign of {} reversed": lambda h: -1.0 * (h > 0),
        "1 from h = 1 on for {}": lambda h: h >= 1,
        "½ as threshold for {}": lambda h: h > 0.5,
        "a leaky slope, 0.01 below": lambda h: np.where(h > 0, 1, 0.01),
        "h² for {}": np.square,
        "one row of {} for all": lambda h: h[:1] > 0,
    },
    "square": {
        "the square missing": lambda t: t,
        "absolute values for squares": np.abs,
        "twice the number for its square": lambda t: 2 * t,
        "cubes for squares": lambda t: t**3,
        "the fourth power for the square": lambda t: t**4,
        "the square rooted": lambda t: np.sqrt(np.abs(t)),
    },
    "total": {
        "the mean for the sum": np.mean,
        "the sum divided by the number of rows": lambda t: np.sum(t) / len(t),
        "the root of the sum": lambda t: np.sqrt(np.sum(t)),
        "the square of the sum": lambda t: np.sum(t) ** 2,
        "the largest for the sum": np.max,
        "the first entry for the sum": lambda t: t.flat[0],
        "the last entry for the sum": lambda t: t.flat[-1],
        "the sum without the last row": lambda t: np.sum(t[:-1]),
        "the sum without the first row": lambda t: np.sum(t[1:]),
        "the size of the sum": lambda t: np.abs(np.sum(t)),
        "a sum of sizes": lambda t: np.sum(np.abs(t)),
        "the product for the sum": np.prod,
        "the median for the sum": np.median,
        "the sum over the rows only": lambda t: np.sum(t, axis=0),
        "the sum over each row only": lambda t: np.sum(t, axis=1),
        "the sum missing": lambda t: t,
    },
    "norm": {
        "squares of norms": lambda t: np.sum(np.square(t)),
        "sums of sizes for norms": lambda t: np.sum(np.abs(t)),
        "the largest size for the norm": lambda t: np.max(np.abs(t)),
        "sums for norms": np.sum,
        "the mean of sizes for the norm": lambda t: np.mean(np.abs(t)),
        "the root of a mean for the norm": lambda t: np.sqrt(np.mean(np.square(t))),
        "the largest singular value for the norm": lambda t: np.linalg.norm(t, 2),
        "sizes for norms": np.abs,
    },
    "exp": {
        "the sign in the exponent reversed": lambda t: np.exp(-t),
        "the exponent itself for exp": lambda t: t,
        "the exponent squared": lambda t: np.exp(t**2),
        "minus the square in the exponent": lambda t: np.exp(-(t**2)),
        "2 for e": np.exp2,
        "10 for e": lambda t: 10.0**t,
        "the size of the exponent": lambda t: np.exp(np.abs(t)),
        "exp − 1 for exp": np.expm1,
        "minus exp for exp": lambda t: -np.exp(t),
        "twice the exponent": lambda t: np.exp(2 * t),
        "half the exponent": lambda t: np.exp(t / 2),
        "the square for exp": lambda t: t**2,
        "σ for exp": sigma,
    },
    "log": {
        "log2 for log": np.log2,
        "log10 for log": np.log10,
        "log missing": lambda t: t,
        "log(1 + ·) for log": np.log1p,
        "1 − log(f) for log(1 − f)": lambda t: 1 - np.log(1 - t),
        "1 + log for log": lambda t: 1 + np.log(t),
        "exp for log": np.exp,
        "log² for log": lambda t: np.log(t) ** 2,
        "the size of log": lambda t: np.abs(np.log(t)),
        "log of a square": lambda t: 2 * np.log(t),
        "σ before log": lambda t: np.log(sigma(t)),
    },
    "logaddexp": {
        "max for log(1 + e^z)": np.maximum,
        "log(1 + e^−z) for log(1 + e^z)": lambda a, b: np.logaddexp(a, -b),
        "the sign of log(1 + e^z) reversed": lambda a, b: -np.logaddexp(a, b),
        "log(1 − e^z) for log(1 + e^z)": lambda a, b: np.log(np.exp(a) - np.exp(b)),
        "log(e^z) for log(1 + e^z)": lambda a, b: b,
        "log missing": lambda a, b: np.exp(a) + np.exp(b),
        "log2 for log": lambda a, b: np.logaddexp(a, b) / np.log(2),
        "log10 for log": lambda a, b: np.logaddexp(a, b) / np.log(10),
        "log(1 + e^|z|) for log(1 + e^z)": lambda a, b: np.logaddexp(a, np.abs(b)),
        "log(1 + e^−|z|) for log(1 + e^z)": lambda a, b: np.logaddexp(a, -np.abs(b)),
        "log(2 + e^z) for log(1 + e^z)": lambda a, b: np.logaddexp(np.log(2), b),
    },
    "row_sums": {
        "the sum over the rows for that over each row": lambda t: np.sum(t, axis=0, keepdims=True),
        "the sum of all entries for that over each row": np.sum,
        "the mean over each row for the sum": lambda t: np.mean(t, axis=1, keepdims=True),
        "the largest of each row for the sum": lambda t: np.max(t, axis=1, keepdims=True),
        "the sum over each row missing": lambda t: t,
        "the sum over each row without its axis": lambda t: np.sum(t, axis=1),
        "the sum over each row without its last": lambda t: np.sum(t[:, :-1], axis=1, keepdims=True),
        "the norm of each row for the sum": lambda t: np.sqrt(np.sum(t**2, axis=1, keepdims=True)),
        "1 for the sum over each row": lambda t: np.ones((len(t), 1)),
    },
    "sum_of_rows": {
        "the mean over the rows for the sum": lambda t: np.mean(t, axis=0),
        "the sum over the columns for that over the rows": lambda t: np.sum(t, axis=1),
        "the sum of all entries, for each unit": lambda t: np.sum(t) + np.zeros(t.shape[1]),
        "the sum of all entries": np.sum,
        "the sum missing": lambda t: t,
        "the first row for the sum": lambda t: t[0],
        "the last row for the sum": lambda t: t[-1],
        "two axes for one": lambda t: np.sum(t, axis=0, keepdims=True),
        "a column for one axis": lambda t: np.sum(t, axis=0)[:, None],
        "a sum without the last row": lambda t: np.sum(t[:-1], axis=0),
        "a sum without the first row": lambda t: np.sum(t[1:], axis=0),
        "a sum of sizes": lambda t: np.sum(np.abs(t), axis=0),
        "a sum of squares": lambda t: np.sum(t**2, axis=0),
        "the largest for the sum": lambda t: np.max(t, axis=0),
    },
    "shifted": {
        "the mean for the largest subtracted": lambda z: z - np.mean(z, axis=1, keepdims=True),
        "the largest added": lambda z: z + np.max(z, axis=1, keepdims=True),
        "the largest of all, with z": lambda z: z - np.max(z),
        "nothing subtracted": lambda z: z,
        "the largest of each column subtracted": lambda z: z - np.max(z, axis=0, keepdims=True),
        "a division by the largest": lambda z: z / np.max(z, axis=1, keepdims=True),
        "the sign of z reversed": lambda z: -z + np.min(z, axis=1, keepdims=True),
    },
    "with_ones": {
        "the bias unit missing": lambda units: units,
        "the bias unit first": lambda units: np.roll(with_ones(units), 1, axis=1),
        "0 for the bias unit": lambda units: _with_column(units, 0.0),
        "−1 for the bias unit": lambda units: _with_column(units, -1.0),
        "σ of the bias unit too": lambda units: _with_column(units, sigma(1.0)),
        "the bias unit twice": lambda units: with_ones(with_ones(units)),
        "ones for the last unit": lambda units: with_ones(units[:, :-1]),
    },
    "moved": {
        "all entries moved at once": lambda W, p, h: W + h,
        "one of the points left at W": lambda W, p, h: W,
        "the entry set, not moved": lambda W, p, h: _set(W, p, h),
        "the entry multiplied by 1 + h": lambda W, p, h: _set(W, p, W[p] * (1 + h)),
        "the entry moved by half the step": lambda W, p, h: moved(W, p, h / 2),
        "the entry moved by twice the step": lambda W, p, h: moved(W, p, 2 * h),
    },
    "len": {
        "1 for the number of examples": lambda t: 1,
        "the number of columns for that of examples": lambda t: np.shape(t)[-1],
        "N − 1 for N": lambda t: len(t) - 1,
        "N + 1 for N": lambda t: len(t) + 1,
    },
}
"""For each function what is taken for it, by what is said of that; {} is what is written there."""


def _set(W: Any, p: Any, value: Any) -> Any:
    W = W.copy()
    W[p] = value
    return W
