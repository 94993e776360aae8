"""The reference's gradients against the complex step through a forward pass written here."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from course.gradcheck import complex_step_jacobian as derivative
from mlp_ref import deep, one_hidden

small = st.integers(1, 5)
generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)
depths = st.lists(small, min_size=1, max_size=4).map(lambda sizes: [*sizes, 1])
three_layers = st.lists(small, min_size=3, max_size=3).map(lambda sizes: [*sizes, 1])
one_hidden_shapes = given(N=small, d=small, h=small, rng=generators)


def close(got, want):
    assert got.shape == want.shape
    assert_allclose(got, want, rtol=1e-9, atol=1e-12)


def is_diagonal(jacobian, entries):
    """The derivative of an elementwise function has `entries` on the diagonal and 0 elsewhere."""
    close(jacobian.reshape(entries.size, entries.size), np.diag(entries.ravel()))


def sigma(t):
    return 1 / (1 + np.exp(-t))


def cost(y, y_hat):
    return ((y - y_hat) ** 2).sum() / (2 * len(y))


def loss(y, f):
    return -(y * np.log(f) + (1 - y) * np.log(1 - f)).sum()


def with_bias(Z):
    return np.hstack([Z, np.ones((len(Z), 1))])


def network(rng, N, d, h):
    """X, y, W1, W2 and what the forward pass makes of them: H, Z, O, y_hat."""
    X, y = rng.normal(size=(N, d)), rng.uniform(size=(N, 1))
    W1, W2 = rng.normal(size=(d, h)), rng.normal(size=(h + 1, 1))
    H = X @ W1
    Z = with_bias(sigma(H))
    return X, y, W1, W2, H, Z, Z @ W2, sigma(Z @ W2)


def activations(X, Ws, bs, shifts=None):
    """h_0 to h_L; `shifts` are added to the pre-activations, to differentiate by these."""
    hs = [X]
    for W, b, shift in zip(Ws, bs, shifts or [0] * len(Ws), strict=True):
        hs.append(sigma(hs[-1] @ W + b + shift))
    return hs


def deep_network(rng, N, sizes):
    X, y = rng.normal(size=(N, sizes[0])), rng.integers(0, 2, size=(N, 1)).astype(float)
    Ws = [rng.normal(size=pair) for pair in pairwise(sizes)]
    bs = [rng.normal(size=n) for n in sizes[1:]]
    return X, y, Ws, bs, activations(X, Ws, bs)


def replaced(items, k, item):
    return [*items[:k], item, *items[k + 1 :]]


@pytest.mark.slow
@pytest.mark.eq3
@pytest.mark.eq3a
@one_hidden_shapes
def test_factors_of_the_output(N, d, h, rng):
    _, y, _, _, _, _, O, y_hat = network(rng, N, d, h)
    close(one_hidden.dC_dyhat(y, y_hat), derivative(lambda y_hat: cost(y, y_hat), y_hat))
    is_diagonal(derivative(sigma, O), one_hidden.dyhat_dO(O))


@pytest.mark.eq4
@one_hidden_shapes
def test_output_by_W2(N, d, h, rng):
    *_, W2, _, Z, _, _ = network(rng, N, d, h)
    close(one_hidden.dO_dW2(Z), derivative(lambda W2: Z @ W2, W2)[:, 0, :, 0])


@pytest.mark.slow
@pytest.mark.eq2
@pytest.mark.eq5
@one_hidden_shapes
def test_gradient_of_W2(N, d, h, rng):
    _, y, _, W2, _, Z, O, y_hat = network(rng, N, d, h)
    want = derivative(lambda W2: cost(y, sigma(Z @ W2)), W2)
    close(one_hidden.dC_dW2(y, y_hat, O, Z), want)
    factors = one_hidden.dC_dyhat(y, y_hat), one_hidden.dyhat_dO(O), one_hidden.dO_dW2(Z)
    close(one_hidden.dC_dW2_chain(*factors), want)


@pytest.mark.slow
@pytest.mark.eq2
@one_hidden_shapes
def test_chain_of_W2_with_any_factors(N, d, h, rng):
    *_, W2, _, Z, _, _ = network(rng, N, d, h)
    a, b = rng.normal(size=(2, N, 1))
    close(one_hidden.dC_dW2_chain(a, b, Z), derivative(lambda W2: (a * b * (Z @ W2)).sum(), W2))


@pytest.mark.slow
@pytest.mark.eq7
@one_hidden_shapes
def test_output_by_hidden_activations(N, d, h, rng):
    *_, W2, _, Z, _, _ = network(rng, N, d, h)
    jacobian = derivative(lambda real_units: with_bias(real_units) @ W2, Z[:, :-1])[:, 0]
    close(np.einsum("ij,l->ijl", np.eye(N), one_hidden.dO_dZ(W2)), jacobian)


@pytest.mark.slow
@pytest.mark.eq8
@one_hidden_shapes
def test_slope_of_hidden_units(N, d, h, rng):
    *_, H, Z, _, _ = network(rng, N, d, h)
    is_diagonal(derivative(sigma, H), one_hidden.dZ_dH(Z))


@pytest.mark.slow
@pytest.mark.eq9
@one_hidden_shapes
def test_hidden_units_by_W1(N, d, h, rng):
    X, _, W1, *_ = network(rng, N, d, h)
    want = np.einsum("ik,lm->ilkm", one_hidden.dH_dW1(X), np.eye(h))
    close(want, derivative(lambda W1: X @ W1, W1))


@pytest.mark.slow
@pytest.mark.eq10
@pytest.mark.eq6
@one_hidden_shapes
def test_gradient_of_W1(N, d, h, rng):
    X, y, W1, W2, _, Z, O, y_hat = network(rng, N, d, h)
    want = derivative(lambda W1: cost(y, sigma(with_bias(sigma(X @ W1)) @ W2)), W1)
    close(one_hidden.dC_dW1(X, y, y_hat, O, Z, W2), want)
    outer = one_hidden.dC_dyhat(y, y_hat), one_hidden.dyhat_dO(O), one_hidden.dO_dZ(W2)
    close(one_hidden.dC_dW1_chain(*outer, one_hidden.dZ_dH(Z), one_hidden.dH_dW1(X)), want)


@pytest.mark.slow
@pytest.mark.eq6
@one_hidden_shapes
def test_chain_of_W1_with_any_factors(N, d, h, rng):
    X, _, W1, *_ = network(rng, N, d, h)
    a, b, w, s = rng.normal(size=(N, 1)), rng.normal(size=(N, 1)), rng.normal(size=h), rng.normal(size=(N, h))
    close(one_hidden.dC_dW1_chain(a, b, w, s, X), derivative(lambda W1: (a * b * w * s * (X @ W1)).sum(), W1))


@pytest.mark.slow
@pytest.mark.delta
@given(N=small, sizes=depths, rng=generators)
def test_factors_of_the_recursion(N, sizes, rng):
    _, y, Ws, bs, hs = deep_network(rng, N, sizes)
    close(deep.dL_df(y, hs[-1]), derivative(lambda f: loss(y, f), hs[-1]))
    for h_below, W, b, h in zip(hs[:-1], Ws, bs, hs[1:], strict=True):
        z = h_below @ W + b
        is_diagonal(derivative(sigma, z), deep.dh_dz(h))
        close(deep.dh_dz(h[0]), deep.dh_dz(h)[0])
        close(deep.dz_dh(W), derivative(lambda row, W=W, b=b: row @ W + b, h_below[0]))
    close(deep.output_delta(y, hs[-1]), derivative(lambda z: loss(y, sigma(z)), z))


@pytest.mark.slow
@pytest.mark.delta
@given(N=small, n=small, n_next=small, rng=generators)
def test_one_step_of_the_recursion(N, n, n_next, rng):
    z, W, delta_next = rng.normal(size=(N, n)), rng.normal(size=(n, n_next)), rng.normal(size=(N, n_next))
    want = derivative(lambda z: (delta_next * (sigma(z) @ W)).sum(), z)
    close(deep.delta_step(delta_next, W, sigma(z)), want)


@pytest.mark.slow
@pytest.mark.delta
@given(N=small, sizes=depths, rng=generators)
def test_deltas_and_gradients(N, sizes, rng):
    X, y, Ws, bs, hs = deep_network(rng, N, sizes)
    deltas = deep.deltas(y, hs, Ws)
    dWs, dbs = deep.gradients(hs, deltas)
    assert len(deltas) == len(dWs) == len(dbs) == len(Ws)
    zero = [np.zeros_like(h) for h in hs[1:]]
    for k in range(len(Ws)):
        at_z = derivative(lambda s, k=k: loss(y, activations(X, Ws, bs, replaced(zero, k, s))[-1]), zero[k])
        at_W = derivative(lambda W, k=k: loss(y, activations(X, replaced(Ws, k, W), bs)[-1]), Ws[k])
        at_b = derivative(lambda b, k=k: loss(y, activations(X, Ws, replaced(bs, k, b))[-1]), bs[k])
        close(deltas[k], at_z)
        close(dWs[k], at_W)
        close(dbs[k], at_b)


@pytest.mark.delta
@given(N=small, sizes=three_layers, rng=generators)
def test_both_forms_of_the_first_gradient(N, sizes, rng):
    X, y, Ws, bs, hs = deep_network(rng, N, sizes)
    want = derivative(lambda W1: loss(y, activations(X, [W1, *Ws[1:]], bs)[-1]), Ws[0])
    close(deep.dL_dW1(X, y, hs, Ws), want)
    close(deep.dL_dW1_sums(X, y, hs, Ws), want)
