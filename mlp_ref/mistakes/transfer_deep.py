"""What students get wrong beyond seed 2: softmax, its loss and δ, ReLU units, a penalty on the weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid
from mlp_ref import transfer as ref
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.transfer import SIGN, one, over_n, scaled

MEAN = "a mean was taken: L is a sum, it has no 1/N"
UNTRANSPOSED = "W_{l+1} is not transposed; where it is square, the shapes do not tell"


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    def quiet(*a: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*a)

    return quiet


def _powers(z: Any, axis: int | None = 1) -> Any:
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


@_quiet
def _naive_softmax(z: Any) -> Any:
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


@_quiet
def _shifted_at_once(z: Any) -> Any:
    return _naive_softmax(z - z.max())


@_quiet
def _loss_of_p(Y: Any, z: Any) -> Any:
    return -np.sum(Y * np.log(ref.softmax(z)))


def _clipped_loss(Y: Any, z: Any) -> Any:
    return -np.sum(Y * np.log(np.clip(ref.softmax(z), 1e-12, 1)))


@_quiet
def _binary_loss(Y: Any, z: Any) -> Any:
    P = ref.softmax(z)
    return -np.sum(np.where(Y == 1, np.log(P), np.log(1 - P)))


def _log_sums(z: Any) -> Any:
    return np.logaddexp.reduce(z, axis=1, keepdims=True)


def _losses(Y: Any, z: Any) -> Any:
    return np.array([ref.softmax_loss(Y[i : i + 1], z[i : i + 1]) for i in range(len(z))])


def _untransposed(W: Any) -> Any:
    """Return W where it conforms as it is, which is where it is square."""
    return W if W.shape[0] == W.shape[1] else W.T


def _l2(change: Callable[..., Any]) -> Callable[..., Any]:
    return lambda dWs, Ws, lam: [change(dW, W, lam) for dW, W in zip(dWs, Ws, strict=True)]


MISTAKES: Table = {
    "ps2.softmax": (
        Mistake("overflow", "exp overflows for large z", _naive_softmax),
        Mistake(
            "one shift for all",
            "all rows were shifted by one number: rows far below it become 0/0",
            _shifted_at_once,
        ),
        Mistake("summed over all", "each row has a sum of its own", lambda z: _powers(z, axis=None)),
        Mistake(
            "summed over examples",
            "the sum runs over the classes, not over the examples",
            lambda z: _powers(z, 0),
        ),
        Mistake("σ", "this is σ of each entry: the rows do not sum to 1", sigmoid),
        Mistake(
            "not divided", "the rows do not sum to 1", lambda z: np.exp(z - z.max(axis=1, keepdims=True))
        ),
        Mistake("sign of z", "the largest z gets the smallest probability", lambda z: ref.softmax(-z)),
        Mistake("logarithm", "this is its logarithm", _quiet(lambda z: np.log(ref.softmax(z)))),
        Mistake(
            "largest only",
            "this is 1 for the largest z alone",
            lambda z: np.eye(z.shape[1])[z.argmax(axis=1)],
        ),
    ),
    "ps2.softmax_loss": (
        Mistake(
            "log 0", "a probability that is 0 to the last bit has no logarithm: cancel on paper", _loss_of_p
        ),
        Mistake("clipped", "p was cut off: far out the loss is larger than that", _clipped_loss),
        Mistake("mean", MEAN, scaled(ref.softmax_loss, over_n)),
        Mistake("sign", SIGN, scaled(ref.softmax_loss, lambda *_: -1)),
        Mistake(
            "over N and K",
            "a mean over all entries was taken: L is a sum",
            scaled(ref.softmax_loss, lambda Y, z: 1 / Y.size),
        ),
        Mistake("sum missing", "the sum over the examples is missing", _losses),
        Mistake(
            "all classes",
            "only the class of the label counts",
            lambda Y, z: np.sum(_log_sums(z) - z),
        ),
        Mistake("label missing", "the term with the label's z is missing", lambda Y, z: np.sum(_log_sums(z))),
        Mistake(
            "binary",
            "this is the loss for labels 0 and 1, taken of every class: only the label's probability counts",
            _binary_loss,
        ),
        Mistake(
            "σ for softmax",
            "σ stands where softmax should",
            lambda Y, z: np.sum(Y * np.logaddexp(0, -z)),
        ),
    ),
    "ps2.softmax_delta": (
        Mistake("sign", SIGN, lambda Y, P: Y - P),
        Mistake("mean", MEAN, lambda Y, P: (P - Y) / len(Y)),
        Mistake(
            "p(1 − p) kept",
            "a factor p(1 − p) too many: it cancels",
            lambda Y, P: (P - Y) * P * (1 - P),
        ),
        Mistake("by P", "this is the derivative by P, not by z", _quiet(lambda Y, P: -Y / P)),
        Mistake("label only", "z of the other classes changes the loss too", lambda Y, P: (P - Y) * Y),
        Mistake("others only", "z of the label's class changes the loss too", lambda Y, P: P * (1 - Y)),
        Mistake("Y missing", "the label is missing", lambda Y, P: P),
        Mistake("squared", "the difference was squared", lambda Y, P: (P - Y) ** 2),
        Mistake("factor 2", "there is no factor 2 in the cross-entropy", lambda Y, P: 2 * (P - Y)),
        Mistake(
            "summed", "no sum is taken: each example has a δ of its own", lambda Y, P: (P - Y).sum(axis=0)
        ),
        Mistake("absolute value", "the sign of the difference is lost", lambda Y, P: abs(P - Y)),
    ),
    "ps2.relu_delta_step": (
        Mistake(
            "slope missing",
            "the slope of the units is missing: those that are off pass nothing on",
            lambda d, W, h: d @ W.T,
        ),
        Mistake(
            "σ′", "h(1 − h) is the slope of σ: the units are ReLU", lambda d, W, h: (d @ W.T) * h * (1 - h)
        ),
        Mistake("h for its slope", "multiplied by h: it has to be its slope", lambda d, W, h: (d @ W.T) * h),
        Mistake(
            "reversed",
            "units that are on pass δ on, those that are off do not",
            lambda d, W, h: (d @ W.T) * (h == 0),
        ),
        Mistake("W not transposed", UNTRANSPOSED, lambda d, W, h: (d @ _untransposed(W)) * (h > 0)),
        Mistake("ReLU of δ", "max(0, ·) was taken of δ itself", lambda d, W, h: np.maximum(0, d @ W.T)),
        Mistake(
            "ReLU of both",
            "max(0, ·) was taken of δ as well",
            lambda d, W, h: np.maximum(0, d @ W.T) * (h > 0),
        ),
        Mistake(
            "on from 1", "a unit is on where h is above 0, not above 1", lambda d, W, h: (d @ W.T) * (h > 1)
        ),
        Mistake("mean", MEAN, lambda d, W, h: ref.relu_delta_step(d, W, h) / len(h)),
        Mistake(
            "summed",
            "no sum over the examples: each has its own δ",
            lambda d, W, h: ref.relu_delta_step(d, W, h).sum(0),
        ),
        Mistake("sign", SIGN, lambda d, W, h: -ref.relu_delta_step(d, W, h)),
        Mistake("only the slope", "δ of the next layer is missing", lambda d, W, h: (one(d) @ W.T) * (h > 0)),
        Mistake("W missing", "W_{l+1} is missing", lambda d, W, h: d.sum(1, keepdims=True) * (h > 0)),
    ),
    "ps2.l2_gradients": (
        Mistake("factor 2", "the ½ cancels the 2 of the square", _l2(lambda dW, W, lam: dW + 2 * lam * W)),
        Mistake("factor ½", "the 2 of the square cancels the ½", _l2(lambda dW, W, lam: dW + lam / 2 * W)),
        Mistake(
            "sign",
            "the penalty adds to the loss: its derivative is added",
            _l2(lambda dW, W, lam: dW - lam * W),
        ),
        Mistake("λ missing", "λ is missing", _l2(lambda dW, W, lam: dW + W)),
        Mistake("penalty missing", "the derivative of the penalty is missing", _l2(lambda dW, W, lam: +dW)),
        Mistake("penalty only", "the derivative of L itself is missing", _l2(lambda dW, W, lam: lam * W)),
        Mistake("squared", "the square is not differentiated", _l2(lambda dW, W, lam: dW + lam / 2 * W**2)),
        Mistake(
            "penalty itself",
            "the penalty itself was added, not its derivative",
            _l2(lambda dW, W, lam: dW + lam / 2 * np.sum(W**2)),
        ),
        Mistake(
            "sign of W", "this is the derivative of λ Σ |w|", _l2(lambda dW, W, lam: dW + lam * np.sign(W))
        ),
        Mistake(
            "shrunk",
            "λ is added to the derivative of L, it does not multiply it",
            _l2(lambda dW, W, lam: dW * (1 + lam)),
        ),
        Mistake(
            "norm",
            "the norm was differentiated without its square",
            _l2(lambda dW, W, lam: dW + lam * W / np.linalg.norm(W)),
        ),
        Mistake(
            "last layer only",
            "all layers are penalised",
            lambda dWs, Ws, lam: [*(+dW for dW in dWs[:-1]), dWs[-1] + lam * Ws[-1]],
        ),
    ),
}
