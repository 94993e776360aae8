"""Labels, margins, saturation and training in the inputs of hidden tests, whatever the seed."""

import numpy as np
import pytest

from course.checking.compare import agrees
from course.checking.tables.ps3 import CHECKS
from course.values import arrays
from mlp_ref import deep, one_hidden
from mlp_ref.cases import cases
from mlp_ref.functions import FUNCTIONS
from mlp_ref.training import train_deep, train_one_hidden

SEEDS = range(6)
MARGIN = 1e-6


def drawn(name):
    """The cases of all SEEDS."""
    return [case for seed in SEEDS for case in cases(name, np.random.default_rng(seed))]


@pytest.mark.parametrize("name", ["ps2.bce_loss", "ps2.bce_from_logits", "ps2.dL_df", "ps2.output_delta"])
def test_both_labels_occur(name):
    for case in drawn(name):
        y, other = case.args
        assert other.shape == y.shape
        assert set(y.ravel()) == {0, 1} or len(y) == 1


@pytest.mark.slow
def test_both_labels_occur_in_nets():
    for case in drawn("ps1.train"):
        assert case.args[1].min() >= 0
        assert case.args[1].max() <= 1
    for name, argument in (("ps2.train", 1), ("ps2.deltas", 0), ("ps2.dL_dW1", 1), ("ps2.dL_dW1_sums", 1)):
        for case in drawn(name):
            solved = name == "ps2.train" and case.args[-1] >= 25  # of one label, so that nothing moves
            assert set(case.args[argument].ravel()) == {0, 1} or case.n == 1 or solved


@pytest.mark.parametrize("name", ["ps2.bce_loss", "ps2.dL_df"])
def test_margin_of_the_output(name):
    outputs = np.concatenate([case.args[1].ravel() for case in drawn(name)])
    assert outputs.min() == MARGIN
    assert outputs.max() == 1 - MARGIN


