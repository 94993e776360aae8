"""What students get wrong beyond seed 2: ReLU units, a penalty on the weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.checking import hints
from mlp_ref import transfer as ref
from mlp_ref.mistakes.common import MEAN, as_it_is, one, untransposed
from mlp_ref.mistakes.delta_step import sums_not_reset_before
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]


def _l2(change: Callable[..., Any]) -> Callable[..., Any]:
    return lambda dWs, Ws, lam: [change(dW, W, lam) for dW, W in zip(dWs, Ws, strict=True)]


def _all_but_last_row(dW: Any, W: Any, lam: float) -> Any:
    return dW + lam * W * np.append(np.ones(len(W) - 1), 0)[:, None]


def _l2_in_place(dWs: Any, Ws: Any, lam: float) -> Any:
    for dW, W in zip(dWs, Ws, strict=True):
        dW += lam * W
    return dWs


def _l2_of(dWs: Any, Ws: Any, lam: float) -> list[Any]:
    return [dW + lam * W for dW, W in zip(dWs, Ws, strict=True)]


def _on(h: Any) -> Any:
    return h > 0


def _relu_step(
    slope: Callable[..., Any] = _on,
    weights: Callable[..., Any] = np.transpose,
    delta: Callable[..., Any] = as_it_is,
    scale: Callable[..., Any] = lambda n: 1,
) -> Callable[..., Any]:
    return lambda d, W, h: (delta(d) @ weights(W)) * slope(h) * scale(len(h))


RELU = Recipe(
    _relu_step,
    {
        "slope": (
            WrongPart("slope missing", hints.NO_SLOPE_OF_RELU, one),
            WrongPart("σ′", hints.SIGMA_FOR_RELU, lambda h: h * (1 - h)),
            WrongPart("tanh′", "1 − h² is the slope of tanh: the units are ReLU", lambda h: 1 - h**2),
            WrongPart("h for its slope", hints.H_FOR_ITS_SLOPE, as_it_is),
            WrongPart("reversed", hints.ON_AND_OFF_SWAPPED, lambda h: (h == 0) * 1.0),
            WrongPart("never on", hints.NEVER_ON, lambda h: 0.0 * h),
            WrongPart("on from 1", "a unit is on where h is above 0, not above 1", lambda h: (h > 1) * 1.0),
            WrongPart("on from ½", "a unit is on where h is above 0, not above ½", lambda h: (h > 0.5) * 1.0),
            WrongPart("½ at 0", "at h = 0 the slope is 0", lambda h: np.where(h > 0, 1, 0.5)),
            WrongPart("leaky", "units that are off pass nothing on", lambda h: np.where(h > 0, 1, 0.01)),
            WrongPart("−1 when off", "units that are off pass nothing on", lambda h: np.where(h > 0, 1, -1)),
        ),
        "weights": (
            WrongPart("W not transposed", hints.UNTRANSPOSED, untransposed),
            WrongPart("W missing", "W_{l+1} is missing", lambda W: np.ones_like(W.T)),
            WrongPart("ReLU of W", "max(0, ·) was taken of the weights", lambda W: np.maximum(W, 0).T),
        ),
        "delta": (
            WrongPart("only the slope", "δ of the next layer is missing", one),
            WrongPart(
                "ReLU of δ_{l+1}", "max(0, ·) was taken of δ of the next layer", lambda d: np.maximum(d, 0)
            ),
            WrongPart("absolute value", "the sign of δ of the next layer is lost", np.abs),
        ),
        "scale": (
            WrongPart("sign", hints.SIGN, lambda n: -1),
            WrongPart("mean", MEAN, lambda n: 1 / n),
            WrongPart("factor N", "there is a factor N too many", lambda n: n),
        ),
    },
)


def _penalised(term: Function = as_it_is, factor: Function = lambda lam, W: lam) -> Function:
    return _l2(lambda dW, W, lam: dW + factor(lam, W) * term(W))


L2 = Recipe(
    _penalised,
    {
        "term": (
            WrongPart("W²", "the square is not differentiated", np.square),
            WrongPart(
                "W²/2",
                hints.PENALTY_ITSELF,
                lambda W: W**2 / 2,
            ),
            WrongPart("W³", "the derivative of W² / 2 is W", lambda W: W**3),
            WrongPart("sign of W", "this is the derivative of λ Σ |w|", np.sign),
            WrongPart("|W|", "the derivative of W² / 2 is W, with its sign", np.abs),
            WrongPart("‖W‖", "the norm itself was added, not a derivative", np.linalg.norm),
            WrongPart("‖W‖²", "the penalty itself was added, not its derivative", lambda W: np.sum(W**2)),
            WrongPart(
                "‖W‖²/2", "the penalty itself was added, not its derivative", lambda W: np.sum(W**2) / 2
            ),
            WrongPart("sum of W", "the weights were summed: each has a derivative of its own", np.sum),
            WrongPart(
                "norm", "the norm was differentiated without its square", lambda W: W / np.linalg.norm(W)
            ),
            WrongPart("λ alone", "W is missing beside λ", np.ones_like),
        ),
        "factor": (
            WrongPart("factor 2", hints.PENALTY_TWICE, lambda lam, W: 2 * lam),
            WrongPart("factor ½", hints.PENALTY_HALF, lambda lam, W: lam / 2),
            WrongPart("sign", hints.PENALTY_SIGN, lambda lam, W: -lam),
            WrongPart("minus 2", "the penalty is added, and its ½ cancels", lambda lam, W: -2 * lam),
            WrongPart("λ missing", "λ is missing", lambda lam, W: 1),
            WrongPart("λ²", "λ appears twice", lambda lam, W: lam**2),
            WrongPart("penalty missing", hints.NO_PENALTY, lambda lam, W: 0),
            WrongPart("mean of the penalty", "the penalty is a sum, not a mean", lambda lam, W: lam / W.size),
            WrongPart("mean over rows", "the penalty is a sum, not a mean", lambda lam, W: lam / len(W)),
        ),
    },
)

RECIPES = {"ps2.relu_delta_step": RELU, "ps2.l2_gradients": L2}

MISTAKES: Table = {
    "ps2.relu_delta_step": (
        *RELU.mistakes(),
        sums_not_reset_before(_on),
        Mistake(
            "ends at the first that is off",
            "after the first unit of a row that is off all are 0: the others still have a δ",
            lambda d, W, h: ref.relu_delta_step(d, W, h) * np.logical_and.accumulate(h > 0, axis=1),
        ),
        Mistake("ReLU of δ", "max(0, ·) was taken of δ itself", lambda d, W, h: np.maximum(0, d @ W.T)),
        Mistake(
            "ReLU of both",
            "max(0, ·) was taken of δ as well",
            lambda d, W, h: np.maximum(0, d @ W.T) * (h > 0),
        ),
        Mistake(
            "summed",
            "no sum over the examples: each has its own δ",
            lambda d, W, h: ref.relu_delta_step(d, W, h).sum(0),
        ),
    ),
    "ps2.l2_gradients": (
        *L2.mistakes(),
        Mistake(
            "the whole penalty",
            "the penalty itself was added, not its derivative",
            lambda dWs, Ws, lam: [dW + lam / 2 * sum(np.sum(W**2) for W in Ws) for dW in dWs],
            (lambda dWs, Ws, lam: [dW + lam * sum(np.sum(W**2) for W in Ws) for dW in dWs],),
        ),
        Mistake("penalty only", hints.PENALTY_ALONE, _l2(lambda dW, W, lam: lam * W)),
        Mistake(
            "shrunk",
            "λ is added to the derivative of L, it does not multiply it",
            _l2(lambda dW, W, lam: dW * (1 + lam)),
        ),
        Mistake(
            "last layer only",
            "all layers are penalised",
            lambda dWs, Ws, lam: [*(+dW for dW in dWs[:-1]), dWs[-1] + lam * Ws[-1]],
        ),
        Mistake(
            "first layer only",
            "all layers are penalised",
            lambda dWs, Ws, lam: [dWs[0] + lam * Ws[0], *(+dW for dW in dWs[1:])],
        ),
        Mistake(
            "last layer spared",
            "all layers are penalised, the last one too",
            lambda dWs, Ws, lam: [*_l2_of(dWs[:-1], Ws[:-1], lam), +dWs[-1]],
            (lambda dWs, Ws, lam: [*_l2_of(dWs[:-1], Ws[:-1], lam), dWs[-1]],),
        ),
        Mistake(
            "first layer spared",
            "all layers are penalised, the first one too",
            lambda dWs, Ws, lam: [+dWs[0], *_l2_of(dWs[1:], Ws[1:], lam)],
            (lambda dWs, Ws, lam: [dWs[0], *_l2_of(dWs[1:], Ws[1:], lam)],),
        ),
        Mistake(
            "λ outside", "λ multiplies the penalty alone: brackets", _l2(lambda dW, W, lam: lam * (dW + W))
        ),
        Mistake(
            "last row spared",
            "W_l has no row of biases: all its weights are penalised",
            _l2(_all_but_last_row),
        ),
        Mistake(
            "first row spared",
            "W_l has no row of biases: all its weights are penalised",
            _l2(lambda dW, W, lam: dW + lam * W * (np.arange(len(W)) > 0)[:, None]),
        ),
        Mistake(
            "lists joined",
            "+ joins two lists: add the arrays of each layer",
            lambda dWs, Ws, lam: [*dWs, *(lam * W for W in Ws)],
            (lambda dWs, Ws, lam: [*(+dW for dW in dWs), *(lam * W for W in Ws)],),
        ),
        Mistake(
            "transposed",
            "W_l is added as it is",
            lambda dWs, Ws, lam: [dW + lam * untransposed(W.T) for dW, W in zip(dWs, Ws, strict=True)],
        ),
        Mistake(
            "reversed", "W_l belongs to layer l", lambda dWs, Ws, lam: ref.l2_gradients(dWs, Ws, lam)[::-1]
        ),
        Mistake("in place", "the arguments were changed in place", _l2_in_place),
    ),
}
