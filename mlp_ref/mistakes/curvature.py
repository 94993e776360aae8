"""What students get wrong in the power iteration for the largest curvature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course.checking import hints, landscapes
from course.checking.trial import Trial
from mlp_ref import curves as ref
from mlp_ref.mistakes.common import quiet
from mlp_ref.mistakes.mistake import Mistake, Table

STEP = ref.STEP
ROUNDED = (
    "the two gradients are taken so near to each other that rounding is left in their difference: "
    "ε = 10⁻⁴ is meant"
)
TOO_EARLY = "the iteration stops too early: is `iterations` used, and v the new one in each?"


def _times(gradient: Any, theta: Any, v: Any, step: float = STEP) -> Any:
    """Return the Hessian at theta times v, by central differences of the gradient."""
    return (gradient(theta + step * v) - gradient(theta - step * v)) / (2 * step)


def _hessian(gradient: Any, theta: Any) -> Any:
    return np.array([_times(gradient, theta, e) for e in np.eye(len(theta))])


def _eigenvalues(gradient: Any, theta: Any) -> Any:
    H = _hessian(gradient, theta)
    return np.linalg.eigvalsh((H + H.T) / 2)


def _at_origin(gradient: Any, theta: Any, iterations: int = 50) -> Any:
    with np.errstate(all="ignore"):
        return ref.largest_curvature(gradient, 0 * theta, iterations)


def _of_gradient(gradient: Any, theta: Any, iterations: int = 50) -> Any:
    """Power iteration on the gradient itself instead of on its differences."""
    v = np.ones_like(theta) / np.sqrt(len(theta))
    for _ in range(iterations):
        g = gradient(v)
        v = g / (np.linalg.norm(g) or 1.0)
    return float(v @ gradient(v))


def _power(
    start: Callable[[Any], Any], steps: int | None = None, size: bool = False, step: float = STEP
) -> Callable[..., float]:
    """Return a power iteration of so many steps, or `iterations`, and at the end vᵀHv, or the size of Hv."""

    def curvature(gradient: Any, theta: Any, iterations: int = 50) -> float:
        v = start(theta)
        for _ in range(iterations if steps is None else steps):
            v = v / np.linalg.norm(v)
            v = _times(gradient, theta, v, step)
        v = v / np.linalg.norm(v)
        Hv = _times(gradient, theta, v, step)
        return float(np.linalg.norm(Hv) if size else v @ Hv)

    return quiet(curvature)


STARTS = (
    np.ones_like,
    np.copy,
    lambda theta: np.eye(len(theta))[0],
    lambda theta: np.random.default_rng(0).normal(size=len(theta)),
    lambda theta: np.random.default_rng(0).standard_normal(len(theta)),
    lambda theta: np.random.default_rng(1).normal(size=len(theta)),
    lambda theta: np.random.default_rng(42).normal(size=len(theta)),
    lambda theta: np.random.default_rng(0).random(len(theta)),
    lambda theta: np.random.RandomState(0).randn(len(theta)),
    lambda theta: np.random.RandomState(0).rand(len(theta)),
)
"""where students let the iteration start"""


def _axis(place: int) -> Callable[[Any], Any]:
    """Return the start along an axis, the first where there are too few."""
    return lambda theta: np.eye(len(theta))[place if abs(place) < len(theta) else 0]


def _wrong_where_theta_is_0(trials: Sequence[Trial]) -> bool:
    return all((trial.difference is not None) == (not np.any(trial.case.args[1])) for trial in trials)


def _of_length(length: Callable[[Any], Any]) -> Callable[..., float]:
    """Return vᵀHv of an eigenvector that was divided by another length."""

    def curvature(gradient: Any, theta: Any, iterations: int = 50) -> float:
        values, vectors = np.linalg.eigh(_hessian(gradient, theta))
        v = vectors[:, np.argmax(abs(values))]
        v = v / length(v)
        return float(v @ _hessian(gradient, theta) @ v)

    return quiet(curvature)


def _direction(sign: int) -> Callable[..., Any]:
    """Return the power iteration from ones, which forgets to take vᵀHv."""

    def direction(gradient: Any, theta: Any, iterations: int = 50) -> Any:
        v = sign * np.ones(len(theta)) / np.sqrt(len(theta))
        for _ in range(iterations):
            v = _times(gradient, theta, v)
            v = v / np.linalg.norm(v)
        return v

    return quiet(direction)


def _largest_entry(entries: Callable[[Any], Any]) -> Callable[..., float]:
    return lambda g, theta, iterations=50: float(np.max(entries(_hessian(g, theta))))


NOISE = (1e-6, 0.5)
"""how far off, relatively, a result may be in which the rounding of a small step is left"""


def _noisy(trials: Sequence[Trial]) -> bool:
    """Return whether results are off a little, up and down, where neither iterations nor curving do that.

    With one parameter v is right from the start; where the curvature is the same everywhere any step will do.
    """
    results = np.array([float(trial.got) for trial in trials])
    off = results / np.array([trial.case.want for trial in trials]) - 1
    one = np.array([len(trial.case.args[1]) == 1 for trial in trials])
    even = np.array([trial.case.args[0].func is landscapes.squares_gradient for trial in trials]) & ~one
    least, most = NOISE
    sure = off[one | even]
    rounded = np.allclose(results, np.round(results, 4), rtol=1e-12, atol=0)
    differs = all(np.any(abs(off[part]) > least) for part in (one, even))
    both_ways = sure.min() < -least and sure.max() > least
    return bool(differs and both_ways and not rounded and abs(off).max() < most)


def _lost(trials: Sequence[Trial]) -> bool:
    """Return whether nothing is left of the difference where theta is not small, and NaN comes of it."""
    results = np.array([float(trial.got) for trial in trials])
    large = [np.linalg.norm(trial.case.args[1]) > 1 for trial in trials]
    parts = results / np.array([trial.case.want for trial in trials])
    some = parts[np.isfinite(parts)]
    return bool(np.isnan(results[large]).any() and (not len(some) or abs(some).max() < MUCH))


def _until_it_hardly_changes(gradient: Any, theta: Any, iterations: int = 50) -> float:
    v, before = np.ones(len(theta)) / np.sqrt(len(theta)), 0.0
    for _ in range(iterations):
        Hv = _times(gradient, theta, v)
        now = float(v @ Hv)
        if abs(now - before) < 0.01:
            return now
        v, before = Hv / np.linalg.norm(Hv), now
    return before


def _wrong_numbers(trials: Sequence[Trial]) -> Any:
    """Return which trials have a wrong number. Raises ValueError where something else is wrong as well."""
    if not {trial.difference.stage for trial in trials if trial.difference} <= {"value"}:
        raise ValueError
    return np.array([trial.difference is not None for trial in trials])


def _wrong_where_curved(trials: Sequence[Trial]) -> bool:
    """Return whether results are right where the curvature is the same everywhere, and only there."""
    even = [trial.case.args[0].func is landscapes.squares_gradient for trial in trials]
    return bool(np.all(_wrong_numbers(trials) != even))


def _short_of_it(trials: Sequence[Trial]) -> bool:
    """Return whether results are smaller in size than the right ones, as before the iteration is there."""
    parts = np.array([float(trial.got) / trial.case.want for trial in trials])
    one = np.array([len(trial.case.args[1]) == 1 for trial in trials])
    wrong = abs(parts[_wrong_numbers(trials)])
    return bool(0.8 < wrong.max() < 1 and np.allclose(parts[one], 1, rtol=1e-3))


@quiet
def _unscaled(gradient: Any, theta: Any, iterations: int = 50) -> float:
    v = np.ones_like(theta)
    for _ in range(iterations):
        v = _times(gradient, theta, v)
    return float(v @ _times(gradient, theta, v))


MUCH = 1e8


def _grows(trials: Sequence[Trial]) -> bool:
    """Return whether results are off by factors as different as powers of eigenvalues are."""
    with np.errstate(all="ignore"):
        factors = np.abs([float(trial.got) / trial.case.want for trial in trials])
    factors = np.nan_to_num(factors, nan=1.0, posinf=1e300)
    return bool(factors.max() > MUCH and factors.max() > MUCH * factors.min())


MISTAKES: Table = {
    "ps3.largest_curvature": (
        Mistake(
            "smallest",
            "this is the smallest eigenvalue",
            lambda g, theta, iterations=50: float(_eigenvalues(g, theta)[0]),
        ),
        Mistake(
            "trace",
            "this is the sum of all eigenvalues",
            lambda g, theta, iterations=50: float(_eigenvalues(g, theta).sum()),
        ),
        Mistake("theta for v", hints.STARTS_AT_THETA, _power(np.copy), seen=_wrong_where_theta_is_0),
        Mistake(
            "one iteration",
            TOO_EARLY,
            lambda g, theta, iterations=50: ref.largest_curvature(g, theta, 1),
            tuple(
                _power(start, steps, size)
                for steps in (1, 2, 0, 3, 5, 10)
                for start in STARTS
                for size in (False, True)
            ),
        ),
        Mistake(
            "not scaled",
            "the result grows, or shrinks, with every iteration: v has to have length 1 in each",
            _unscaled,
            seen=_grows,
        ),
        Mistake(
            "scaled too early",
            "vᵀHv is taken of a v whose length is not 1",
            lambda *a: ref.largest_curvature(*a) ** 3,
        ),
        Mistake(
            "another length",
            "vᵀHv is taken of a v whose length is not 1: the length is the root of the sum of squares",
            _of_length(lambda v: abs(v).sum()),
            (_of_length(lambda v: abs(v).max()),),
        ),
        Mistake(
            "unit vector",
            "a start along one of the axes has no part along some eigenvectors, and never reaches them: "
            "start from random numbers or all ones",
            _power(_axis(0)),
            tuple(_power(_axis(place), size=size) for size in (False, True) for place in (0, -1, 1)),
        ),
        Mistake(
            "largest of the diagonal",
            "this is the largest entry of the Hessian or of its diagonal, which is smaller than the largest "
            "eigenvalue unless the Hessian is diagonal",
            _largest_entry(np.diag),
            (_largest_entry(lambda H: H), _largest_entry(abs)),
        ),
        Mistake(
            "rounding",
            ROUNDED,
            _power(np.ones_like, step=1e-14),
            seen=_noisy,
        ),
        Mistake("all rounded away", ROUNDED, _power(np.ones_like, step=1e-20), seen=_lost),
        Mistake(
            "direction",
            "the direction v is returned: the curvature along it, vᵀHv, is asked for",
            _direction(1),
            (_direction(-1),),
        ),
        Mistake("sign", hints.SIGN, lambda *a: -ref.largest_curvature(*a)),
        Mistake(
            "not divided",
            "the difference of gradients is not divided by the distance of the two points",
            lambda *a: 2e-4 * ref.largest_curvature(*a),
            tuple(
                lambda *a, step=step: 2 * step * ref.largest_curvature(*a)
                for step in (1e-3, 1e-5, 1e-6, 1e-7)
            ),
        ),
        Mistake("root", "a square root was taken", lambda *a: np.sqrt(abs(ref.largest_curvature(*a)))),
        Mistake(
            "norm of the gradient",
            "the curvature is asked for, not the length of the gradient",
            lambda g, theta, iterations=50: float(np.linalg.norm(g(theta))),
        ),
        Mistake(
            "factor 2", "the two points are twice the step apart", lambda *a: 2 * ref.largest_curvature(*a)
        ),
        Mistake("factor ½", "the result is half the expected one", lambda *a: ref.largest_curvature(*a) / 2),
        Mistake("squared", "the eigenvalue is squared", lambda *a: ref.largest_curvature(*a) ** 2),
        Mistake(
            "of the gradient",
            "the iteration ran on the gradient itself, not on its differences around theta",
            _of_gradient,
        ),
        Mistake(
            "at the origin",
            "the curvature is asked for at theta",
            _at_origin,
        ),
        Mistake("inverse", "this is 1/λ", lambda *a: 1 / ref.largest_curvature(*a)),
        Mistake("wide step", hints.CURVED, _power(np.ones_like, step=1.0), seen=_wrong_where_curved),
        Mistake("not there yet", TOO_EARLY, _until_it_hardly_changes, seen=_short_of_it),
    ),
}
