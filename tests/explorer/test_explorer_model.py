"""The explorer's model, its words, and its background worker, without a browser."""

import asyncio
import sys
import threading
from itertools import groupby, repeat

import numpy as np
import pytest

from course import numerical_gradient, relative_error
from course.explorer.background import Worker
from course.explorer.model import own_run, runs
from course.explorer.model.problem import DATA, NETWORKS, Problem
from course.explorer.model.runs import REGIMES, regimes, top_curvatures
from course.explorer.model.table import Table
from course.explorer.model.tape import Tape, Variable, with_one
from course.explorer.view import words
from course.explorer.view.chart import own_data
from course.grading.problem_sets import notebooks
from course.grading.sandbox import mounts
from course.judged import NotWhileJudged, judged_call
from mlp_ref import curves, training
from mlp_ref.cases import ps3
from mlp_ref.training import gradients_end_to_end, gradients_end_to_end_deep
from tests.helpers import ROOT

PROBLEMS = [Problem(network, data, hidden=2, seed=5) for network in NETWORKS for data in DATA]
GRADIENTS = {"seed 1": gradients_end_to_end, "seed 2": gradients_end_to_end_deep}
STEPS = 30


def name(problem):
    return f"{problem.network}-{problem.data}"


def reference_curve(problem, rate, steps):
    train = training.train_one_hidden if problem.network == "seed 1" else training.train_deep
    return train(*problem.examples, *problem.arguments(problem.theta), rate, steps)[0]


def followed(problem, gradient, steps=STEPS, shown=60):
    table = Table(problem, {}, steps)
    for _ in table.follow(gradient, lambda: shown):
        pass
    return table


@pytest.mark.parametrize("problem", PROBLEMS, ids=name)
def test_curves_are_those_of_the_reference(problem):
    rates = runs.learning_rates(problem)[[0, 60, 72]]
    curves_ = runs.loss_curves(problem, rates, STEPS)
    for rate, losses in zip(rates, curves_, strict=True):
        np.testing.assert_allclose(losses, reference_curve(problem, rate, STEPS), rtol=1e-9)


@pytest.mark.parametrize("network", NETWORKS)
def test_momentum_and_batches_are_what_they_are_called(network):
    problem = Problem(network, "moons", momentum=0.9, batch=24)
    theta, velocity, losses = problem.theta, np.zeros_like(problem.theta), []
    for step in range(4):
        rows = (24 * step + np.arange(24)) % 64
        X, y = (array[rows] for array in problem.examples)
        losses.append(problem.losses_and_gradients(theta[None])[0][0])
        gradient = GRADIENTS[network](X, y, *problem.arguments(theta))
        blocks = gradient if network == "seed 1" else [*map(np.vstack, zip(*gradient, strict=True))]
        flat = np.concatenate([block.ravel() for block in blocks]) * (1 if network == "seed 1" else 64 / 24)
        velocity = 0.9 * velocity + flat
        theta = theta - 0.01 * velocity
    np.testing.assert_allclose(runs.loss_curves(problem, np.array([0.01]), 3)[0], losses, rtol=1e-12)


@pytest.mark.parametrize("problem", PROBLEMS, ids=name)
def test_gradients_are_those_of_the_reference(problem):
    _, got = problem.losses_and_gradients(problem.theta[None])
    want = own_run.own_gradient(
        problem, lambda X, y, A, B: GRADIENTS[problem.network](X, y, A, B), problem.theta
    )
    assert relative_error(got[0], want) < 1e-13


def test_the_tape_differentiates_what_is_recorded_on_it():
    rng = np.random.default_rng(3)
    first, second = Variable(rng.normal(size=(2, 3, 4))), Variable(rng.normal(size=(2, 5, 1)))
    X = rng.normal(size=(6, 3))

    def sums(A, B):
        return np.sum(np.cos(with_one(np.sin(X @ A)) @ B), axis=(-2, -1))

    tape = Tape()
    hidden = tape.each(np.sin, tape.product(X, first), ones=True)
    tape.differentiate(tape.each(np.cos, tape.product(hidden, second)))
    for k in range(2):
        A, B = first.value[k], second.value[k]
        by_A = numerical_gradient(lambda A, B=B: sums(A, B), A)
        by_B = numerical_gradient(lambda B, A=A: sums(A, B), B)
        assert relative_error(first.gradient[k], by_A) < 1e-8
        assert relative_error(second.gradient[k], by_B) < 1e-8


