"""Seed 1: one hidden layer, mean squared error. One function per equation.

Rows are examples. N examples, d inputs, h hidden units; the bias unit is the last column of Z and
the last row of W2. i runs over examples, k over inputs (or over rows of W2), l over hidden units.

    H = X W1            (N, h)       O = Z W2          (N, 1)
    Z = [σ(H), 1]       (N, h + 1)   ŷ = σ(O)          (N, 1)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from course.activations import sigmoid

Array = NDArray[np.float64]


def mse_cost(y: Array, y_hat: Array) -> float:
    """(1): C = 1/(2N) Σ_i (y_i − ŷ_i)². `y`, `y_hat` (N, 1) → float."""
    return float(np.sum((y - y_hat) ** 2) / (2 * len(y)))


def forward(X: Array, W1: Array, W2: Array) -> tuple[Array, Array, Array, Array]:
    """Return `(H, Z, O, y_hat)`. `X` (N, d), `W1` (d, h), `W2` (h + 1, 1).

    The seed never defines H; it is X W1. Its (4) sums k to 4: Z[:, 3] = 1 is the bias unit.
    """
    H = X @ W1
    Z = np.concatenate([sigmoid(H), np.ones((len(X), 1))], axis=1)
    O = Z @ W2
    return H, Z, O, sigmoid(O)


def dC_dyhat(y: Array, y_hat: Array) -> Array:
    """(3): ∂C/∂ŷ_i = −(y_i − ŷ_i)/N → (N, 1). The ½ of (1) cancels the 2; 1/N is here, once."""
    return -(y - y_hat) / len(y)


def dyhat_dO(O: Array) -> Array:
    """(3a), unnumbered in the seed: ∂ŷ_i/∂O_i = σ(O_i)(1 − σ(O_i)) → (N, 1).

    1 − σ(O) is computed as σ(−O), which keeps its digits where σ(O) is close to 1.
    """
    return sigmoid(O) * sigmoid(-O)


def dO_dW2(Z: Array) -> Array:
    """(4): ∂O_i/∂W2_{k,1} = Z_{i,k} → (N, h + 1); row i belongs to O_i."""
    return Z.copy()


def dC_dW2_chain(dC_dyhat: Array, dyhat_dO: Array, dO_dW2: Array) -> Array:
    """(2): ∂C/∂W2 = Σ_i (∂C/∂ŷ_i)(∂ŷ_i/∂O_i)(∂O_i/∂W2) → (h + 1, 1)."""
    return dO_dW2.T @ (dC_dyhat * dyhat_dO)


def dC_dW2(y: Array, y_hat: Array, O: Array, Z: Array) -> Array:
    """(5): ∂C/∂W2_k = −1/N Σ_i (y_i − ŷ_i) σ(O_i)(1 − σ(O_i)) Z_{i,k} → (h + 1, 1)."""
    return -Z.T @ ((y - y_hat) * sigmoid(O) * sigmoid(-O)) / len(y)


def dO_dZ(W2: Array) -> Array:
    """(7): ∂O_i/∂Z_{i,l} = W2_{l,1} for the real units l → (h,); the bias row is dropped."""
    return W2[:-1, 0].copy()


def dZ_dH(Z: Array) -> Array:
    """(8): ∂Z_{i,l}/∂H_{i,l} = Z_{i,l}(1 − Z_{i,l}) for the real units → (N, h)."""
    return Z[:, :-1] * (1 - Z[:, :-1])


def dH_dW1(X: Array) -> Array:
    """(9), corrected: ∂H_{i,l}/∂W1_{k,l} = X_{i,k}, for every l → (N, d).

    The seed prints ∂H_{i,k}/∂W1_{k,l}, which is δ_kl X_{i,k}.
    """
    return X.copy()


def dC_dW1_chain(dC_dyhat: Array, dyhat_dO: Array, dO_dZ: Array, dZ_dH: Array, dH_dW1: Array) -> Array:
    """(6): ∂C/∂W1_{k,l} = Σ_i of the five factors, in the order of the arguments → (d, h).

    No sum over hidden units: W1_{k,l} feeds unit l alone, and there is one output.
    """
    return dH_dW1.T @ (dC_dyhat * dyhat_dO * dO_dZ * dZ_dH)


def dC_dW1(X: Array, y: Array, y_hat: Array, O: Array, Z: Array, W2: Array) -> Array:
    """(10): −1/N Σ_i (y_i − ŷ_i) σ(O_i)(1 − σ(O_i)) W2_l Z_{i,l}(1 − Z_{i,l}) X_{i,k} → (d, h)."""
    Z, W2 = Z[:, :-1], W2[:-1]
    return -X.T @ ((y - y_hat) * sigmoid(O) * sigmoid(-O) * W2.T * Z * (1 - Z)) / len(y)
