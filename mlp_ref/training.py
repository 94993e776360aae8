"""Gradient descent, W ← W − η ∂C/∂W, which neither seed writes down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlp_ref import deep, one_hidden

Array = NDArray[np.float64]


def gradient_descent_step(W1: Array, W2: Array, dW1: Array, dW2: Array, eta: float) -> tuple[Array, Array]:
    """One step of ps1: `(W1 − η dW1, W2 − η dW2)`, new arrays."""
    return W1 - eta * dW1, W2 - eta * dW2


def gradients_end_to_end(X: Array, y: Array, W1: Array, W2: Array) -> tuple[Array, Array]:
    """ps1, forward pass and both gradients: `(dC_dW1, dC_dW2)`."""
    _, Z, O, y_hat = one_hidden.forward(X, W1, W2)
    return one_hidden.dC_dW1(X, y, y_hat, O, Z, W2), one_hidden.dC_dW2(y, y_hat, O, Z)


def train_one_hidden(
    X: Array, y: Array, W1: Array, W2: Array, eta: float, steps: int
) -> tuple[Array, Array, Array]:
    """ps1: `(losses, W1, W2)`; losses[t] is the cost after t steps, (steps + 1,).

    Both gradients of a step are taken at the old point.
    """
    W1, W2 = W1.copy(), W2.copy()
    losses = np.empty(steps + 1)
    for t in range(steps + 1):
        _, Z, O, y_hat = one_hidden.forward(X, W1, W2)
        losses[t] = one_hidden.mse_cost(y, y_hat)
        if t < steps:
            slopes = one_hidden.dC_dyhat(y, y_hat), one_hidden.dyhat_dO(O)
            dW1 = one_hidden.dC_dW1_chain(*slopes, one_hidden.dO_dZ(W2), one_hidden.dZ_dH(Z), X)
            dW2 = one_hidden.dC_dW2_chain(*slopes, Z)
            W1, W2 = gradient_descent_step(W1, W2, dW1, dW2, eta)
    return losses, W1, W2


def gradients_end_to_end_deep(
    X: Array, y: Array, Ws: Sequence[Array], bs: Sequence[Array]
) -> tuple[list[Array], list[Array]]:
    """ps2, forward pass, the recursion and all gradients: `(dWs, dbs)`."""
    hs = deep.forward(X, Ws, bs)
    return deep.gradients(hs, deep.deltas(y, hs, Ws))


def train_deep(
    X: Array, y: Array, Ws: Sequence[Array], bs: Sequence[Array], eta: float, steps: int
) -> tuple[Array, list[Array], list[Array]]:
    """ps2: `(losses, Ws, bs)` as in ps1, with the summed cross-entropy; new lists of new arrays."""
    Ws, bs = [W.copy() for W in Ws], [b.copy() for b in bs]
    losses = np.empty(steps + 1)
    for t in range(steps + 1):
        hs = deep.forward(X, Ws, bs)
        # from the last pre-activation: finite however sure the net is
        losses[t] = deep.bce_from_logits(y, hs[-2] @ Ws[-1] + bs[-1])
        if t < steps:
            dWs, dbs = deep.gradients(hs, deep.deltas(y, hs, Ws))
            Ws = [W - eta * dW for W, dW in zip(Ws, dWs, strict=True)]
            bs = [b - eta * db for b, db in zip(bs, dbs, strict=True)]
    return losses, Ws, bs
