"""Visible checks of ps0: numbers worked by hand.

σ(ln 3) = 3/4, σ(−ln 3) = 1/4, and 3, 4, 5 are the sides of a right triangle. Central differences of
squares are the derivative itself; those of (a·w)³ by w_p are 3 (a·w)² a_p + h² a_p³, so that h shows.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from course.checking.compare import Tolerance
from course.checking.landscapes import cubes, squares
from course.checking.tables.table import LN3, Check
from course.checking.trial import Case

# ½ (u_1² + u_2²) with u = (w_1 + 2 w_2 + 3 w_3, w_1 − w_3); its gradient is Aᵀ u.
A = np.array([[1.0, 2.0, 3.0], [1.0, 0.0, -1.0]])
SQUARES = partial(squares, A, np.ones(2))
# At −0.5 adding h and taking it away again does not give the number back.
W = np.array([-0.5, 0.7, 2.3])
GRADIENT = np.array([7.8 - 2.8, 2 * 7.8, 3 * 7.8 + 2.8])

# (w_11 + 2 w_12 − w_21 + w_22)³, and in the second size ½ (w_1 + … + w_6)²
CUBE = partial(cubes, np.array([[1.0, 2.0, -1.0, 1.0]]), np.ones(1))
# at a point where a·w = 1, so that entry p of a difference is 3 a_p + h² a_p³
SQUARE = np.array([[2.0, -1.0], [0.0, 1.0]])
CUBE_SLOPES = np.array([[3.0, 6.0], [-3.0, 3.0]])
CUBED = np.array([[1.0, 8.0], [-1.0, 1.0]])
# at a point where 1000 w_1 + 2000 w_2 = 1/10
STEEP = partial(cubes, np.array([[1000.0, 2000.0]]), np.ones(1))
SUM = partial(squares, np.ones((1, 6)), np.ones(1))
TWELVE = np.arange(12.0).reshape(2, 3, 2) / 6
SIX = np.array([[1.0, 0.0, 2.0], [0.0, -1.0, 3.0]])
# so weighted, the sum of SIX is 20, and the entries of the gradient differ
WEIGHTS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
WEIGHTED = partial(squares, WEIGHTS.reshape(1, 6), np.ones(1))


NEAR_ZERO = "it is wrong only where t is negative and near 0: where does the rule change?"
CURVED = "it is wrong only where f is curved: is the step of the differences too large?"


def _case(args: tuple[Any, ...], want: Any, special: str = "") -> Case:
    return Case(args, want, 1, special=special)


def _sigmoid() -> list[Case]:
    column = np.array([[0.0], [LN3], [-LN3]])
    far = np.array([-1e4, -800.0, 800.0, 1e4])
    # σ(ln r) = r / (1 + r)
    ratios = np.array([1e-16, 1e-13, 1e-9, 1e-5, 0.5, 2.0, 7.0, 1e5, 1e9, 1e13])
    # of numbers that float32 does not hold exactly
    thin = 1 / np.arange(40.0, 400.0)
    return [
        _case((np.log(ratios),), ratios / (1 + ratios), NEAR_ZERO),
        _case((np.log(ratios[4:7])[:, None],), (ratios / (1 + ratios))[4:7, None], NEAR_ZERO),
        _case((np.log(thin),), thin / (1 + thin)),
        *(_case((float(np.log(r)),), float(r / (1 + r))) for r in ratios[::3]),
        _case((column,), np.array([[0.5], [0.75], [0.25]])),
        _case((LN3,), 0.75),
        _case((0.0,), 0.5),
        _case((-LN3,), 0.25),
        _case((np.array(LN3),), 0.75),
        _case((np.full((2, 3, 2), LN3),), np.full((2, 3, 2), 0.75)),
        _case((far,), np.array([0.0, 0.0, 1.0, 1.0])),
        _case((1e4,), 1.0),
        _case((-1e4,), 0.0),
    ]


def _relative_error() -> list[Case]:
    a = np.array([3.0, 4.0])
    a_matrix, another = np.array([[3.0, 0.0], [0.0, 4.0]]), np.array([[0.0, 0.0], [0.0, 4.0]])
    return [
        _case((a, 2 * a), 5 / 15),
        _case((a, -a), 1.0),
        _case((a, np.array([4.0, 3.0])), np.sqrt(2) / 10),
        _case((a_matrix, another), 3 / 9),
        _case((np.array([5.0, -12.0]), np.array([-8.0, 15.0])), np.sqrt(13**2 + 27**2) / 30),
        _case((np.full((2, 3, 2), 1 / 3), np.full((2, 3, 2), 1.0)), 0.5),
        _case((np.array([[1.0], [2.0]]) / 3, np.array([[2.0], [1.0]]) / 3), np.sqrt(2 / 20)),
        _case((1e-12 * a, 2e-12 * a), 5 / 15),
        _case((1e-30 * a, 2e-30 * a), 5 / 15),
        _case((a, a * (1 + 2e-6)), 2e-6 / (2 + 2e-6)),
        _case((a, a.copy()), 0.0),
        _case((3.0, 1.0), 2 / 4),
        _case((-2.0, 1.0), 1.0),
        _case((a, np.zeros(2)), 1.0),
        _case((np.zeros(2), a), 1.0),
        _case((0.0, -2.0), 1.0),
        _case((2.0, 0.0), 1.0),
        _case((np.zeros((2, 2)), np.zeros((2, 2))), 0.0),
        _case((0.0, 0.0), 0.0),
    ]


def _numerical_gradient() -> list[Case]:
    return [
        _case((SQUARES, W), GRADIENT),
        # small, and so steep that h shows, whatever its default
        _case((partial(squares, A, np.full(2, 1e-4 / 3)), W), GRADIENT * 1e-4 / 3),
        _case((STEEP, np.array([3e-4, -1e-4])), np.array([30 + 0.1, 60 + 0.8])),
        _case((CUBE, SQUARE), CUBE_SLOPES.copy()),
        _case((CUBE, SQUARE, 0.5), np.array([[3.25, 8.0], [-3.25, 3.25]])),
        _case((CUBE, SQUARE, 0.1), np.array([[3.01, 6.08], [-3.01, 3.01]])),
        _case((SQUARES, W, 1e-6), GRADIENT),
        # a view with gaps
        _case((WEIGHTED, np.repeat(SIX, 2, axis=1)[:, ::2]), 20 * WEIGHTS),
        _case((partial(squares, np.ones((1, 1)), np.ones(1)), np.array(3.0)), np.array(3.0)),
        # large ones, tiny ones, an axis of length 1, and twelve entries
        *(_case((partial(squares, A, np.full(2, c)), W), GRADIENT * c) for c in (1e6, 1e-6 / 3)),
        _case(
            (partial(squares, np.ones((1, 2)), np.ones(1)), np.array([[[1.0], [2.0]]])),
            np.full((1, 2, 1), 3.0),
        ),
        _case((partial(squares, np.ones((1, 12)), np.ones(1)), TWELVE), np.full((2, 3, 2), 11.0)),
    ]


def _find_the_bug() -> list[Case]:
    one_wrong, nearly = GRADIENT.copy(), GRADIENT * (1 + 1e-10)
    one_wrong[1] += 1
    six = np.full((2, 3), 5.0)
    first, last = np.array([[6.0, 5.0, 5.0], [5.0, 5.0, 5.0]]), np.array([[5.0, 5.0, 5.0], [5.0, 5.0, 6.0]])
    scrambled = GRADIENT[[2, 1, 0]]
    return [
        _case(([GRADIENT, -GRADIENT], SQUARES, W), 1),
        _case(([GRADIENT, nearly, one_wrong], SQUARES, W), 2),
        _case(([scrambled, nearly, GRADIENT, nearly], SQUARES, W), 0),
        _case(([six, six.copy(), six.copy(), six / 2], SUM, SIX), 3),
        _case(([1.03 * GRADIENT, GRADIENT], SQUARES, W), 0),
        _case(([nearly, 0.97 * GRADIENT, nearly], SQUARES, W), 1),
        _case(([-six, six], SUM, SIX), 0),
        _case(([six, last], SUM, SIX), 1),
        _case(([six, first], SUM, SIX), 1),
        _case(([GRADIENT * 1e-4, -GRADIENT * 1e-4], partial(squares, A, np.full(2, 1e-4)), W), 1),
        _case(([*[GRADIENT] * 5, scrambled], SQUARES, W), 5),
        _case(([CUBE_SLOPES, CUBE_SLOPES[::-1].copy()], CUBE, SQUARE), 1),
        _case(([CUBE_SLOPES, np.array([[6.0, 3.0], [-3.0, 3.0]])], CUBE, SQUARE), 1),
        # wrong as differences with steps of 0.15, 0.3 and 1 are: 3 a_p + h² a_p³, where a·w = 1
        *(
            _case(([CUBE_SLOPES, CUBE_SLOPES + h**2 * CUBED], CUBE, SQUARE), 1, CURVED)
            for h in (0.15, 0.3, 1.0)
        ),
    ]


WITHHELD = "sigmoid", "relative_error", "numerical_gradient"
"""The tools of the course that students write here."""

CHECKS = {
    "ps0.sigmoid": Check(
        "right for a number and for arrays of any shape, as far out as ±10000", _sigmoid, withheld=WITHHELD
    ),
    "ps0.relative_error": Check(
        "equals distances worked by hand, and is 0 for zeros", _relative_error, withheld=WITHHELD
    ),
    "ps0.numerical_gradient": Check(
        "central differences of functions of one to twelve entries, for several h; W comes back unchanged",
        _numerical_gradient,
        Tolerance(rtol=1e-6, atol=1e-8),
        WITHHELD,
    ),
    "ps0.find_the_bug": Check(
        "finds a sign, a factor, one wrong entry and a scrambled gradient", _find_the_bug, withheld=WITHHELD
    ),
}