@pytest.mark.delta
def test_output_delta_sees_sure_outputs_wrong_and_right():
    seen = {
        (y, f) for case in drawn("ps2.output_delta") for y, f in zip(*map(np.ravel, case.args), strict=True)
    }
    assert seen >= {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_logits_reach_far_but_not_too_far():
    for seed in range(50):
        drawn_once = cases("ps2.bce_from_logits", np.random.default_rng(seed))
        assert max(np.abs(case.args[1]).max() for case in drawn_once) <= 1e4
        # far out on the wrong side, on both
        assert any(((y == 0) & (z > 800)).any() for y, z in (case.args for case in drawn_once))
        assert any(((y == 1) & (z < -800)).any() for y, z in (case.args for case in drawn_once))


@pytest.mark.slow
@pytest.mark.eq10
def test_saturated_hidden_layer_with_confident_wrong_labels():
    for seed in range(50):
        drawn_once = cases("ps1.dC_dW1", np.random.default_rng(seed))
        assert any(
            (np.abs(c.args[3]) > 37).any() and (np.abs(c.args[1] - c.args[2]) > 0.9).any() for c in drawn_once
        )
        forward = [case.want for case in cases("ps1.forward", np.random.default_rng(seed))]
        assert max(np.abs(a).max() for H, _, O, _ in forward for a in (H, O)) < 500.001


@pytest.mark.slow
@pytest.mark.delta
def test_saturated_deep_net_with_confident_wrong_labels():
    for seed in range(50):
        drawn_once = cases("ps2.deltas", np.random.default_rng(seed))
        assert any((np.abs(case.args[0] - case.args[1][-1]) > 1 - 1e-9).any() for case in drawn_once)
        for case in cases("ps2.forward", np.random.default_rng(seed)):
            _, Ws, bs = case.args
            for h, W, b in zip(case.want[:-1], Ws, bs, strict=True):
                assert np.abs(h @ W + b).max() < 500.001


@pytest.mark.slow
def test_every_step_of_training_stays_within_the_margin():
    for name, train, forward in (
        ("ps1.train", train_one_hidden, one_hidden.forward),
        ("ps2.train", train_deep, deep.forward),
    ):
        all_steps = set()
        for case in drawn(name):
            X, y, first, second, eta, steps = case.args
            all_steps.add(steps)
            for t in range(steps + 1):
                _, *weights = train(X, y, first, second, eta, t)
                f = forward(X, *weights)[-1]
                assert f.min() >= MARGIN
                assert f.max() <= 1 - MARGIN
        assert min(all_steps) == 0
        assert 20 <= max(all_steps) <= 60


@pytest.mark.parametrize(
    ("name", "argument"),
    [("ps1.dC_dW2_chain", 0), ("ps1.dC_dW1_chain", 0), ("ps2.delta_step", 0), ("ps2.gradients", 1)],
)
def test_upstream_gradients_differ_from_example_to_example(name, argument):
    for case in drawn(name):
        for upstream in arrays([case.args[argument]]):
            assert len(np.unique(upstream)) == upstream.size


def curvature_from_nearly_a_right_angle(gradient, theta, iterations=50):
    """The power iteration from a start that is 1e-4 off a right angle to the direction sought."""

    def product(v):
        return (gradient(theta + 1e-4 * v) - gradient(theta - 1e-4 * v)) / 2e-4

    hessian = np.array([product(e) for e in np.eye(len(theta))])
    curvatures, directions = np.linalg.eigh((hessian + hessian.T) / 2)
    parts = np.where(np.abs(curvatures) == np.abs(curvatures).max(), 1e-4, 1.0)
    v = directions @ parts
    for _ in range(iterations):
        v = product(v)
        v = v / np.linalg.norm(v)
    return v @ product(v)


def test_the_iterations_are_enough_from_nearly_every_start():
    name = "ps3.largest_curvature"
    for case in (*drawn(name), *CHECKS[name].cases()):
        got = curvature_from_nearly_a_right_angle(*case.args)
        assert agrees(got, case.want, FUNCTIONS[name].tolerance), case.args


ALL_SEEDS = range(20)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ps1.train", "ps2.train"])
def test_every_draw_trains_where_the_loss_rises_and_where_it_hardly_moves(name):
    for drawn_once in each_draw(name):
        runs = [case.want[0] for case in drawn_once if case.args[-1]]
        assert any((np.diff(losses) > 0).any() and losses[-1] > losses.min() for losses in runs)
        assert any(np.abs(np.diff(losses)).max() < 1e-8 and np.diff(losses).any() for losses in runs)
        assert any(not np.diff(losses).any() for losses in runs)


def each_draw(name):
    """The cases of every one of ALL_SEEDS."""
    return (cases(name, np.random.default_rng(seed)) for seed in ALL_SEEDS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ps1.train", "ps2.train"])
def test_every_draw_trains_every_size_for_no_step_and_for_several(name):
    for drawn_once in each_draw(name):
        trained = {}
        for case in drawn_once:
            size = str([a.shape for a in arrays(case.args)])
            trained.setdefault(size, set()).add(case.args[-1])
        assert all(0 in steps and max(steps) >= 3 for steps in trained.values())
        assert {1, 4, 12, 25} <= {case.args[-1] for case in drawn_once if case.n > 1}
        assert {1, 4, 12} <= {case.args[-1] for case in drawn_once if case.n == 1}


@pytest.mark.parametrize(
    ("name", "y", "f"),
    [("ps1.dC_dW1", 1, 2), ("ps2.output_delta", 0, 1), ("ps2.deltas", 0, 1), ("ps2.dL_dW1", 1, 2)],
)
def test_every_draw_has_an_output_of_exactly_one_for_both_labels(name, y, f):
    for drawn_once in each_draw(name):
        seen = set()
        for case in drawn_once:
            outputs = case.args[f][-1] if isinstance(case.args[f], list) else case.args[f]
            seen |= set(case.args[y][outputs == 1])
        assert seen >= {0, 1}


@pytest.mark.parametrize(
    ("name", "argument"), [("ps1.dO_dW2", 0), ("ps1.dH_dW1", 0), ("ps1.dZ_dH", 0), ("ps2.dz_dh", 0)]
)
def test_every_draw_has_a_square_input(name, argument):
    for drawn_once in each_draw(name):
        assert any(len(set(case.args[argument].shape)) == 1 for case in drawn_once)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ps1.dC_dW1", "ps2.deltas", "ps2.dL_df", "ps3.largest_curvature"])
def test_every_draw_has_strided_inputs(name):
    for drawn_once in each_draw(name):
        assert any(
            not a.flags.c_contiguous and not a.flags.f_contiguous
            for case in drawn_once
            for a in arrays(case.args)
        )


@pytest.mark.parametrize(("name", "X"), [("ps1.dC_dW1", 0), ("ps2.dL_dW1", 0), ("ps2.dL_dW1_sums", 0)])
def test_every_draw_has_a_saturated_case_that_is_not_lost_in_the_tolerance(name, X):
    for drawn_once in each_draw(name):
        saturated = [case for case in drawn_once if np.abs(case.args[X]).max() > 20]
        assert any(np.abs(case.want).max() > 1e-6 for case in saturated)


@pytest.mark.eq8
def test_every_draw_has_a_real_unit_that_is_one_like_the_bias_unit():
    for drawn_once in each_draw("ps1.dZ_dH"):
        assert any((case.args[0][:, :-1] == 1).all(axis=0).any() for case in drawn_once if case.n > 1)
