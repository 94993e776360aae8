"""What students get wrong in ps2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking import hints
from mlp_ref import deep as ref
from mlp_ref.mistakes.common import MEAN, as_it_is, quiet, slope, untransposed
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]

SIGN = "the sign is reversed: δ is the derivative of the loss, not of the log-likelihood"

EACH = "each example has a number of its own"


@quiet
def naive_delta(y: Any, f: Any) -> Any:
    """Return δ_L with f(1 − f) first below and then above the line: 0/0 where f is 0 or 1."""
    return (f - y) / (f * (1 - f)) * f * (1 - f)


def _by_f(
    above: Function = lambda y, f: f - y,
    below: Function = lambda y, f: f * (1 - f),
    form: Function = as_it_is,
    scale: Function = lambda n: 1,
) -> Function:
    return quiet(lambda y, f: form(above(y, f) / below(y, f)) * scale(len(y)))


STARTS = (
    WrongPart("sign", SIGN, lambda y, f: y - f),
    WrongPart("f(1 − f) kept", hints.UNCANCELLED, lambda y, f: (f - y) * f * (1 - f)),
    WrongPart("0/0", hints.ZERO_BY_ZERO, naive_delta),
    WrongPart("∂L/∂f for δ_L", "this is ∂L/∂f: δ_L is the derivative by z_L", _by_f()),
    WrongPart("squared", "the difference was squared", lambda y, f: (f - y) ** 2),
    WrongPart("absolute value", "the sign of the difference is lost", lambda y, f: abs(f - y)),
    WrongPart("y missing", "the label is missing in δ_L", lambda y, f: +f),
    WrongPart("1 − y for y", "y and 1 − y are swapped", lambda y, f: f - (1 - y)),
    WrongPart("broadcast", hints.BROADCAST, lambda y, f: (f - y.T).sum(axis=1, keepdims=True)),
)
"""instead of δ_L = f − y"""
OF_DIFFERENCE = ("sign", "squared", "y missing", "1 − y for y", "broadcast")
_FORMS = (
    WrongPart("one axis", "the column was flattened", np.ravel),
    WrongPart("summed", EACH, np.sum),
    WrongPart("averaged", EACH, np.mean),
    WrongPart("summed and spread", EACH, lambda rows: np.full_like(rows, rows.sum())),
)
_SCALES = (
    WrongPart("mean", MEAN, lambda n: 1 / n),
    WrongPart("factor N", "there is a factor N too many", lambda n: n),
    WrongPart("factor 2", "there is no factor 2 in the cross-entropy", lambda n: 2),
)
BY_F = Recipe(
    _by_f,
    {
        "below": (
            WrongPart("f(1 − f) missing", hints.NO_DENOMINATOR, lambda y, f: 1),
            WrongPart("1 − f missing", "the factor 1 − f is missing in the denominator", lambda y, f: f),
            WrongPart("f missing", "the factor f is missing in the denominator", lambda y, f: 1 - f),
            WrongPart(
                "multiplied", "f(1 − f) is a denominator, not a factor", lambda y, f: 1 / (f * (1 - f))
            ),
            WrongPart(
                "brackets",
                "/ f * (1 − f) is not / (f (1 − f)): brackets are missing",
                lambda y, f: f / (1 - f),
            ),
            WrongPart("denominator squared", "the denominator was squared", lambda y, f: (f * (1 - f)) ** 2),
            WrongPart("f²", "the denominator is f(1 − f), not f²", lambda y, f: f**2),
            WrongPart("f(1 + f)", "1 + f where 1 − f should be", lambda y, f: f * (1 + f)),
            WrongPart("f(1 − y)", "the denominator is f(1 − f), without y", lambda y, f: f * (1 - y)),
            WrongPart("y(1 − y)", "the denominator is f(1 − f), not y(1 − y)", lambda y, f: y * (1 - y)),
            WrongPart("σ′ of f", "σ was applied once too often: f is σ(z) already", lambda y, f: slope(f)),
        ),
        "above": [slip for slip in STARTS if slip.name in OF_DIFFERENCE],
        "form": _FORMS,
        "scale": _SCALES,
    },
)


def difference(y: Any, f: Any) -> Any:
    """Return δ_L."""
    return f - y


def _delta(
    start: Function = difference, form: Function = as_it_is, scale: Function = lambda n: 1
) -> Function:
    return lambda y, f: form(start(y, f)) * scale(len(y))


DELTA = Recipe(_delta, {"start": STARTS, "form": _FORMS, "scale": _SCALES})


def _clipped_by_f(eps: float) -> Function:
    return lambda y, f: ref.dL_df(y, np.clip(f, eps, 1 - eps))


def _added_by_f(eps: float) -> Function:
    return lambda y, f: (f - y) / (f * (1 - f) + eps)


def _added_delta(eps: float) -> Function:
    return lambda y, f: (f - y) / (f * (1 - f) + eps) * f * (1 - f)


def _clipped_delta(eps: float) -> Function:
    return lambda y, f: np.clip(f, eps, 1 - eps) - y


RECIPES = {"ps2.dL_df": BY_F, "ps2.output_delta": DELTA}
MISTAKES: Table = {
    "ps2.dL_df": (
        *BY_F.mistakes(),
        Mistake(
            "sign of the first term",
            hints.SIGN_WHERE_ONE,
            lambda y, f: y / f + (1 - y) / (1 - f),
        ),
        Mistake(
            "sign of the second term",
            hints.SIGN_WHERE_ZERO,
            lambda y, f: -y / f - (1 - y) / (1 - f),
        ),
        Mistake(
            "brackets of the terms",
            "1 − y and 1 − f need brackets: / comes before −",
            lambda y, f: -y / f + 1 - y / (1 - f),
            (
                lambda y, f: -y / f + 1 - y / 1 - f,
                lambda y, f: -y / f + (1 - y) / 1 - f,
                lambda y, f: -(y / f - 1 - y / (1 - f)),
                lambda y, f: -(y / f - 1 - y / 1 - f),
                lambda y, f: -(y / f - (1 - y) / 1 - f),
            ),
        ),
        Mistake("second term missing", "the term with 1 − y is missing", lambda y, f: -y / f),
        Mistake("first term missing", "the term with y is missing", lambda y, f: (1 - y) / (1 - f)),
        Mistake(
            "clipped",
            "f was cut off near 0 and 1: the derivative goes on beyond",
            _clipped_by_f(1e-4),
            tuple(map(_clipped_by_f, (1e-5, 1e-3, 0.01))),
        ),
        Mistake(
            "small number added",
            "a small number was added to the denominator: where f is near 0 or 1 it changes the result",
            _added_by_f(1e-8),
            tuple(map(_added_by_f, (1e-5, 1e-6, 1e-7, 1e-9, 1e-10, 1e-12, 1e-4))),
        ),
    ),
    "ps2.dh_dz": (
        Mistake("σ′ of h", hints.SLOPE_AT_H, slope),
        Mistake("only h", hints.SIGMA_ALONE, lambda h: h),
        Mistake("only 1 − h", hints.REST_ALONE, lambda h: 1 - h),
        Mistake("1 − h²", "1 − h² is the rule for tanh", lambda h: 1 - h**2),
        Mistake("sign", hints.SIGN, lambda h: -h * (1 - h)),
        Mistake("squared", hints.SLOPE_TWICE, lambda h: (h * (1 - h)) ** 2),
        Mistake("h²", "the slope is h(1 − h), not h²", lambda h: h**2),
        Mistake("brackets", "h · 1 − h is not h (1 − h): brackets are missing", lambda h: h * 1 - h),
        Mistake("matrix product", "⊙ is elementwise: *, not @", lambda h: h @ (1 - h).T),
        Mistake(
            "diagonal matrix",
            "a number for each entry of h is asked for, in the shape of h",
            lambda h: np.diag((h * (1 - h)).ravel()),
        ),
        Mistake(
            "np.diag",
            "np.diag takes the diagonal out of a matrix: a number for each entry of h is asked for",
            lambda h: np.diag(h * (1 - h)),
        ),
        Mistake("summed", "no sum is taken here", lambda h: np.sum(h * (1 - h), axis=0)),
        Mistake("1 + h", "1 + h where 1 − h should be", lambda h: h * (1 + h)),
        Mistake(
            "last column dropped",
            "there is no bias unit to drop: all entries of h are units",
            lambda h: h[..., :-1] * (1 - h[..., :-1]),
        ),
    ),
    "ps2.dz_dh": (
        Mistake("not transposed", "rows belong to z_{l+1}, columns to h_l: transpose", lambda W: W),
        Mistake("sign", hints.SIGN, lambda W: -W.T),
        Mistake("ones", "the derivative of h W by h is W, not 1", lambda W: np.ones_like(W.T)),
        Mistake("W where it is square", hints.UNTRANSPOSED, untransposed),
        Mistake(
            "reshaped",
            "reshape keeps the order of the numbers: transpose",
            lambda W: W.reshape(W.shape[::-1]),
        ),
        Mistake(
            "reversed",
            "the order of the rows or columns is reversed",
            lambda W: W[::-1].T,
            (lambda W: W[:, ::-1].T, lambda W: W[::-1, ::-1].T),
        ),
        Mistake("inverse", "this is an inverse: the derivative is a transpose", np.linalg.pinv),
        Mistake("W(1 − W)", "W is no activation: z is linear in h", lambda W: (W * (1 - W)).T),
        Mistake("activated", "σ has no place here: z is before σ", lambda W: sigmoid(W.T)),
        Mistake(
            "summed", "no sum is taken here", lambda W: W.T.sum(axis=0), (lambda W: W.sum(axis=0), np.sum)
        ),
        Mistake("square", "a product of W with itself", lambda W: W.T @ W),
    ),
    "ps2.output_delta": (
        *DELTA.mistakes(),
        Mistake(
            "clipped",
            "f was cut off near 0 and 1: f − y needs no such care",
            _clipped_delta(1e-7),
            tuple(map(_clipped_delta, (1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 0.01))),
        ),
        Mistake(
            "small number added",
            "δ goes to 0 where f is 0 or 1 to the last bit, as where a small number is added to f(1 − f) or "
            "NaN is replaced: f(1 − f) cancels on paper",
            _added_delta(1e-12),
            tuple(map(_added_delta, (1e-8, 1e-10, 1e-9, 1e-7, 1e-6, 1e-15, 1e-16, 1e-5, 1e-20))),
        ),
    ),
}
