"""Beyond the seeds: the same chains for other units, other losses and another step.

In seed 1's network the hidden units are tanh; seed 2's gets K outputs with softmax, ReLU units, and weights
that are penalised; gradient descent gets momentum. Names and shapes are those of `one_hidden` and `deep`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from course.activations import sigmoid

Array = NDArray[np.float64]


def dZ_dH_tanh(Z: Array) -> Array:
    """(8) for Z = [tanh(H), 1]: ∂Z_{i,l}/∂H_{i,l} = 1 − Z_{i,l}² for the real units → (N, h)."""
    Z = Z[:, :-1]
    return (1 - Z) * (1 + Z)


def dC_dW1_tanh(X: Array, y: Array, y_hat: Array, O: Array, Z: Array, W2: Array) -> Array:
    """(10) for Z = [tanh(H), 1]; the output unit stays σ → (d, h)."""
    delta = (y_hat - y) * sigmoid(O) * sigmoid(-O) / len(y)
    return X.T @ (delta * W2[:-1].T * dZ_dH_tanh(Z))


def _shifted(z: Array) -> Array:
    """Return z with 0 as the largest entry of each row: neither softmax nor the loss changes."""
    shifted: Array = z - z.max(axis=1, keepdims=True)
    return shifted


def softmax(z: Array) -> Array:
    """p_ik = e^{z_ik} / Σ_j e^{z_ij} → (N, K), finite however large |z|."""
    powers = np.exp(_shifted(z))
    P: Array = powers / powers.sum(axis=1, keepdims=True)
    return P


def softmax_loss(Y: Array, z: Array) -> float:
    """L = −Σ_i log p_i,label = Σ_i [log Σ_j e^{z_ij} − Σ_k Y_ik z_ik] → float. `Y` (N, K) is one-hot."""
    z = _shifted(z)
    return float(np.sum(np.log(np.exp(z).sum(axis=1)) - np.sum(Y * z, axis=1)))


def softmax_delta(Y: Array, P: Array) -> Array:
    """∂L/∂z_ik = p_ik − Y_ik → (N, K): from log Σ_j e^{z_ij} comes p_ik, from the label's z Y_ik."""
    return P - Y


def relu_delta_step(delta_next: Array, W_next: Array, h: Array) -> Array:
    """§3.2 for h = max(0, z): Δ_l = (Δ_{l+1} W_{l+1}ᵀ) ⊙ [h > 0] → (N, n_l)."""
    return (delta_next @ W_next.T) * (h > 0)


def l2_gradients(dWs: Sequence[Array], Ws: Sequence[Array], lam: float) -> list[Array]:
    """Gradients of L + ½ λ Σ_l ‖W_l‖²: ∂L/∂W_l + λ W_l, a list like `Ws`."""
    return [dW + lam * W for dW, W in zip(dWs, Ws, strict=True)]


def momentum_step(
    theta: Array, velocity: Array, gradient: Array, eta: float, beta: float
) -> tuple[Array, Array]:
    """Return `(theta, velocity)`, new arrays: v ← β v + g, then θ ← θ − η v. Source: Polyak (1964)."""
    velocity = beta * velocity + gradient
    return theta - eta * velocity, velocity
