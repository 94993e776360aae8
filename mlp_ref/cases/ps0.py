"""Inputs of ps0's functions. The functions to differentiate mix the entries of W; most are not quadratic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from course.checking import landscapes
from course.gradcheck import relative_error
from mlp_ref.cases.drawing import Arguments, Array, Draw, Generator

LARGEST_ARGUMENT = 1e4

SHAPES: tuple[tuple[int, ...], ...] = ((), (3,), (3, 2), (2, 2), (2, 1, 2))
"""small ones: f stays with the grader, and is asked for twice for every entry"""

OF_BUGS = ((3,), (3, 1), (2, 2), (2, 1, 2))
"""of gradients with bugs: an axis of several entries comes first, so that rows can be exchanged"""

LARGER = (2, 3, 2)

SLOPES: dict[Callable[..., float], Callable[[Array], Array]] = {
    landscapes.squares: lambda u: u,
    landscapes.waves: np.cos,
    landscapes.valleys: np.tanh,
}
"""φ′ of the landscapes whose gradients are known here."""

RIGHT = 1e-9
"""Relative error of a right gradient: that of a careful computation, not zero; the statement tells it."""

WRONG = 1.2e-2
"""Least relative error of a wrong one; the contract is 1e-2."""


def _sigmoid(rng: Generator) -> Iterator[Arguments]:
    for size in (
        -LARGEST_ARGUMENT,
        LARGEST_ARGUMENT,
        *rng.uniform(-3, 3, size=2),
        *rng.uniform(-40, 40, size=2),
    ):
        yield (float(size),)
        yield (np.array(size),)
    yield (0.0,)
    for shape in ((5,), (1,), (3, 4), (6, 1), (2, 3, 2)):
        yield (3 * rng.normal(size=shape),)
        yield (rng.choice([-1, 1], size=shape) * 10.0 ** rng.uniform(1, 4, size=shape),)
    yield (np.array([-LARGEST_ARGUMENT, -750, -30, -1, 0, 1, 30, 750, LARGEST_ARGUMENT]),)


def _relative_error(rng: Generator) -> Iterator[Arguments]:
    for shape in ((3,), (7, 1), (4, 2), (2, 3, 2)):
        a, b = rng.normal(size=(2, *shape))
        yield a, b
        yield a, a * rng.uniform(2, 5)
        yield a, a + 1e-3 * b
        # gradients of a saturated net are this small, and can be wrong all the same
        yield 1e-9 * a, 1e-9 * b
        yield 1e-12 * a, 1e-12 * b
        yield a, np.zeros(shape)
        yield np.zeros(shape), b
        yield np.zeros(shape), np.zeros(shape)
        yield a, a.copy()
        yield a, -a
    for a, b in rng.normal(size=(3, 2)):
        yield float(a), float(b)
    yield 0.0, 0.0
    yield float(rng.normal()), 0.0


def _landscape(rng: Generator, shape: tuple[int, ...], kind: str) -> partial[float]:
    terms = 5
    A = rng.uniform(0.4, 1.4, size=(terms, int(np.prod(shape)))) * rng.choice([-1, 1], size=(terms, 1))
    return partial(getattr(landscapes, kind), A, rng.uniform(0.5, 1.5, size=terms))


def _steep(rng: Generator, W: Array) -> partial[float]:
    """Return waves so short that the result depends on the default of h too, by (A h)²/6 ≈ 2e-4.

    No entry of the gradient is small beside the terms it sums, of which rounding takes 1e-10.
    """
    while True:
        flat = _landscape(rng, W.shape, "waves")
        f = partial(landscapes.waves, 3000 * flat.args[0], flat.args[1])
        if np.abs(_gradient(f, W)).min() > 150:
            return f


def _gradient(f: partial[float], W: Array) -> Array:
    """Return the gradient of a landscape, Aᵀ (c φ′(A w)) in the shape of W."""
    A, c = f.args
    gradient: Array = (A.T @ (c * SLOPES[f.func](A @ np.ravel(W)))).reshape(np.shape(W))
    return gradient


def _numerical_gradient(rng: Generator) -> Iterator[Arguments]:
    for turn, shape in enumerate(SHAPES, start=int(rng.integers(2))):
        W = np.asarray(rng.uniform(-1, 1, size=shape))
        # with steps this wide the result depends on h, far beyond the tolerance
        yield _landscape(rng, shape, ("cubes", "valleys")[turn % 2]), W, float(rng.choice([0.1, 0.02]))
        yield _landscape(rng, shape, ("waves", "squares")[turn % 2]), W, float(rng.choice([1e-4, 1e-6]))
        yield _steep(rng, W), W
    # further out
    W = rng.uniform(-5, 5, size=(2, 2))
    yield _landscape(rng, W.shape, "cubes"), W, 0.1
    # more entries, and small ones
    A, c = _landscape(rng, LARGER, "waves").args
    yield partial(landscapes.waves, A, 1e-6 * c), rng.uniform(-5, 5, size=LARGER)


def _reverse(_: Generator, gradient: Array) -> Array:
    return -gradient


def _rescale(rng: Generator, gradient: Array) -> Array:
    wrong: Array = gradient * rng.choice([0.1, 0.5, 1.1, 2, 7])
    return wrong


def _rescale_a_little(rng: Generator, gradient: Array) -> Array:
    wrong: Array = gradient * rng.choice([0.97, 1.03])
    return wrong


def _change_one(rng: Generator, gradient: Array) -> Array:
    wrong = gradient.copy()
    p = tuple(int(rng.integers(n)) for n in gradient.shape)
    wrong[p] += rng.choice([-1, 1]) * 10 ** rng.uniform(-1.6, -0.3) * np.linalg.norm(gradient)
    return wrong


def _scramble(rng: Generator, gradient: Array) -> Array:
    return rng.permutation(gradient.ravel()).reshape(gradient.shape)


def _reverse_rows(_: Generator, gradient: Array) -> Array:
    return gradient[::-1].copy()


def _exchange_two(_: Generator, gradient: Array) -> Array:
    wrong = gradient.copy()
    wrong.flat[:2] = gradient.flat[1], gradient.flat[0]
    return wrong


def _change_first(rng: Generator, gradient: Array) -> Array:
    return _change_at(rng, gradient, 0)


def _change_last(rng: Generator, gradient: Array) -> Array:
    return _change_at(rng, gradient, -1)


def _change_at(rng: Generator, gradient: Array, place: int) -> Array:
    wrong = gradient.copy()
    wrong.flat[place] += rng.choice([-1, 1]) * rng.uniform(0.1, 0.5) * np.linalg.norm(gradient)
    return wrong


Bug = Callable[[Generator, Array], Array]

BUGS: tuple[Bug, ...] = (
    _reverse,
    _rescale,
    _rescale_a_little,
    _change_one,
    _scramble,
    _reverse_rows,
    _exchange_two,
    _change_first,
    _change_last,
)


def _find_the_bug(rng: Generator) -> Iterator[Arguments]:
    # of two candidates no majority tells: those cases decide between comparing with f and comparing them
    places = [(count, place) for count in (2, 2, 2, 2, 2, 3, 6) for place in range(count)]
    for turn, (count, place) in enumerate(places, start=int(rng.integers(len(BUGS)))):
        # a bug comes again with another shape
        shape = OF_BUGS[(turn + turn // len(BUGS)) % len(OF_BUGS)]
        f, W, right, wrong = _bugged(rng, BUGS[turn % len(BUGS)], shape)
        candidates = [_nearly(rng, right) for _ in range(count)]
        candidates[place] = wrong
        yield candidates, f, W


def _bugged(rng: Generator, bug: Bug, shape: tuple[int, ...]) -> tuple[partial[float], Array, Array, Array]:
    """Return a function, a point, the gradient there, and the gradient with a bug that is seen."""
    while True:
        W = rng.uniform(-1, 1, size=shape)
        f = _landscape(rng, shape, str(rng.choice(["squares", "waves", "valleys"])))
        right = _gradient(f, W)
        wrong = bug(rng, right)
        if relative_error(right, wrong) > WRONG:
            return f, W, right, wrong


def _nearly(rng: Generator, gradient: Array) -> Array:
    nearly: Array = gradient * (1 + RIGHT * rng.uniform(-1, 1, size=gradient.shape))
    return nearly


ARGUMENTS: dict[str, Draw] = {
    "ps0.sigmoid": _sigmoid,
    "ps0.relative_error": _relative_error,
    "ps0.numerical_gradient": _numerical_gradient,
    "ps0.find_the_bug": _find_the_bug,
}
