"""What students get wrong in the curves, the curvature and the choice of a rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course.checking import hints
from course.checking.trial import Trial
from mlp_ref import curves as ref
from mlp_ref.mistakes.common import quiet
from mlp_ref.mistakes.mistake import Mistake, Table

STEP = ref.STEP


def _hessian(gradient: Any, theta: Any) -> Any:
    n = len(theta)
    columns = [(gradient(theta + STEP * e) - gradient(theta - STEP * e)) / (2 * STEP) for e in np.eye(n)]
    return np.array(columns)


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


def _power(start: Callable[[Any], Any], steps: int, size: bool = False) -> Callable[..., float]:
    """Return a power iteration of so many steps, and at the end vᵀHv, or the size of Hv."""

    def curvature(gradient: Any, theta: Any, iterations: int = 50) -> float:
        def hessian_times(v: Any) -> Any:
            return (gradient(theta + STEP * v) - gradient(theta - STEP * v)) / (2 * STEP)

        v = start(theta)
        for k in range(steps + 1):
            v = v / np.linalg.norm(v)
            Hv = hessian_times(v)
            if k == steps:
                return float(np.linalg.norm(Hv) if size else v @ Hv)
            v = Hv
        raise AssertionError

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


@quiet
def _unscaled(gradient: Any, theta: Any, iterations: int = 50) -> float:
    v = np.ones_like(theta)
    for _ in range(iterations):
        v = (gradient(theta + STEP * v) - gradient(theta - STEP * v)) / (2 * STEP)
    return float(v @ (gradient(theta + STEP * v) - gradient(theta - STEP * v)) / (2 * STEP))


MUCH = 1e8


def _grows(trials: Sequence[Trial]) -> bool:
    """Return whether results are off by factors as different as powers of eigenvalues are."""
    with np.errstate(all="ignore"):
        factors = np.abs([float(trial.got) / trial.case.want for trial in trials])
    factors = np.nan_to_num(factors, nan=1e300, posinf=1e300)
    return bool(factors.max() > MUCH and factors.max() > MUCH * factors.min())


def _rows(change: Callable[[Any], Any]) -> Callable[..., Any]:
    return quiet(lambda etas, train: change(ref.loss_curves(etas, train)))


def _finite(curves: Any) -> Any:
    return np.isfinite(curves).all(axis=1)


def _pick(etas: Any, score: Any) -> float:
    return float(etas[int(np.argmin(score))])


def _last_of_ties(etas: Any, curves: Any) -> float:
    last = np.where(_finite(curves), curves[:, -1], np.inf)
    return float(etas[len(last) - 1 - int(np.argmin(last[::-1]))])


def _smallest_of_ties(etas: Any, curves: Any) -> float:
    last = np.where(_finite(curves), curves[:, -1], np.inf)
    return float(np.asarray(etas)[last == last.min()].min())


MISTAKES: Table = {
    "ps3.loss_curves": (
        Mistake("transposed", "the result is transposed: a row for each rate", _rows(lambda c: c.T)),
        Mistake(
            "sorted",
            "the rates were sorted: keep their order",
            lambda etas, train: ref.loss_curves(sorted(etas), train),
            (lambda etas, train: ref.loss_curves(sorted(etas)[::-1], train),),
        ),
        Mistake(
            "backwards",
            "the rates were trained in reverse",
            lambda etas, train: ref.loss_curves(etas[::-1], train)[::-1],
        ),
        Mistake(
            "trained twice",
            "rates were trained more than once",
            lambda etas, train: (ref.loss_curves(etas, train), ref.loss_curves(etas, train))[1],
        ),
        Mistake(
            "one training too many",
            "there is a training too many before the first",
            lambda etas, train: (train(etas[0]), ref.loss_curves(etas, train))[1],
        ),
        Mistake(
            "one training after the last",
            "there is a training too many after the last",
            lambda etas, train: (ref.loss_curves(etas, train), train(etas[0]))[0],
        ),
        Mistake(
            "NaN removed",
            "inf and NaN have to pass through",
            _rows(lambda c: np.nan_to_num(c)),
            (
                _rows(lambda c: np.where(np.isfinite(c), c, np.nan)),
                _rows(lambda c: np.where(np.isfinite(c), c, np.inf)),
                _rows(lambda c: np.where(np.isfinite(c), c, 0)),
            ),
        ),
        Mistake("first losses missing", "the first loss of each curve is missing", _rows(lambda c: c[:, 1:])),
        Mistake(
            "differences", "the losses are asked for, not their changes", _rows(lambda c: np.diff(c, axis=1))
        ),
        Mistake(
            "divided by the first", "the losses are asked for as they are", _rows(lambda c: c / c[:, :1])
        ),
        Mistake("logarithms", "the losses are asked for, not their logarithms", _rows(np.log)),
        Mistake(
            "lowest so far",
            "the losses are asked for as they are",
            _rows(lambda c: np.minimum.accumulate(c, axis=1)),
        ),
        Mistake("rows reversed", "row k belongs to etas[k]", _rows(lambda c: c[::-1])),
        Mistake(
            "diverged left out",
            "inf and NaN have to pass through: a row for each rate",
            _rows(lambda c: c[np.isfinite(c).all(axis=1)]),
        ),
        Mistake(
            "first rate for all",
            "row k is train(etas[k])",
            lambda etas, train: np.array([train(etas[0]) for _ in etas]),
        ),
        Mistake("last losses", "whole curves are asked for, not their ends", _rows(lambda c: c[:, -1])),
        Mistake("one curve", "the curves were joined to one", _rows(lambda c: c.ravel())),
        Mistake("last step missing", "the last loss of each curve is missing", _rows(lambda c: c[:, :-1])),
    ),
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
        Mistake(
            "one iteration",
            "the iteration stops too early: is `iterations` used, and v the new one in each?",
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
    ),
    "ps3.best_learning_rate": (
        Mistake(
            "lowest anywhere",
            "the last loss counts, not the lowest on the way",
            lambda etas, c: _pick(etas, np.where(_finite(c), c.min(axis=1), np.inf)),
        ),
        Mistake(
            "NaN wins",
            "curves with NaN or inf are out; argmin takes NaN for the lowest",
            lambda etas, c: _pick(etas, c[:, -1]),
        ),
        Mistake(
            "only the end looked at",
            "a curve with NaN or inf anywhere is out",
            lambda etas, c: _pick(etas, np.where(np.isfinite(c[:, -1]), c[:, -1], np.inf)),
        ),
        Mistake(
            "index",
            "the rate is asked for, not its index",
            lambda etas, c: float(np.argmin(np.where(_finite(c), c[:, -1], np.inf))),
        ),
        Mistake("last of ties", "of rates with equal last losses the first counts", _last_of_ties),
        Mistake(
            "smallest of ties",
            "of rates with equal last losses the first counts, not the smallest",
            _smallest_of_ties,
        ),
        Mistake(
            "highest",
            "the lowest loss is asked for, not the highest",
            lambda etas, c: _pick(etas, -np.where(_finite(c), c[:, -1], -np.inf)),
        ),
        Mistake(
            "loss",
            "the rate is asked for, not its loss",
            lambda etas, c: float(np.where(_finite(c), c[:, -1], np.inf).min()),
        ),
        Mistake(
            "mean loss",
            "the last loss counts, not the mean",
            lambda etas, c: _pick(etas, np.where(_finite(c), c.mean(axis=1), np.inf)),
        ),
        Mistake("first rate", "the first rate need not be the best", lambda etas, c: float(etas[0])),
        Mistake("last rate", "the last rate need not be the best", lambda etas, c: float(etas[-1])),
        Mistake(
            "middle rate", "the middle rate need not be the best", lambda etas, c: float(np.median(etas))
        ),
        Mistake(
            "smallest rate",
            "the smallest rate need not be the best",
            lambda etas, c: float(np.min(etas)),
        ),
        Mistake(
            "index among the finite",
            "the index counts the finite curves alone, etas all of them",
            lambda etas, c: float(etas[int(np.argmin(c[_finite(c)][:, -1]))]),
        ),
        Mistake(
            "largest finite rate",
            "the largest rate that does not diverge need not be the best",
            lambda etas, c: float(np.max(np.asarray(etas)[_finite(c)])),
        ),
        Mistake(
            "largest drop",
            "the last loss counts, not how far it fell",
            lambda etas, c: _pick(etas, np.where(_finite(c), c[:, -1] - c[:, 0], np.inf)),
        ),
        Mistake(
            "relative drop",
            "the last loss counts, not how far it fell",
            lambda etas, c: _pick(etas, np.where(_finite(c), c[:, -1] / c[:, 0], np.inf)),
        ),
        Mistake(
            "NaN at the end skipped",
            "a curve with NaN or inf anywhere is out",
            lambda etas, c: _pick(etas, np.where(np.isnan(c[:, -1]), np.inf, c[:, -1])),
        ),
        Mistake(
            "only NaN out",
            "inf is not finite either",
            lambda etas, c: _pick(etas, np.where(np.isnan(c).any(axis=1), np.inf, c[:, -1])),
        ),
        Mistake("largest rate", "the largest rate need not be the best", lambda etas, c: float(np.max(etas))),
    ),
}