def test_the_tape_refuses_to_work_within_a_judged_answer():
    problem = Problem()
    with judged_call(), pytest.raises(NotWhileJudged, match="the explorer's gradient does not work within"):
        problem.losses_and_gradients(problem.theta[None])


def test_a_run_that_overflows_stays_in_its_row():
    losses = runs.loss_curves(Problem("seed 2"), np.array([0.1, 1e300, 1e308]), STEPS)
    assert np.isfinite(losses[0]).all()
    assert losses[0] == pytest.approx(runs.loss_curves(Problem("seed 2"), np.array([0.1]), STEPS)[0])


RUNS = {
    # the end: of 20 losses the median of the last two
    "diverged": [[1.0] * 19 + [np.inf], [1.0] * 18 + [12.0, 12.0]],
    "steady": [[1.0] * 18 + [0.5, 0.5], [1.0, 30.0] + [0.9] * 16 + [0.4, 0.5]],
    # of the last third three steps more than a quarter are turns
    "oscillating": [[1.0] * 14 + [1, 2, 1, 2, 1, 2], [1.0, 0.3] * 10],
    # the band of the second half is at most a tenth
    "stuck": [[1.0] * 20, [1.5] * 2 + [1.04] * 9 + [1.0] * 9],
    "slow": [[1 - t / 100 for t in range(20)], [1.0] * 18 + [8.0, 8.0], [1.0] * 10 + [0.9] * 5 + [0.8] * 5],
}


@pytest.mark.parametrize("name", REGIMES)
def test_regimes_follow_the_rule_that_is_stated(name):
    assert [REGIMES[code] for code in regimes(np.array(RUNS[name], dtype=float))] == [name] * len(RUNS[name])


def test_short_runs_have_a_regime():
    assert REGIMES[regimes(np.array([[1.0, 0.4]]))[0]] == "steady"
    assert REGIMES[regimes(np.array([[1.0]]))[0]] == "stuck"


def test_regimes_are_mostly_what_ps3_calls_them_and_not_its_answer():
    both = Problem(), Problem("seed 2")
    losses = np.vstack([runs.loss_curves(problem, runs.learning_rates(problem)[::5]) for problem in both])
    names = [REGIMES[code] for code in regimes(losses)]
    same = [name == curves.classify_run(row) for name, row in zip(names, losses, strict=True)]
    assert np.mean(same) > 0.9
    assert len(set(names)) >= 4
    cases = [np.array(losses, dtype=float) for (losses,) in ps3._classify_run(np.random.default_rng(1))]
    assert any(REGIMES[regimes(case[None])[0]] != curves.classify_run(case) for case in cases)


def test_learning_rates_are_scaled_to_the_problem():
    mean, total = (runs.learning_rates(Problem(network, "moons")) for network in NETWORKS)
    assert (len(mean), mean[0], mean[-1]) == (121, 0.01, 1000)
    assert (total[0], total[-1]) == (1e-4, 10)
    assert (np.diff(mean) > 0).all()
    assert 31.62 in mean


def test_nearest_is_by_ratio():
    assert runs.nearest(np.array([1.0, 10.0]), 3.0) == 0
    assert runs.nearest(np.array([1.0, 10.0]), 3.3) == 1


CODES = {name: code for code, name in enumerate(REGIMES)}


def landmarks(*names):
    """Return the landmarks of runs with these regimes that end at 1, 0.9, 0.8 and so on."""
    ends = np.linspace(1, 0.1, len(names))
    return runs.landmarks(np.tile(ends[:, None], (1, 20)), np.array([CODES[name] for name in names]))


def test_landmarks_are_what_they_are_called():
    names = ["slow"] * 5 + ["steady"] * 6 + ["oscillating"] * 2 + ["stuck"] * 3
    assert landmarks(*names) == {"too slow": 2, "good": 7, "edge": 10, "too large": 14, "best": 15}
    assert landmarks("slow", "steady", "stuck", "slow", "oscillating") == {
        "too slow": 0, "good": 1, "edge": 1, "too large": 2, "best": 4,
    }  # fmt: skip
    # nothing is too slow or too large where no rate is right
    for names in (["stuck"] * 3, ["diverged", "slow", "slow"]):
        assert [name for name, at in landmarks(*names).items() if at is not None] == ["best"]
    assert landmarks("steady", "steady") == {
        "too slow": None, "good": 0, "edge": None, "too large": None, "best": 1,
    }  # fmt: skip


