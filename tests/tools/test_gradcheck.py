"""The numerical derivatives, on functions whose derivatives are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from course.gradcheck import (
    complex_step_gradient,
    complex_step_jacobian,
    numerical_gradient,
    relative_error,
)

SHAPES = [(), (1,), (4,), (2, 3), (3, 1), (2, 2, 2)]


def mixed(W):
    """Not separable: (Σ W)³ / 3 + Σ sin W."""
    return np.sum(W) ** 3 / 3 + np.sum(np.sin(W))


def slope_of_mixed(W):
    return np.sum(W) ** 2 + np.cos(W)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_both_methods_on_any_shape(shape):
    W = np.random.default_rng(1).normal(size=shape)
    before = W.copy()
    numerical, exact = numerical_gradient(mixed, W), complex_step_gradient(mixed, W)
    assert numerical.shape == exact.shape == shape
    assert numerical.dtype == exact.dtype == np.float64
    assert_allclose(numerical, slope_of_mixed(W), rtol=1e-6, atol=1e-8)
    assert_allclose(exact, slope_of_mixed(W), rtol=1e-14)
    assert np.array_equal(W, before)


@pytest.mark.parametrize("relaid", [np.asfortranarray, lambda W: np.repeat(W, 2, axis=1)[:, ::2]])
def test_any_layout(relaid):
    W = np.random.default_rng(2).normal(size=(3, 4))
    assert_allclose(numerical_gradient(mixed, relaid(W)), numerical_gradient(mixed, W), rtol=1e-7)
    assert_allclose(complex_step_gradient(mixed, relaid(W)), complex_step_gradient(mixed, W), rtol=1e-13)


def test_whole_numbers_and_read_only_arrays():
    W = np.broadcast_to(2, (2, 2))
    assert_allclose(numerical_gradient(lambda W: np.sum(W**2), W), np.full((2, 2), 4.0), rtol=1e-9)
    assert_allclose(complex_step_gradient(lambda W: np.sum(W**2), W), np.full((2, 2), 4.0), rtol=1e-15)


def test_the_error_of_central_differences_falls_with_h_squared():
    W = np.array([0.3, -0.7])
    errors = [np.abs(numerical_gradient(mixed, W, h) - slope_of_mixed(W)).max() for h in (1e-1, 1e-2, 1e-3)]
    assert_allclose(np.divide(errors[:-1], errors[1:]), 100, rtol=0.01)


def test_every_point_is_one_step_away():
    points = []
    numerical_gradient(lambda W: points.append(W.copy()) or 0.0, np.array([1.0, 2.0]), 0.5)
    assert [p.tolist() for p in points] == [[1.5, 2.0], [0.5, 2.0], [1.0, 2.5], [1.0, 1.5]]


def test_jacobian_has_the_axes_of_the_result_first():
    A = np.random.default_rng(3).normal(size=(4, 2))
    jacobian = complex_step_jacobian(lambda W: A @ W, np.ones((2, 3)))
    assert jacobian.shape == (4, 3, 2, 3)
    assert_allclose(jacobian, np.einsum("ik,lm->ilkm", A, np.eye(3)), rtol=1e-15)


vectors = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5).map(np.array)


@pytest.mark.slow
@given(vectors)
def test_relative_error_of_multiples(a):
    assert relative_error(a, a) == 0
    if np.abs(a).max() > 1e-100:
        assert relative_error(a, -a) == pytest.approx(1)
        assert relative_error(a, 0 * a) == 1
        assert relative_error(a, 3 * a) == pytest.approx(0.5)
        assert relative_error(3 * a, a) == relative_error(a, 3 * a)


def test_relative_error_by_hand():
    assert relative_error([3.0, 0.0], [0.0, 4.0]) == pytest.approx(5 / 7)
    assert relative_error(1, 3) == 0.5
    assert relative_error(np.zeros((2, 2)), np.zeros((2, 2))) == 0
    assert type(relative_error(np.ones(2), np.zeros(2))) is float


@pytest.mark.parametrize("shapes", [((3,), (3, 1)), ((1,), ()), ((2, 3), (3, 2)), ((1, 3), (3,))], ids=str)
def test_relative_error_does_not_broadcast(shapes):
    with pytest.raises(ValueError, match="one shape"):
        relative_error(np.ones(shapes[0]), np.ones(shapes[1]))
