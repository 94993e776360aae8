"""Answers that are right for some inputs only: the check in the notebook refuses them, and the hidden one."""

from __future__ import annotations

import numpy as np
import pytest

from course.checking.check import CheckFailed, check
from course.checking.seed import use_seed
from course.checking.trial import WrongAnswer
from mlp_ref.functions import REFERENCE
from mlp_ref.grading import matches_reference

SEEDS = range(10)


def gradient_after(change):
    """A numerical gradient whose result is changed; it has the shape of W again."""

    def numerical_gradient(f, W, h=1e-5):
        return np.reshape(change(REFERENCE["ps0.numerical_gradient"](f, W, h)), np.shape(W))

    return numerical_gradient


def bug_by(distance, among=slice(None)):
    """The search for a bug with another distance from the numerical gradient, or among some only."""

    def find_the_bug(candidates, f, W):
        want = REFERENCE["ps0.numerical_gradient"](f, W, 1e-5)
        places = range(len(candidates))[among]
        return max(places, key=lambda k: distance(np.asarray(candidates[k]), want))

    return find_the_bug


def first_bug_above(threshold):
    """The first candidate that is so far away, and where there is none the last."""

    def find_the_bug(candidates, f, W):
        want = REFERENCE["ps0.numerical_gradient"](f, W, 1e-5)
        errors = [REFERENCE["ps0.relative_error"](c, want) for c in candidates]
        return next((k for k, error in enumerate(errors) if error > threshold), len(errors) - 1)

    return find_the_bug


def squeezed(f, W, h=1e-5):
    """A numerical gradient that loses its axes of length 1."""
    gradient = REFERENCE["ps0.numerical_gradient"](f, W, h)
    return gradient.squeeze() if gradient.ndim > 2 else gradient


def first(number):
    return lambda gradient: np.where(np.arange(gradient.size) < number, gradient.ravel(), 0)


def difference(c, want):
    return np.linalg.norm(np.ravel(c - want))


def difference_of_column_sums(c, want):
    return np.abs(np.sum(c, axis=0) - np.sum(want, axis=0)).max()


def difference_of_row_sums(c, want):
    return np.abs(np.sum(c, axis=-1) - np.sum(want, axis=-1)).max()


def angle(c, want):
    return -np.sum(c * want) / np.linalg.norm(c) / np.linalg.norm(want)


def difference_of_sizes(c, want):
    return np.abs(np.abs(c) - np.abs(want)).max()


def difference_at(part):
    return lambda c, want: np.abs(c[part] - want[part]).max()


def difference_of_first_three(c, want):
    return np.abs(c.ravel()[:3] - want.ravel()[:3]).max()


def difference_of_others(c, want):
    return np.abs(c.ravel()[1:] - want.ravel()[1:]).max()


def classify_by_net_change(losses):
    verdict = REFERENCE["ps3.classify_run"](losses)
    if verdict not in ("slow", "stuck"):
        return verdict
    steps, m = np.diff(losses), len(losses) // 2
    return "stuck" if abs(np.sum(steps[m:])) * 10 <= np.abs(steps[:m]).sum() else "slow"


def classify_after_the_first(losses):
    first = losses[0] if np.isfinite(losses[0]) else 1.0
    return REFERENCE["ps3.classify_run"]([first, *losses[1:]])


def curvature_of(rounds):
    return lambda gradient, theta, iterations=50: REFERENCE["ps3.largest_curvature"](gradient, theta, rounds)


def train_with_clipped_gradient(X, y, W1, W2, eta, steps):
    losses = [REFERENCE["ps1.mse_cost"](y, REFERENCE["ps1.forward"](X, W1, W2)[3])]
    for _ in range(steps):
        _, Z, O, y_hat = REFERENCE["ps1.forward"](X, W1, W2)
        dW2 = REFERENCE["ps1.dC_dW2"](y, y_hat, O, Z)
        dW1 = REFERENCE["ps1.dC_dW1"](X, y, y_hat, O, Z, W2)
        W1, W2 = W1 - eta * np.clip(dW1, -5, 5), W2 - eta * np.clip(dW2, -5, 5)
        losses.append(REFERENCE["ps1.mse_cost"](y, REFERENCE["ps1.forward"](X, W1, W2)[3]))
    return np.array(losses), W1, W2


