"""Trainings that stop early or stand still are told by their losses, in both judges."""

import numpy as np
import pytest

from course.checking import hints
from course.checking.check import CheckFailed, check
from course.checking.seed import use_seed
from course.checking.trial import WrongAnswer
from mlp_ref.functions import REFERENCE
from mlp_ref.grading import matches_reference
from mlp_ref.mistakes.common import quiet


def trained(name, *, stops=None, twice=False, fill=False, uphill=(), forward_once=False):
    """Gradient descent of ps1 or ps2 as a student writes it, with something wrong."""
    ref = {key.partition(".")[2]: function for key, function in REFERENCE.items() if key.startswith(name)}

    def forward(X, first, second):
        return ref["forward"](X, first, second)

    def loss_of(y, values):
        return ref["mse_cost" if name == "ps1" else "bce_loss"](y, values[-1])

    def gradients(X, y, values, first, second):
        if name == "ps2":
            return ref["gradients"](values, ref["deltas"](y, values, first))
        _, Z, O, y_hat = values
        return ref["dC_dW1"](X, y, y_hat, O, Z, second), ref["dC_dW2"](y, y_hat, O, Z)

    def moved(weights, by, eta):
        if isinstance(weights, list):
            return [W - eta * dW for W, dW in zip(weights, by, strict=True)]
        return weights - eta * by

    def train(X, y, first, second, eta, steps):
        losses, values = [], forward(X, first, second)
        for _ in range(steps):
            values = values if forward_once else forward(X, first, second)
            losses.append(loss_of(y, values))
            if stops and len(losses) > 1 and stops(*losses[-2:]):
                break
            by_first, by_second = gradients(X, y, values, first, second)
            first = moved(first, by_first, -eta if 0 in uphill else eta)
            second = moved(second, by_second, -eta if 1 in uphill else eta)
        if twice or len(losses) == steps:
            losses.append(loss_of(y, forward(X, first, second)))
        if fill:
            losses += losses[-1:] * (steps + 1 - len(losses))
        return np.array(losses), first, second

    return quiet(train)


def refusals(name, function):
    with pytest.raises(CheckFailed) as visible:
        check(f"{name}.train", function)
    for seed in range(3):
        with use_seed(seed), pytest.raises(WrongAnswer) as hidden:
            matches_reference(f"{name}.train", function)
        yield str(hidden.value)
    yield str(visible.value)


@pytest.mark.slow
@pytest.mark.parametrize("end", [{}, {"twice": True}, {"twice": True, "fill": True}], ids=str)
@pytest.mark.parametrize("name", ["ps1", "ps2"])
@pytest.mark.parametrize(
    "stops", [lambda a, b: b > a, lambda a, b: abs(a - b) < 1e-3], ids=["it rises", "it hardly moves"]
)
def test_a_training_that_stops_early_is_told(name, stops, end):
    for text in refusals(name, trained(name, stops=stops, **end)):
        assert hints.STOPS_EARLY in text


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ps1", "ps2"])
def test_a_forward_pass_before_the_loop_is_told(name):
    for text in refusals(name, trained(name, forward_once=True)):
        assert hints.FORWARD_ONCE in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "group", "weights"),
    [("ps1", 0, "W1"), ("ps1", 1, "W2"), ("ps2", 0, "the weights"), ("ps2", 1, "the biases")],
)
def test_only_what_goes_uphill_is_said_to(name, group, weights):
    for text in refusals(name, trained(name, uphill=(group,))):
        assert hints.STEPS_OF_UPHILL.format(weights) in text
        assert hints.STEPS_UPHILL not in text


@pytest.mark.parametrize("name", ["ps1", "ps2"])
def test_the_same_training_with_nothing_wrong_passes(name):
    check(f"{name}.train", trained(name, twice=True))


@pytest.mark.slow
@pytest.mark.parametrize("last", ["stale", 0, np.nan])
@pytest.mark.parametrize("name", ["ps1", "ps2"])
def test_a_last_loss_that_was_not_computed_is_told(name, last):
    def train(*args):
        losses, *weights = trained(name, twice=True)(*args)
        if len(losses) > 1:
            losses[-1] = losses[-2] if last == "stale" else last
        return losses, *weights

    for text in refusals(name, train):
        assert (hints.LAST_LOSS_STALE if last == "stale" else hints.LAST_LOSS_UNFILLED) in text


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ps1", "ps2"])
def test_a_last_loss_that_is_wrong_otherwise_is_not_said_to_be_missing(name):
    def train(*args):
        losses, *weights = trained(name, twice=True)(*args)
        losses[-1] *= 1.5
        return losses, *weights

    for text in refusals(name, train):
        assert not any(hint in text for hint in (hints.LAST_LOSS_STALE, hints.LAST_LOSS_UNFILLED))