@pytest.mark.slow
def test_the_first_view_has_each_kind_of_run_in_one_band_in_the_order_of_the_story():
    from course.explorer.opening import STORY

    # also where rounding errors are others, as they are in another browser or on another processor: there
    # single runs near an edge may be called by the neighbouring name
    rates = runs.learning_rates(STORY)
    curves = [runs.loss_curves(STORY, rates * (1 + shift)) for shift in np.arange(7) * 1e-13]
    views = np.array([regimes(losses) for losses in curves])
    usual = np.array([np.bincount(codes).argmax() for codes in views.T])
    assert [REGIMES[code] for code, _ in groupby(usual)] == ["slow", "steady", "oscillating", "stuck"]
    for losses, codes in zip(curves, views, strict=True):
        assert np.sum(codes != usual) <= 2
        at = runs.landmarks(losses, codes)
        assert at["too slow"] < at["good"] < at["edge"] < at["too large"]


@pytest.mark.slow
def test_curvature_is_the_hessian_s_largest_eigenvalue():
    problem = Problem(seed=21)

    def gradient(theta):
        return problem.losses_and_gradients(theta[None])[1][0]

    thetas = np.stack([problem.theta, np.full(13, np.nan), 0.5 * problem.theta])
    tops = top_curvatures(problem, thetas)
    assert np.isnan(tops[1])
    # power iteration finds the eigenvalue of largest size, so all are lifted above 0
    for k in (0, 2):
        want = curves.largest_curvature(lambda t: gradient(t) + 0.05 * t, thetas[k], 500) - 0.05
        assert tops[k] == pytest.approx(want, rel=1e-3)


# ---- the student's own gradient


@pytest.mark.slow
@pytest.mark.parametrize("problem", PROBLEMS, ids=name)
def test_a_right_gradient_gives_the_true_run(problem):
    table = followed(problem, GRADIENTS[problem.network])
    assert table.done.all()
    assert words.trouble(table) == ""
    np.testing.assert_allclose(table.own[:80], table.losses[:80], rtol=1e-9)
    assert "agree at every step" in words.headline(table, 0)


@pytest.mark.slow
def test_a_right_gradient_is_right_with_momentum_and_batches_too():
    table = followed(Problem("seed 2", "moons", momentum=0.5, batch=10), gradients_end_to_end_deep)
    assert table.mistakes == [None] * 121


def test_the_step_array_and_factor_of_a_wrong_gradient_are_named():
    def wrong_later(X, y, W1, W2):
        dW1, dW2 = gradients_end_to_end(X, y, W1, W2)
        calls.append(0)
        return dW1, dW2 if len(calls) <= 7 else 2 * dW2

    calls = []
    run = own_run.OwnRun(Problem(), wrong_later, 1.0, STEPS)
    for _ in run.go():
        pass
    true = runs.loss_curves(Problem(), np.array([1.0]), STEPS)[0]
    assert str(run.mistake) == "each entry of dC_dW2 is 2 times the true one at step 7"
    assert own_run.first_parted(run.losses, true) == 8


@pytest.mark.slow
def test_a_mistake_in_one_entry_of_a_layer_is_named():
    def wrong(X, y, Ws, bs):
        dWs, dbs = gradients_end_to_end_deep(X, y, Ws, bs)
        dWs[1][0, 1] *= -1
        return dWs, dbs

    table = followed(Problem("seed 2", "moons"), wrong)
    assert "your gradient is wrong: dWs[1][0, 1] is -1 times the true one at step 0" in words.headline(
        table, 60
    )


def test_a_slow_gradient_shows_how_far_it_is(monkeypatch):
    monkeypatch.setattr("course.explorer.model.table.SLICE", 0.0)
    table = Table(Problem(), {}, STEPS)
    work = table.follow(gradients_end_to_end, lambda: 60)
    for _ in range(5):
        next(work)
    assert np.isfinite(table.own[60, :5]).all()
    assert not table.done[60]
    assert words.following(table, 60).startswith(
        "Following your gradient: step 5 of 30 of this run, 0 of 121"
    )
    assert "right at every step so far" in words.headline(table, 60)


@pytest.mark.slow
def test_rounding_errors_that_grow_are_no_mistake_of_the_gradient():
    def jittering(X, y, W1, W2):
        dW1, dW2 = gradients_end_to_end(X, y, W1, W2)
        return dW1 * (1 + 1e-15), dW2 * (1 - 1e-15)

    table = followed(Problem(seed=0), jittering, steps=300)
    at = runs.nearest(table.rates, 100.0)
    assert table.parted[at] is not None
    assert "rounding errors that grow" in words.headline(table, at)


