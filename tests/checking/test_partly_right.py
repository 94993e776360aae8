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


def bug_by(distance, among=None):
    """The search for a bug with another distance from the numerical gradient, or among the first few only."""

    def find_the_bug(candidates, f, W):
        want = REFERENCE["ps0.numerical_gradient"](f, W, 1e-5)
        return int(np.argmax([distance(c, want) for c in candidates[:among]]))

    return find_the_bug


def with_shape_kept(numerical_gradient):
    """Without the last of its axes of length 1."""

    def without_axis(f, W, h=1e-5):
        gradient = numerical_gradient(f, W, h)
        return gradient.squeeze() if gradient.ndim > 2 else gradient

    return without_axis


def first_six(gradient):
    return np.where(np.arange(gradient.size) < 6, gradient.ravel(), 0)


def difference(c, want):
    return np.linalg.norm(np.ravel(c - want))


def difference_of_column_sums(c, want):
    return np.abs(np.sum(c, axis=0) - np.sum(want, axis=0)).max()


def difference_of_row_sums(c, want):
    return np.abs(np.sum(c, axis=-1) - np.sum(want, axis=-1)).max()


def classify_by_net_change(losses):
    verdict = REFERENCE["ps3.classify_run"](losses)
    if verdict not in ("slow", "stuck"):
        return verdict
    steps, m = np.diff(losses), len(losses) // 2
    return "stuck" if abs(np.sum(steps[m:])) * 10 <= np.abs(steps[:m]).sum() else "slow"


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


def best_of_near_ties(etas, curves):
    return REFERENCE["ps3.best_learning_rate"](etas, np.round(curves, 6))


PARTLY_RIGHT = {
    "entries below 1e-5 dropped": (
        "ps0.numerical_gradient",
        gradient_after(lambda g: np.where(np.abs(g) < 1e-5, 0, g)),
    ),
    "gradient cut at 100": ("ps0.numerical_gradient", gradient_after(lambda g: np.clip(g, -100, 100))),
    "the first six entries": ("ps0.numerical_gradient", gradient_after(first_six)),
    "an axis of length 1 lost": (
        "ps0.numerical_gradient",
        with_shape_kept(REFERENCE["ps0.numerical_gradient"]),
    ),
    "bug by sums of columns": ("ps0.find_the_bug", bug_by(difference_of_column_sums)),
    "bug by sums of rows": ("ps0.find_the_bug", bug_by(difference_of_row_sums)),
    "bug among the first five": ("ps0.find_the_bug", bug_by(difference, among=5)),
    "train with gradients cut off": ("ps1.train", train_with_clipped_gradient),
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
