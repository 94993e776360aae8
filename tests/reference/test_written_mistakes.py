"""Mistakes as students write them, in loops and in place, one or two at a time, are called what they are."""

import numpy as np
import pytest

from course.activations import sigmoid
from course.checking.check import CheckFailed, check
from course.checking.seed import use_seed
from course.checking.trial import WrongAnswer
from mlp_ref.functions import REFERENCE
from mlp_ref.grading import matches_reference
from mlp_ref.mistakes.common import quiet

SEEDS = range(3)


def chain(dC_dyhat, dyhat_dO, dO_dW2):
    out, s = np.zeros((dO_dW2.shape[1], 1)), 0.0
    for k in range(len(out)):
        for i in range(len(dO_dW2)):
            s += dC_dyhat[i, 0] * dyhat_dO[i, 0] * dO_dW2[i, k]
        out[k, 0] = s
    return out


def chain_of_one_round(dC_dyhat, dyhat_dO, dO_dW2):
    out = np.zeros((dO_dW2.shape[1], 1))
    for k in range(len(out)):
        for i in range(len(dO_dW2)):
            out[k, 0] += dC_dyhat[i, 0] * dyhat_dO[i, 0] * dO_dW2[i, k]
        return out
    return None


def one_weight_for_all(W2):
    return np.array([W2[0, 0] for _ in range(len(W2) - 1)])


def direction(gradient, theta, iterations=50):
    v = all_ones(len(theta))
    for _ in range(iterations):
        v = v / np.linalg.norm(v)
        v = (gradient(theta + 1e-4 * v) - gradient(theta - 1e-4 * v)) / 2e-4
    return v / np.linalg.norm(v)


def delta_step(delta_next, W_next, h):
    out = np.zeros(h.shape)
    for i in range(len(h)):
        s = 0
        for m in range(h.shape[1]):
            for k in range(W_next.shape[1]):
                s += delta_next[i, k] * W_next[m, k]
            out[i, m] = s * h[i, m] * (1 - h[i, m])
    return out


def gradient_in_place(f, W, h=1e-5):
    grad = np.zeros(W.shape)
    for p in np.ndindex(W.shape):
        up = W
        up[p] += h
        down = W
        down[p] -= h
        grad[p] = (f(up) - f(down)) / (2 * h)
    return grad


def gradient_of_rows(f, W, h=1e-5):
    grad = np.zeros(W.shape)
    for i in range(len(grad)) if W.ndim else [()]:
        up, down = W.copy(), W.copy()
        up[i] += h
        down[i] -= h
        grad[i] = (f(up) - f(down)) / (2 * h)
    return grad


def gradient_on_flat(f, W, h=1e-5):
    grad = np.zeros(W.size)
    flat = W.reshape(-1)
    for i in range(W.size):
        old = flat[i]
        values = []
        for moved in (old + h, old - h):
            flat[i] = moved
            values.append(f(W))
        flat[i] = old
        grad[i] = (values[0] - values[1]) / (2 * h)
    return grad.reshape(W.shape)


def flat_and_not_halved(f, W, h=1e-5):
    return 2 * REFERENCE["ps0.numerical_gradient"](f, W, h).ravel()


def against_the_first(candidates, f, W):
    for i in range(1, len(candidates)):
        if REFERENCE["ps0.relative_error"](candidates[i], candidates[0]) > 1e-4:
            return i
    return 0


def returning_in_the_loop(candidates, f, W):
    g = REFERENCE["ps0.numerical_gradient"](f, W)
    for i, candidate in enumerate(candidates):
        return i if REFERENCE["ps0.relative_error"](candidate, g) > 1e-4 else -1
    return None


def best_below(start, otherwise):
    def best_learning_rate(etas, curves):
        best, rate = start, otherwise
        for eta, curve in zip(etas, curves, strict=True):
            if np.isfinite(curve).all() and curve[-1] < best:
                best, rate = curve[-1], eta
        return rate

    return best_learning_rate