def raising(X, y, W1, W2):
    return 1 / 0


def interrupting(X, y, W1, W2):
    raise KeyboardInterrupt


class Unreadable(Exception):
    def __str__(self):
        raise SystemExit


class Exiting:
    def __array__(self, dtype=None, copy=None):
        sys.exit()


def throwing(exception):
    def gradient(*_):
        raise exception

    return gradient


def exiting_generator():
    yield sys.exit()


@pytest.mark.parametrize(
    ("gradient", "said"),
    [
        (raising, "raised ZeroDivisionError: division by zero"),
        (lambda X, y, W1, W2: (W1.T[:2], W2), r"returned dC_dW1 with shape \(2, 3\); it must be \(3, 3\)"),
        (lambda X, y, W1, W2: (W1, W2[:, 0]), r"returned dC_dW2 with shape \(4,\); it must be \(4, 1\)"),
        (lambda X, y, W1, W2: (W1 * np.nan, W2), "returned dC_dW1 with NaN in it"),
        (lambda X, y, W1, W2: (W1, W2 * np.inf), "returned dC_dW2 with infinity in it"),
        (lambda X, y, W1, W2: None, "must return dC_dW1 and dC_dW2, and returned a NoneType"),
        (lambda X, y, W1, W2: W1, r"returned an array of shape \(3, 3\)"),
        (lambda X, y, W1, W2: ("no", W2), "returned a str for dC_dW1"),
        (lambda X, y, W1, W2: sys.exit(), "raised SystemExit"),
        (interrupting, "raised KeyboardInterrupt"),
        (lambda X, y, W1: W1, "takes 3 positional arguments but 4 were given"),
        (throwing(GeneratorExit()), r"raised GeneratorExit \(line \d+ of gradient\)"),
        (throwing(Unreadable()), "raised Unreadable: its text cannot be read, for that raises SystemExit"),
        (lambda X, y, W1, W2: (Exiting(), W2), r"reading it raised SystemExit \(line \d+ of __array__\)"),
        (lambda X, y, W1, W2: (W1 + 0j, W2), "returned dC_dW1 with complex numbers in it"),
    ],
)
def test_a_gradient_that_cannot_be_followed_is_told_and_the_true_runs_are_there(gradient, said):
    with pytest.raises(own_run.GradientError, match=said):
        own_run.own_gradient(Problem(), gradient, Problem().theta)
    table = followed(Problem(), gradient, shown=0)
    assert "at step 0 with η = 0.01" in words.trouble(table)
    assert isinstance(table.failed_run.error, own_run.GradientError)


@pytest.mark.parametrize(
    ("gradient", "said"),
    [
        (lambda X, y, Ws, bs: (Ws[:2], bs), "returned 2 arrays in dWs, and there are 3 layers"),
        (lambda X, y, Ws, bs: (Ws, repeat(bs[0])), "returned more than 3 arrays in dbs"),
        (lambda X, y, Ws, bs: (None, None), "returned a NoneType for dWs, not a list of arrays"),
        (lambda X, y, Ws, bs: (exiting_generator(), bs), r"raised SystemExit \(line \d+ of exiting_gen"),
    ],
)
def test_what_are_no_lists_of_arrays_is_told_in_seed_2(gradient, said):
    with pytest.raises(own_run.GradientError, match=said):
        own_run.own_gradient(Problem("seed 2"), gradient, Problem("seed 2").theta)


@pytest.mark.slow
def test_a_gradient_that_fails_on_the_way_ends_its_own_run_only():
    def failing(X, y, W1, W2):
        if np.abs(W2).max() > 5:
            raise OverflowError("too large")
        return gradients_end_to_end(X, y, W1, W2)

    table = followed(Problem(), failing)
    assert np.isfinite(table.own[48]).all()
    assert np.isnan(table.own[120, -1])
    assert "ends the run at step" in words.headline(table, 120)
    assert "OverflowError: too large" in words.trouble(table)


@pytest.mark.slow
def test_a_gradient_may_spoil_its_arguments():
    def spoiling(X, y, W1, W2):
        result = gradients_end_to_end(X, y, W1, W2)
        for array in (X, y, W1, W2):
            array[:] = np.nan
        return result

    table = followed(Problem(), spoiling)
    np.testing.assert_allclose(table.own[:70], table.losses[:70], rtol=1e-9)


# ---- the table


