"""The data sets of the course."""

from itertools import pairwise

import numpy as np
import pytest

from course.data import initial_layers, initial_weights, two_moons, xor


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


def test_two_moons():
    X, y = two_moons(41)
    assert (X.shape, y.shape) == ((41, 2), (41, 1))
    assert X.dtype == y.dtype == np.float64
    assert np.array_equal(y[:, 0], np.arange(41) % 2)
    assert np.array_equal(X, two_moons(41)[0])
    assert not np.array_equal(X, two_moons(41, seed=1)[0])


def test_moons_without_noise_are_half_circles_around_their_centres():
    X, y = two_moons(500, noise=0)
    centred = X + np.array([1 / 2, 1 / 4]) * np.where(y == 0, 1, -1)
    assert np.allclose(np.linalg.norm(centred, axis=1), 1)
    assert (centred[y[:, 0] == 0, 1] > 0).all()
    assert (centred[y[:, 0] == 1, 1] < 0).all()
    # all of each: both ends are reached
    for label in (0, 1):
        x = centred[y[:, 0] == label, 0]
        assert x.min() < -0.99
        assert x.max() > 0.99


def test_noise_is_the_standard_deviation_of_what_moves_the_points():
    moved = two_moons(2000, noise=0.3)[0] - two_moons(2000, noise=0)[0]
    assert 0.28 < moved.std() < 0.32
    assert abs(moved.mean()) < 0.02


def test_no_straight_line_separates_the_moons():
    X, y = two_moons()
    angles = np.linspace(0, np.pi, 180, endpoint=False)
    for direction in np.stack([np.cos(angles), np.sin(angles)], axis=1):
        along = X @ direction
        below = [np.sort(along[y[:, 0] == label]) for label in (0, 1)]
        assert max(b[0] for b in below) < min(b[-1] for b in below)


@pytest.mark.parametrize("layers", [(4, 1), (2, 8, 1), [3, 3, 3, 1]])
def test_layers_fit_the_net_and_repeat(layers):
    Ws, bs = initial_layers(layers)
    assert [W.shape for W in Ws] == list(pairwise(layers))
    assert [b.shape for b in bs] == [(n,) for n in layers[1:]]
    assert all(a.dtype == np.float64 for a in Ws + bs)
    assert not any(b.any() for b in bs)
    assert all(map(np.array_equal, Ws, initial_layers(layers)[0]))
    assert not any(map(np.array_equal, Ws, initial_layers(layers, seed=1)[0]))


def test_sums_over_many_units_are_no_larger_than_over_few():
    (W1, W2, _), _ = initial_layers((400, 100, 100, 1), scale=2.0)
    assert 1.9 < W1.std() * np.sqrt(400) < 2.1
    assert 1.9 < W2.std() * np.sqrt(100) < 2.1
