"""What students get wrong in the losses that training records, and in its steps, for either network."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.checking import hints
from mlp_ref import deep, one_hidden
from mlp_ref.mistakes.common import as_it_is
from mlp_ref.mistakes.recipe import Recipe, WrongPart
from mlp_ref.mistakes.rules import (
    Function,
    at_the_start,
    by_example,
    by_steps,
    descending,
    moved,
    one_example_a_step,
    with_momentum,
    with_rates,
)
from mlp_ref.training import gradients_end_to_end, gradients_end_to_end_deep

OF_ALL_EXAMPLES = "a step goes along the gradient of all examples"


def did_not_move(*names: str) -> str:
    """Return what is said of groups of weights that stay as they are."""
    return hints.DID_NOT_MOVE.format(" and ".join(map(_the, names)))


def _uphill(name: str) -> str:
    return f"{hints.STEPS_OF_UPHILL.format(_the(name))}: a gradient is subtracted"


def _the(name: str) -> str:
    return f"the {name}" if name.islower() else name


def _recipe(
    right: Function,
    gradients: Function,
    losses: tuple[WrongPart, ...],
    names: tuple[str, str],
    more: tuple[WrongPart, ...],
) -> Recipe:
    def make(loss: Function = right, rule: Function = descending, record: Function = as_it_is) -> Function:
        trained: Function = record(by_steps(loss, rule(gradients)))
        return trained

    return Recipe(
        make,
        {
            "rule": (
                WrongPart(f"only {names[0]}", did_not_move(names[1]), with_rates(lambda eta, n, t: (eta, 0))),
                WrongPart(f"only {names[1]}", did_not_move(names[0]), with_rates(lambda eta, n, t: (0, eta))),
                WrongPart(
                    "uphill",
                    f"{hints.STEPS_UPHILL}: subtract the gradients",
                    with_rates(lambda eta, n, t: (-eta, -eta)),
                ),
                WrongPart(f"{names[0]} uphill", _uphill(names[0]), with_rates(lambda eta, n, t: (-eta, eta))),
                WrongPart(f"{names[1]} uphill", _uphill(names[1]), with_rates(lambda eta, n, t: (eta, -eta))),
                WrongPart(
                    "mean gradient",
                    "the gradients are divided by N once too often",
                    with_rates(lambda eta, n, t: (eta / n, eta / n)),
                ),
                WrongPart(
                    "gradient times N",
                    "the gradients are multiplied by N",
                    with_rates(lambda eta, n, t: (eta * n, eta * n)),
                ),
                WrongPart(
                    "η twice", "the steps are twice as long", with_rates(lambda eta, n, t: (2 * eta, 2 * eta))
                ),
                WrongPart(
                    "half η", "the steps are half as long", with_rates(lambda eta, n, t: (eta / 2, eta / 2))
                ),
                WrongPart("no η", "η is missing", with_rates(lambda eta, n, t: (1, 1))),
                WrongPart("η squared", "η appears twice", with_rates(lambda eta, n, t: (eta**2, eta**2))),
                WrongPart(
                    f"mean gradient of {names[1]}",
                    f"the gradients of {names[1]} are divided by N once too often",
                    with_rates(lambda eta, n, t: (eta, eta / n)),
                ),
                WrongPart(
                    f"mean gradient of {names[0]}",
                    f"the gradients of {names[0]} are divided by N once too often",
                    with_rates(lambda eta, n, t: (eta / n, eta)),
                ),
                WrongPart(
                    f"2 η for {names[1]}",
                    f"{names[1]} moves twice as far as it should",
                    with_rates(lambda eta, n, t: (eta, 2 * eta)),
                ),
                WrongPart(
                    "η decays",
                    "η was changed on the way: it stays as it is",
                    with_rates(lambda eta, n, t: (eta / (1 + t), eta / (1 + t))),
                ),
                WrongPart(
                    "gradient of the start",
                    "the gradients are taken once: each step has its own",
                    at_the_start,
                ),
                WrongPart("momentum", "old gradients are kept: this is descent with momentum", with_momentum),
                WrongPart("example by example", OF_ALL_EXAMPLES, by_example),
                WrongPart("one example a step", OF_ALL_EXAMPLES, one_example_a_step),
                *more,
            ),
            "loss": losses,
        },
    )


def _W2_from_new_W1(X: Any, y: Any, W1: Any, W2: Any, eta: Any, t: int) -> Any:
    W1 = W1 - eta * gradients_end_to_end(X, y, W1, W2)[0]
    return W1, W2 - eta * gradients_end_to_end(X, y, W1, W2)[1]


def _W1_from_new_W2(X: Any, y: Any, W1: Any, W2: Any, eta: Any, t: int) -> Any:
    """Send the error of the old point back through the new W2."""
    _, Z, O, y_hat = one_hidden.forward(X, W1, W2)
    W2 = W2 - eta * one_hidden.dC_dW2(y, y_hat, O, Z)
    return W1 - eta * one_hidden.dC_dW1(X, y, y_hat, O, Z, W2), W2


def _layer_by_layer(X: Any, y: Any, Ws: Any, bs: Any, eta: Any, t: int) -> Any:
    """Go backwards and send δ through weights that have already been updated."""
    hs, Ws, bs = deep.forward(X, Ws, bs), list(Ws), list(bs)
    delta = hs[-1] - y
    for l in range(len(Ws) - 1, -1, -1):
        Ws[l], bs[l] = Ws[l] - eta * hs[l].T @ delta, bs[l] - eta * delta.sum(0)
        delta = deep.delta_step(delta, Ws[l], hs[l])
    return Ws, bs


def _last_row(k: int, value: float | None) -> Function:
    """Return a rule after which the last row of W1 (k = 0) or W2 is as before, or has this value."""

    def rule(gradients: Function) -> Function:
        def step(X: Any, y: Any, W1: Any, W2: Any, eta: float, t: int) -> Any:
            old, new = (W1, W2), descending(gradients)(X, y, W1, W2, eta, t)
            new[k][-1] = old[k][-1] if value is None else value
            return new

        return step

    return rule


def _biases_set(value: float) -> Function:
    """Return a rule after which all biases have this value."""

    def rule(gradients: Function) -> Function:
        def step(*a: Any) -> Any:
            Ws, bs = descending(gradients)(*a)
            return Ws, [np.full_like(b, value) for b in bs]

        return step

    return rule


def _W_first(X: Any, y: Any, Ws: Any, bs: Any, eta: Any, t: int) -> Any:
    Ws = moved(Ws, gradients_end_to_end_deep(X, y, Ws, bs)[0], eta)
    return Ws, moved(bs, gradients_end_to_end_deep(X, y, Ws, bs)[1], eta)


def _b_first(X: Any, y: Any, Ws: Any, bs: Any, eta: Any, t: int) -> Any:
    bs = moved(bs, gradients_end_to_end_deep(X, y, Ws, bs)[1], eta)
    return moved(Ws, gradients_end_to_end_deep(X, y, Ws, bs)[0], eta), bs


def _cost(X: Any, y: Any, W1: Any, W2: Any) -> Any:
    return one_hidden.mse_cost(y, one_hidden.forward(X, W1, W2)[-1])


def _sum_of_squares(y: Any, y_hat: Any) -> Any:
    return np.sum((y - y_hat) ** 2)


def _of_output(loss: Function) -> Function:
    """Return a loss that is made of y and ŷ."""
    return lambda X, y, W1, W2: loss(y, one_hidden.forward(X, W1, W2)[-1])


def _of_f(loss: Function) -> Function:
    """Return a loss that is made of y and f."""
    return lambda X, y, Ws, bs: loss(y, deep.forward(X, Ws, bs)[-1])


def deep_loss(X: Any, y: Any, Ws: Any, bs: Any) -> Any:
    """Return L."""
    last = deep.forward(X, Ws, bs)[-2]
    return deep.bce_from_logits(y, last @ Ws[-1] + bs[-1])


def _cross_entropy(y: Any, f: Any) -> Any:
    return -np.sum(y * np.log(f) + (1 - y) * np.log(1 - f))


loss_of_f = _of_f(_cross_entropy)
"""L as it is made of f, not of the last z"""
_SET_ANEW = (
    "the last row of W2 is set anew in every step: the bias unit is 1, but its weight moves as the others do"
)
_BROADCAST = "in the losses y met ŷ as (N,) and (N, 1), and broadcast to (N, N)"


PS1 = _recipe(
    _cost,
    gradients_end_to_end,
    (
        WrongPart(
            "½ missing in the loss",
            "the ½ of (1) is missing in the losses",
            _of_output(lambda y, p: _sum_of_squares(y, p) / len(y)),
        ),
        WrongPart(
            "1/N missing in the loss",
            "1/N is missing in the losses",
            _of_output(lambda y, p: _sum_of_squares(y, p) / 2),
        ),
        WrongPart("1/2N missing in the loss", "1/(2N) is missing in the losses", _of_output(_sum_of_squares)),
        WrongPart(
            "broadcast in the loss",
            _BROADCAST,
            _of_output(lambda y, p: _sum_of_squares(y.T, p) / (2 * len(y))),
        ),
        WrongPart(
            "broadcast to a mean in the loss",
            _BROADCAST,
            _of_output(lambda y, p: np.mean((y.T - p) ** 2) / 2),
        ),
        WrongPart(
            "sign of the loss",
            "the sign of the losses is reversed",
            _of_output(lambda y, p: -one_hidden.mse_cost(y, p)),
        ),
        WrongPart(
            "absolute values in the loss",
            "the losses are made of squares, not of absolute values",
            _of_output(lambda y, p: np.mean(abs(y - p))),
        ),
        WrongPart(
            "root of the loss",
            "a square root was taken of the losses",
            _of_output(lambda y, p: np.sqrt(one_hidden.mse_cost(y, p))),
        ),
    ),
    ("W1", "W2"),
    (
        WrongPart(
            "W2 from the new W1",
            "the gradient for W2 was taken at the new W1: both belong to the old point",
            lambda gradients: _W2_from_new_W1,
        ),
        WrongPart(
            "W1 from the new W2",
            "the gradient for W1 was taken with the new W2: both belong to the old point",
            lambda gradients: _W1_from_new_W2,
        ),
        WrongPart(
            "bias weight kept",
            "the last row of W2, the weight of the bias unit, did not move",
            _last_row(1, None),
        ),
        WrongPart("last row of W1 kept", "the last row of W1 did not move", _last_row(0, None)),
        WrongPart("bias weight set to 1", _SET_ANEW, _last_row(1, 1)),
        WrongPart("bias weight set to 0", _SET_ANEW, _last_row(1, 0)),
    ),
)


PS2 = _recipe(
    deep_loss,
    gradients_end_to_end_deep,
    (
        WrongPart(
            "mean loss",
            "the losses are means: L is a sum",
            lambda X, y, Ws, bs: deep_loss(X, y, Ws, bs) / len(y),
        ),
        WrongPart(
            "half the loss", "there is no ½ in the losses", lambda X, y, Ws, bs: deep_loss(X, y, Ws, bs) / 2
        ),
        WrongPart(
            "sign of the loss",
            "the sign of the losses is reversed",
            lambda X, y, Ws, bs: -deep_loss(X, y, Ws, bs),
        ),
        WrongPart("broadcast in the loss", _BROADCAST, _of_f(lambda y, f: _cross_entropy(y.T, f))),
        WrongPart(
            "broadcast to a mean in the loss",
            _BROADCAST,
            _of_f(lambda y, f: _cross_entropy(y.T, f) / len(y) ** 2),
        ),
        WrongPart(
            "squares in the loss",
            "the losses are squares: L is the cross-entropy",
            _of_f(lambda y, f: np.mean((y - f) ** 2) / 2),
        ),
    ),
    ("weights", "biases"),
    (
        WrongPart(
            "new W for δ",
            "δ was sent back through weights that had moved already: all gradients belong to the old point",
            lambda gradients: _layer_by_layer,
        ),
        WrongPart(
            "biases at the new weights",
            "the gradients of the biases were taken at the new weights: both belong to the old point",
            lambda gradients: _W_first,
        ),
        WrongPart(
            "weights at the new biases",
            "the gradients of the weights were taken at the new biases: both belong to the old point",
            lambda gradients: _b_first,
        ),
        WrongPart(
            "biases set to 0",
            "the biases are set to 0 in every step: they move as the weights do",
            _biases_set(0),
        ),
    ),
)
