"""Far from 0, and where an output is exactly 0 or 1, results stay right and finite. A warning is an error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from course.activations import sigmoid
from mlp_ref import deep, one_hidden, training

FAR = np.array([-1e4, -750.0, -710.0, -37.0, 0.0, 37.0, 710.0, 750.0, 1e4])
SURE = np.array([[0.0], [1.0], [1.0], [0.0]])
"""Outputs that are exactly 0 or 1, the last two of them wrong for LABELS."""
LABELS = np.array([[0.0], [1.0], [0.0], [1.0]])


@given(st.floats(-1e4, 1e4))
def test_sigmoid_of_a_number(t):
    value = sigmoid(t)
    assert np.shape(value) == ()
    assert value.dtype == np.float64
    assert 0 <= value <= 1
    assert_allclose(value + sigmoid(-t), 1, rtol=1e-15)
    assert_allclose(value, np.exp(-np.logaddexp(0, -t)), rtol=1e-11)


@pytest.mark.parametrize("shape", [(), (9,), (9, 1), (1, 3, 3), (0, 2)], ids=str)
@pytest.mark.parametrize("dtype", [float, complex])
def test_sigmoid_keeps_shape_and_dtype(shape, dtype):
    t = np.resize(FAR, shape).astype(dtype)
    value = sigmoid(t)
    assert value.shape == shape
    assert value.dtype == dtype
    assert np.isfinite(value).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_sigmoid_of_other_reals_keeps_their_precision(dtype):
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        value = sigmoid(np.array([-1000, -20, 0, 20, 1000], dtype))
    assert value.dtype == dtype
    assert_allclose(
        value.astype(float), [0, 2.061e-9, 0.5, 1, 1], rtol=1e-3, atol=np.finfo(dtype).smallest_normal
    )


@pytest.mark.parametrize("t", [np.array([5, 1], np.uint8), np.array([True, False]), [5, 1], 5])
def test_sigmoid_of_whole_numbers(t):
    assert_allclose(sigmoid(t), 1 / (1 + np.exp(-np.asarray(t, float))), rtol=1e-15)


def test_sigmoid_never_falls():
    assert (np.diff(sigmoid(np.linspace(-800, 50, 2_000_001))) >= 0).all()


def test_sigmoid_far_out_is_0_or_1():
    assert_array_equal(sigmoid(FAR[[0, 4, 8]]), [0, 0.5, 1])
    assert sigmoid(-710.0) > 0
    assert sigmoid(3) == sigmoid(3.0)


@pytest.mark.parametrize("t", FAR)
def test_complex_sigmoid_carries_its_derivative(t):
    value = sigmoid(t + 1e-100j)
    assert value.real == sigmoid(t)
    assert_allclose(value.imag / 1e-100, sigmoid(t) * sigmoid(-t), rtol=1e-12, atol=1e-300)


@given(st.floats(-1e4, 1e4), st.sampled_from([0.0, 1.0]))
def test_loss_from_logits(z, y):
    # by the symmetry of the two labels the loss is log(1 + e^u), with u = z for 0 and −z for 1
    u = z if y == 0 else -z
    want = max(u, 0.0) + np.log1p(np.exp(-abs(u)))
    assert_allclose(deep.bce_from_logits(np.array([[y]]), np.array([[z]])), want, rtol=1e-12, atol=1e-11)


def test_loss_from_extreme_logits():
    z = np.array([[1e4], [-1e4], [1e4], [-1e4]])
    assert deep.bce_from_logits(np.array([[1.0], [0.0], [0.0], [1.0]]), z) == 2e4


@pytest.mark.delta
@given(st.floats(1e-6, 1 - 1e-6), st.sampled_from([0.0, 1.0]))
def test_dL_df_within_the_margin(f, y):
    want = (1 - y) / (1 - f) - y / f
    assert_allclose(deep.dL_df(np.array([[y]]), np.array([[f]])), [[want]], rtol=1e-9)


@pytest.mark.delta
def test_deltas_of_sure_outputs():
    rng = np.random.default_rng(0)
    Ws = [rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=(5, 1))]
    hs = [rng.normal(size=(4, 4)), rng.uniform(size=(4, 3)), rng.uniform(size=(4, 5)), SURE]
    assert_array_equal(deep.output_delta(LABELS, SURE), SURE - LABELS)
    for delta in deep.deltas(LABELS, hs, Ws):
        assert np.isfinite(delta).all()
        assert not delta[:2].any()
        assert delta[2:].any()
    first = deep.dL_dW1(hs[0], LABELS, hs, Ws)
    assert np.isfinite(first).all()
    assert first.all()
    assert_allclose(deep.dL_dW1_sums(hs[0], LABELS, hs, Ws), first, rtol=1e-12)


@pytest.mark.eq3a
@pytest.mark.eq5
@pytest.mark.eq10
def test_saturated_one_hidden_layer():
    X, y = np.array([[500.0], [-500.0]]), np.array([[1.0], [0.0]])
    W1, W2 = np.ones((1, 1)), np.array([[-1000.0], [500.0]])
    H, Z, O, y_hat = one_hidden.forward(X, W1, W2)
    assert_array_equal(H, X)
    assert_array_equal(Z[:, 0], sigmoid(X[:, 0]))
    assert_array_equal(O, -X)
    assert one_hidden.mse_cost(y, y_hat) == 0.5
    # wrong and sure of it: the cost is flat there, up to a slope of e^-500
    for gradient in (one_hidden.dC_dW2(y, y_hat, O, Z), one_hidden.dC_dW1(X, y, y_hat, O, Z, W2)):
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() < 1e-200
    assert_allclose(one_hidden.dyhat_dO(O)[:, 0], np.exp([-500.0, -500.0]), rtol=1e-12)


@pytest.mark.delta
def test_saturated_deep_net():
    X, y = np.array([[500.0], [-500.0]]), np.array([[0.0], [1.0]])
    Ws, bs = [np.array([[1.0]])], [np.zeros(1)]
    hs = deep.forward(X, Ws, bs)
    assert hs[-1][0, 0] == 1
    assert_allclose(deep.deltas(y, hs, Ws)[0], [[1], [-1]], rtol=1e-12)
    losses, _, _ = training.train_deep(X, y, Ws, bs, 1e-3, 3)
    assert losses[0] == 1000
    assert np.isfinite(losses).all()
