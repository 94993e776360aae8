"""What the page shows of the inside of a run, and the band of seeds, against NumPy."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from course.explorer.model import details as inside
from course.explorer.model import runs
from course.explorer.model.problem import DATA, NETWORKS, Problem
from course.explorer.view import picture, script
from mlp_ref import deep
from tests.explorer.engine import needs_node, node

pytestmark = needs_node
STEPS = 60
ASK = """
const network = new Network(settings, source);
const answers = {};
for (const kind of kinds) {
  const work = DETAILS[kind](network, rate, steps, source);
  let result = work.next();
  while (!result.done) result = work.next();
  answers[kind] = result.value;
}
const plain = (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
process.stdout.write(JSON.stringify(answers, plain));
"""


def details(problem: Problem, rate: float, *kinds: str) -> dict:
    named = {"settings": asdict(problem), "rate": rate, "steps": STEPS, "kinds": kinds}
    constants = [script.constant(name, value) for name, value in named.items()]
    return json.loads(
        node("".join([script.engine(), script.constant("source", script.source()), *constants, ASK]))
    )


def kept(problem: Problem, rate: float) -> np.ndarray:
    """Return the weights before each step (steps + 1, P)."""
    thetas = [problem.theta]
    for _ in range(STEPS):
        thetas.append(thetas[-1] - rate * problem.losses_and_gradients(thetas[-1][None])[1][0])
    return np.array(thetas)


@pytest.mark.parametrize("problem", [Problem(n, d, 3, seed=4) for n in NETWORKS for d in DATA], ids=str)
def test_weights_are_those_of_the_run(problem):
    rate = 1.0 if problem.network == "seed 1" else 0.01
    np.testing.assert_allclose(details(problem, rate, "output")["output"], kept(problem, rate), rtol=1e-10)


@pytest.mark.parametrize("data", DATA)
def test_norms_are_those_of_the_reference_s_deltas(data):
    problem, rate = Problem("seed 2", data, 4, seed=5), 0.02
    X, y = problem.examples
    got = np.array(details(problem, rate, "deltas")["deltas"])
    for t, theta in enumerate(kept(problem, rate)):
        Ws, bs = problem.arguments(theta)
        want = [np.linalg.norm(delta) for delta in deep.deltas(y, deep.forward(X, Ws, bs), Ws)]
        np.testing.assert_allclose(got[:, t], want, rtol=1e-9)


@pytest.mark.slow
def test_the_band_is_of_ten_seeds():
    problem, rate = Problem(seed=33), 5.0
    curves = [runs.loss_curves(replace(problem, seed=k), np.array([rate]), STEPS)[0] for k in range(10)]
    assert len(curves) == picture.BAND_SEEDS
    band = details(problem, rate, "band")["band"]
    np.testing.assert_allclose(band["low"], np.min(curves, axis=0), rtol=1e-9)
    np.testing.assert_allclose(band["middle"], np.median(curves, axis=0), rtol=1e-9)
    np.testing.assert_allclose(band["high"], np.max(curves, axis=0), rtol=1e-9)


@pytest.mark.parametrize("rate", [1e-2, 1.0, 20.0, 1000.0])
def test_the_plane_holds_the_run_s_ends_and_its_losses(rate):
    problem = Problem(seed=21)
    plane, thetas = details(problem, rate, "path")["path"], kept(problem, rate)
    path = np.array(plane["path"]).reshape(-1, 2)
    np.testing.assert_allclose(path[0], [0, 0], atol=1e-12)
    ends = np.linalg.norm(thetas[-1] - thetas[0])
    np.testing.assert_allclose(path[-1], [ends, 0], atol=1e-9 * max(1, ends))
    for name, k in (("across", 0), ("up", 1)):
        low, high = plane[name]
        assert low < path[:, k].min()
        assert path[:, k].max() < high
    # both ends lie in the plane, so near them the grid's losses are the run's
    losses = np.array(plane["losses"]).reshape(40, 40)
    places = [np.linspace(*plane[name], 40) for name in ("across", "up")]
    curve = runs.loss_curves(problem, np.array([rate]), STEPS)[0]
    for point, loss in ((path[0], curve[0]), (path[-1], curve[-1])):
        i, j = (np.searchsorted(place, at) for place, at in zip(places, point, strict=True))
        corners = losses[j - 1 : j + 1, i - 1 : i + 1]
        assert corners.min() / 1.05 < loss < corners.max() * 1.05


@pytest.mark.slow
@pytest.mark.parametrize("problem", [Problem(n, d, 3, seed=4) for n in NETWORKS for d in DATA], ids=str)
@pytest.mark.parametrize("rate", [0.01, 1.0])
def test_the_figure_s_numbers_are_those_of_the_page(problem, rate):
    page = details(problem, rate, "output", "deltas", "path")
    thetas = inside.weights(problem, rate, STEPS)
    np.testing.assert_allclose(page["output"], thetas, rtol=1e-9)
    np.testing.assert_allclose(page["deltas"], inside.delta_norms(problem, thetas), rtol=1e-9)
    plane = inside.plane(problem, thetas)
    size = np.abs(plane.path).max()
    # a direction may be turned round
    path = np.array(page["path"]["path"]).reshape(-1, 2)
    np.testing.assert_allclose(np.abs(path), np.abs(plane.path), atol=1e-7 * size)
    np.testing.assert_allclose(np.ptp(page["path"]["across"]), np.ptp(plane.across), rtol=1e-7)
    np.testing.assert_allclose(np.ptp(page["path"]["up"]), np.ptp(plane.up), rtol=1e-7)
    losses = np.array(page["path"]["losses"])
    np.testing.assert_allclose(
        [losses.min(), losses.max()], [plane.losses.min(), plane.losses.max()], rtol=1e-6
    )


def test_a_run_that_leaves_all_bounds_has_a_plane_up_to_there():
    plane = details(Problem("seed 2", "moons", 3, momentum=0.9), 1e9, "path")["path"]
    assert np.isfinite(np.array(plane["path"])).all()
    assert len(plane["path"]) < 2 * (STEPS + 1)
