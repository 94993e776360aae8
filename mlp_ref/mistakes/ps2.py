"""What students get wrong in ps2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid
from mlp_ref import deep as ref
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.ps1 import BROADCAST, slope

SIGN = "the sign is reversed: δ is the derivative of the loss, not of the log-likelihood"
NO_SLOPE = "the factor h(1 − h) is missing"
MEAN = "a mean was taken: L is a sum, it has no 1/N"
TRANSPOSED = "the result is transposed"
DOUBLE = "σ was applied once too often: h is σ(z) already"
MSE_START = "a factor f(1 − f) too many: it cancels against the derivative of the cross-entropy"

ZERO_BY_ZERO = "0/0 where f is 0 or 1: cancel f(1 − f) on paper first"


def _forward(
    X: Any, Ws: Any, bs: Any, *, use_bias: bool = True, hidden: Any = sigmoid, output: Any = sigmoid
) -> Any:
    hs = [X]
    for k, (W, b) in enumerate(zip(Ws, bs, strict=True)):
        z = hs[-1] @ W + (b if use_bias else 0)
        hs.append(output(z) if k == len(Ws) - 1 else hidden(z))
    return hs


def _zs(X: Any, Ws: Any, bs: Any) -> Any:
    hs = ref.forward(X, Ws, bs)
    return [X, *(h @ W + b for h, W, b in zip(hs[:-1], Ws, bs, strict=True))]


EPSILONS = (1e-8, 1e-5, 1e-6, 1e-7, 1e-9, 1e-10, 1e-12, 1e-4)
"""small numbers that are added in a logarithm, or that f is kept away from 0 and 1"""


def _loss_with(eps: float, against: float | None = None) -> Callable[..., Any]:
    """Return the loss with `eps` added to f, and to 1 − f or `against` that."""
    other = eps if against is None else against
    return lambda y, f: -np.sum(y * np.log(f + eps) + (1 - y) * np.log(1 - f + other))


def _loss_clipped(eps: float) -> Callable[..., Any]:
    return lambda y, f: ref.bce_loss(y, np.clip(f, eps, 1 - eps))


def _broadcast(loss: Callable[..., Any]) -> tuple[Mistake]:
    return (
        Mistake(
            "broadcast", BROADCAST, lambda y, z: loss(y.T, z), (lambda y, z: loss(y.T, z) / len(y) ** 2,)
        ),
    )


def _logits_matrix(y: Any, z: Any) -> Any:
    return np.sum(np.logaddexp(0, z) - y * z)


def _as_printed_loss(y: Any, f: Any) -> Any:
    return -np.sum(y * np.log(f)) + np.sum((1 - y) * np.log(1 - f))


def naive_delta(y: Any, f: Any) -> Any:
    """Return δ_L with f(1 − f) first below and then above the line: 0/0 where f is 0 or 1."""
    with np.errstate(all="ignore"):
        return (f - y) / (f * (1 - f)) * f * (1 - f)


def _naive_logits(y: Any, z: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.sum(np.log(1 + np.exp(z)) - y * z)


def _clipped_logits(y: Any, z: Any) -> Any:
    f = np.clip(sigmoid(z), 1e-12, 1 - 1e-12)
    return ref.bce_loss(y, f)


MISTAKES: Table = {
    "ps2.forward": (
        Mistake("bias missing", "the biases are missing", lambda *a: _forward(*a, use_bias=False)),
        Mistake("X missing", "hs starts with X itself", lambda *a: ref.forward(*a)[1:]),
        Mistake("only f", "all layers are asked for, not the last alone", lambda *a: ref.forward(*a)[-1]),
        Mistake("zs", "these are the z_l, before σ", _zs),
        Mistake("no σ at output", "the last layer lacks its σ", lambda *a: _forward(*a, output=lambda t: t)),
        Mistake(
            "σ twice at output",
            "σ was applied twice at the output",
            lambda *a: _forward(*a, output=lambda t: sigmoid(sigmoid(t))),
        ),
        Mistake(
            "X activated",
            "h_0 is X itself, without σ",
            lambda X, Ws, bs: [sigmoid(X), *ref.forward(X, Ws, bs)[1:]],
        ),
        Mistake("tanh", "the hidden layers are tanh, not σ", lambda *a: _forward(*a, hidden=np.tanh)),
        Mistake("reversed", "the list is reversed: X comes first", lambda *a: ref.forward(*a)[::-1]),
    ),
    "ps2.bce_loss": (
        Mistake(
            "sign",
            "this is the log-likelihood: the minus in front is missing",
            lambda y, f: -ref.bce_loss(y, f),
        ),
        Mistake("second term missing", "the term with 1 − y is missing", lambda y, f: -np.sum(y * np.log(f))),
        Mistake(
            "first term missing", "the term with y is missing", lambda y, f: -np.sum((1 - y) * np.log(1 - f))
        ),
        Mistake("as printed", "the brackets are missing: the minus belongs to both terms", _as_printed_loss),
        Mistake("mean", MEAN, lambda y, f: ref.bce_loss(y, f) / len(y)),
        Mistake("labels swapped", "y and 1 − y are swapped", lambda y, f: ref.bce_loss(1 - y, f)),
        Mistake("base 2", "the logarithm is the natural one", lambda y, f: ref.bce_loss(y, f) / np.log(2)),
        Mistake(
            "sum missing",
            "the sum over the examples is missing",
            lambda y, f: -(y * np.log(f) + (1 - y) * np.log(1 - f)),
        ),
        Mistake("half", "there is no ½ in the cross-entropy", lambda y, f: ref.bce_loss(y, f) / 2),
        *_broadcast(lambda y, f: -np.sum(y * np.log(f) + (1 - y) * np.log(1 - f))),
        Mistake(
            "log(f + 1e-8)",
            "a small number was added in the logarithm: where f is near 0 or 1 it changes the loss",
            _loss_with(EPSILONS[0]),
            tuple(
                _loss_with(*both)
                for eps in EPSILONS
                for both in ((eps,), (eps, 0.0), (0.0, eps), (eps, -eps))
            ),
        ),
        Mistake(
            "clipped",
            "f was cut off near 0 and 1: the loss goes on beyond",
            _loss_clipped(1e-5),
            tuple(map(_loss_clipped, (1e-4, 1e-3, 0.01))),
        ),
    ),
    "ps2.bce_from_logits": (
        Mistake("overflow", "exp overflows for large z", _naive_logits),
        Mistake("clipped", "f was cut off: for large |z| the loss is larger than that", _clipped_logits),
        Mistake("sign", "the minus in front is missing", lambda y, z: -ref.bce_from_logits(y, z)),
        Mistake("mean", MEAN, lambda y, z: ref.bce_from_logits(y, z) / len(y)),
        Mistake("labels swapped", "y and 1 − y are swapped", lambda y, z: ref.bce_from_logits(1 - y, z)),
        Mistake("y ignored", "the term with y is missing", lambda y, z: np.sum(np.logaddexp(0, z))),
        Mistake(
            "sign of z",
            "log(1 + e^z) and log(1 + e^−z) are mixed up",
            lambda y, z: np.sum(np.logaddexp(0, -z) - y * z),
        ),
        Mistake(
            "log(f + 1e-8)",
            "a small number was added in the logarithm: for large |z| it changes the loss",
            lambda y, z: _loss_with(EPSILONS[0])(y, sigmoid(z)),
            tuple(
                lambda y, z, both=both: _loss_with(*both)(y, sigmoid(z))
                for eps in EPSILONS
                for both in ((eps,), (eps, 0.0), (0.0, eps), (eps, -eps))
            ),
        ),
        *_broadcast(_logits_matrix),
        Mistake(
            "logit as f",
            "z was used as if it were f",
            lambda y, z: np.sum(np.logaddexp(0, sigmoid(z)) - y * sigmoid(z)),
        ),
    ),
    "ps2.dL_df": (
        Mistake("sign", SIGN, lambda y, f: -ref.dL_df(y, f)),
        Mistake("f(1 − f) missing", "the denominator f(1 − f) is missing", lambda y, f: f - y),
        Mistake("1 − f missing", "the factor 1 − f is missing in the denominator", lambda y, f: (f - y) / f),
        Mistake("f missing", "the factor f is missing in the denominator", lambda y, f: (f - y) / (1 - f)),
        Mistake("terms added", "the two terms have opposite signs", lambda y, f: y / f + (1 - y) / (1 - f)),
        Mistake("second term missing", "the term with 1 − y is missing", lambda y, f: -y / f),
        Mistake("mean", MEAN, lambda y, f: ref.dL_df(y, f) / len(y)),
        Mistake("multiplied", "f(1 − f) is a denominator, not a factor", lambda y, f: (f - y) * f * (1 - f)),
        Mistake(
            "denominator squared", "the denominator was squared", lambda y, f: (f - y) / (f * (1 - f)) ** 2
        ),
    ),
    "ps2.dh_dz": (
        Mistake("σ′ of h", DOUBLE, slope),
        Mistake("only h", "the factor 1 − h is missing", lambda h: h),
        Mistake("only 1 − h", "the factor h is missing", lambda h: 1 - h),
        Mistake("1 − h²", "1 − h² is the rule for tanh", lambda h: 1 - h**2),
        Mistake("sign", "the sign is reversed", lambda h: -h * (1 - h)),
        Mistake("squared", "the slope was squared", lambda h: (h * (1 - h)) ** 2),
        Mistake("summed", "no sum is taken here", lambda h: np.sum(h * (1 - h), axis=0)),
        Mistake("1 + h", "1 + h where 1 − h should be", lambda h: h * (1 + h)),
    ),
    "ps2.dz_dh": (
        Mistake("not transposed", "rows belong to z_{l+1}, columns to h_l: transpose", lambda W: W),
        Mistake("sign", "the sign is reversed", lambda W: -W.T),
        Mistake("ones", "the derivative of h W by h is W, not 1", lambda W: np.ones_like(W.T)),
        Mistake("activated", "σ has no place here: z is before σ", lambda W: sigmoid(W.T)),
        Mistake("summed", "no sum is taken here", lambda W: W.T.sum(axis=0)),
        Mistake("square", "a product of W with itself", lambda W: W.T @ W),
    ),
    "ps2.output_delta": (
        Mistake("sign", SIGN, lambda y, f: y - f),
        Mistake("f(1 − f) kept", MSE_START, lambda y, f: (f - y) * f * (1 - f)),
        Mistake("0/0", ZERO_BY_ZERO, naive_delta),
        Mistake("mean", MEAN, lambda y, f: (f - y) / len(y)),
        Mistake("squared", "the difference was squared", lambda y, f: (f - y) ** 2),
        Mistake("one axis", "the column was flattened", lambda y, f: (f - y)[:, 0]),
        Mistake("absolute value", "the sign of the difference is lost", lambda y, f: abs(f - y)),
        Mistake("factor 2", "there is no factor 2 in the cross-entropy", lambda y, f: 2 * (f - y)),
    ),
}
