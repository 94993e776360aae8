"""What students get wrong in ps3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlp_ref import curves as ref
from mlp_ref.mistakes.mistake import Mistake, Table

STEP = ref.STEP


def _classify(
    losses: Any,
    *,
    tenfold: float = 10,
    finite: bool = True,
    m: Callable[[int], int] = lambda n: n // 2,
    fifth: float = 1 / 5,
    order: str = "oscillating steady stuck",
    whole_run: bool = False,
    last: int = -1,
    half: float = 1 / 2,
    tenth: float = 1 / 10,
    net: bool = False,
) -> str:
    """The rule of ps3 with parts of it wrong."""
    curve = np.asarray(losses, dtype=float)
    with np.errstate(all="ignore"):
        if finite and not np.isfinite(curve).all():
            return "diverged"
        if np.any(curve > tenfold * curve[0]):
            return "diverged"
        steps = np.diff(curve)
        early, late = steps[: m(len(curve))], steps[m(len(curve)) :]
        seen = steps if whole_run else late
        size = _net if net else _total
        holds = {
            "oscillating": np.sum(seen > 0) > fifth * len(seen) * (1 + 1e-12),
            "steady": curve[last] <= half * curve[0],
            "stuck": size(late) <= tenth * size(early) * (1 + 1e-12),
        }
    return next((name for name in order.split() if holds[name]), "slow")


def _total(steps: Any) -> Any:
    return np.sum(np.abs(steps))


def _net(steps: Any) -> Any:
    return abs(np.sum(steps))


def _variant(**wrong: Any) -> Callable[[Any], str]:
    return lambda losses: _classify(losses, **wrong)


def _at_least(losses: Any) -> str:
    """Oscillating from exactly a fifth on."""
    return _classify(losses, fifth=1 / 5 - 1e-9)


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


def _rows(change: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda etas, train: change(ref.loss_curves(etas, train))


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
        Mistake("NaN removed", "inf and NaN have to pass through", _rows(lambda c: np.nan_to_num(c))),
        Mistake("last losses", "whole curves are asked for, not their ends", _rows(lambda c: c[:, -1])),
        Mistake("one curve", "the curves were joined to one", _rows(lambda c: c.ravel())),
        Mistake("last step missing", "the last loss of each curve is missing", _rows(lambda c: c[:, :-1])),
    ),
    "ps3.classify_run": (
        Mistake(
            "ten times is enough",
            "exactly 10 times the first loss is not yet diverged",
            _variant(tenfold=10 * (1 - 1e-12)),
        ),
        Mistake("NaN overlooked", "a loss that is not finite is a diverged run", _variant(finite=False)),
        Mistake(
            "divergence overlooked",
            "a loss above 10 times the first is a diverged run",
            _variant(tenfold=np.inf),
        ),
        Mistake("a fifth is enough", "exactly a fifth of the steps is not yet oscillating", _at_least),
        Mistake(
            "all steps counted", "only the steps from m on count for oscillating", _variant(whole_run=True)
        ),
        Mistake("m rounded up", "m is n // 2, rounded down", _variant(m=lambda n: (n + 1) // 2)),
        Mistake(
            "m from the steps",
            "m is half the number of losses, not of steps",
            _variant(m=lambda n: (n - 1) // 2),
        ),
        Mistake("below half", "exactly half the first loss is steady", _variant(half=1 / 2 * (1 - 1e-12))),
        Mistake(
            "steady before oscillating",
            "the order matters: oscillating is asked before steady",
            _variant(order="steady oscillating stuck"),
        ),
        Mistake(
            "stuck before steady",
            "the order matters: steady is asked before stuck",
            _variant(order="oscillating stuck steady"),
        ),
        Mistake(
            "stuck first",
            "the order matters: stuck comes after oscillating and steady",
            _variant(order="stuck oscillating steady"),
        ),
        Mistake("below a tenth", "exactly a tenth is stuck", _variant(tenth=1 / 10 * (1 - 1e-9))),
        Mistake("net change", "the sizes of the steps are summed, |step|, not the steps", _variant(net=True)),
        Mistake("never stuck", "stuck is missing", _variant(order="oscillating steady")),
        Mistake("never oscillating", "oscillating is missing", _variant(order="steady stuck")),
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
            "the iteration stops too early",
            lambda g, theta, iterations=50: ref.largest_curvature(g, theta, 1),
        ),
        Mistake("sign", "the sign is reversed", lambda *a: -ref.largest_curvature(*a)),
        Mistake("factor 2", "the two points are 2h apart", lambda *a: 2 * ref.largest_curvature(*a)),
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
        Mistake("last of ties", "of equal rates the first counts", _last_of_ties),
        Mistake("smallest of ties", "of equal rates the first counts, not the smallest", _smallest_of_ties),
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
        Mistake("largest rate", "the largest rate need not be the best", lambda etas, c: float(np.max(etas))),
    ),
}
