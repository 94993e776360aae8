"""Visible checks of ps3: runs and landscapes whose numbers are worked by hand."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from course.checking import hints
from course.checking.compare import Tolerance
from course.checking.landscapes import recorded_run, squares_gradient, valleys_gradient
from course.checking.tables import transfer
from course.checking.tables.table import Check
from course.checking.trial import Case

INF, NAN = np.inf, np.nan

# Orthonormal: its rows are the directions of curvature.
TURN = np.array([[3.0, 4.0], [-4.0, 3.0]]) / 5
TWIST = np.array([[1.0, 2.0, 2.0], [2.0, 1.0, -2.0], [2.0, -2.0, 1.0]]) / 3
MIRROR = np.eye(10) - 1 / 5


EDGE_OF_STUCK = (
    'it is wrong only on the edge of "stuck": the steps from m on are compared with those before m'
)
STANDS_STILL = (
    "it is wrong only where the loss stands still to the last bit: a step of 0 does not go up, and 0 is at "
    "most a tenth of 0"
)
ALONG_THE_AXES = (
    "it is wrong only where the curvatures are those along the axes: does v start from random numbers or all "
    "ones? A unit vector stays as it is there"
)


def _case(args: tuple[Any, ...], want: Any, after: tuple[Any, ...] = (), special: str = "") -> Case:
    return Case(args, want, 1, after=after, special=special)


def _loss_curves() -> list[Case]:
    # Losses θ²/2; a step with η multiplies θ by 1 − η. The runs start from θ = 4, 5, 6, … as they are called.
    def curves(etas: Any, want: Any, *run: Any) -> Case:
        # each rate has to be noted once, in order
        before, after = (partial(recorded_run, calls, *run) for calls in ([], list(map(float, etas))))
        return _case((etas, before), want, (etas, after))

    three = np.array([[8.0, 0.0, 0.0], [12.5, 3.125, 0.78125], [18.0, 18.0, 18.0]])
    return [
        curves([1.0, 0.5, 2.0], three, 4.0, 2, 0),
        curves(np.array([1.0, 0.5, 2.0]), three, 4.0, 2, 1),
        curves([0.5], np.array([[1 / 18, 1 / 72]]), 1 / 3, 1, 0),
        curves([0.5, 0.5], np.array([[8.0, 2.0, 0.5], [12.5, 3.125, 0.78125]]), 4.0, 2, 0),
        curves(np.array([1e200, 1.0]), np.array([[0.5, INF, INF, NAN], [2.0, 0.0, 0.0, 0.0]]), 1.0, 3, 0),
    ]


RUNS: list[tuple[list[float], str]] = [
    ([8, 6, NAN, 4, 3], "diverged"),
    ([8, 6, 5, 4, INF], "diverged"),
    ([8, 6, -INF, 4], "diverged"),
    ([NAN, 6, 5, 4], "diverged"),
    ([-INF, 6, 5], "diverged"),
    ([1000, 10001, 100], "diverged"),
    ([1, 11, 1, 0.25], "diverged"),
    # exactly ten times the first does not exceed it
    ([1, 10, 1, 0.25], "steady"),
    # m = 5, the steps from there on are down, up, down, down, down: a fifth is not more than a fifth
    ([64, 63, 62, 61, 60, 61, 59, 60, 55, 50, 44], "slow"),
    # m = 4: down, up, down, down
    ([64, 63, 62, 61, 60, 58, 59, 57, 56], "oscillating"),
    # m = 5: down, up, down, down, and a quarter is more than a fifth
    ([64, 63, 62, 61, 60, 59, 58, 59, 57, 56], "oscillating"),
    # up, down, up, down, down, though the last is less than half the first
    ([64, 50, 40, 30, 20, 10, 12, 9, 11, 8, 6], "oscillating"),
    ([64, 60, 58, 40, 36, 32], "steady"),
    # it is the last loss that counts, and the first
    ([64, 20, 60, 58, 50, 40], "slow"),
    ([8, 20, 18, 12, 9, 7], "slow"),
    # fell by 60 before m = 3, and by 4 after: halved first, so it is not called stuck
    ([100, 80, 60, 40, 38, 36], "steady"),
    # fell by 400 before m = 4, and after by 40, a tenth; by 42, more
    ([1000, 900, 800, 700, 600, 590, 580, 560], "stuck"),
    ([1000, 900, 800, 700, 600, 590, 580, 558], "slow"),
    # the same, mostly in the first step after, or in the last; and with m = 6 by 600 and 61
    ([1000, 900, 800, 700, 600, 560, 559, 558], "slow"),
    ([1000, 900, 800, 700, 600, 599, 598, 558], "slow"),
    ([1600, 1500, 1400, 1300, 1200, 1100, 1000, 950, 945, 941, 940, 939], "slow"),
    # up and down by 40 before m = 4, down by 4 after
    ([100, 90, 100, 90, 100, 98, 97, 96], "stuck"),
    # m = 5: down by 20, and up again at once
    ([1000, 980, 960, 940, 920, 900, 895, 890, 885, 880, 900], "slow"),
    # up three times, never down after m = 3
    ([100, 90, 80, 81, 82, 83], "oscillating"),
    # long ones, m = 12 and m = 13
    ([*range(100, 75, -1)], "slow"),
    ([*range(100, 79, -1), 81, 80, 81, 80, 81], "oscillating"),
    ([*range(1000, 740, -20), *range(740, 727, -1)], "stuck"),
    ([4, 2], "steady"),
    ([4, 3, 5], "oscillating"),
    ([0, 0, 0], "steady"),
    ([7, 7, 7, 7], "stuck"),
    ([7], "stuck"),
    ([4, 3], "stuck"),
]


def _classify_run() -> list[Case]:
    def special(losses: list[float], regime: str) -> str:
        if len(losses) > 1 and len(set(losses)) == 1:
            return STANDS_STILL
        return EDGE_OF_STUCK if regime == "slow" and losses[0] >= 1000 else ""

    lists = [
        _case(([float(loss) for loss in losses],), regime, special=special(losses, regime))
        for losses, regime in RUNS
    ]
    return lists + [
        _case((np.array(losses, dtype=float) / 2.0**50,), regime, special=special(losses, regime))
        for losses, regime in RUNS
    ]


def _largest_curvature() -> list[Case]:
    # At u = A θ the curvatures of c log cosh u are c / cosh² u, and 1 / cosh² u = 1 − tanh² u.
    c, u = np.array([8.0, 3.0, -1.0]), np.arctanh([0.5, 0.25, 0.5])
    steep, at = np.array([100 / 9, 6 / 0.99, -1.0]), np.arctanh([0.8, 0.1, 0.5])
    return [
        _case((partial(squares_gradient, TURN, np.array([10.0, 2.0])), np.array([1.0, -2.0])), 10.0),
        _case((partial(squares_gradient, TURN, np.array([-1.5, 6.0])), np.array([0.5, 1.0]), 12), 6.0),
        # nine others are nearly as strong: this takes its iterations, from nearly any start
        _case((partial(squares_gradient, MIRROR, np.array([10.0] + [-8.5] * 9)), np.full(10, 0.3), 90), 10.0),
        _case((partial(squares_gradient, TURN, np.array([1, 10]) / 70), np.array([0.3, 0.2]), 8), 1 / 7),
        _case((partial(valleys_gradient, TWIST, c), TWIST.T @ u, 20), 6.0, special=hints.CURVED),
        # curvatures 4, 6 and −¾; over a step of 1 the first is up to 8, or 2
        *(
            _case(
                (partial(valleys_gradient, TWIST, steep), TWIST.T @ (sign * at), 35),
                6.0,
                special=hints.CURVED,
            )
            for sign in (1, -1)
        ),
        _case((partial(squares_gradient, np.ones((1, 1)), np.array([0.25])), np.array([3.0]), 3), 0.25),
        *(
            _case(
                (partial(squares_gradient, np.eye(3), np.array(along)), np.array([50.0, -100.0, 200.0]), 12),
                8.0,
                special=ALONG_THE_AXES,
            )
            for along in ([8.0, 2.0, 1.0], [2.0, 1.0, 8.0])
        ),
        _case(
            (partial(squares_gradient, TURN, np.array([10.0, 2.0])), np.zeros(2), 12),
            10.0,
            special=hints.STARTS_AT_THETA,
        ),
    ]


def _best_learning_rate() -> list[Case]:
    curves = np.array([[4.0, 0.5, 2.0], [4.0, 3.0, 1.0], [4.0, 2.0, 1.0], [4.0, 3.0, 3.0]])
    broken = np.array(
        [
            [4.0, INF, 0.5],
            [4.0, 3.0, 2.0],
            [4.0, NAN, 1.0],
            [4.0, 3.0, NAN],
            [4.0, 3.0, -INF],
            [NAN, 3.0, 1.0],
        ]
    )
    # NaN anywhere in the first five; the last rises
    spoilt = np.array([*[[4.0, 3.0, 2.0, 1.0, 0.5]] * 5, [4.0, 9.0, 20.0, 8.0, 5.0]])
    np.fill_diagonal(spoilt, NAN)
    return [
        _case((np.array([0.1, 10.0, 1.0, 0.01]), curves), 10.0),
        _case(([0.1, 1.0, 10.0, 0.01], curves), 1.0),
        _case((np.array([1.0, 0.1, 10.0, 3.0, 2.0, 5.0]), broken), 0.1),
        _case((np.array([0.3]), np.array([[2.0, 3.0]])), 0.3),
        _case((np.arange(1.0, 7.0), spoilt), 6.0),
        # nearly a tie
        *(
            _case((np.array([0.3, 0.1]), unit * np.array([[2.0, 1.0 + 1e-9], [2.0, 1.0]])), 0.1)
            for unit in (1e-3, 1.0, 1e13)
        ),
        _case((np.array([2.0, 1 / 7]), np.array([[2.0, 3.0], [2.0, 1.0]])), 1 / 7),
    ]


CHECKS = {
    "ps3.loss_curves": Check(
        "one row for each rate, each trained once, in order; inf and NaN stay", _loss_curves
    ),
    "ps3.classify_run": Check(
        "names runs of all five kinds, also right on the edge of a rule", _classify_run
    ),
    "ps3.largest_curvature": Check(
        "finds curvatures known by hand, for one to ten parameters",
        _largest_curvature,
        Tolerance(rtol=1e-3),
    ),
    "ps3.best_learning_rate": Check(
        "takes the lowest last loss, the first of equals, and passes over broken runs", _best_learning_rate
    ),
    **transfer.PS3,
}
