"""The page's engine against the model in NumPy, over random problems, and what its words promise."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby

import numpy as np
import pytest

from course.explorer.model import runs
from course.explorer.model.problem import DATA, NETWORKS, WIDTHS, Problem
from course.explorer.view import script
from tests.explorer.engine import computed, job, needs_node, node, numbers

pytestmark = [needs_node, pytest.mark.slow]
RNG = np.random.default_rng(20)
COUNT = 200


def random_problem() -> Problem:
    return Problem(
        network=str(RNG.choice(NETWORKS)),
        data=str(RNG.choice(DATA, p=[0.7, 0.3])),
        hidden=int(RNG.choice(WIDTHS)),
        scale=float(RNG.choice([0.1, 0.5, 1.0, 2.0, 5.0])),
        seed=int(RNG.integers(100)),
        momentum=float(RNG.choice([0.0, 0.0, 0.5, 0.9])),
        batch=int(RNG.choice([0, 0, 1, 2, 16])),
    )


PROBLEMS = [random_problem() for _ in range(COUNT)]


@pytest.fixture(scope="module")
def few_runs():
    """A few short runs of many problems, at rates from small to large."""
    return computed([job(problem, runs.learning_rates(problem)[::20], 40) for problem in PROBLEMS])


@pytest.fixture(scope="module")
def all_runs():
    return computed([job(problem, steps=60) for problem in PROBLEMS])


def test_first_weights_are_the_course_s_own_for_all_seeds_and_widths():
    problems = [Problem(n, "xor", h, 2.0, seed) for n in NETWORKS for h in WIDTHS for seed in script.SEEDS]
    for problem, result in zip(problems, computed([job(p, np.array([]), 0) for p in problems]), strict=True):
        np.testing.assert_array_equal(result["start"], problem.theta, err_msg=str(problem))


def test_losses_and_gradients_are_those_of_numpy(few_runs):
    for problem, result in zip(PROBLEMS, few_runs, strict=True):
        losses, gradients = problem.losses_and_gradients(problem.theta[None], problem.batch_weights(0))
        assert result["loss"] == pytest.approx(losses[0], rel=1e-13)
        error = np.abs(np.array(result["gradient"]) - gradients[0]).max()
        assert error <= 1e-12 * np.abs(gradients).max(), problem


def test_runs_are_those_of_numpy_to_1e_12_where_rounding_errors_do_not_grow(few_runs):
    compared = 0
    for problem, result in zip(PROBLEMS, few_runs, strict=True):
        rates = runs.learning_rates(problem)[::20]
        want = runs.loss_curves(problem, rates, 40)
        # a run is chaotic when a change of its rate by some rounding errors grows far beyond them
        with np.errstate(all="ignore"):
            shifted = runs.loss_curves(problem, rates * (1 + 1e-14), 40)
            calm = np.nanmax(np.abs(shifted / want - 1), axis=1) < 2e-13
            calm &= np.isfinite(want).all(axis=1)
        np.testing.assert_allclose(
            numbers(result["curves"])[calm], want[calm], rtol=1e-12, err_msg=str(problem)
        )
        compared += int(calm.sum())
    assert compared > 4 * COUNT


def test_regimes_and_ends_are_those_of_the_rule_in_python(all_runs):
    for result in all_runs:
        curves = numbers(result["curves"])
        np.testing.assert_array_equal(result["codes"], runs.regimes(curves))
        ends = runs.ends(curves)
        finite = np.isfinite(ends)
        np.testing.assert_array_equal(numbers(result["ends"])[finite], ends[finite])


def test_each_button_lands_on_a_run_of_the_kind_that_its_name_says(all_runs):
    there = dict.fromkeys(runs.JUMPS, 0)
    for problem, result in zip(PROBLEMS, all_runs, strict=True):
        names = [runs.REGIMES[code] for code in result["codes"]]
        ends = np.where(np.isfinite(numbers(result["ends"])), numbers(result["ends"]), np.inf)
        at = dict(zip(runs.JUMPS, result["jumps"], strict=True))
        for jump in runs.JUMPS:
            there[jump] += at[jump] is not None
        wanted = {"too slow": ["slow"], "good": ["steady"], "edge": ["steady"]}
        wanted["too large"] = ["stuck", "diverged", "oscillating"]
        for jump, kinds in wanted.items():
            assert at[jump] is None or names[at[jump]] in kinds, (problem, jump)
        if at["edge"] is not None:
            assert names[at["edge"] + 1] != "steady"
            assert at["too large"] is None or at["too large"] > at["edge"]
            assert at["good"] <= at["edge"]
        assert ends[at["best"]] == ends.min()
    assert all(count > COUNT / 3 for count in there.values()), there


def test_landmarks_are_those_of_python(all_runs):
    for result in all_runs:
        want = runs.landmarks(numbers(result["curves"]), np.array(result["codes"]))
        assert dict(zip(runs.JUMPS, result["jumps"], strict=True)) == want


def test_the_first_view_tells_its_story_on_the_page_too():
    from course.explorer.opening import STORY

    (result,) = computed([job(STORY)])
    assert [runs.REGIMES[code] for code, _ in groupby(result["codes"])] == [
        "slow", "steady", "oscillating", "stuck",
    ]  # fmt: skip


@pytest.mark.parametrize("problem", [Problem(n, d, 2, seed=4) for n in NETWORKS for d in DATA], ids=str)
def test_the_power_iteration_finds_the_largest_eigenvalue(problem):
    (result,) = computed([job(problem, runs.learning_rates(problem)[[60]], 50, curved=0)])
    descent = runs.Descent(problem, runs.learning_rates(problem)[[60]], 50)
    for _ in descent.go():
        pass
    want = runs.top_curvatures(problem, descent.kept[0])
    np.testing.assert_allclose(numbers(result["tops"]), want, rtol=1e-4, atol=1e-6)


def test_learning_rates_are_those_of_python():
    for problem in (Problem(n, d) for n in NETWORKS for d in DATA):
        text = script.engine() + script.constant("source", script.source())
        text += script.constant("settings", asdict(problem))
        text += "process.stdout.write(JSON.stringify(learningRates(new Network(settings, source))));"
        np.testing.assert_array_equal(json.loads(node(text)), runs.learning_rates(problem))
