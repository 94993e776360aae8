"""SymPy differentiates the cost of a 2-2-1 net, factor by factor and whole; the reference agrees."""

import numpy as np
import pytest
import sympy as sp
from numpy.testing import assert_allclose

from mlp_ref import one_hidden

N = 2


def sigma(t):
    return 1 / (1 + sp.exp(-t))


def matrix(name, rows, columns):
    return sp.Matrix(rows, columns, lambda r, c: sp.Symbol(f"{name}{r}{c}", real=True))


def by(expression, variables):
    """∂expression/∂variables, in the shape of `variables`."""
    return variables.applyfunc(lambda v: sp.diff(expression, v))


def same(a, b):
    return all(sp.simplify(d) == 0 for d in sp.Matrix(a) - sp.Matrix(b))


X, W1, W2, y = matrix("x", N, 2), matrix("w", 2, 2), matrix("v", 3, 1), matrix("y", N, 1)
H = X * W1
Z = H.applyfunc(sigma).row_join(sp.ones(N, 1))
O = Z * W2
Y_HAT = O.applyfunc(sigma)
ERROR = y - Y_HAT
C = ERROR.dot(ERROR) / (2 * N)
# What stands for the intermediate quantities where one factor is looked at by itself.
h, z, o, p = matrix("h", N, 2), matrix("z", N, 2), matrix("o", N, 1), matrix("p", N, 1)
z1 = z.row_join(sp.ones(N, 1))

rng = np.random.default_rng(5)
VALUES = {s: rng.normal() for s in sorted({*X, *W1, *W2, *y}, key=str)}


def number(expression):
    """The value of a matrix of expressions at VALUES, as an array, to 30 digits before rounding."""
    expression = sp.Matrix(expression)
    return np.array([float(sp.N(e, 30, subs=VALUES)) for e in expression]).reshape(expression.shape)


def close(got, want):
    assert got.shape == want.shape
    assert_allclose(got, want, rtol=1e-12, atol=1e-15)


@pytest.mark.eq3
def test_eq3_derivative_of_the_cost_by_the_output():
    assert same(by(((y - p).dot(y - p)) / (2 * N), p), -(y - p) / N)
    close(one_hidden.dC_dyhat(number(y), number(Y_HAT)), number(-ERROR / N))


@pytest.mark.slow
@pytest.mark.eq3a
def test_eq3a_slope_of_the_output():
    slope = o.applyfunc(lambda o_i: sp.diff(sigma(o_i), o_i))
    assert same(slope, o.applyfunc(lambda o_i: sigma(o_i) * (1 - sigma(o_i))))
    close(one_hidden.dyhat_dO(number(O)), number(slope.subs(dict(zip(o, O, strict=True)))))


@pytest.mark.eq4
def test_eq4_output_by_W2():
    rows = [by((z1 * W2)[i], W2).T for i in range(N)]
    assert same(sp.Matrix.vstack(*rows), z1)
    close(one_hidden.dO_dW2(number(Z)), number(Z))


@pytest.mark.slow
@pytest.mark.eq2
@pytest.mark.eq5
def test_eq2_and_eq5_gradient_of_W2():
    want = by(C, W2)
    factors = [-ERROR[i] / N * Y_HAT[i] * (1 - Y_HAT[i]) for i in range(N)]
    assert same(Z.T * sp.Matrix(factors), want)
    close(one_hidden.dC_dW2(number(y), number(Y_HAT), number(O), number(Z)), number(want))
    got = one_hidden.dC_dW2_chain(
        number(-ERROR / N), number(Y_HAT.multiply_elementwise(sp.ones(N, 1) - Y_HAT)), number(Z)
    )
    close(got, number(want))


@pytest.mark.eq7
def test_eq7_output_by_hidden_activations():
    for i in range(N):
        assert same(by((z1 * W2)[i], z[i, :]), W2[:2, 0].T)
    close(one_hidden.dO_dZ(number(W2)), number(W2[:2, 0])[:, 0])


@pytest.mark.eq8
def test_eq8_slope_of_the_hidden_units():
    slope = h.applyfunc(lambda h_il: sp.diff(sigma(h_il), h_il))
    assert same(slope, h.applyfunc(lambda h_il: sigma(h_il) * (1 - sigma(h_il))))
    close(one_hidden.dZ_dH(number(Z)), number(slope.subs(dict(zip(h, H, strict=True)))))


@pytest.mark.eq9
def test_eq9_corrected():
    for i in range(N):
        for l in range(2):
            want = by(H[i, l], W1)
            assert want[:, l] == X[i, :].T
            assert want[:, 1 - l] == sp.zeros(2, 1)
    close(one_hidden.dH_dW1(number(X)), number(X))


@pytest.mark.slow
@pytest.mark.eq9
def test_eq9_as_printed_is_not_the_derivative():
    # ∂H_{i,k}/∂W1_{k,l} is δ_kl X_{i,k}, neither the printed X_{i,k} nor the factor that (6) needs
    for i, k, l in np.ndindex(N, 2, 2):
        assert sp.diff(H[i, k], W1[k, l]) == (X[i, k] if k == l else 0)
    upstream = [-ERROR[i] / N * Y_HAT[i] * (1 - Y_HAT[i]) for i in range(N)]
    as_printed = sp.Matrix(
        2,
        2,
        lambda k, l: sum(
            upstream[i] * W2[l] * Z[i, l] * (1 - Z[i, l]) * sp.diff(H[i, k], W1[k, l]) for i in range(N)
        ),
    )
    got, want = number(as_printed), number(by(C, W1))
    assert_allclose(np.diag(got), np.diag(want), rtol=1e-12)
    assert got[0, 1] == got[1, 0] == 0
    assert np.abs(want).min() > 1e-4


@pytest.mark.slow
@pytest.mark.eq6
@pytest.mark.eq10
def test_eq6_and_eq10_gradient_of_W1():
    want = number(by(C, W1))
    x, hidden, weights, y_hat = number(X), number(Z), number(W2), number(Y_HAT)
    close(one_hidden.dC_dW1(x, number(y), y_hat, number(O), hidden, weights), want)
    slope = number(Z[:, :2].multiply_elementwise(sp.ones(N, 2) - Z[:, :2]))
    upstream = number(-ERROR / N), number(Y_HAT.multiply_elementwise(sp.ones(N, 1) - Y_HAT))
    close(one_hidden.dC_dW1_chain(*upstream, weights[:2, 0], slope, x), want)
    printed = sp.Matrix(
        2,
        2,
        lambda k, l: (
            -sum(
                ERROR[i] * Y_HAT[i] * (1 - Y_HAT[i]) * W2[l] * Z[i, l] * (1 - Z[i, l]) * X[i, k]
                for i in range(N)
            )
            / N
        ),
    )
    close(number(printed), want)
