"""Seed 2: sigmoid layers, cross-entropy, the δ recursion, in rows and for any depth L.

`hs = [X, h_1, …, h_L]`, `Ws = [W_1, …, W_L]`, `bs = [b_1, …, b_L]`; W_l is (n_{l−1}, n_l), b_l (n_l,),
h_l (N, n_l), n_L = 1 and f = h_L. The seed writes columns; here rows are examples, so its
δ_l = δ_{l+1} W_{l+1}ᵀ h_l ⊙ (1 − h_l) holds as printed once parentheses are put in.
δ_l = ∂L/∂z_l is the derivative of the loss: the seed's L_i is the log-likelihood, its δ_L is y − f.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from course.activations import sigmoid

Array = NDArray[np.float64]


def forward(X: Array, Ws: Sequence[Array], bs: Sequence[Array]) -> list[Array]:
    """§3: z_l = h_{l−1} W_l + b_l, h_l = σ(z_l), h_0 = X → `hs`, L + 1 arrays."""
    hs = [X.copy()]
    for W, b in zip(Ws, bs, strict=True):
        hs.append(sigmoid(hs[-1] @ W + b))
    return hs


def bce_loss(y: Array, f: Array) -> float:
    """L = −Σ_i [y_i log f_i + (1 − y_i) log(1 − f_i)] → float. The seed omits the brackets."""
    return float(-np.sum(y * np.log(f) + (1 - y) * np.log1p(-f)))


def bce_from_logits(y: Array, z: Array) -> float:
    """L from z = z_L: Σ_i [log(1 + e^{z_i}) − y_i z_i] → float, finite however large |z|."""
    return float(np.sum(np.logaddexp(0, z) - y * z))


def dL_df(y: Array, f: Array) -> Array:
    """§3.1 with the loss's sign: (f − y) / (f (1 − f)) → (N, 1); 0/0 where f saturates."""
    return (f - y) / (f * (1 - f))


def dh_dz(h: Array) -> Array:
    """§3.1: σ′(z) written in h = σ(z): h ⊙ (1 − h) → like `h`. As a Jacobian it is diagonal."""
    return h * (1 - h)


def dz_dh(W_next: Array) -> Array:
    """§3.1: ∂z_{l+1}/∂h_l = W_{l+1}ᵀ → (n_{l+1}, n_l), entry [a, b] = ∂z_a/∂h_b."""
    return W_next.T.copy()


def output_delta(y: Array, f: Array) -> Array:
    """§3.1, after the cancellation: δ_L = f − y → (N, 1), finite also where f is 0 or 1."""
    return f - y


def delta_step(delta_next: Array, W_next: Array, h: Array) -> Array:
    """§3.2: Δ_l = (Δ_{l+1} W_{l+1}ᵀ) ⊙ h_l ⊙ (1 − h_l) → (N, n_l)."""
    return (delta_next @ W_next.T) * h * (1 - h)


def deltas(y: Array, hs: Sequence[Array], Ws: Sequence[Array]) -> list[Array]:
    """§3.2, all layers → `[δ_1, …, δ_L]`, from the last back to the first."""
    result = [output_delta(y, hs[-1])]
    for h, W_next in zip(hs[-2:0:-1], Ws[:0:-1], strict=True):
        result.insert(0, delta_step(result[0], W_next, h))
    return result


def dL_dW1(X: Array, y: Array, hs: Sequence[Array], Ws: Sequence[Array]) -> Array:
    """§3.1, matrix form, L = 3 → (n_0, n_1). The seed's last product is an outer product."""
    _, h1, h2, f = hs
    _, W2, W3 = Ws
    return X.T @ (((((f - y) @ W3.T) * h2 * (1 - h2)) @ W2.T) * h1 * (1 - h1))


def dL_dW1_sums(X: Array, y: Array, hs: Sequence[Array], Ws: Sequence[Array]) -> Array:
    """§3.1, summation form with its index corrected, L = 3 → (n_0, n_1).

    Entry [p, m] is −Σ_i (y_i − f_i) [Σ_l W_3[l] h_2ˡ(1 − h_2ˡ) W_2[m, l]] h_1ᵐ(1 − h_1ᵐ) x_p.
    The seed sums over the free index m as well.
    """
    _, h1, h2, f = hs
    _, W2, W3 = Ws
    gradient = np.zeros((X.shape[1], h1.shape[1]))
    for i, p, m in np.ndindex(len(X), *gradient.shape):
        inner = sum(W3[l, 0] * h2[i, l] * (1 - h2[i, l]) * W2[m, l] for l in range(len(W3)))
        gradient[p, m] -= (y[i, 0] - f[i, 0]) * inner * h1[i, m] * (1 - h1[i, m]) * X[i, p]
    return gradient


def gradients(hs: Sequence[Array], deltas: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """Extension: ∂L/∂W_l = h_{l−1}ᵀ δ_l, ∂L/∂b_l = Σ_i δ_l → `(dWs, dbs)`."""
    dWs = [h.T @ delta for h, delta in zip(hs[:-1], deltas, strict=True)]
    return dWs, [delta.sum(axis=0) for delta in deltas]
