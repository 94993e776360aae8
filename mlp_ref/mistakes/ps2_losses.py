"""What students get wrong in the cross-entropy, from f and from the last z."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking import hints
from mlp_ref import deep as ref
from mlp_ref.mistakes.common import MEAN, as_it_is, quiet
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]
EPSILONS = (1e-8, 1e-5, 1e-6, 1e-7, 1e-9, 1e-10, 1e-12, 1e-4, 1e-15, 1e-16, 1e-14)
"""small numbers that are added in a logarithm, or that f is kept away from 0 and 1"""


def loss_with(eps: float, against: float | None = None) -> Function:
    """Return the loss with `eps` added to f, and to 1 − f or `against` that."""
    other = eps if against is None else against
    return quiet(lambda y, f: -np.sum(y * np.log(f + eps) + (1 - y) * np.log(1 - f + other)))


ADDED = [(eps, other) for eps in EPSILONS for other in (None, 0.0, -eps)] + [(0.0, eps) for eps in EPSILONS]


def _loss_clipped(eps: float) -> Function:
    return lambda y, f: ref.bce_loss(y, np.clip(f, eps, 1 - eps))


def _clipped_logits(eps: float) -> Function:
    return lambda y, z: ref.bce_loss(y, np.clip(sigmoid(z), eps, 1 - eps))


def _loss(
    first: Function = lambda y, f: y * np.log(f),
    second: Function = lambda y, f: (1 - y) * np.log(1 - f),
    axes: Function = as_it_is,
    labels: Function = as_it_is,
    scale: Function = lambda n: 1,
) -> Function:
    return quiet(lambda y, f: -np.sum(first(axes(labels(y)), f) + second(axes(labels(y)), f)) * scale(len(y)))


_SCALES = (
    WrongPart("sign", "this is the log-likelihood: the minus in front is missing", lambda n: -1),
    WrongPart("mean", MEAN, lambda n: 1 / n),
    WrongPart("half", "there is no ½ in the cross-entropy", lambda n: 1 / 2),
    WrongPart("twice", "there is no 2 in the cross-entropy", lambda n: 2),
    WrongPart("base 2", "the logarithm is the natural one", lambda n: 1 / np.log(2)),
    WrongPart("base 10", "the logarithm is the natural one, not that to base 10", lambda n: 1 / np.log(10)),
    WrongPart("factor N", "there is a factor N too many", lambda n: n),
)
_LABELS = (WrongPart("labels swapped", "y and 1 − y are swapped", lambda y: 1 - y),)
_AXES = (WrongPart("broadcast", hints.BROADCAST, np.transpose),)
_ALL_ONE_HALF = "1 − y is missing in front of the second logarithm"
LOSS = Recipe(
    _loss,
    {
        "first": (
            WrongPart("first term missing", "the term with y is missing", lambda y, f: 0 * f),
            WrongPart("y missing", "y is missing in front of the first logarithm", lambda y, f: np.log(f)),
            WrongPart(
                "log(1 + f)", "the first logarithm is of f, not of 1 + f", lambda y, f: y * np.log1p(f)
            ),
            WrongPart("y f", "the first logarithm is missing", lambda y, f: y * f),
            WrongPart(
                "sign of the first term", "the minus belongs to both terms", lambda y, f: -y * np.log(f)
            ),
        ),
        "second": (
            WrongPart("second term missing", "the term with 1 − y is missing", lambda y, f: 0 * f),
            WrongPart("1 − y missing", _ALL_ONE_HALF, lambda y, f: np.log(1 - f)),
            WrongPart(
                "as printed",
                "the brackets are missing: the minus belongs to both terms",
                lambda y, f: -(1 - y) * np.log(1 - f),
            ),
            WrongPart("y for 1 − y", "the second term has 1 − y, not y", lambda y, f: y * np.log(1 - f)),
            WrongPart("f for 1 − f", hints.ALL_ONES, lambda y, f: (1 - y) * np.log(f)),
            WrongPart(
                "1 + f for 1 − f", "the second logarithm is of 1 − f", lambda y, f: (1 - y) * np.log1p(f)
            ),
            WrongPart(
                "brackets of 1 − y",
                "1 − y · log … is not (1 − y) · log …: brackets are missing",
                lambda y, f: 1 - y * np.log(1 - f),
            ),
            WrongPart("(1 − y)(1 − f)", "the second logarithm is missing", lambda y, f: (1 - y) * (1 - f)),
        ),
        "axes": _AXES,
        "labels": _LABELS,
        "scale": _SCALES,
    },
)


def _of_logits(
    softplus: Function = lambda z: np.logaddexp(0, z),
    label: Function = lambda y, z: -y * z,
    axes: Function = as_it_is,
    labels: Function = as_it_is,
    scale: Function = lambda n: 1,
) -> Function:
    return quiet(lambda y, z: np.sum(softplus(z) + label(axes(labels(y)), z)) * scale(len(y)))


def _straight_from(at: float) -> Function:
    return lambda z: np.where(z > at, z, np.log1p(np.exp(np.minimum(z, at))))


def _softplus_to(at: float, z: Any) -> Any:
    return np.logaddexp(0, np.clip(z, -at, at))


def _all_to(at: float, y: Any, z: Any) -> Any:
    return ref.bce_from_logits(y, np.clip(z, -at, at))


CUTS = (20.0, 10.0, 15.0, 30.0, 50.0, 100.0, 500.0, 700.0, 709.0)
LOGITS = Recipe(
    _of_logits,
    {
        "softplus": (
            WrongPart("overflow", "exp overflows for large z", lambda z: np.log(1 + np.exp(z))),
            WrongPart(
                "sign of z", "log(1 + e^z) and log(1 + e^−z) are mixed up", lambda z: np.logaddexp(0, -z)
            ),
            WrongPart("logarithm missing", "log(1 + e^−|z|) is missing", lambda z: np.maximum(z, 0)),
            WrongPart(
                "|z| missing",
                "the exponent has to be −|z|",
                lambda z: np.maximum(z, 0) + np.log1p(np.exp(-z)),
            ),
            WrongPart(
                "|z| for max",
                "max(z, 0) stands in front of log(1 + e^−|z|), not |z|",
                lambda z: abs(z) + np.log1p(np.exp(-abs(z))),
            ),
            WrongPart(
                "straight too early",
                "z was taken for log(1 + e^z) where the difference still counts",
                _straight_from(5),
                tuple(map(_straight_from, (10, 3, 8, 4, 6, 15, 20, 2, 1, 30))),
            ),
            WrongPart("no logarithm", "the logarithm of 1 + e^z is missing", lambda z: 1 + np.exp(z)),
        ),
        "label": (
            WrongPart("y ignored", "the term with y is missing", lambda y, z: 0 * z),
            WrongPart("plus y z", "y z is subtracted, not added", lambda y, z: y * z),
            WrongPart(
                "z for y z", "every label counts as 1, as where y is missing beside z", lambda y, z: -z
            ),
        ),
        "axes": _AXES,
        "labels": _LABELS,
        "scale": _SCALES,
    },
)
RECIPES = {"ps2.bce_loss": LOSS, "ps2.bce_from_logits": LOGITS}
MISTAKES: Table = {
    "ps2.bce_loss": (
        *LOSS.mistakes(),
        Mistake(
            "sum missing",
            "the sum over the examples is missing",
            lambda y, f: -(y * np.log(f) + (1 - y) * np.log(1 - f)),
        ),
        Mistake(
            "y and f swapped",
            "y and f have changed places: the logarithms are of f and 1 − f",
            lambda y, f: LOSS.make()(f, y),
        ),
        Mistake("broadcast to a mean", hints.BROADCAST_MEAN, lambda y, f: ref.bce_loss(y.T, f) / len(y) ** 2),
        Mistake(
            "squares",
            "this is the mean squared error: L is the cross-entropy",
            lambda y, f: np.sum((y - f) ** 2) / 2,
            (
                lambda y, f: np.sum((y - f) ** 2),
                lambda y, f: np.mean((y - f) ** 2),
                lambda y, f: np.mean((y - f) ** 2) / 2,
            ),
        ),
        Mistake(
            "log(f + 1e-8)",
            "a small number was added in the logarithm: where f is near 0 or 1 it changes the loss",
            loss_with(*ADDED[0]),
            tuple(loss_with(*added) for added in ADDED[1:]),
        ),
        Mistake(
            "clipped",
            "f was cut off near 0 and 1: the loss goes on beyond",
            _loss_clipped(1e-5),
            tuple(map(_loss_clipped, (1e-4, 1e-3, 0.01))),
        ),
    ),
    "ps2.bce_from_logits": (
        *LOGITS.mistakes(),
        Mistake(
            "clipped",
            "f was cut off: for large |z| the loss is larger than that",
            _clipped_logits(1e-12),
            tuple(map(_clipped_logits, EPSILONS)),
        ),
        Mistake(
            "z cut off",
            "z was cut off: the loss goes on beyond",
            partial(_all_to, CUTS[0]),
            (
                *(partial(_all_to, at) for at in CUTS[1:]),
                *(_of_logits(softplus=partial(_softplus_to, at)) for at in CUTS),
            ),
        ),
        Mistake(
            "log 0",
            "where f = σ(z) is 0 or 1 to the last bit it has no logarithm: cancel on paper",
            lambda y, z: LOSS.make()(y, sigmoid(z)),
        ),
        Mistake(
            "broadcast to a mean",
            hints.BROADCAST_MEAN,
            lambda y, z: ref.bce_from_logits(y.T, z) / len(y) ** 2,
        ),
        Mistake(
            "one label only",
            "the terms of one of the two labels are missing",
            lambda y, z: np.sum(y * np.logaddexp(0, -z)),
            (lambda y, z: np.sum((1 - y) * np.logaddexp(0, z)),),
        ),
        Mistake(
            "log(f + 1e-8)",
            "a small number was added in the logarithm: for large |z| it changes the loss",
            lambda y, z: loss_with(*ADDED[0])(y, sigmoid(z)),
            tuple(lambda y, z, added=added: loss_with(*added)(y, sigmoid(z)) for added in ADDED[1:]),
        ),
        Mistake(
            "logit as f",
            "z was used as if it were f",
            lambda y, z: ref.bce_from_logits(y, sigmoid(z)),
            (LOSS.make(),),
        ),
    ),
}
