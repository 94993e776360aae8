"""The data sets of the course."""

import numpy as np

from course.data import initial_weights, xor


def test_exclusive_or():
    X, y = xor()
    assert (X.shape, y.shape) == ((4, 3), (4, 1))
    assert X.dtype == y.dtype == np.float64
    assert (X[:, 2] == 1).all()
    assert np.array_equal(y[:, 0], X[:, 0] != X[:, 1])
    assert len(np.unique(X, axis=0)) == 4


def test_each_call_gives_new_arrays():
    X, y = xor()
    X += 1
    y += 1
    assert xor()[0].max() == xor()[1].max() == 1


def test_weights_fit_the_net_and_repeat():
    W1, W2 = initial_weights(5, 4)
    assert (W1.shape, W2.shape) == ((5, 4), (5, 1))
    assert W1.dtype == W2.dtype == np.float64
    again, other = initial_weights(5, 4)[0], initial_weights(5, 4, seed=1)[0]
    assert np.array_equal(W1, again)
    assert not np.array_equal(W1, other)


def test_weights_are_the_same_on_every_machine():
    want = [0.12573022, -0.13210486, 0.64042265, 0.10490012]
    assert np.allclose(initial_weights(2, 2)[0].ravel(), want, atol=1e-8)


def test_scale_is_the_standard_deviation():
    W1, W2 = initial_weights(100, 100, seed=3, scale=0.1)
    assert 0.095 < W1.std() < 0.105
    assert np.allclose(W2, initial_weights(100, 100, seed=3)[1] / 10)


def test_hidden_units_start_different():
    W1, _ = initial_weights(3, 3)
    assert len(np.unique(W1)) == 9
