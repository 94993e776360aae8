"""What students get wrong in gradient descent, of ps1 and of ps2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course.checking.compare import Tolerance, agrees
from course.checking.trial import Trial
from course.values import arrays, clone
from mlp_ref import deep, one_hidden
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.training import gradients_end_to_end, gradients_end_to_end_deep, train_deep, train_one_hidden

Train = Callable[..., Any]
"""Takes X, y, two arrays or lists of weights, eta and steps; returns the losses and the new weights."""


def _of_any_net(train: Train) -> tuple[Mistake, ...]:
    """Return the mistakes that have nothing to do with what is trained."""

    def losses_cut(part: slice) -> Train:
        return lambda *a: _losses_changed(train, lambda losses: losses[part])(*a)

    def one_loss_more(*a: Any) -> Any:
        return train(*a[:-1], a[-1] + 1)[0], *train(*a)[1:]

    def one_step_more(*a: Any) -> Any:
        return train(*a)[0], *train(*a[:-1], a[-1] + 1)[1:]

    def in_place(*a: Any) -> Any:
        losses, *ends = train(*a)
        for old, new in zip(arrays(a[2:4]), arrays(ends), strict=True):
            old[...] = new
        return losses, *a[2:4]

    def stopped(*a: Any, goes_on: Callable[[float, float], bool]) -> Any:
        losses = train(*a)[0]
        steps = next((t for t in range(1, len(losses)) if not goes_on(losses[t - 1], losses[t])), a[-1])
        return train(*a[:-1], steps)

    def best_weights(*a: Any) -> Any:
        losses = train(*a)[0]
        return losses, *train(*a[:-1], int(np.argmin(losses)))[1:]

    def halved(*a: Any) -> Any:
        """Return training that halves η whenever the loss has risen."""
        (losses, first, second), eta = train(*a[:-1], 0), a[-2]
        for _ in range(a[-1]):
            (*_, loss), first, second = train(*a[:2], first, second, eta, 1)
            losses = np.append(losses, loss)
            eta = eta / 2 if losses[-1] > losses[-2] else eta
        return losses, first, second

    return (
        Mistake("last loss missing", "the loss after the last step is missing", losses_cut(slice(-1))),
        Mistake(
            "first loss missing", "the loss before the first step is missing", losses_cut(slice(1, None))
        ),
        Mistake("one loss too many", "there is one loss too many: steps + 1 are asked for", one_loss_more),
        Mistake("one step more", "there is one step too many", one_step_more),
        Mistake(
            "uphill",
            "the steps go uphill: subtract the gradients",
            lambda X, y, first, second, eta, n: train(X, y, first, second, -eta, n),
        ),
        Mistake("in place", "the arguments were changed in place", in_place),
        Mistake(
            "stops when the loss rises",
            "the training stops where the loss rises: do all the steps",
            lambda *a: stopped(*a, goes_on=lambda before, loss: loss <= before),
        ),
        Mistake(
            "stops early",
            "the training stops before all steps are done, where the loss hardly moves: do all the steps",
            lambda *a: stopped(*a, goes_on=lambda before, loss: abs(before - loss) > 1e-8),
            seen=_stops_early,
        ),
        Mistake(
            "best weights",
            "the weights of the lowest loss came back: return those after the last step",
            best_weights,
        ),
        Mistake("η halved", "η was changed on the way: it stays as it is, also where the loss rises", halved),
    )


def _stops_early(trials: Sequence[Trial]) -> bool:
    """Return whether losses are the right ones as far as they go, and end early, but never a step early."""
    missing = []
    for trial in trials:
        if type(trial.got) not in (list, tuple) or len(trial.got) != len(trial.case.want):
            return False
        losses, want = trial.got[0], trial.case.want[0]
        if np.ndim(losses) != 1 or not agrees(losses, want[: len(losses)], Tolerance()):
            return False
        missing.append(len(want) - len(losses))
    return min(missing) == 0 < max(missing)


def _losses_changed(train: Train, change: Callable[..., Any]) -> Train:
    def changed(*a: Any) -> Any:
        losses, *ends = train(*a)
        return change(losses), *ends

    return changed


def _by_steps(loss: Callable[..., Any], step: Callable[..., Any]) -> Train:
    """Return training in which `step(X, y, first, second, eta)` gives the new weights."""

    def train(X: Any, y: Any, first: Any, second: Any, eta: Any, steps: int) -> Any:
        first, second = clone(first), clone(second)
        losses = [loss(X, y, first, second)]
        for _ in range(steps):
            first, second = step(X, y, first, second, eta)
            losses.append(loss(X, y, first, second))
        return np.array(losses), first, second

    return train


def _one_hidden(step: Callable[..., Any]) -> Train:
    return _by_steps(lambda X, y, W1, W2: one_hidden.mse_cost(y, one_hidden.forward(X, W1, W2)[-1]), step)


def _W2_from_new_W1(X: Any, y: Any, W1: Any, W2: Any, eta: Any) -> Any:
    W1 = W1 - eta * gradients_end_to_end(X, y, W1, W2)[0]
    return W1, W2 - eta * gradients_end_to_end(X, y, W1, W2)[1]


def _W1_from_new_W2(X: Any, y: Any, W1: Any, W2: Any, eta: Any) -> Any:
    """Send the error of the old point back through the new W2."""
    _, Z, O, y_hat = one_hidden.forward(X, W1, W2)
    W2 = W2 - eta * one_hidden.dC_dW2(y, y_hat, O, Z)
    return W1 - eta * one_hidden.dC_dW1(X, y, y_hat, O, Z, W2), W2


def _W1_at_new_W2(X: Any, y: Any, W1: Any, W2: Any, eta: Any) -> Any:
    W2 = W2 - eta * gradients_end_to_end(X, y, W1, W2)[1]
    return W1 - eta * gradients_end_to_end(X, y, W1, W2)[0], W2


def _only_W1(X: Any, y: Any, W1: Any, W2: Any, eta: Any) -> Any:
    return W1 - eta * gradients_end_to_end(X, y, W1, W2)[0], W2


def _only_W2(X: Any, y: Any, W1: Any, W2: Any, eta: Any) -> Any:
    return W1, W2 - eta * gradients_end_to_end(X, y, W1, W2)[1]


def _in_place(W1: Any, W2: Any, dW1: Any, dW2: Any, eta: Any) -> Any:
    W1 -= eta * dW1
    W2 -= eta * dW2
    return W1, W2


def _deep(step: Callable[..., Any]) -> Train:
    return _by_steps(_deep_loss, step)


def _deep_loss(X: Any, y: Any, Ws: Any, bs: Any) -> Any:
    last = deep.forward(X, Ws, bs)[-2]
    return deep.bce_from_logits(y, last @ Ws[-1] + bs[-1])


def _scaled(by_W: float, by_b: float) -> Callable[..., Any]:
    """Return a step with the gradients by weights and by biases multiplied by something."""

    def step(X: Any, y: Any, Ws: Any, bs: Any, eta: Any) -> Any:
        dWs, dbs = gradients_end_to_end_deep(X, y, Ws, bs)
        new_Ws = [W - by_W * eta * dW for W, dW in zip(Ws, dWs, strict=True)]
        return new_Ws, [b - by_b * eta * db for b, db in zip(bs, dbs, strict=True)]

    return step


def _mean_gradient(X: Any, y: Any, Ws: Any, bs: Any, eta: Any) -> Any:
    return _scaled(1, 1)(X, y, Ws, bs, eta / len(y))


def _layer_by_layer(X: Any, y: Any, Ws: Any, bs: Any, eta: Any) -> Any:
    """Go backwards and send δ through weights that have already been updated."""
    hs, Ws, bs = deep.forward(X, Ws, bs), list(Ws), list(bs)
    delta = hs[-1] - y
    for l in range(len(Ws) - 1, -1, -1):
        Ws[l], bs[l] = Ws[l] - eta * hs[l].T @ delta, bs[l] - eta * delta.sum(0)
        delta = deep.delta_step(delta, Ws[l], hs[l])
    return Ws, bs


MISTAKES: Table = {
    "ps1.gradient_descent_step": (
        Mistake(
            "uphill",
            "the step goes uphill: subtract the gradient",
            lambda W1, W2, d1, d2, eta: (W1 + eta * d1, W2 + eta * d2),
        ),
        Mistake("no η", "the learning rate is missing", lambda W1, W2, d1, d2, eta: (W1 - d1, W2 - d2)),
        Mistake("in place", "the arguments were changed in place", _in_place),
        Mistake("only W1", "W2 did not move", lambda W1, W2, d1, d2, eta: (W1 - eta * d1, W2.copy())),
        Mistake("only W2", "W1 did not move", lambda W1, W2, d1, d2, eta: (W1.copy(), W2 - eta * d2)),
        Mistake("swapped", "W1 comes first", lambda W1, W2, d1, d2, eta: (W2 - eta * d2, W1 - eta * d1)),
        Mistake(
            "only the step",
            "this is the step alone, not the new weights",
            lambda W1, W2, d1, d2, eta: (-eta * d1, -eta * d2),
        ),
        Mistake(
            "divided by η",
            "the gradient was divided by η",
            lambda W1, W2, d1, d2, eta: (W1 - d1 / eta, W2 - d2 / eta),
        ),
    ),
    "ps1.train": (
        *_of_any_net(train_one_hidden),
        Mistake(
            "W2 from the new W1",
            "the gradient for W2 was taken at the new W1: both belong to the old point",
            _one_hidden(_W2_from_new_W1),
        ),
        Mistake(
            "W1 from the new W2",
            "the gradient for W1 was taken with the new W2: both belong to the old point",
            _one_hidden(_W1_from_new_W2),
            (_one_hidden(_W1_at_new_W2),),
        ),
        Mistake("only W1", "W2 did not move", _one_hidden(_only_W1)),
        Mistake("only W2", "W1 did not move", _one_hidden(_only_W2)),
    ),
    "ps2.train": (
        *_of_any_net(train_deep),
        Mistake(
            "mean loss",
            "the losses are means: L is a sum",
            lambda X, y, *a: _losses_changed(train_deep, lambda losses: losses / len(y))(X, y, *a),
        ),
        Mistake("mean gradient", "the gradients are means: L is a sum", _deep(_mean_gradient)),
        Mistake("biases fixed", "the biases did not move", _deep(_scaled(1, 0))),
        Mistake("weights fixed", "the weights did not move", _deep(_scaled(0, 1))),
        Mistake(
            "new W for δ",
            "δ was sent back through weights that had moved already: all gradients belong to the old point",
            _deep(_layer_by_layer),
        ),
    ),
}