def power(start, step=1e-4, length=np.linalg.norm):
    def largest_curvature(gradient, theta, iterations=50):
        def product(v):
            return (gradient(theta + step * v) - gradient(theta - step * v)) / (2 * step)

        v = start(len(theta))
        for _ in range(iterations):
            v = product(v)
            v = v / length(v)
        return v @ product(v)

    return largest_curvature


def unit(place):
    return lambda n: np.eye(n)[place % n]


def all_ones(n):
    return np.ones(n) / np.sqrt(n)


def two_of_classify(losses):
    losses = np.asarray(losses, dtype=float)
    m, steps = len(losses) // 2, np.diff(losses)
    if not np.all(np.isfinite(losses)) or np.any(losses > 10 * losses[0]):
        return "diverged"
    if np.sum(steps[m:] >= 0) > len(steps[m:]) / 5:
        return "oscillating"
    if losses[-1] < losses[0] / 2:
        return "steady"
    return "stuck" if np.sum(np.abs(steps[m:])) <= np.sum(np.abs(steps[:m])) / 10 else "slow"


def rounded_curvature(*args):
    return np.round(REFERENCE["ps3.largest_curvature"](*args), 1)


def sigmoid_but_at_0(t):
    t = np.asarray(t, dtype=float)
    out = np.zeros(t.shape)
    out[t > 0] = 1 / (1 + np.exp(-t[t > 0]))
    out[t < 0] = np.exp(t[t < 0]) / (1 + np.exp(t[t < 0]))
    return out


def from_the_middle(candidates, f, W):
    middle = sum(candidates) / len(candidates)
    distances = [np.linalg.norm(candidate - middle) for candidate in candidates]
    return distances.index(max(distances))


def bias_before_the_last(X, W1, W2):
    H = X @ W1
    Z = np.insert(sigmoid(H), -1, 1.0, axis=1)
    return H, Z, Z @ W2, sigmoid(Z @ W2)


def deltas_before_the_last(y, hs, Ws):
    delta = hs[-1] - y
    deltas = [delta]
    for l in range(len(Ws) - 1, 0, -1):
        delta = (delta @ Ws[l].T) * hs[l] * (1 - hs[l])
        deltas.insert(-1, delta)
    return deltas


def ends_at_the_first_that_is_off(delta_next, W_next, h):
    delta = np.zeros(h.shape)
    for i in range(len(h)):
        for m in range(h.shape[1]):
            if h[i, m] <= 0:
                break
            delta[i, m] = delta_next[i] @ W_next[m]
    return delta


def one_list_for_all_rows(etas, train):
    curves, row = [], []
    for eta in etas:
        row[:] = list(train(eta))
        curves.append(row)
    return np.array(curves)


def from_theta(gradient, theta, iterations=50):
    return quiet(power(lambda n: theta / np.linalg.norm(theta)))(gradient, theta, iterations)


def one_example_a_step(X, y, W1, W2, eta, steps):
    ref = REFERENCE
    losses = [ref["ps1.mse_cost"](y, ref["ps1.forward"](X, W1, W2)[3])]
    for t in range(steps):
        Xi, yi = X[t % len(X)][None], y[t % len(X)][None]
        _, Z, O, y_hat = ref["ps1.forward"](Xi, W1, W2)
        dW1, dW2 = ref["ps1.dC_dW1"](Xi, yi, y_hat, O, Z, W2), ref["ps1.dC_dW2"](yi, y_hat, O, Z)
        W1, W2 = W1 - eta * dW1, W2 - eta * dW2
        losses.append(ref["ps1.mse_cost"](y, ref["ps1.forward"](X, W1, W2)[3]))
    return np.array(losses), W1, W2


