"""SymPy differentiates the loss of a 2-2-2-1 net by every pre-activation and by W1; the reference agrees."""

import numpy as np
import pytest
import sympy as sp
from numpy.testing import assert_allclose

from mlp_ref import deep

pytestmark = pytest.mark.delta

N, SIZES = 2, (2, 2, 2, 1)
LAYERS = range(1, 4)


def sigma(t):
    return 1 / (1 + sp.exp(-t))


def matrix(name, rows, columns):
    return sp.Matrix(rows, columns, lambda r, c: sp.Symbol(f"{name}_{r}{c}", real=True))


def by(expression, variables):
    return variables.applyfunc(lambda v: sp.diff(expression, v))


X = matrix("x", N, 2)
Y = sp.Matrix([1, 0])
WS = [matrix(f"W{k}", SIZES[k - 1], SIZES[k]) for k in LAYERS]
BS = [matrix(f"b{k}", 1, SIZES[k]) for k in LAYERS]
# Added to the pre-activations and worth 0: a derivative by one of them is a derivative by z.
SHIFTS = [matrix(f"s{k}", N, SIZES[k]) for k in LAYERS]
HS = [X]
for W, b, shift in zip(WS, BS, SHIFTS, strict=True):
    HS.append((HS[-1] * W + sp.ones(N, 1) * b + shift).applyfunc(sigma))
F = HS[-1]
L = -sum(Y[i] * sp.log(F[i]) + (1 - Y[i]) * sp.log(1 - F[i]) for i in range(N))

rng = np.random.default_rng(6)
VALUES = {s: float(rng.normal()) for M in (X, *WS, *BS) for s in M} | {s: 0.0 for M in SHIFTS for s in M}


def number(M):
    """Its value at VALUES, as an array."""
    return np.array(sp.lambdify(list(VALUES), M, "numpy")(*VALUES.values()), dtype=float)


def close(got, want):
    assert got.shape == want.shape
    assert_allclose(got, want, rtol=1e-12, atol=1e-15)


@pytest.fixture(scope="module")
def net():
    """y, hs and Ws as numbers."""
    return number(Y), [number(h) for h in HS], [number(W) for W in WS]


@pytest.mark.slow
def test_derivative_of_the_loss_by_the_output(net):
    y, f = sp.symbols("y f")
    slope = sp.diff(-(y * sp.log(f) + (1 - y) * sp.log(1 - f)), f)
    assert sp.simplify(slope - (f - y) / (f * (1 - f))) == 0
    want = [[float(slope.subs({y: int(Y[i]), f: net[1][-1][i, 0]}))] for i in range(N)]
    close(deep.dL_df(net[0], net[1][-1]), np.array(want))


@pytest.mark.slow
def test_cancellation():
    y, z = sp.symbols("y z", real=True)
    loss = -(y * sp.log(sigma(z)) + (1 - y) * sp.log(1 - sigma(z)))
    assert sp.simplify(sp.diff(loss, z) - (sigma(z) - y)) == 0
    # of the log-likelihood, which is what the seed's L_i becomes on the way, it is y − f
    assert sp.simplify(sp.diff(-loss, z) - (y - sigma(z))) == 0


def test_slope_of_the_sigmoid():
    z = sp.Symbol("z", real=True)
    assert sp.simplify(sp.diff(sigma(z), z) - sigma(z) * (1 - sigma(z))) == 0
    want = float(sp.diff(sigma(z), z).subs(z, sp.Rational(1, 3)))
    close(deep.dh_dz(np.array([float(sigma(sp.Rational(1, 3)))])), np.array([want]))


def test_jacobian_between_layers(net):
    h = matrix("h", 1, 2)
    close(deep.dz_dh(net[2][1]), number((h * WS[1] + BS[1]).jacobian(h)))


@pytest.mark.slow
def test_recursion(net):
    y, hs, Ws = net
    want = [number(by(L, shift)) for shift in SHIFTS]
    close(deep.output_delta(y, hs[-1]), want[2])
    close(deep.delta_step(want[2], Ws[2], hs[2]), want[1])
    close(deep.delta_step(want[1], Ws[1], hs[1]), want[0])
    for got, w in zip(deep.deltas(y, hs, Ws), want, strict=True):
        close(got, w)


@pytest.mark.slow
def test_gradients(net):
    y, hs, Ws = net
    dWs, dbs = deep.gradients(hs, deep.deltas(y, hs, Ws))
    for dW, db, W, b in zip(dWs, dbs, WS, BS, strict=True):
        close(dW, number(by(L, W)))
        close(db, number(by(L, b))[0])


@pytest.mark.slow
def test_first_gradient(net):
    y, hs, Ws = net
    want = number(by(L, WS[0]))
    close(deep.dL_dW1(hs[0], y, hs, Ws), want)
    close(deep.dL_dW1_sums(hs[0], y, hs, Ws), want)


def summation_as_printed(y, hs, Ws):
    """−Σ_i (y − f) Σ_l W3_l h2ˡ(1 − h2ˡ) Σ_m W2_{m,l} h1ᵐ(1 − h1ᵐ) x_iᵀ: m is summed over."""
    X, h1, h2, f = hs
    outer = (y - f)[:, 0, None] * Ws[2][:, 0] * h2 * (1 - h2)
    inner = (h1 * (1 - h1)) @ Ws[1]
    return -((outer * inner).sum(axis=1)[:, None] * X).sum(axis=0)


@pytest.mark.slow
def test_summation_form_as_printed_is_not_the_derivative(net):
    got, want = summation_as_printed(*net), number(by(L, WS[0]))
    assert got.shape == (2,)
    # what it is: the derivative summed over the units of the first layer
    assert_allclose(got, want.sum(axis=1), rtol=1e-12)
    for spread in (got[:, None], got[None, :], got[:, None] / 2, got[None, :] / 2):
        assert np.abs(np.broadcast_to(spread, want.shape) - want).max() > 0.05 * np.abs(want).max()
