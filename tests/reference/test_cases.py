"""The inputs of hidden tests obey the rules for tests, whatever the seed."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from course.values import arrays, clone, unchanged
from mlp_ref import networks
from mlp_ref.cases import SHARING_NETWORKS, cases, network_pool
from mlp_ref.functions import FUNCTIONS

SEEDS = range(6)
ONE_HIDDEN_SIZES = {(7, 5, 3), (6, 2, 4), (5, 3, 3)}
DEEP_LAYERS = {(4, 3, 5, 1), (3, 3, 3, 1)}

every_name = pytest.mark.parametrize("name", list(FUNCTIONS))


def drawn(name):
    """The cases of all SEEDS, every other time with networks that all functions draw together."""
    pools = [network_pool(seed) if seed % 2 else None for seed in SEEDS]
    return [case for seed in SEEDS for case in cases(name, np.random.default_rng(seed), pools[seed])]


def sigma(t):
    return np.exp(-np.logaddexp(0, -t))


def layers(case):
    """Layer sizes of a case of ps2.train or ps2.forward."""
    X, *_, bs = case.args[: 4 if len(case.args) > 3 else 3]
    return (X.shape[1], *map(len, bs))


@pytest.mark.sampled
@every_name
def test_what_is_wanted_is_the_reference(name):
    for case in drawn(name):
        assert unchanged(case.want, FUNCTIONS[name].reference(*clone(case.args)))
        no_steps = name.endswith(".train") and case.args[-1] == 0
        assert case.fresh == (FUNCTIONS[name].fresh and not no_steps)
        assert name == "ps3.loss_curves" or all(np.isfinite(a).all() for a in arrays([case.want]))


@every_name
def test_a_seed_gives_the_same_cases_and_another_others(name):
    first, again, other = (cases(name, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert unchanged([c.args for c in first], [c.args for c in again])
    assert not unchanged([c.args for c in first], [c.args for c in other])


@every_name
def test_no_inputs_come_twice(name):
    for pool in (None, network_pool(3)):
        inputs = [case.args for case in cases(name, np.random.default_rng(3), pool)]
        numbers = [
            [a.tobytes() for a in arrays(args)] + [a for a in args if isinstance(a, (int, float, list))]
            for args in inputs
        ]
        with_arrays = [
            repr(each)
            for args, each in zip(inputs, numbers, strict=True)
            if any(a.size > 2 for a in arrays(args))
        ]
        assert len(set(with_arrays)) == len(with_arrays)


@pytest.mark.sampled
@every_name
def test_layouts(name):
    arguments = [a for case in drawn(name) for a in arrays(case.args)]
    assert any(not a.flags.c_contiguous and not a.flags.f_contiguous for a in arguments)
    assert any(a.flags.c_contiguous for a in arguments)
    for case in drawn(name):
        for before, after in zip(arrays(case.args), arrays(clone(case.args)), strict=True):
            assert after.flags.writeable
            assert after.dtype == np.float64
            assert after.flags.c_contiguous == before.flags.c_contiguous
            assert after.flags.f_contiguous == before.flags.f_contiguous
            assert not np.shares_memory(before, after)


@every_name
def test_several_sizes(name):
    for seed in SEEDS:
        drawn_once = cases(name, np.random.default_rng(seed))
        assert len({str([a.shape for a in arrays(case.args)]) for case in drawn_once}) >= 3


@pytest.mark.slow
def test_sizes_of_one_hidden_layer():
    for seed in SEEDS:
        for name in ("ps1.forward", "ps1.train"):
            drawn_once = cases(name, np.random.default_rng(seed))
            W1 = 1 if name == "ps1.forward" else 2
            sizes = {(*case.args[0].shape, case.args[W1].shape[1]) for case in drawn_once}
            assert sizes >= ONE_HIDDEN_SIZES
            assert {N for N, _, _ in sizes} >= {1}
            assert {h for _, _, h in sizes} >= {1}
            assert {case.n for case in drawn_once} == {N for N, _, _ in sizes}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ps2.forward", "ps2.train"])
def test_sizes_of_deep_nets(name):
    for seed in SEEDS:
        drawn_once = cases(name, np.random.default_rng(seed))
        sizes = {layers(case) for case in drawn_once}
        assert sizes >= DEEP_LAYERS
        assert {len(size) - 1 for size in sizes} == {1, 2, 3, 4}
        assert all(size[-1] == 1 for size in sizes)
        assert {case.n for case in drawn_once} >= {1, 6, 7}


@pytest.mark.parametrize("name", ["ps2.dL_dW1", "ps2.dL_dW1_sums"])
def test_first_gradient_has_three_layers_and_X(name):
    for case in drawn(name):
        X, _, hs, Ws = case.args
        assert len(Ws) == len(hs) - 1 == 3
        assert np.array_equal(X, hs[0])


def test_caches_of_one_hidden_layer_belong_together():
    for case in drawn("ps1.dC_dW1"):
        _, _, y_hat, O, Z, W2 = case.args
        assert (Z[:, -1] == 1).all()
        assert_allclose(O, Z @ W2, rtol=1e-9, atol=1e-9)
        assert_allclose(y_hat, sigma(O), rtol=1e-9)
    for case in drawn("ps1.forward"):
        X, W1, _ = case.args
        H, Z, _, _ = case.want
        assert_allclose(H, X @ W1, rtol=1e-9, atol=1e-9)
        assert_allclose(Z[:, :-1], sigma(H), rtol=1e-9)


def test_caches_of_deep_nets_belong_together():
    for case in drawn("ps2.forward"):
        _, Ws, bs = case.args
        for h, W, b, h_next in zip(case.want[:-1], Ws, bs, case.want[1:], strict=True):
            assert_allclose(h_next, sigma(h @ W + b), rtol=1e-9)


def of_pool(names, seed=3):
    shared = network_pool(seed)
    own = {name: np.random.default_rng([seed, SHARING_NETWORKS.index(name)]) for name in names}
    return {name: cases(name, own[name], shared) for name in names}


def test_whoever_comes_first_gets_the_same_networks():
    forth, back = of_pool(SHARING_NETWORKS), of_pool(SHARING_NETWORKS[::-1])
    for name in SHARING_NETWORKS:
        assert unchanged([c.args for c in forth[name]], [c.args for c in back[name]])


def test_no_network_is_given_to_two_functions():
    # entries that are drawn, and not 0, 1 or so large that σ leaves nothing of them
    values = [
        {x for case in drawn_once for a in arrays(case.args) for x in a.flat if 1e-3 < abs(x) < 1 - 1e-3}
        for drawn_once in of_pool(SHARING_NETWORKS).values()
    ]
    # σ of the largest logit, to which some are scaled, is in several
    assert all(len(first & second) <= 2 for k, second in enumerate(values) for first in values[:k])


def test_a_pool_gives_a_function_one_network_of_each_size():
    take = network_pool(3).of("ps1.forward")
    rng = np.random.default_rng()
    first, second = networks.ONE_HIDDEN_SIZES[:2]
    assert take(rng, first) is take(rng, first)
    assert take(rng, first).X.shape != take(rng, second).X.shape


def test_an_unknown_name_is_refused():
    with pytest.raises(KeyError):
        cases("ps1.nothing", np.random.default_rng(0))