WRITTEN = [
    ("ps0.sigmoid", sigmoid_but_at_0, "0 left out"),
    ("ps0.find_the_bug", from_the_middle, "compared with their middle"),
    ("ps1.forward", bias_before_the_last, "bias before the last"),
    ("ps1.dO_dZ", lambda W2: W2[:3, 0], "fixed size"),
    ("ps1.gradient_descent_step", lambda W1, W2, a, b, eta: ((W1 - eta) * a, (W2 - eta) * b), "η subtracted"),
    ("ps1.train", one_example_a_step, "one example a step"),
    ("ps2.deltas", deltas_before_the_last, "hidden layers reversed"),
    ("ps2.relu_delta_step", ends_at_the_first_that_is_off, "ends at the first that is off"),
    ("ps3.loss_curves", one_list_for_all_rows, "last curve in all rows"),
    ("ps3.largest_curvature", from_theta, "theta for v"),
    ("ps3.largest_curvature", power(all_ones, step=1.0), "wide step"),
    ("ps3.largest_curvature", quiet(power(all_ones, step=1e-20)), "all rounded away"),
    ("ps1.dC_dW2_chain", chain, "sum not reset"),
    ("ps1.dC_dW2_chain", chain_of_one_round, "first entry only"),
    ("ps1.dO_dZ", one_weight_for_all, "first weight for all"),
    ("ps1.dZ_dH", lambda Z: Z[:-1] * (1 - Z[:-1]), "example dropped"),
    ("ps2.delta_step", delta_step, "sum not reset"),
    ("ps0.numerical_gradient", gradient_in_place, "not copied"),
    ("ps0.numerical_gradient", gradient_of_rows, "rows at once"),
    ("ps0.numerical_gradient", gradient_on_flat, "moved on a copy"),
    ("ps0.numerical_gradient", flat_and_not_halved, "2 missing"),
    ("ps0.find_the_bug", against_the_first, "compared among themselves"),
    ("ps0.find_the_bug", returning_in_the_loop, "only the first looked at"),
    ("ps3.best_learning_rate", best_below(1.0, 0.0), "lowest so far not high enough"),
    ("ps3.best_learning_rate", best_below(1.0, None), "None where losses are high"),
    ("ps3.largest_curvature", power(unit(0)), "unit vector"),
    ("ps3.largest_curvature", power(unit(-1)), "unit vector"),
    ("ps3.largest_curvature", power(all_ones, length=lambda v: abs(v).sum()), "another length"),
    ("ps3.largest_curvature", power(all_ones, step=1e-14), "rounding"),
    ("ps3.classify_run", two_of_classify, "flat steps counted"),
    ("ps3.largest_curvature", rounded_curvature, None),
    ("ps3.largest_curvature", direction, "direction"),
]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("name", "function", "mistake"), WRITTEN, ids=[f"{name}: {mistake}" for name, _, mistake in WRITTEN]
)
def test_a_mistake_is_called_what_it_is(name, function, mistake):
    for seed in SEEDS:
        with use_seed(seed), pytest.raises(WrongAnswer) as raised:
            matches_reference(name, function)
        assert raised.value.mistake == mistake


@pytest.mark.slow
@pytest.mark.parametrize("start", [1.0, 10.0, 100.0])
def test_no_start_that_is_too_low_is_accepted(start):
    for seed in range(20):
        with use_seed(seed), pytest.raises(WrongAnswer):
            matches_reference("ps3.best_learning_rate", best_below(start, None))


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, 1, 2, -1])
def test_no_start_along_an_axis_is_accepted(place):
    for seed in range(5):
        with use_seed(seed), pytest.raises(WrongAnswer):
            matches_reference("ps3.largest_curvature", power(unit(place)))
    with pytest.raises(WrongAnswer, match="random numbers or all ones"):
        check("ps3.largest_curvature", power(unit(place)))


def test_a_start_at_theta_is_refused_where_theta_is_0():
    for seed in range(5):
        with use_seed(seed), pytest.raises(WrongAnswer):
            matches_reference("ps3.largest_curvature", from_theta)
    with pytest.raises(CheckFailed, match="theta is 0"):
        check("ps3.largest_curvature", from_theta)


@pytest.mark.slow
@pytest.mark.parametrize(
    "start",
    [
        all_ones,
        lambda n: np.random.default_rng(n).normal(size=n),
        lambda n: np.random.default_rng().random(n),
    ],
    ids=["all ones", "normal", "between 0 and 1"],
)
def test_the_starts_of_the_statement_are_accepted(start):
    for seed in range(10):
        with use_seed(seed):
            matches_reference("ps3.largest_curvature", power(start))
    check("ps3.largest_curvature", power(start))
