"""Named mistakes: each is caught on any inputs, and recognised as what it is."""

import numpy as np
import pytest

from course.checking.seed import use_seed
from course.checking.trial import WrongAnswer
from mlp_ref.functions import FUNCTIONS, REFERENCE
from mlp_ref.grading import matches_reference
from mlp_ref.mistakes import MISTAKES

SEEDS = range(3)
ALL = [(name, mistake) for name, mistakes in MISTAKES.items() for mistake in mistakes]
WITH_FORMULA = [name for name in REFERENCE if not name.endswith("_end_to_end")]


def refused(name, function, seed):
    with use_seed(seed), pytest.raises(WrongAnswer) as raised:
        matches_reference(name, function)
    return raised.value


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "mistake"), ALL, ids=[f"{name}: {m.name}" for name, m in ALL])
def test_every_mistake_is_caught_and_named(name, mistake):
    for seed in SEEDS:
        error = refused(name, mistake.function, seed)
        assert error.mistake == mistake.name
        assert mistake.hint in str(error)


@pytest.mark.parametrize("name", WITH_FORMULA)
def test_every_function_has_enough_mistakes_of_different_names(name):
    names = [mistake.name for mistake in MISTAKES[name]]
    assert len(names) >= (12 if name == "ps2.delta_step" else 5)
    assert len(set(names)) == len(names)


@pytest.mark.sampled
@pytest.mark.parametrize("name", WITH_FORMULA)
def test_a_wrong_answer_nobody_foresaw_is_caught_and_not_misnamed(name):
    def slightly_off(*args):
        return nudged(REFERENCE[name](*args), 1 + 1e-2 * max(1.0, 3e2 * FUNCTIONS[name].tolerance.rtol))

    error = refused(name, slightly_off, 0)
    assert error.mistake is None


VARIANTS = [(name, m, variant) for name, m in ALL for variant in m.variants[:6]]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("name", "mistake", "variant"), VARIANTS, ids=[f"{name}: {m.name}" for name, m, _ in VARIANTS]
)
def test_a_variant_has_the_name_or_is_right_as_far_as_can_be_told(name, mistake, variant):
    mistakes = []
    with use_seed(0):
        try:
            matches_reference(name, variant)
        except WrongAnswer as error:
            mistakes.append(error.mistake)
    assert mistakes in ([], [mistake.name])


@pytest.mark.slow
@pytest.mark.parametrize("mistake", ["σ′ of ŷ", "W2 missing", "(9) as printed"])
def test_a_second_slip_is_told_beside_a_mistake(mistake):
    (function,) = (m.function for m in MISTAKES["ps1.dC_dW1"] if m.name == mistake)
    for seed in SEEDS:
        error = refused("ps1.dC_dW1", lambda *a: -function(*a), seed)
        assert error.mistake == mistake
        assert "Besides, the sign is reversed" in str(error)
        error = refused("ps1.dC_dW1", lambda *a: function(*a) * len(a[0]), seed)
        assert (error.mistake, "Besides, 1/N is missing" in str(error)) == (mistake, True)


def as_printed(X, y, y_hat, O, Z, W2):
    """(10) with (9) as printed, in loops."""
    N, d, h = len(X), X.shape[1], Z.shape[1] - 1
    result = np.zeros((d, h))
    for k in range(d):
        for l in range(h):
            for i in range(N):
                if k == l:
                    slopes = y_hat[i, 0] * (1 - y_hat[i, 0]) * Z[i, l] * (1 - Z[i, l])
                    result[k, l] += (y_hat[i, 0] - y[i, 0]) / N * slopes * W2[l, 0] * X[i, k]
    return result


def left_to_right(delta_next, W_next, h):
    rows = [(row @ W_next.T @ unit) * (1 - unit) for row, unit in zip(delta_next, h, strict=True)]
    return np.array(rows)


def with_new_W2(X, y, W1, W2, eta, steps):
    losses = []
    for step in range(steps + 1):
        _, Z, O, y_hat = REFERENCE["ps1.forward"](X, W1, W2)
        losses.append(REFERENCE["ps1.mse_cost"](y, y_hat))
        if step < steps:
            W2 = W2 - eta * REFERENCE["ps1.dC_dW2"](y, y_hat, O, Z)
            W1 = W1 - eta * REFERENCE["ps1.dC_dW1"](X, y, y_hat, O, Z, W2)
    return np.array(losses), W1.copy(), W2.copy()


WRITTEN = {
    "(9) as printed": ("ps1.dC_dW1", as_printed),
    "left to right": ("ps2.delta_step", left_to_right),
    "W1 from the new W2": ("ps1.train", with_new_W2),
    "log(f + 1e-8)": (
        "ps2.bce_loss",
        lambda y, f: -sum(float(np.log((f if l else 1 - f) + 1e-7)) for f, l in zip(f[:, 0], y[:, 0])),  # noqa: B905
    ),
    "clipped": (
        "ps2.bce_loss",
        lambda y, f: REFERENCE["ps2.bce_loss"](y, np.minimum(np.maximum(f, 1e-4), 1 - 1e-4)),
    ),
    "broadcast to a mean": ("ps1.mse_cost", lambda y, y_hat: np.mean((y[:, 0] - y_hat) ** 2) / 2),
    "H and Z swapped": (
        "ps1.forward",
        lambda *a: (lambda H, Z, O, y_hat: [Z, H, O, y_hat])(*REFERENCE["ps1.forward"](*a)),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", WRITTEN)
def test_a_mistake_is_named_however_it_is_written(mistake):
    name, function = WRITTEN[mistake]
    for seed in SEEDS:
        assert refused(name, function, seed).mistake == mistake


def nudged(value, factor):
    if isinstance(value, (list, tuple)):
        return type(value)(nudged(item, factor) for item in value)
    if isinstance(value, str):
        return value + "?"
    return value + 7 if isinstance(value, (int, np.integer)) else value * factor


@pytest.mark.slow
def test_a_right_answer_that_nudges_an_argument_is_not_taken_for_a_mistake():
    def nudging(*args):
        result = REFERENCE["ps1.train"](*args)
        args[2].flat[0] = np.nextafter(args[2].flat[0], 9e9)
        return result

    for seed in range(5):
        assert refused("ps1.train", nudging, seed).mistake is None
