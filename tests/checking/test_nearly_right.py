"""Answers that are nearly right, or right but in a corner, are refused with a suspicion that is true."""

from __future__ import annotations

import numpy as np
import pytest

from course.checking.check import CheckFailed, check
from mlp_ref.functions import REFERENCE

ROUNDED = "rounded to {} decimals"
FEW_DIGITS = "right to a few digits only"
SATURATED = "only where units saturate"


def sigmoid(t):
    return np.exp(-np.logaddexp(0, -np.asarray(t, float)))


def rounded(name, decimals, item=None):
    """The reference `name` with its result, or the one item, rounded."""

    def wrong(*args):
        result = REFERENCE[name](*args)
        if item is None:
            return np.round(result, decimals)
        return [np.round(part, decimals) if k == item else part for k, part in enumerate(result)]

    return wrong


def forward_with(hidden=sigmoid, output=sigmoid):
    def forward(X, W1, W2):
        Z = np.hstack([hidden(X @ W1), np.ones((len(X), 1))])
        return X @ W1, Z, Z @ W2, output(Z @ W2)

    return forward


def dC_dW1_with(unit):
    def dC_dW1(X, y, y_hat, O, Z, W2):
        Z = Z[:, :-1]
        return X.T @ ((y_hat - y) / len(y) * unit(O) * (1 - unit(O)) * W2[:-1].T * Z * (1 - Z))

    return dC_dW1


def cut(t):
    return sigmoid(np.clip(t, -18, 18))


def in_float32(t):
    return np.float32(sigmoid(t))


def bce_with(eps):
    return lambda y, f: float(-np.sum(y * np.log(f + eps) + (1 - y) * np.log(1 - f)))


def curvature_with(step_back):
    """Power iteration whose differences go back by `step_back`, and a right number at its end."""

    def largest_curvature(gradient, theta, iterations=50):
        v = np.linspace(1, 2, len(theta))
        for _ in range(iterations):
            v = gradient(theta + 1e-5 * v) - gradient(theta - step_back * v)
            v = v / np.linalg.norm(v)
        return float(v @ (gradient(theta + 1e-5 * v) - gradient(theta - 1e-5 * v)) / 2e-5)

    return largest_curvature


def find_with(h):
    def find_the_bug(candidates, f, W):
        units = np.eye(W.size).reshape(-1, *W.shape)
        gradient = [(f(W + h * E) - f(W - h * E)) / (2 * h) for E in units]
        return int(np.argmax([np.linalg.norm(np.ravel(c) - gradient) for c in candidates]))

    return find_the_bug


def classify_with(end):
    """The rule for "stuck" with the movement of all steps but the last `end` for those before m."""

    def classify_run(losses):
        verdict = REFERENCE["ps3.classify_run"](losses)
        if verdict not in ("slow", "stuck"):
            return verdict
        moves, m = np.abs(np.diff(losses)), len(losses) // 2
        return "stuck" if moves[m:].sum() * 10 <= moves[:-end].sum() else "slow"

    return classify_run


def of_the_wrong_sign_near_zero(t):
    z = np.exp(-np.abs(t))
    return np.where(np.asarray(t) < -0.9, z, 1.0) / (1 + z)


WRONG = {
    "σ rounded": ("ps0.sigmoid", rounded("ps0.sigmoid", 5), ROUNDED.format(5)),
    "σ of float32": ("ps0.sigmoid", lambda t: np.float64(sigmoid(np.float32(t))), FEW_DIGITS),
    "σ near 0": ("ps0.sigmoid", of_the_wrong_sign_near_zero, "negative and near 0"),
    "difference rounded": ("ps0.numerical_gradient", rounded("ps0.numerical_gradient", 6), ROUNDED.format(6)),
    **{f"bug with h = {h}": ("ps0.find_the_bug", find_with(h), "only where f is curved") for h in (0.2, 0.8)},
    "cost rounded": ("ps1.mse_cost", rounded("ps1.mse_cost", 5), ROUNDED.format(5)),
    "hidden units rounded": (
        "ps1.forward",
        forward_with(hidden=lambda t: np.round(sigmoid(t), 5)),
        ROUNDED.format(5),
    ),
    "hidden units cut off": ("ps1.forward", forward_with(hidden=cut), SATURATED),
    "output cut off": ("ps1.forward", forward_with(output=cut), SATURATED),
    "(3a) cut off": ("ps1.dyhat_dO", lambda O: cut(O) * cut(-O), SATURATED),
    "(10) cut off": ("ps1.dC_dW1", dC_dW1_with(cut), SATURATED),
    "(10) of float32": ("ps1.dC_dW1", dC_dW1_with(in_float32), FEW_DIGITS),
    "(6) cut off": (
        "ps1.dC_dW1_chain",
        lambda *a: np.clip(REFERENCE["ps1.dC_dW1_chain"](*a), -15, 15),
        None,
    ),
    "log(f + 1e-9)": ("ps2.bce_loss", bce_with(1e-9), "log(f + 1e-8)"),
    "f cut off": (
        "ps2.bce_loss",
        lambda y, f: REFERENCE["ps2.bce_loss"](y, np.clip(f, 1e-4, 1 - 1e-4)),
        "cut off there",
    ),
    "labels ignored": ("ps2.bce_loss", lambda y, f: float(-np.log(1 - f).sum()), "term with y missing"),
    "other labels ignored": ("ps2.bce_loss", lambda y, f: float(-np.log(f).sum()), "labels that are all 1"),
    "curves rounded": ("ps3.loss_curves", rounded("ps3.loss_curves", 5), ROUNDED.format(5)),
    "rate rounded": ("ps3.best_learning_rate", rounded("ps3.best_learning_rate", 3), ROUNDED.format(3)),
    "velocity rounded": ("ps3.momentum_step", rounded("ps3.momentum_step", 6, 1), ROUNDED.format(6)),
    **{
        f"curvature over {step}": ("ps3.largest_curvature", curvature_with(step), "curvature changes")
        for step in (0.9, 1.5)
    },
    **{f"all steps but {end}": ("ps3.classify_run", classify_with(end), 'edge of "stuck"') for end in (1, 2)},
}


@pytest.mark.parametrize(("name", "function", "says"), WRONG.values(), ids=WRONG)
def test_refused_with_a_suspicion(name, function, says):
    with pytest.raises(CheckFailed) as raised:
        check(name, function)
    assert says is None or says in str(raised.value)


def test_sizes_that_do_not_fit_are_suspected_of_an_answer_that_raises():
    with pytest.raises(ValueError, match="mismatch") as raised:
        check("ps1.forward", lambda X, W1, W2: X @ W1.T)
    assert any("sizes do not fit together" in note for note in raised.value.__notes__)
