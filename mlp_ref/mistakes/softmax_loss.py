"""What students get wrong in the loss of softmax."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from course.checking import hints
from mlp_ref import transfer as ref
from mlp_ref.mistakes.common import MEAN, quiet
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.transfer import over_n, scaled


@quiet
def _loss_of_p(Y: Any, z: Any) -> Any:
    return -np.sum(Y * np.log(ref.softmax(z)))


@quiet
def _loss_shifted_at_once(Y: Any, z: Any) -> Any:
    return np.sum(z.max() + np.log(np.exp(z - z.max()).sum(axis=1))) - np.sum(Y * z)


EPSILONS = (1e-12, 1e-8, 1e-15, 1e-10, 1e-9, 1e-7, 1e-6, 1e-5, 1e-16, 1e-14, 1e-20, 1e-30, 1e-100, 1e-300)


@quiet
def _clipped_loss(eps: float, Y: Any, z: Any) -> Any:
    return -np.sum(Y * np.log(np.clip(ref.softmax(z), eps, 1)))


@quiet
def _loss_with(eps: float, Y: Any, z: Any) -> Any:
    return -np.sum(Y * np.log(ref.softmax(z) + eps))


@quiet
def _binary_loss(Y: Any, z: Any) -> Any:
    P = ref.softmax(z)
    return -np.sum(np.where(Y == 1, np.log(P), np.log(1 - P)))


def _binary_clipped(low: float, high: float) -> Any:
    """Return the binary loss with probabilities between `low` and 1 − `high`."""

    def loss(Y: Any, z: Any) -> Any:
        P = np.clip(ref.softmax(z), low, 1 - high)
        return -np.sum(np.where(Y == 1, np.log(P), np.log(1 - P)))

    return quiet(loss)


_ENDS = [
    *((eps, eps) for eps in EPSILONS),
    *((low, high) for low in (1e-300, 1e-30, 0.0) for high in (1e-16, 1e-15, 1e-12, 1e-10, 1e-8)),
]


def _log_sums(z: Any) -> Any:
    return np.logaddexp.reduce(z, axis=1, keepdims=True)


def _losses(Y: Any, z: Any) -> Any:
    return np.array([ref.softmax_loss(Y[i : i + 1], z[i : i + 1]) for i in range(len(z))])


def _log_of_all(z: Any, Y: Any) -> Any:
    return np.log(np.exp(z).sum()) - np.sum(Y * z)


def _broadcast_columns(Y: Any, z: Any) -> Any:
    return np.sum(_log_sums(z) - np.sum(Y * z, axis=1))


MISTAKES: Table = {
    "ps2.softmax_loss": (
        Mistake(
            "log 0", "a probability that is 0 to the last bit has no logarithm: cancel on paper", _loss_of_p
        ),
        Mistake(
            "clipped",
            "p was cut off, or a small number added to it: far out the loss is larger than that",
            partial(_clipped_loss, EPSILONS[0]),
            (
                *(partial(_loss_with, eps) for eps in EPSILONS),
                *(partial(_clipped_loss, eps) for eps in EPSILONS[1:]),
            ),
        ),
        Mistake(
            "one shift for all",
            "the sum of a row far below the others is 0, and has no logarithm: each row has a largest z of "
            "its own",
            _loss_shifted_at_once,
        ),
        Mistake("mean", MEAN, scaled(ref.softmax_loss, over_n)),
        Mistake("sign", hints.SIGN, scaled(ref.softmax_loss, lambda *_: -1)),
        Mistake(
            "over N and K",
            "a mean over all entries was taken: L is a sum",
            scaled(ref.softmax_loss, lambda Y, z: 1 / Y.size),
        ),
        Mistake("sum missing", "the sum over the examples is missing", _losses),
        Mistake(
            "all classes",
            hints.EVERY_CLASS_COUNTED,
            lambda Y, z: np.sum(_log_sums(z) - z),
        ),
        Mistake("label missing", hints.NO_TERM_OF_THE_LABEL, lambda Y, z: np.sum(_log_sums(z))),
        Mistake(
            "binary",
            "this is the loss for labels 0 and 1, taken of every class: only the label's probability counts",
            _binary_loss,
            tuple(_binary_clipped(*ends) for ends in _ENDS),
        ),
        Mistake(
            "σ for softmax",
            "σ stands where softmax should",
            lambda Y, z: np.sum(Y * np.logaddexp(0, -z)),
        ),
        Mistake(
            "overflow",
            hints.OVERFLOW,
            quiet(lambda Y, z: np.sum(np.log(np.exp(z).sum(axis=1)) - np.sum(Y * z, axis=1))),
        ),
        Mistake(
            "broadcast",
            hints.BROADCAST,
            lambda Y, z: len(z) * ref.softmax_loss(Y, z),
            (_broadcast_columns,),
        ),
        Mistake(
            "broadcast over classes",
            "the logarithm of the sum was counted once for each class",
            lambda Y, z: np.sum(_log_sums(z) - Y * z),
        ),
        Mistake(
            "largest z lost",
            "the largest z was subtracted in the logarithm alone: it has to be added again",
            lambda Y, z: np.sum(_log_sums(z) - z.max(axis=1, keepdims=True)) - np.sum(Y * z),
            (lambda Y, z: np.sum(_log_sums(z)) - np.sum(Y * (z - z.max(axis=1, keepdims=True))),),
        ),
        Mistake(
            "logarithm missing",
            "the logarithm of the sum of e^z is missing",
            lambda Y, z: -np.sum(Y * (z - z.max(axis=1, keepdims=True))),
            (lambda Y, z: -np.sum(Y * z),),
        ),
        Mistake(
            "all classes at once",
            "only the class of the label counts, each with the sum of its row",
            lambda Y, z: np.sum(_log_sums(z)) - np.sum(z),
        ),
        Mistake(
            "shifted, all classes",
            hints.EVERY_CLASS_COUNTED,
            lambda Y, z: np.sum(_log_sums(z)) - np.sum(z) + (z.shape[1] - 1) * np.sum(z.max(axis=1)),
        ),
        Mistake(
            "summed over examples",
            "the sum runs over the classes, not over the examples",
            quiet(lambda Y, z: np.sum(np.logaddexp.reduce(z, axis=0)) - np.sum(Y * z)),
        ),
        Mistake(
            "σ of every class",
            "this is the loss of K separate σ units",
            lambda Y, z: np.sum(np.logaddexp(0, z) - Y * z),
        ),
        Mistake(
            "label added",
            "the z of the label is subtracted",
            lambda Y, z: np.sum(_log_sums(z)) + np.sum(Y * z),
        ),
        Mistake("half", "there is no ½ in the cross-entropy", lambda Y, z: ref.softmax_loss(Y, z) / 2),
        Mistake(
            "squares",
            "these are squares: L is the cross-entropy",
            lambda Y, z: np.sum((ref.softmax(z) - Y) ** 2) / 2,
            (lambda Y, z: np.sum((ref.softmax(z) - Y) ** 2),),
        ),
        Mistake(
            "one sum for all",
            "each row has a sum of its own",
            lambda Y, z: np.logaddexp.reduce(z, axis=None) - np.sum(Y * z),
            (
                lambda Y, z: len(z) * np.logaddexp.reduce(z, axis=None) - np.sum(Y * z),
                lambda Y, z: _log_of_all(z - z.max(axis=1, keepdims=True), Y),
            ),
        ),
        Mistake(
            "base 2", "the logarithm is the natural one", lambda Y, z: ref.softmax_loss(Y, z) / np.log(2)
        ),
    ),
}