def train_of_six(X, y, *others):
    return REFERENCE["ps1.train"](X[:6], y[:6], *others)


def best_of_last_three(etas, curves):
    known = [k for k, curve in enumerate(curves) if np.isfinite(curve[-3:]).all()]
    return REFERENCE["ps3.best_learning_rate"](np.asarray(etas)[known], np.asarray(curves)[known, -1:])


def best_below(highest):
    return lambda etas, curves: REFERENCE["ps3.best_learning_rate"](
        etas, np.where(np.abs(curves) < highest, curves, np.nan)
    )


def best_of_near_ties(etas, curves):
    return REFERENCE["ps3.best_learning_rate"](etas, np.round(curves, 6))


PARTLY_RIGHT = {
    "entries below 1e-5 dropped": (
        "ps0.numerical_gradient",
        gradient_after(lambda g: np.where(np.abs(g) < 1e-5, 0, g)),
    ),
    "gradient cut at 100": ("ps0.numerical_gradient", gradient_after(lambda g: np.clip(g, -100, 100))),
    **{f"the first {n} entries": ("ps0.numerical_gradient", gradient_after(first(n))) for n in (6, 9)},
    "an axis of length 1 lost": ("ps0.numerical_gradient", squeezed),
    "matrices column by column": ("ps0.numerical_gradient", gradient_after(lambda g: g.T)),
    "matrices that are not square, column by column": (
        "ps0.numerical_gradient",
        gradient_after(lambda g: g.T if len(set(g.shape)) > 1 else g),
    ),
    "bug by sums of columns": ("ps0.find_the_bug", bug_by(difference_of_column_sums)),
    "bug by sums of rows": ("ps0.find_the_bug", bug_by(difference_of_row_sums)),
    "bug by the angle": ("ps0.find_the_bug", bug_by(angle)),
    "bug by sizes": ("ps0.find_the_bug", bug_by(difference_of_sizes)),
    **{f"bug in row {row}": ("ps0.find_the_bug", bug_by(difference_at(row))) for row in (0, -1)},
    "bug in the first three entries": ("ps0.find_the_bug", bug_by(difference_of_first_three)),
    "bug not in the first entry": ("ps0.find_the_bug", bug_by(difference_of_others)),
    "bug among the first five": ("ps0.find_the_bug", bug_by(difference, slice(5))),
    "bug among the last two": ("ps0.find_the_bug", bug_by(difference, slice(-2, None))),
    "bug by a wide margin": ("ps0.find_the_bug", first_bug_above(0.05)),
    "train with gradients cut off": ("ps1.train", train_with_clipped_gradient),
    "train with six examples": ("ps1.train", train_of_six),
    **{
        f"the first {n} losses": ("ps3.classify_run", lambda x, n=n: REFERENCE["ps3.classify_run"](x[:n]))
        for n in (12, 20)
    },
    "first loss not looked at": ("ps3.classify_run", classify_after_the_first),
    "NaN in the last three only": ("ps3.best_learning_rate", best_of_last_three),
    "no loss above a million": ("ps3.best_learning_rate", best_below(1e6)),
    "stuck by the net change": ("ps3.classify_run", classify_by_net_change),
    **{f"always {n} iterations": ("ps3.largest_curvature", curvature_of(n)) for n in (10, 15, 20)},
    "near ties taken for ties": ("ps3.best_learning_rate", best_of_near_ties),
}


@pytest.mark.parametrize(("name", "function"), PARTLY_RIGHT.values(), ids=PARTLY_RIGHT)
def test_refused_in_the_notebook_and_hidden(name, function):
    with pytest.raises(CheckFailed):
        check(name, function)
    for seed in SEEDS:
        with pytest.raises(WrongAnswer), use_seed(seed):
            matches_reference(name, function)
