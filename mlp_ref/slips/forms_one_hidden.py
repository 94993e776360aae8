"""The functions of ps0 and ps1 as students write them: each a formula with all its parts in sight.

`switched.py` reads the source: every operation, name and number in it may be wrong. Hence no comprehensions,
and a part that may be missing as a whole has a name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlp_ref.slips.vocabulary import (
    exp,
    moved,
    norm,
    sigmoid,
    slope_at,
    slope_of,
    square,
    tanh_slope,
    total,
    with_ones,
)


def _sigmoid(t: Any) -> Any:
    return 1 / (1 + exp(-np.asarray(t)))


def _sigmoid_as_a_word(t: Any) -> Any:
    return sigmoid(t)


def _relative_error(a: Any, b: Any) -> Any:
    a = np.asarray(a)
    b = np.asarray(b)
    if not (np.any(a) or np.any(b)):
        return 0.0
    return norm(a - b) / (norm(a) + norm(b))


def _numerical_gradient(f: Any, W: Any, h: Any = 1e-5) -> Any:
    gradient = np.zeros(W.shape)
    for p in np.ndindex(W.shape):
        gradient[p] = (f(moved(W, p, h)) - f(moved(W, p, -h))) / (2 * h)
    return gradient


def _mse_cost(y: Any, y_hat: Any) -> Any:
    N = len(y)
    return total(square(y - y_hat)) / (2 * N)


def _forward(X: Any, W1: Any, W2: Any) -> Any:
    H = X @ W1
    units = sigmoid(H)
    Z = with_ones(units)
    O = Z @ W2
    y_hat = sigmoid(O)
    return H, Z, O, y_hat


def _dC_dyhat(y: Any, y_hat: Any) -> Any:
    N = len(y)
    return -(y - y_hat) / N


def _dyhat_dO(O: Any) -> Any:
    return slope_at(O)


def _dO_dW2(Z: Any) -> Any:
    return Z


def _dC_dW2_chain(dC_dyhat: Any, dyhat_dO: Any, dO_dW2: Any) -> Any:
    return dO_dW2.T @ (dC_dyhat * dyhat_dO)


def _dC_dW2(y: Any, y_hat: Any, O: Any, Z: Any) -> Any:
    N = len(y)
    slope = slope_at(O)
    delta = (y_hat - y) * slope
    return Z.T @ delta / N


def _dO_dZ(W2: Any) -> Any:
    return W2[:-1, 0]


def _dZ_dH(Z: Any) -> Any:
    units = Z[:, :-1]
    return slope_of(units)


def _dH_dW1(X: Any) -> Any:
    return X


def _dC_dW1_chain(dC_dyhat: Any, dyhat_dO: Any, dO_dZ: Any, dZ_dH: Any, dH_dW1: Any) -> Any:
    delta = dC_dyhat * dyhat_dO
    return dH_dW1.T @ (delta * (dO_dZ * dZ_dH))


def _dC_dW1(X: Any, y: Any, y_hat: Any, O: Any, Z: Any, W2: Any) -> Any:
    N = len(y)
    slope = slope_at(O)
    weights = W2[:-1].T
    units = Z[:, :-1]
    delta = (y_hat - y) * slope
    hidden = slope_of(units)
    return X.T @ (delta * (weights * hidden)) / N


def _dC_dW1_tanh(X: Any, y: Any, y_hat: Any, O: Any, Z: Any, W2: Any) -> Any:
    N = len(y)
    slope = slope_at(O)
    weights = W2[:-1].T
    units = Z[:, :-1]
    delta = (y_hat - y) * slope
    hidden = tanh_slope(units)
    return X.T @ (delta * (weights * hidden)) / N


def _dZ_dH_tanh(Z: Any) -> Any:
    units = Z[:, :-1]
    return tanh_slope(units)


def _gradient_descent_step(W1: Any, W2: Any, dW1: Any, dW2: Any, eta: Any) -> Any:
    return W1 - eta * dW1, W2 - eta * dW2


def _gradients_end_to_end(X: Any, y: Any, W1: Any, W2: Any) -> Any:
    N = len(y)
    H = X @ W1
    units = sigmoid(H)
    Z = with_ones(units)
    O = Z @ W2
    y_hat = sigmoid(O)
    slope = slope_at(O)
    delta = (y_hat - y) * slope / N
    weights = W2[:-1].T
    hidden = slope_of(units)
    return X.T @ (delta * (weights * hidden)), Z.T @ delta


def _train(X: Any, y: Any, W1: Any, W2: Any, eta: Any, steps: Any) -> Any:
    losses = []
    N = len(y)
    for t in range(steps + 1):
        units = sigmoid(X @ W1)
        Z = with_ones(units)
        O = Z @ W2
        y_hat = sigmoid(O)
        loss = total(square(y - y_hat)) / (2 * N)
        losses.append(loss)
        if t == steps:
            break
        slope = slope_at(O)
        delta = (y_hat - y) * slope / N
        weights = W2[:-1].T
        hidden = slope_of(units)
        dW1 = X.T @ (delta * (weights * hidden))
        dW2 = Z.T @ delta
        W1 = W1 - eta * dW1
        W2 = W2 - eta * dW2
    return np.array(losses), W1, W2


FORMS: dict[str, tuple[Callable[..., Any], ...]] = {
    "ps0.sigmoid": (_sigmoid, _sigmoid_as_a_word),
    "ps0.relative_error": (_relative_error,),
    "ps0.numerical_gradient": (_numerical_gradient,),
    "ps1.mse_cost": (_mse_cost,),
    "ps1.forward": (_forward,),
    "ps1.dC_dyhat": (_dC_dyhat,),
    "ps1.dyhat_dO": (_dyhat_dO,),
    "ps1.dO_dW2": (_dO_dW2,),
    "ps1.dC_dW2_chain": (_dC_dW2_chain,),
    "ps1.dC_dW2": (_dC_dW2,),
    "ps1.dO_dZ": (_dO_dZ,),
    "ps1.dZ_dH": (_dZ_dH,),
    "ps1.dH_dW1": (_dH_dW1,),
    "ps1.dC_dW1_chain": (_dC_dW1_chain,),
    "ps1.dC_dW1": (_dC_dW1,),
    "ps1.gradient_descent_step": (_gradient_descent_step,),
    "ps1.gradients_end_to_end": (_gradients_end_to_end,),
    "ps1.train": (_train,),
    "ps1.dZ_dH_tanh": (_dZ_dH_tanh,),
    "ps1.dC_dW1_tanh": (_dC_dW1_tanh,),
}
