"""Every algebraically equal form passes, on every seed: loops, einsum, other containers, other orders."""

import numpy as np
import pytest

from course.activations import sigmoid
from course.checking.seed import use_seed
from mlp_ref import deep, one_hidden
from mlp_ref.grading import matches_reference


def dC_dW2_in_loops(y, y_hat, _, Z):
    gradient = np.zeros((Z.shape[1], 1))
    for i in range(len(y)):
        for k in range(Z.shape[1]):
            slope = y_hat[i, 0] * (1 - y_hat[i, 0])
            gradient[k, 0] += -(y[i, 0] - y_hat[i, 0]) * slope * Z[i, k] / len(y)
    return gradient


def dC_dW1_by_einsum(X, y, y_hat, O, Z, W2):
    upstream = (y_hat - y) * sigmoid(O) * (1 - sigmoid(O)) / len(X)
    return np.einsum("ik,io,lo,il,il->kl", X, upstream, W2[:-1], Z[:, :-1], 1 - Z[:, :-1])


def naive_forward(X, W1, W2):
    with np.errstate(over="ignore"):
        H = np.dot(X, W1)
        Z = np.c_[1 / (1 + np.exp(-H)), np.ones(len(X))]
        O = np.matmul(Z, W2)
        return [H, Z, O, 1 / (1 + np.exp(-O))]


def deltas_through_the_factors(y, hs, Ws):
    result = [np.array(hs[-1]) - y]
    for h, W in list(zip(hs[1:-1], Ws[1:], strict=True))[::-1]:
        rows = [(deep.dz_dh(W).T @ delta) * deep.dh_dz(row) for delta, row in zip(result[-1], h, strict=True)]
        result.append(np.array(rows))
    return tuple(result[::-1])


def first_gradient_by_outer_products(X, y, hs, Ws):
    _, h1, h2, f = hs
    total = 0
    for x, y_i, a, b, f_i in zip(X, y, h1, h2, f, strict=True):
        back = (Ws[2][:, 0] * b * (1 - b)) @ Ws[1].T
        total = total - (y_i - f_i) * np.outer(x, back * a * (1 - a))
    return total


def train_with_factors(X, y, Ws, bs, eta, steps):
    """With bce_loss, and ∂L/∂f times ∂f/∂z where the reference cancels."""
    Ws, bs, losses = list(Ws), list(bs), []
    for _ in range(steps):
        hs = deep.forward(X, Ws, bs)
        losses.append(deep.bce_loss(y, hs[-1]))
        delta = deep.dL_df(y, hs[-1]) * deep.dh_dz(hs[-1])
        for k in reversed(range(len(Ws))):
            dW, db = hs[k].T @ delta, delta.sum(0)
            delta = (delta @ Ws[k].T) * hs[k] * (1 - hs[k])
            Ws[k], bs[k] = Ws[k] - eta * dW, bs[k] - eta * db
    losses.append(deep.bce_loss(y, deep.forward(X, Ws, bs)[-1]))
    return losses, [W + 0 for W in Ws], [b + 0 for b in bs]


FORMS = {
    "mse_cost as a 0-d array": ("ps1.mse_cost", lambda y, y_hat: np.array(((y_hat - y) ** 2).mean() / 2)),
    "forward, naive": ("ps1.forward", naive_forward),
    "(3a) as s(1 − s)": ("ps1.dyhat_dO", lambda O: sigmoid(O) - sigmoid(O) ** 2),
    "(4) as a view": ("ps1.dO_dW2", lambda Z: Z),
    "(5) in loops": ("ps1.dC_dW2", dC_dW2_in_loops),
    "(7) as a list": ("ps1.dO_dZ", lambda W2: W2[:-1, 0].tolist()),
    "(8) as z − z²": ("ps1.dZ_dH", lambda Z: (Z - Z**2)[:, :-1]),
    "(10) by einsum": ("ps1.dC_dW1", dC_dW1_by_einsum),
    "(10), Fortran": ("ps1.dC_dW1", lambda *args: np.asfortranarray(one_hidden.dC_dW1(*args))),
    "forward, first is X itself": ("ps2.forward", lambda X, Ws, bs: (X, *deep.forward(X, Ws, bs)[1:])),
    "bce_loss by cases": ("ps2.bce_loss", lambda y, f: -np.log(np.where(y == 1, f, 1 - f)).sum()),
    "logits by cases": (
        "ps2.bce_from_logits",
        lambda y, z: np.sum(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))),
    ),
    "dL_df by terms": ("ps2.dL_df", lambda y, f: -y / f + (1 - y) / (1 - f)),
    "dz_dh as a view": ("ps2.dz_dh", np.transpose),
    "deltas example by example": ("ps2.deltas", deltas_through_the_factors),
    "§3.1 by outer products": ("ps2.dL_dW1", first_gradient_by_outer_products),
    "sums in matrix form": ("ps2.dL_dW1_sums", deep.dL_dW1),
    "train with factors": ("ps2.train", train_with_factors),
}


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "function"), FORMS.values(), ids=FORMS)
def test_equal_forms_pass(name, function):
    for seed in range(30):
        with use_seed(seed):
            matches_reference(name, function)
