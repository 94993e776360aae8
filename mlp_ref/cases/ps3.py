"""Inputs of ps3's functions.

Losses to classify are whole multiples of a power of two: sums, halves and tenfolds of them are exact, so
rounding never decides which rule holds, however the rule is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from course.checking import landscapes
from mlp_ref.cases.drawing import Arguments, Array, Draw, Generator
from mlp_ref.curves import classify_run

LARGEST_RATIO = 0.7
"""|λ₂ / λ₁| of the Hessians, at most."""

SMALL_RATIO = 0.3
"""The same, where 12 iterations are enough."""

NEARLY_AS_STRONG = 0.85
"""The same, where it takes 90 iterations."""

BURSTING = 1e200
"""A learning rate whose losses are inf after one step and NaN after three."""

Integers = NDArray[np.int64]


def _etas(rng: Generator, count: int) -> Array:
    """Return distinct rates, in no order when there are more than two."""
    etas = 10.0 ** rng.uniform(-2, 1, size=count)
    while count > 2 and (np.diff(etas) > 0).all():
        etas = rng.permutation(etas)
    return etas


def _list_or_array(rng: Generator, values: Array) -> Array | list[float]:
    return values.tolist() if rng.integers(2) else values


def _loss_curves(rng: Generator) -> Iterator[Arguments]:
    for as_list in (0, 1, 0, 1):
        for count, steps in ((1, 3), (3, 0), (4, 7), (5, 3)):
            etas = _etas(rng, count)
            if count == 4:
                etas[rng.permutation(4)[:2]] = etas[0]
            if count == 5:
                etas[rng.integers(5)] = BURSTING
            train = partial(landscapes.recorded_run, [], rng.uniform(0.5, 2), steps, as_list)
            yield _list_or_array(rng, etas), train


def _classify_run(rng: Generator) -> Iterator[Arguments]:
    for losses in (*_boundaries(rng), *_of_every_regime(rng)):
        scaled = np.asarray(losses, dtype=float) * 2.0 ** rng.integers(-60, 3)
        yield (_list_or_array(rng, scaled),)
    for bad in (np.nan, np.inf, -np.inf):
        for n, place in ((1, 0), (2, 1), (9, 0), (9, 4), (9, 8)):
            spoilt: Array = _falling(rng, 10**6, 10**5, n) / 2
            spoilt[place] = bad
            yield (_list_or_array(rng, spoilt),)


def _boundaries(rng: Generator) -> Iterator[Sequence[int] | Integers]:
    """Yield runs exactly on the edge of each rule, and runs one unit beyond it."""
    first = int(rng.integers(2, 1000))
    yield [first]
    yield [0, 0, 0]
    yield [first] * int(rng.integers(3, 12))
    yield [4 * first, 3 * first]
    yield [4 * first, 2 * first]
    yield [4 * first, 3 * first, 5 * first]
    dipping = _falling(rng, 1000, 800, 9)
    dipping[rng.integers(1, 4)] = 100
    yield dipping
    # far down
    for n in (2, 9):
        yield _falling(rng, 10**4, int(rng.integers(200, 900)), n)
    # up and down at the end, the second by so little that it is nearly called stuck
    for last, most in ((300, 50), (800, 5)):
        wavering = _falling(rng, 1000, last, 6)
        yield np.concatenate([wavering, last + rng.integers(1, most) * np.array([1, 0, 1, 0, -1])])
    # several times the first; and more than tenfold the loss before, though not the first
    several = np.full(7, first)
    several[rng.integers(1, 7)] = rng.integers(6, 10) * first
    yield several
    for place in (2, 5):
        bursting = _falling(rng, 1000, 90, place)
        low = rng.integers(50, 90)
        yield np.concatenate([bursting, [low, rng.integers(15, 20) * low]])
    # down and up again to where it was: much movement, and no change
    down = rng.integers(5, 9)
    yield np.concatenate([_falling(rng, 1000, 900, 7), 900 - down * np.array([1, 2, 3, 4, 5, 0])])
    # half of the steps from m on go up
    yield 1000 - np.cumsum([0, *rng.integers(9, 20, size=4), *rng.permutation([2, 3, -2, -4])])
    # a long one falls at its end
    yield np.concatenate([_falling(rng, 10**4, 9000, 25), _falling(rng, 8999, 4000, 12)])
    # the sums of the halves are within a tenth, their means are not
    halves = _falling(rng, 10**4, 9000, 6), _falling(rng, 9000, 9000 - int(rng.integers(85, 99)), 5)
    yield np.concatenate([halves[0], halves[1][1:]])
    # the only large step is step m, or the one before it
    for m in (5, 4):
        yield np.concatenate([_falling(rng, 1000, 990, m + 1), _falling(rng, 900, 895, 5)])
    # up and down by 100, then down by 40 in small steps
    zigzag = 1000 - 100 * (np.arange(7) % 2)
    yield np.concatenate([zigzag, _falling(rng, 990, 950, 5)])
    for beyond in (0, 1):
        for place in (1, 3, 6):
            tenfold = np.full(7, first)
            tenfold[place] = 10 * first + beyond
            yield tenfold
        for n in (9, 10, 11, 12, 21, 22):
            late = (n - 1) - n // 2
            steps = -rng.integers(1, 20, size=n - 1)
            steps[n // 2 + rng.permutation(late)[: late // 5 + beyond]] *= -1
            yield 1000 + np.cumsum([0, *steps])
        for n in (2, 5, 12):
            yield _falling(rng, 10**4, 5000 + beyond, n)
        for n in (4, 7, 10):
            k = int(rng.integers(100, 200))
            before = _falling(rng, 100 * k, 90 * k, n // 2 + 1)
            after = _falling(rng, 90 * k, 89 * k - beyond, n - n // 2)
            yield np.concatenate([before, after[1:]])


def _falling(rng: Generator, first: int, last: int, n: int) -> Integers:
    """Return n ≥ 1 whole numbers falling from `first` to `last`."""
    between = np.sort(rng.integers(last + 1, first, size=max(n - 2, 0)))
    return np.array([first, *between[::-1], last][:n], dtype=np.int64)


def _of_every_regime(rng: Generator) -> Iterator[Integers]:
    """Yield a run of every regime and several lengths; often more than one rule holds."""
    for n in (3, 6, 15, 40):
        runs: dict[str, Integers] = {}
        while len(runs) < 5:
            losses = _any_run(rng, n)
            runs[classify_run(losses.tolist())] = losses
        yield from runs.values()


def _any_run(rng: Generator, n: int) -> Integers:
    """Return a run that falls to a floor, more or less fast, with more or less noise, or bursts."""
    t = np.arange(n)
    floor, rate, noise = rng.uniform(0, 0.9), 10.0 ** rng.uniform(-2, 1), 10.0 ** rng.uniform(-6, -0.5)
    shape = floor + (1 - floor) * np.exp(-rate * t) + noise * rng.uniform(-1, 1, size=n)
    if rng.integers(6) == 0:
        shape[rng.integers(min(1, n - 1), n) :] *= rng.uniform(5, 40)
    losses: Integers = np.maximum(np.rint(10**4 * shape), 1).astype(np.int64)
    return losses


def _largest_curvature(rng: Generator) -> Iterator[Arguments]:
    # The gradient stays with the grader, and is asked for twice in each iteration: few cases, no two alike,
    # and few iterations where few are enough.
    for n, iterations in ((1, 3), (1, 2), (1, 1), (2, 12), (8, 12)):
        A, _ = np.linalg.qr(rng.normal(size=(n, n)))
        curvatures, u = _curved(rng, n, SMALL_RATIO)
        yield *_in_valleys(A, curvatures, u), iterations
    A, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    curvatures, u = _curved(rng, 3, SMALL_RATIO)
    yield partial(landscapes.squares_gradient, A, curvatures), A.T @ u, 12
    # High up one side of the first valley, then of the other: with too wide a step it is the second that is
    # more curved, whatever the start is in one of the two.
    curvatures, u = rng.uniform(0.5, 20) * np.array([1, LARGEST_RATIO, -0.3]), np.array([1.1, 0.1, 0.4])
    yield _in_valleys(A, curvatures, u)
    yield *_in_valleys(A, curvatures, -u), 40
    # Nearly as strong along all others: from nearly any start this takes its iterations.
    n = 12
    A, _ = np.linalg.qr(rng.normal(size=(n, n)))
    curvatures = rng.uniform(0.5, 20) * np.append(1, np.full(n - 1, -NEARLY_AS_STRONG))
    yield partial(landscapes.squares_gradient, A, curvatures), rng.uniform(0.3, 0.5, size=n), 90
    # From theta no iteration can start where theta is 0.
    A, _ = np.linalg.qr(rng.normal(size=(2, 2)))
    yield partial(landscapes.squares_gradient, A, _curved(rng, 2, SMALL_RATIO)[0]), np.zeros(2), 12
    # Along the axes, where a unit vector stays as it is: no unit vector is right in both. So far from 0 that
    # the difference over a step of 1e-13 is little but rounding.
    for place in (0, 2):
        curvatures, u = _curved(rng, 3, SMALL_RATIO)
        A = np.roll(np.eye(3), place, axis=1)
        yield partial(landscapes.squares_gradient, A, curvatures), A.T @ (30 * u), 12


def _in_valleys(A: Array, curvatures: Array, u: Array) -> tuple[partial[Array], Array]:
    """Return a gradient and a point, u = A θ, where these are the curvatures along the rows of A."""
    return partial(landscapes.valleys_gradient, A, curvatures * np.cosh(u) ** 2), A.T @ u


def _curved(rng: Generator, n: int, ratio: float) -> tuple[Array, Array]:
    """Return n curvatures, the first positive and the others within `ratio` of it, and u, away from 0."""
    ratios = rng.uniform(-1, 1, size=n - 1)
    ratios[:1] = rng.choice([-1, 1])
    curvatures = rng.uniform(0.5, 20) * np.append(1, ratio * ratios)
    return curvatures, rng.choice([-1, 1], size=n) * rng.uniform(0.3, 0.5, size=n)


def _rates_and_curves(rng: Generator) -> Iterator[Arguments]:
    for count, steps in ((1, 4), (3, 0), (4, 6), (6, 9)):
        yield _list_or_array(rng, _etas(rng, count)), _curves(rng, count, steps)
    for first, second in ((1, 3), (0, 4)):
        # two rates share the lowest last loss, the first is the larger one, then the smaller one
        for sign in (-1, 1):
            etas, curves = _etas(rng, 5), _curves(rng, 5, 6)
            curves[[first, second], -1] = 1e-3
            pair = np.sort(etas[[first, second]])[::sign]
            etas[[first, second]] = pair
            yield _list_or_array(rng, etas), curves
        # nearly a tie, and the second wins
        etas, curves = _etas(rng, 5), _curves(rng, 5, 6)
        curves[[first, second], -1] = 1e-3 * (1 + 1e-9), 1e-3
        yield _list_or_array(rng, etas), curves
    for bad in (np.nan, np.inf, -np.inf):
        for place in (0, 1, 2, 3, -1):
            curves = _curves(rng, 4, 6)
            broken = rng.integers(4)
            curves[broken] /= 100
            curves[broken, place] = bad
            yield _list_or_array(rng, _etas(rng, 4)), curves
    # no last loss is small, in any unit
    for _ in range(3):
        yield _list_or_array(rng, _etas(rng, 4)), _curves(rng, 4, 6) * 10 ** rng.uniform(10, 14)
    curves = _curves(rng, 4, 6)
    good = rng.integers(4)
    curves[np.arange(4) != good, 2:] = np.nan
    yield _list_or_array(rng, _etas(rng, 4)), curves


def _best_learning_rate(rng: Generator) -> Iterator[Arguments]:
    # twice: what a wrong answer is called hangs on pairs of which few are drawn
    yield from _rates_and_curves(rng)
    yield from _rates_and_curves(rng)


def _curves(rng: Generator, count: int, steps: int) -> Array:
    """Return positive curves; the lowest value of all is not the last of its row."""
    curves: Array = rng.uniform(0.1, 1, size=(count, steps + 1))
    if steps:
        curves[np.argmax(curves[:, -1]), steps // 2] = 0.01
    return curves


ARGUMENTS: dict[str, Draw] = {
    "ps3.loss_curves": _loss_curves,
    "ps3.classify_run": _classify_run,
    "ps3.largest_curvature": _largest_curvature,
    "ps3.best_learning_rate": _best_learning_rate,
}
