"""Visible checks of ps2: what is wrong with an answer is named, by the stage and by a suspicion."""

import numpy as np
import pytest

from course.activations import sigmoid
from course.checking.check import CheckFailed, check, checks_of
from course.checking.tables import ps2_suspects
from course.checking.tables.altered import slope, true_unit
from course.checking.tables.ps2_nets import FOUR, HAND, ONE, SURE, THREE, TWO
from mlp_ref.functions import REFERENCE
from mlp_ref.mistakes import MISTAKES

CHECKS = checks_of("ps2")

KNOWN = {
    ("bce_loss", "sign"): ("value", "sign is reversed"),
    ("bce_loss", "mean"): ("value", "mean taken for a sum"),
    ("bce_loss", "sum missing"): ("shape", "sum missing"),
    ("bce_from_logits", "mean"): ("value", "mean taken for a sum"),
    ("dL_df", "f(1 − f) missing"): ("value", "f(1 − f) is missing"),
    ("dh_dz", "σ′ of h"): ("value", "once too often"),
    ("dh_dz", "only h"): ("value", "σ stands alone"),
    ("dh_dz", "only 1 − h"): ("value", "1 − σ stands alone"),
    ("dh_dz", "squared"): ("value", "appears twice"),
    ("dz_dh", "not transposed"): ("shape", "transposed"),
    ("output_delta", "f(1 − f) kept"): ("value", "it cancels"),
    ("output_delta", "0/0"): ("finite", "0/0"),
    ("output_delta", "factor 2"): ("value", "twice the expected"),
    ("output_delta", "one axis"): ("shape", "second axis"),
    ("delta_step", "W not transposed"): ("value", "W is not transposed"),
    ("delta_step", "h(1 − h) missing"): ("value", "σ is missing"),
    ("delta_step", "h(1 − h) twice"): ("value", "appears twice"),
    ("delta_step", "σ′ of h"): ("value", "once too often"),
    ("delta_step", "only h"): ("value", "σ stands alone"),
    ("delta_step", "summed"): ("shape", "summed over"),
    ("delta_step", "h in place"): ("inputs", "argument 2 was changed"),
    ("deltas", "sign"): ("value", "sign is reversed"),
    ("deltas", "f(1 − f) kept"): ("value", "it cancels"),
    ("deltas", "0/0"): ("finite", "0/0"),
    ("deltas", "h(1 − h) missing"): ("value", "σ is missing"),
    ("deltas", "σ′ of h"): ("value", "once too often"),
    ("deltas", "W not transposed"): ("value", "W is not transposed"),
    ("deltas", "mean"): ("value", "mean taken for a sum"),
    ("dL_dW1", "h(1 − h) missing in layer 1"): ("value", "σ is missing: in layer 1"),
    ("dL_dW1", "h(1 − h) missing in layer 2"): ("value", "σ is missing: in layer 2"),
    ("dL_dW1", "σ′ of h"): ("value", "once too often"),
    ("dL_dW1", "W_2 not transposed"): ("value", "W is not transposed"),
    ("dL_dW1", "W_3 missing"): ("value", "W_3 are missing"),
    ("dL_dW1", "f(1 − f) kept"): ("value", "it cancels"),
    ("dL_dW1_sums", "as printed"): ("shape", "which stays free"),
    ("dL_dW1_sums", "Σ_m spread"): ("value", "which stays free"),
    ("dL_dW1_sums", "transposed"): ("shape", "transposed"),
    ("gradients", "h_l for h_{l−1}"): ("shape", "not from what it receives"),
    ("gradients", "db not summed"): ("shape", "not summed over the examples"),
    ("gradients", "db averaged"): ("value", "of item 1 (of 2) alone: the result is 1/N"),
    ("gradients", "dW averaged"): ("value", "of item 0 (of 2) alone: the result is 1/N"),
    ("gradients", "db two axes"): ("shape", "one axis"),
    ("train", "mean loss"): ("value", "of item 0 (of 3) alone: the result is 1/N"),
    ("train", "in place"): ("inputs", "was changed"),
}
"""What students get wrong, as the table of mistakes knows it."""

BROADCAST = {
    "bce_loss": lambda y, f: -np.sum(y[:, 0] * np.log(f) + (1 - y[:, 0]) * np.log(1 - f)),
    "bce_from_logits": lambda y, z: np.sum(np.logaddexp(0, z[:, 0]) - y * z[:, 0]),
    "output_delta": lambda y, f: f - y[:, 0],
    "dL_df": lambda y, f: (f - y[:, 0]) / (f * (1 - f)),
}
"""What (N,) against (N, 1) gives."""


def failure(name, function):
    with pytest.raises(CheckFailed) as raised:
        check(f"ps2.{name}", function)
    return raised.value


@pytest.mark.parametrize(("name", "mistake"), KNOWN, ids=[": ".join(known) for known in KNOWN])
def test_a_known_mistake_is_suspected(name, mistake):
    stage, says = KNOWN[name, mistake]
    (function,) = (m.function for m in MISTAKES[f"ps2.{name}"] if m.name == mistake)
    failed = failure(name, function)
    assert failed.finding.failed.difference.stage == stage
    assert says in (str(failed) if stage == "inputs" else failed.finding.suspicion)


@pytest.mark.parametrize("name", BROADCAST)
def test_broadcasting_to_a_square_is_suspected(name):
    with np.errstate(all="ignore"):
        assert "broadcast to (N, N)" in failure(name, BROADCAST[name]).finding.suspicion


@pytest.mark.parametrize("name", CHECKS)
def test_a_mistake_nobody_foresaw_is_caught_and_nothing_is_suspected(name):
    def off(value):
        return type(value)(map(off, value)) if isinstance(value, (list, tuple)) else value * 1.01

    failed = failure(name.removeprefix("ps2."), lambda *args: off(REFERENCE[name](*args)))
    assert failed.finding.suspicion is None


@pytest.mark.parametrize("net", [HAND, ONE, TWO, THREE, FOUR, SURE], ids=lambda net: str(len(net.zs)))
def test_a_network_that_is_not_altered_has_the_derivatives_of_the_net(net):
    network = ps2_suspects.of_loss(net)
    deltas = REFERENCE["ps2.deltas"](net.y, net.hs, net.Ws)
    assert close([network.by_z(l) for l in range(len(net.zs))], deltas)
    assert close(network.by_weights(0, net.X), REFERENCE["ps2.gradients"](net.hs, deltas)[0][0])


def test_a_saturated_unit_has_no_slope():
    assert np.array_equal(slope(true_unit(sigmoid), np.array([-1000.0, 1000.0, 0.0])), [0, 0, 0.25])


@pytest.mark.parametrize("name", CHECKS)
def test_no_suspicion_fits_the_right_answer(name):
    cases = CHECKS[name].cases()
    for says in cases[0].wrong:
        with np.errstate(all="ignore"):
            assert any(not close(case.wrong[says](), case.want) for case in cases), says


def close(a, b):
    if isinstance(a, (list, tuple)):
        return all(map(close, a, b))
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-7)
