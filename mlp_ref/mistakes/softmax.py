"""What students get wrong in softmax and in its δ."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.activations import sigmoid
from course.checking import hints
from mlp_ref import transfer as ref
from mlp_ref.mistakes.common import MEAN, quiet
from mlp_ref.mistakes.mistake import Mistake, Table


def _powers(z: Any, axis: int | None = 1) -> Any:
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


@quiet
def _naive_softmax(z: Any) -> Any:
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def _largest(z: Any) -> Any:
    return z.max(axis=1, keepdims=True)


def _shifted_by(shift: Any) -> Any:
    return lambda z: _naive_softmax(z - shift(z))


def _rescaled(size: Any) -> Any:
    return quiet(lambda z: _naive_softmax(z / size(z)))


@quiet
def _shifted_at_once(z: Any) -> Any:
    return _naive_softmax(z - z.max())


def _rows(values: Any) -> Any:
    return values / values.sum(axis=1, keepdims=True)


MISTAKES: Table = {
    "ps2.softmax": (
        Mistake("overflow", hints.OVERFLOW, _naive_softmax),
        Mistake(
            "one shift for all",
            hints.ONE_SHIFT,
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
        Mistake("logarithm", "this is its logarithm", quiet(lambda z: np.log(ref.softmax(z)))),
        Mistake(
            "largest only",
            "this is 1 for the largest z alone",
            lambda z: np.eye(z.shape[1])[z.argmax(axis=1)],
        ),
        Mistake(
            "mean below",
            "the sum of the row stands below, not its mean",
            lambda z: ref.softmax(z) * z.shape[1],
        ),
        Mistake("|z|", "the sign of z is lost", lambda z: ref.softmax(abs(z))),
        Mistake("rescaled σ", "softmax is made of e^z, not of σ(z)", quiet(lambda z: _rows(sigmoid(z)))),
        Mistake(
            "not e",
            "the base is e, not 2",
            lambda z: ref.softmax(z * np.log(2)),
            (lambda z: ref.softmax(z * np.log(10)),),
        ),
        Mistake(
            "without exp",
            "the exponential is missing",
            quiet(lambda z: _rows(z)),
            (quiet(lambda z: _rows(abs(z))), quiet(lambda z: _rows(z - z.min(axis=1, keepdims=True)))),
        ),
        Mistake(
            "shift by column",
            "the largest z is that of each row, not of each column",
            quiet(lambda z: _naive_softmax(z - z.max(axis=0))),
        ),
        Mistake(
            "z cut off",
            "z was cut off: subtract the largest of each row",
            lambda z: ref.softmax(np.clip(z, -500, 500)),
            tuple(lambda z, at=at: ref.softmax(np.clip(z, -at, at)) for at in (20, 30, 50, 100, 700, 709)),
        ),
        Mistake(
            "another shift",
            "something else than the largest z of each row was subtracted: e^z can still overflow",
            _shifted_by(lambda z: z.mean(axis=1, keepdims=True)),
            tuple(
                map(
                    _shifted_by,
                    (
                        lambda z: z.min(axis=1, keepdims=True),
                        lambda z: np.median(z, axis=1, keepdims=True),
                        lambda z: z[:, :1],
                        lambda z: z[:, -1:],
                    ),
                )
            ),
        ),
        Mistake(
            "shift above or below alone",
            "the largest z was subtracted above or below the line alone: it has to be in both",
            quiet(lambda z: np.exp(z - _largest(z)) / np.exp(z).sum(axis=1, keepdims=True)),
            (quiet(lambda z: np.exp(z) / np.exp(z - _largest(z)).sum(axis=1, keepdims=True)),),
        ),
        Mistake(
            "divided by the largest",
            "z was divided: the largest z of each row is to be subtracted",
            _rescaled(lambda z: abs(z).max(axis=1, keepdims=True)),
            tuple(
                map(
                    _rescaled,
                    (
                        _largest,
                        np.max,
                        lambda z: abs(z).max(),
                        lambda z: z.sum(axis=1, keepdims=True),
                        lambda z: np.linalg.norm(z, axis=1, keepdims=True),
                    ),
                )
            ),
        ),
        Mistake(
            "one shift and one sum",
            "each row has a sum of its own",
            quiet(lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum()),
            (quiet(lambda z: np.exp(z) / np.exp(z).sum()),),
        ),
        Mistake(
            "one shift, summed over examples",
            "the sum runs over the classes, not over the examples",
            quiet(lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum(axis=0)),
            (
                quiet(lambda z: np.exp(z) / np.exp(z).sum(axis=0)),
                quiet(lambda z: np.exp(z - z.max(axis=0)) / np.exp(z - z.max(axis=0)).sum(axis=0)),
            ),
        ),
    ),
    "ps2.softmax_delta": (
        Mistake("sign", hints.SIGN, lambda Y, P: Y - P),
        Mistake("mean", MEAN, lambda Y, P: (P - Y) / len(Y)),
        Mistake(
            "p(1 − p) kept",
            hints.P_UNCANCELLED,
            lambda Y, P: (P - Y) * P * (1 - P),
        ),
        Mistake("by P", "this is the derivative by P, not by z", quiet(lambda Y, P: -Y / P)),
        Mistake(
            "softmax once more",
            "P − Y is the derivative by z already: it was multiplied by the derivative of softmax again",
            lambda Y, P: P * (P - Y - np.sum((P - Y) * P, axis=1, keepdims=True)),
        ),
        Mistake(
            "all rows at once",
            "1 was subtracted in all rows for the label of any: each row has a label of its own",
            lambda Y, P: P - Y.any(axis=0),
        ),
        Mistake(
            "label only",
            hints.LABEL_ALONE,
            lambda Y, P: (P - Y) * Y,
            (quiet(lambda Y, P: -Y / P * (P * (1 - P))),),
        ),
        Mistake("others only", hints.LABELS_ENTRY_MISSING, lambda Y, P: P * (1 - Y)),
        Mistake("Y missing", hints.NO_LABEL, lambda Y, P: P),
        Mistake("squared", "the difference was squared", lambda Y, P: (P - Y) ** 2),
        Mistake("factor 2", "there is no factor 2 in the cross-entropy", lambda Y, P: 2 * (P - Y)),
        Mistake(
            "summed", "no sum is taken: each example has a δ of its own", lambda Y, P: (P - Y).sum(axis=0)
        ),
        Mistake("absolute value", "the sign of the difference is lost", lambda Y, P: abs(P - Y)),
        Mistake("by p(1 − p)", "δ is P − Y: nothing is divided", quiet(lambda Y, P: (P - Y) / (P * (1 - P)))),
        Mistake(
            "over K",
            "no mean is taken over the classes",
            lambda Y, P: (P - Y) / Y.shape[1],
            (lambda Y, P: (P - Y) / Y.size,),
        ),
        Mistake("times p", "δ is P − Y: nothing is multiplied", lambda Y, P: (P - Y) * P),
        Mistake("P − 1", "1 is subtracted from the entry of the label alone", lambda Y, P: P - 1),
        Mistake("softmax again", "P is softmax(z) already", lambda Y, P: ref.softmax(P) - Y),
        Mistake("factor N", "there is a factor N too many", lambda Y, P: (P - Y) * len(Y)),
        Mistake("log", "δ is P − Y, without a logarithm", quiet(lambda Y, P: -Y * np.log(P))),
    ),
}