@pytest.mark.slow
def test_the_student_s_run_nearest_to_the_one_shown_comes_first():
    table = Table(Problem(), {}, STEPS)
    at, order = {"index": 30}, []
    for _ in table.follow(gradients_end_to_end, lambda: at["index"]):
        order += [int(k) for k in np.flatnonzero(table.done) if k not in order]
        if len(order) == 2:
            at["index"] = 60
    assert (order[0], order[2]) == (30, 60)
    assert len(order) == 121


def test_an_exact_rate_takes_the_place_of_the_nearest_one():
    table = Table(Problem(), {60: 3.2, 61: 500.0}, STEPS)
    assert table.rates[60] == 3.2
    assert table.rates[61] != 500.0
    assert table.losses[60] == pytest.approx(runs.loss_curves(Problem(), np.array([3.2]), STEPS)[0])


@pytest.mark.slow
def test_what_goes_to_the_browser_can_be_read_back():
    table = followed(Problem(), gradients_end_to_end)
    data = own_data(table)
    own = np.frombuffer(data["own_losses"], np.float32).reshape(121, STEPS + 1)
    np.testing.assert_allclose(own, table.own, rtol=1e-6)
    assert data["own_known"] == b"\1" * 121
    assert data["own_texts"][0] == "your run and the true one agree at every step"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"network": "seed 3"}, "network='seed 3'"),
        ({"data": "iris"}, "data='iris'"),
        ({"hidden": 0}, "hidden=0"),
        ({"scale": 0.0}, "scale=0.0"),
        ({"scale": float("nan")}, "scale=nan"),
        ({"seed": -1}, "seed=-1"),
        ({"seed": 0.5}, r"seed=0\.5"),
        ({"momentum": 1.0}, r"momentum=1\.0"),
        ({"batch": -1}, "batch=-1"),
    ],
)
def test_a_problem_that_cannot_be_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        Problem(**wrong)


# ---- the worker


def test_the_last_request_wins():
    done, release = [], threading.Event()

    def first(is_latest):
        for k in range(1000):
            release.wait(10)
            done.append(("first", k))
            yield

    def second(is_latest):
        done.append(("second", 0))
        yield

    worker = Worker(done.append, lambda: None)
    worker.start(first)
    worker.start(second)
    assert worker.wait(10)
    release.set()
    assert ("second", 0) in done
    assert len([job for job, _ in done if job == "first"]) <= 1


@pytest.mark.parametrize("error", [RuntimeError("broken"), SystemExit(1)])
def test_an_exception_of_a_job_is_told(error):
    errors = []

    def job(is_latest):
        yield
        raise error

    worker = Worker(errors.append, lambda: None)
    worker.start(job)
    assert worker.wait(10)
    assert errors == [error]


def test_a_slice_that_does_not_end_is_told_and_does_not_stop_the_next_job(monkeypatch):
    monkeypatch.setattr("course.explorer.background.PATIENCE", 0.05)
    stuck, ever, done = threading.Event(), threading.Event(), threading.Event()

    def hanging(is_latest):
        ever.wait(60)
        yield

    def next_job(is_latest):
        done.set()
        yield

    worker = Worker(lambda error: None, stuck.set)
    worker.start(hanging)
    assert stuck.wait(30)
    worker.start(next_job)
    assert done.wait(30)
    assert worker.wait(30)
    ever.set()


@pytest.fixture
def no_threads(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)


def counting(done):
    def job(is_latest):
        for k in range(3):
            done.append(k)
            yield

    return job


def test_where_there_are_no_threads_the_event_loop_does_the_work(no_threads):
    done = []

    async def main():
        worker = Worker(done.append, lambda: None)
        worker.start(counting(done))
        assert done == []
        while not worker.wait(0):
            await asyncio.sleep(0)

    asyncio.run(main())
    assert done == [0, 1, 2]


def test_where_there_are_no_threads_who_waits_does_the_work(no_threads):
    done = []

    async def main():
        worker = Worker(done.append, lambda: None)
        worker.start(counting(done))
        assert worker.wait(60)

    asyncio.run(main())
    assert done == [0, 1, 2]


# ---- what a student's graded code can reach of it


def test_the_explorer_is_out_of_reach_while_problem_sets_are_graded():
    for assignment in ("ps1", "ps2", "ps3"):
        source = notebooks.read(ROOT / "source" / assignment / f"{assignment}.ipynb")
        hidden = source.metadata["course"]["hidden"]
        reachable = [path for path in mounts.course_files(hidden) if "explorer" in path.parts]
        assert [path.name for path in reachable] == ["__init__.py"]
        assert b"not available in this problem set" in mounts.course_files(hidden)[reachable[0]]
