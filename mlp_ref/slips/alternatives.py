"""What may stand in place of an operation or a value: functions of the values, by what is said of them.

In the texts {} is the value, {0} and {1} are the operands. The second list of each kind is rarer.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from course.activations import sigmoid
from mlp_ref.slips.vocabulary import slope_at, slope_of

Function = Callable[..., Any]
Alternatives = Mapping[str, Function]


def each(function: Function) -> Function:
    """Return `function` taken of a value, or of each item of a list."""

    def of_each(value: Any) -> Any:
        return [of_each(item) for item in value] if isinstance(value, (list, tuple)) else function(value)

    return of_each


def _sum(v: Any, axis: int) -> Any:
    return np.sum(v, axis=axis, keepdims=True)


VALUE: Alternatives = {
    "{} missing": lambda v: np.ones_like(v),
    "{} left out": np.zeros_like,
    "the sign of {} reversed": lambda v: -v,
    "{} squared": lambda v: v * v,
    "{} transposed": lambda v: v.T,
    "{} without its sign": np.abs,
    "twice {}": lambda v: 2 * v,
    "half of {}": lambda v: v / 2,
    "1 − {0} for {0}": lambda v: 1 - v,
    "{0}(1 − {0}) for {0}": slope_of,
    "σ({0}) for {0}": sigmoid,
    "σ′({0}) for {0}": slope_at,
    "1 divided by {0} for {0}": lambda v: 1 / v,
    "1 − {0}² for {0}": lambda v: 1 - v**2,
    "{} summed over its rows": lambda v: _sum(v, 0),
    "{} summed over each row": lambda v: _sum(v, 1),
    "all entries of {} summed": np.sum,
    "the mean of {} over its rows": lambda v: np.mean(v, axis=0, keepdims=True),
    "the mean of {} over each row": lambda v: np.mean(v, axis=1, keepdims=True),
    "the mean of all entries of {}": np.mean,
    "max(0, {0}) for {0}": lambda v: np.maximum(v, 0),
    "{} without its last row": lambda v: v[:-1],
    "the rows of {} in reverse order": lambda v: v[::-1],
}
RARE_VALUE: Alternatives = {
    "1 + {0} for {0}": lambda v: 1 + v,
    "{0}(1 + {0}) for {0}": lambda v: v * (1 + v),
    "tanh({0}) for {0}": np.tanh,
    "{} cubed": lambda v: v**3,
    "the root of {}": lambda v: np.sqrt(np.abs(v)),
    "the sign alone of {}": np.sign,
    "1 where {} is positive": lambda v: (v > 0) * 1.0,
    "the exponential of {}": np.exp,
    "the logarithm of {}": np.log,
    "the columns of {} in reverse order": lambda v: v[:, ::-1],
    "the columns of {} moved on by one": lambda v: np.roll(v, 1, axis=-1),
    "the rows of {} moved on by one": lambda v: np.roll(v, 1, axis=0),
    "the first row of {} alone": lambda v: v[:1],
    "the last row of {} alone": lambda v: v[-1:],
    "{} without its first row": lambda v: v[1:],
    "{} without its last column": lambda v: v[:, :-1],
    "the first column of {} alone": lambda v: v[:, :1],
    "the last column of {} alone": lambda v: v[:, -1:],
    "{} minus its mean": lambda v: v - np.mean(v),
    "{} divided by its norm": lambda v: v / np.linalg.norm(v),
    "{} divided by its sum": lambda v: v / np.sum(v),
    "{} divided by its largest entry": lambda v: v / np.max(v),
    "{} rounded": np.rint,
    "the largest of {} in its row": lambda v: np.max(v, axis=1, keepdims=True),
    "the diagonal of {}": lambda v: v * np.eye(*np.shape(v)),
    "{} − 1 for it": lambda v: v - 1,
    "a tenth of {}": lambda v: v / 10,
    "{} divided by its number of columns": lambda v: v / np.shape(v)[1],
    "{} divided by its length": lambda v: v / len(v),
    "{} multiplied by its length": lambda v: v * len(v),
}

RESULT: Alternatives = {
    "{} summed over its rows, one axis left": lambda v: np.sum(v, axis=0),
    "{} summed over each row, one axis left": lambda v: np.sum(v, axis=1),
    "the first column of {}, one axis left": lambda v: v[:, 0],
    "{} as a column": lambda v: v[:, None],
    "{} with all entries on one axis": lambda v: v.ravel(),
    "the number alone of {}": lambda v: v[0, 0],
    "the mean of {} over its rows, one axis left": lambda v: np.mean(v, axis=0),
    "each row of {} summed into all its entries": lambda v: _sum(v, 1) + 0 * v,
    "each column of {} summed into all its entries": lambda v: _sum(v, 0) + 0 * v,
}

BINARY: dict[type[ast.operator], tuple[Alternatives, Alternatives]] = {
    ast.Mult: (
        {
            "{0} missing": lambda l, r: r + 0 * l,
            "{1} missing": lambda l, r: l + 0 * r,
            "a sum for the product of {0} and {1}": lambda l, r: l + r,
            "{0} divided by {1}, not multiplied": lambda l, r: l / r,
            "{1} divided by {0}, not multiplied": lambda l, r: r / l,
            "a matrix product of {0} and {1}": lambda l, r: l @ r,
        },
        {
            "a difference for the product of {0} and {1}": lambda l, r: l - r,
            "{0} alone": lambda l, r: l,
            "{1} alone": lambda l, r: r,
            "a matrix product of {0} and {1} transposed": lambda l, r: l @ r.T,
            "a matrix product of {0} transposed and {1}": lambda l, r: l.T @ r,
            "the power of {0} by {1}": lambda l, r: l**r,
            "the sign of the product of {0} and {1} reversed": lambda l, r: -(l * r),
            "the size of the product of {0} and {1}": lambda l, r: np.abs(l * r),
            "the product of {0} and {1} twice": lambda l, r: (l * r) ** 2,
            "the product of {0} and {1} doubled": lambda l, r: 2 * l * r,
            "the product of {0} and {1} summed over each row": lambda l, r: _sum(l * r, 1),
            "a mean over each row of the product of {0} and {1}": lambda l, r: np.mean(
                l * r, axis=1, keepdims=True
            ),
            "the product of {0} and {1} summed over its rows": lambda l, r: _sum(l * r, 0),
            "{0} and {1} summed apart": lambda l, r: np.sum(l) * np.sum(r),
        },
    ),
    ast.MatMult: (
        {
            "{1} transposed": lambda l, r: l @ r.T,
            "{0} transposed": lambda l, r: l.T @ r,
            "an elementwise product of {0} and {1}": lambda l, r: l * r,
            "{1} and {0} in the other order": lambda l, r: r @ l,
            "both transposed in the product of {0} and {1}": lambda l, r: l.T @ r.T,
            "{0} and {1} summed apart": lambda l, r: _sum(l, 1) * _sum(r, 0),
            "the product of {0} and {1} transposed": lambda l, r: (l @ r).T,
            "the product of {0} and {1} divided by its number of terms": lambda l, r: l @ r / len(r),
            "the sum over each row of the product of {0} and {1}, for all": lambda l, r: (
                _sum(l @ r, 1) + 0 * (l @ r)
            ),
        },
        {
            "{0} missing": lambda l, r: np.ones_like(l) @ r,
            "{1} missing": lambda l, r: l @ np.ones_like(r),
            "{0} alone": lambda l, r: l,
            "{1} alone": lambda l, r: r,
            "the last term only of the product of {0} and {1}": lambda l, r: l[:, -1:] @ r[-1:],
            "the first term only of the product of {0} and {1}": lambda l, r: l[:, :1] @ r[:1],
            "the last term left out of the product of {0} and {1}": lambda l, r: l[:, :-1] @ r[:-1],
            "the first term left out of the product of {0} and {1}": lambda l, r: l[:, 1:] @ r[1:],
            "the diagonal only of the product of {0} and {1}": lambda l, r: (l @ r) * np.eye(*(l @ r).shape),
            "sizes of {0} and {1} only": lambda l, r: np.abs(l) @ np.abs(r),
            "a sum for the product of {0} and {1}": lambda l, r: l + r,
            "the largest term of the product of {0} and {1}": lambda l, r: np.max(
                l[:, :, None] * r[None], axis=1
            ),
        },
    ),
    ast.Add: (
        {
            "{1} left out": lambda l, r: l + 0 * r,
            "{0} left out": lambda l, r: r + 0 * l,
            "− for + between {0} and {1}": lambda l, r: l - r,
            "the product of {0} and {1} for the sum": lambda l, r: l * r,
            "{0} subtracted from {1}, not added": lambda l, r: r - l,
        },
        {
            "the larger of {0} and {1} for the sum": np.maximum,
            "the quotient of {0} and {1} for the sum": lambda l, r: l / r,
            "the mean of {0} and {1} for the sum": lambda l, r: (l + r) / 2,
            "the size of the sum of {0} and {1}": lambda l, r: np.abs(l + r),
            "the smaller of {0} and {1} for the sum": np.minimum,
            "the sum of {0} and {1} with its sign reversed": lambda l, r: -l - r,
            "{1} twice": lambda l, r: l + 2 * r,
            "the sum of {1} added to {0}": lambda l, r: l + np.sum(r),
        },
    ),
    ast.Sub: (
        {
            "{0} and {1} in the other order": lambda l, r: r - l,
            "+ for − between {0} and {1}": lambda l, r: l + r,
            "{1} left out": lambda l, r: l + 0 * r,
            "{0} left out": lambda l, r: -r + 0 * l,
            "{1} alone": lambda l, r: r + 0 * l,
            "the size of the difference of {0} and {1}": lambda l, r: np.abs(l - r),
            "a slope of σ at the output, which the loss cancels, in {0} − {1}": lambda l, r: (
                (l - r) * l * (1 - l)
            ),
            "the square of the difference of {0} and {1}": lambda l, r: (l - r) ** 2,
            "the product of {0} and {1} for the difference": lambda l, r: l * r,
            "squares of {0} and {1} apart": lambda l, r: l**2 - r**2,
            "(N,) and (N, 1) broadcast in the difference of {0} and {1}, summed": lambda l, r: _sum(
                l - r.T, 1
            ),
            "(N,) and (N, 1) broadcast in the difference of {0} and {1}, averaged": lambda l, r: np.mean(
                l - r.T, axis=1, keepdims=True
            ),
        },
        {
            "a factor {0} too many in {0} − {1}": lambda l, r: (l - r) * l,
            "a factor 1 − {0} too many in {0} − {1}": lambda l, r: (l - r) * (1 - l),
            "the quotient of {0} and {1} for the difference": lambda l, r: l / r,
            "the quotient of {1} and {0} for the difference": lambda l, r: r / l,
            "the mean of the difference of {0} and {1}": lambda l, r: np.mean(l - r) + 0 * (l - r),
            "the sum of the difference of {0} and {1}": lambda l, r: np.sum(l - r) + 0 * (l - r),
            "the sign alone of the difference of {0} and {1}": lambda l, r: np.sign(l - r),
            "the difference of {0} and {1} relative to {0}": lambda l, r: (l - r) / l,
            "the difference of {0} and {1} relative to {1}": lambda l, r: (l - r) / r,
            "(N,) and (N, 1) broadcast in the difference of {0} and {1}": lambda l, r: l - r.T,
            "the difference of {0} and {1} rounded": lambda l, r: np.rint(l - r),
            "{1} taken at ½: a guess of 0 or 1 for {1}": lambda l, r: l - (r > 0.5),
            "{0} taken at ½: a guess of 0 or 1 for {0}": lambda l, r: (l > 0.5) * 1.0 - r,
            "{0} multiplied by 1 − {1}": lambda l, r: l * (1 - r),
            "{1} multiplied by 1 − {0}": lambda l, r: r * (1 - l),
            "the mean of {1} for it": lambda l, r: l - np.mean(r),
            "the root of the sum of squares of the difference": lambda l, r: np.sqrt(np.sum((l - r) ** 2)),
        },
    ),
    ast.Div: (
        {
            "the division by {1} missing": lambda l, r: l,
            "a product for the division by {1}": lambda l, r: l * r,
            "the division by {1} twice": lambda l, r: l / r**2,
            "{1} divided by {0}, upside down": lambda l, r: r / l,
        },
        {
            "{0} missing, the division alone": lambda l, r: 1 / r,
            "{1} alone": lambda l, r: r,
            "the root of {1} in the division": lambda l, r: l / np.sqrt(r),
            "{1} subtracted, not divided by": lambda l, r: l - r,
            "{1} + 1 in the division": lambda l, r: l / (r + 1),
            "{1} − 1 in the division": lambda l, r: l / (r - 1),
            "a small number added to {1}": lambda l, r: l / (r + 1e-8),
            "a whole quotient": lambda l, r: l // r,
            "the size of {1} in the division": lambda l, r: l / np.abs(r),
            "the sum of {1} in the division": lambda l, r: l / np.sum(r),
        },
    ),
}
"""By operator: common ones, rare ones."""

BY_PRODUCT: Alternatives = {
    "brackets missing: {0} / {1} · {2}": lambda l, a, b: l / a * b,
    "only {1} in the division": lambda l, a, b: l / a + 0 * b,
    "only {2} in the division": lambda l, a, b: l / b + 0 * a,
    "a sum below for the product of {1} and {2}": lambda l, a, b: l / (a + b),
    "a factor {2} for a division by it": lambda l, a, b: l * b / a,
}
"""What may stand for l / (a b)."""

SLICES: Alternatives = {
    "the bias unit kept": lambda v, key: v[_whole(key)],
    "the first unit dropped for the last": lambda v, key: v[_first(key)],
    "the first and the last unit dropped": lambda v, key: v[_inner(key)],
    "the last unit dropped twice": lambda v, key: v[_shorter(key)],
    "nothing cut off": lambda v, key: v,
    "the last unit alone": lambda v, key: v[_last(key)],
    "the last entry added to the others": lambda v, key: v[key] + v[-1],
    "the second axis kept": lambda v, key: v[key if isinstance(key, slice) else key[:1]],
    "the row of the bias for all": lambda v, key: 0 * v[key] + v[-1],
    "the units summed": lambda v, key: np.sum(v[key], axis=0),
    "1 for the bias unit": lambda v, key: np.where(np.arange(len(v)) < len(v) - 1, v[:, 0], 1),
    "a number for the units": lambda v, key: float(np.sum(v[key])),
}
INDICES: Alternatives = {
    "the item before": lambda v, k: v[k - 1],
    "the next item": lambda v, k: v[k + 1],
    "items from the other end": lambda v, k: v[len(v) - 1 - k] if k >= 0 else v[-1 - k],
    "the last item always": lambda v, k: v[-1],
    "the first item always": lambda v, k: v[0],
    "the one before the item before": lambda v, k: v[k - 2],
}
LOOPS: Alternatives = {
    "a loop that starts late": lambda items: items[1:],
    "a loop that ends early": lambda items: items[:-1],
    "a loop the other way": lambda items: items[::-1],
    "a loop that runs once": lambda items: items[:1],
    "no loop": lambda items: [],
}
NUMBERS: Alternatives = {
    "0 for {}": lambda c: 0 * c,
    "{} with another sign": lambda c: -c,
    "twice {}": lambda c: 2 * c,
    "half of {}": lambda c: c / 2,
    "{1} for {0}": lambda c: c + 1,
}


def _cut(key: Any, other: slice) -> Any:
    return other if isinstance(key, slice) else tuple(other if k == slice(None, -1) else k for k in key)


def _whole(key: Any) -> Any:
    return _cut(key, slice(None))


def _first(key: Any) -> Any:
    return _cut(key, slice(1, None))


def _inner(key: Any) -> Any:
    return _cut(key, slice(1, -1))


def _shorter(key: Any) -> Any:
    return _cut(key, slice(None, -2))


def _last(key: Any) -> Any:
    return _cut(key, slice(-1, None))
