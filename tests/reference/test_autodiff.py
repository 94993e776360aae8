"""The reference against autograd: derivatives by the weights, and the training that follows them."""

from itertools import pairwise

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad, value_and_grad
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from mlp_ref import deep, one_hidden, training

small = st.integers(1, 6)
seeds = st.integers(0, 2**32 - 1)
one_hidden_shapes = given(N=small, d=small, h=small, seed=seeds)
deep_shapes = given(N=small, sizes=st.lists(small, min_size=1, max_size=4), seed=seeds)


def sigma(t):
    return 1 / (1 + anp.exp(-t))


def cost(weights, X, y):
    """(1) as a function of (W1, W2)."""
    W1, W2 = weights
    Z = anp.hstack([sigma(anp.dot(X, W1)), anp.ones((len(X), 1))])
    return anp.mean((y - sigma(anp.dot(Z, W2))) ** 2) / 2


def loss(weights, X, y):
    """L as a function of (Ws, bs)."""
    h = X
    for W, b in zip(*weights, strict=True):
        h = sigma(anp.dot(h, W) + b)
    return -anp.sum(y * anp.log(h) + (1 - y) * anp.log(1 - h))


def draw_one_hidden(seed, N, d, h):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(d, h)), rng.normal(size=(h + 1, 1))
    return rng.normal(size=(N, d)), rng.uniform(size=(N, 1)), weights


def draw_deep(seed, N, sizes):
    rng = np.random.default_rng(seed)
    sizes = [*sizes, 1]
    Ws = [rng.normal(size=pair) for pair in pairwise(sizes)]
    bs = [rng.normal(size=n) for n in sizes[1:]]
    return rng.normal(size=(N, sizes[0])), rng.integers(0, 2, size=(N, 1)).astype(float), (Ws, bs)


def close(got, want):
    """Equal shapes and values, item by item."""
    if isinstance(want, (list, tuple)):
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            close(g, w)
        return
    assert np.shape(got) == np.shape(want)
    assert_allclose(got, want, rtol=1e-8, atol=1e-11)


def descend(function, weights, eta, steps):
    """Losses and weights of plain gradient descent on `function`; weights are (nested) tuples or lists."""
    losses = []
    for _ in range(steps):
        value, slopes = value_and_grad(function)(weights)
        losses.append(value)
        weights = stepped(weights, slopes, eta)
    return np.array([*losses, function(weights)]), *weights


def stepped(weights, slopes, eta):
    if isinstance(weights, (list, tuple)):
        return type(weights)(stepped(w, s, eta) for w, s in zip(weights, slopes, strict=True))
    return weights - eta * slopes


@pytest.mark.eq1
@one_hidden_shapes
def test_cost_of_the_forward_pass(N, d, h, seed):
    X, y, weights = draw_one_hidden(seed, N, d, h)
    *_, y_hat = one_hidden.forward(X, *weights)
    close(one_hidden.mse_cost(y, y_hat), cost(weights, X, y))


@pytest.mark.eq5
@pytest.mark.eq10
@one_hidden_shapes
def test_gradients_of_the_cost(N, d, h, seed):
    X, y, (W1, W2) = draw_one_hidden(seed, N, d, h)
    _, Z, O, y_hat = one_hidden.forward(X, W1, W2)
    got = one_hidden.dC_dW1(X, y, y_hat, O, Z, W2), one_hidden.dC_dW2(y, y_hat, O, Z)
    close(got, grad(cost)((W1, W2), X, y))


@given(N=small, d=small, h=small, seed=seeds, eta=st.floats(0.01, 20), steps=st.integers(0, 6))
def test_training_with_one_hidden_layer(N, d, h, seed, eta, steps):
    X, y, weights = draw_one_hidden(seed, N, d, h)
    got = training.train_one_hidden(X, y, *weights, eta, steps)
    close(got, descend(lambda weights: cost(weights, X, y), weights, eta, steps))


@pytest.mark.delta
@deep_shapes
def test_loss_of_the_forward_pass(N, sizes, seed):
    X, y, (Ws, bs) = draw_deep(seed, N, sizes)
    hs = deep.forward(X, Ws, bs)
    want = loss((Ws, bs), X, y)
    close(deep.bce_loss(y, hs[-1]), want)
    close(deep.bce_from_logits(y, hs[-2] @ Ws[-1] + bs[-1]), want)


@pytest.mark.delta
@deep_shapes
def test_gradients_of_the_loss(N, sizes, seed):
    X, y, (Ws, bs) = draw_deep(seed, N, sizes)
    hs = deep.forward(X, Ws, bs)
    close(deep.gradients(hs, deep.deltas(y, hs, Ws)), grad(loss)((Ws, bs), X, y))


@pytest.mark.delta
@given(N=small, sizes=st.lists(small, min_size=3, max_size=3), seed=seeds)
def test_both_forms_of_the_first_gradient(N, sizes, seed):
    X, y, (Ws, bs) = draw_deep(seed, N, sizes)
    hs = deep.forward(X, Ws, bs)
    dWs, _ = grad(loss)((Ws, bs), X, y)
    close(deep.dL_dW1(X, y, hs, Ws), dWs[0])
    close(deep.dL_dW1_sums(X, y, hs, Ws), dWs[0])


@pytest.mark.delta
@given(
    N=small,
    sizes=st.lists(small, min_size=1, max_size=4),
    seed=seeds,
    eta=st.floats(0.01, 0.2),
    steps=st.integers(0, 6),
)
def test_training_of_any_depth(N, sizes, seed, eta, steps):
    X, y, (Ws, bs) = draw_deep(seed, N, sizes)
    got = training.train_deep(X, y, Ws, bs, eta, steps)
    close(got, descend(lambda weights: loss(weights, X, y), (Ws, bs), eta, steps))
