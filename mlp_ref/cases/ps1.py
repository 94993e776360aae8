"""Inputs of ps1's functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from mlp_ref import one_hidden
from mlp_ref.cases.drawing import Arguments, Array, Draw, Generator, rising, steps_of, upstream
from mlp_ref.networks import (
    ONE_HIDDEN_SIZES,
    UNSATURATED_ONE_HIDDEN,
    OneHidden,
    Size,
    draw_one_hidden,
    draw_several,
    is_within_margin,
)
from mlp_ref.training import gradient_descent_step, gradients_end_to_end, train_one_hidden

WIDE = ONE_HIDDEN_SIZES[1]
WITHOUT_LABELS = tuple(size for size in ONE_HIDDEN_SIZES if size.label is None)
"""for functions that do not see y"""
TOGETHER = (*ONE_HIDDEN_SIZES[::6], ONE_HIDDEN_SIZES[8])
"""for functions each of whose parts is tested on all sizes; two of these have the same shapes"""

Network = Callable[[Generator, Size], OneHidden]


def _of_networks(
    pick: Callable[[OneHidden, Generator], Arguments], sizes: Sequence[Size] = ONE_HIDDEN_SIZES
) -> Draw:
    def draw(rng: Generator, network: Network = draw_one_hidden) -> Iterator[Arguments]:
        for size in sizes:
            yield pick(network(rng, size), rng)

    return draw


def _step(net: OneHidden, rng: Generator) -> Arguments:
    dW1, dW2 = rng.normal(size=net.W1.shape), rng.normal(size=net.W2.shape)
    return net.W1, net.W2, dW1, dW2, float(10 ** rng.uniform(-3, 1))


def _train(rng: Generator) -> Iterator[Arguments]:
    for size in UNSATURATED_ONE_HIDDEN:
        counts = steps_of(size)
        for steps, net in zip(counts, draw_several(rng, size, len(counts)), strict=True):
            yield net.X, net.y, net.W1, net.W2, rng.uniform(0.3, 2), steps
    yield from rising(
        lambda: _within_margin(rng, lambda: draw_one_hidden(rng, WIDE), (15, 50), 8), train_one_hidden
    )
    yield _run(_of_output(rng, rng.uniform(10, 13)), rng.uniform(0.5, 2), 25)
    yield _within_margin(rng, lambda: _of_output(rng, rng.uniform(5, 6)), (150, 300), 3)
    # the same net in another unit of X: large gradients
    net = draw_one_hidden(rng, WIDE)
    yield 1e4 * net.X, net.y, net.W1 / 1e4, net.W2, rng.uniform(0.3, 2) / 1e8, 2
    # still to the last bit
    yield _run(draw_one_hidden(rng, WIDE), 1e-18, 40)
    net = draw_one_hidden(rng, WIDE)
    nearly = net.y_hat + rng.uniform(-1e-5, 1e-5, size=net.y.shape)
    yield net.X, np.clip(nearly, 0, 1), net.W1, net.W2, rng.uniform(0.5, 2), 12


def _run(net: OneHidden, eta: float, steps: int) -> Arguments:
    return net.X, net.y, net.W1, net.W2, eta, steps


def _within_margin(
    rng: Generator, network: Callable[[], OneHidden], rates: tuple[float, float], steps: int
) -> Arguments:
    """Draw a run with a large rate, in which ŷ stays within the margin."""
    while True:
        net, eta = network(), rng.uniform(*rates)
        W1, W2 = net.W1, net.W2
        done = 0
        while is_within_margin(one_hidden.forward(net.X, W1, W2)[-1]):
            if done == steps:
                return _run(net, eta, steps)
            W1, W2 = gradient_descent_step(W1, W2, *gradients_end_to_end(net.X, net.y, W1, W2), eta)
            done += 1


def _of_output(rng: Generator, logit: float) -> OneHidden:
    """Draw a net whose outputs are sure: its loss moves slowly, or not at all."""
    net = draw_one_hidden(rng, WIDE)
    middle = np.median(net.O)
    scale = 0.5 / np.abs(net.O - middle).max()
    net.W2[-1] -= middle
    net.W2[...] *= scale
    net.W2[-1] += rng.choice([-1, 1]) * logit
    return net


def _factor(rng: Generator, *shape: int) -> Array:
    """Draw a factor of a chain as no net gives it: any sign, some entries tiny."""
    tiny = 10.0 ** rng.uniform(-9, 0, size=shape)
    return rng.normal(size=shape) * np.where(rng.integers(0, 2, size=shape), tiny, 1)


def _dC_dW2_chain(rng: Generator, network: Network = draw_one_hidden) -> Iterator[Arguments]:
    for size in ONE_HIDDEN_SIZES:
        net = network(rng, size)
        yield upstream(rng, size.N), one_hidden.dyhat_dO(net.O), net.Z
    yield _factor(rng, 12, 1), _factor(rng, 12, 1), _factor(rng, 12, 4)
    # gradients of hundreds
    yield 1000 * upstream(rng, 5), rng.normal(size=(5, 1)), rng.normal(size=(5, 3))


def _dC_dW1_chain(rng: Generator, network: Network = draw_one_hidden) -> Iterator[Arguments]:
    for size in ONE_HIDDEN_SIZES:
        net = network(rng, size)
        slopes = one_hidden.dyhat_dO(net.O), one_hidden.dO_dZ(net.W2), one_hidden.dZ_dH(net.Z)
        yield upstream(rng, size.N), *slopes, net.X
    yield _factor(rng, 12, 1), _factor(rng, 12, 1), _factor(rng, 3), _factor(rng, 12, 3), _factor(rng, 12, 4)
    yield (
        1000 * upstream(rng, 5),
        rng.normal(size=(5, 1)),
        rng.normal(size=2),
        rng.normal(size=(5, 2)),
        rng.normal(size=(5, 4)),
    )


ARGUMENTS: dict[str, Draw] = {
    "ps1.mse_cost": _of_networks(lambda net, _: (net.y, net.y_hat)),
    "ps1.forward": _of_networks(lambda net, _: (net.X, net.W1, net.W2), WITHOUT_LABELS),
    "ps1.dC_dyhat": _of_networks(lambda net, _: (net.y, net.y_hat)),
    "ps1.dyhat_dO": _of_networks(lambda net, _: (net.O,), WITHOUT_LABELS),
    "ps1.dO_dW2": _of_networks(lambda net, _: (net.Z,), WITHOUT_LABELS),
    "ps1.dC_dW2_chain": _dC_dW2_chain,
    "ps1.dC_dW2": _of_networks(lambda net, _: (net.y, net.y_hat, net.O, net.Z)),
    "ps1.dO_dZ": _of_networks(lambda net, _: (net.W2,), WITHOUT_LABELS),
    "ps1.dZ_dH": _of_networks(lambda net, _: (net.Z,), WITHOUT_LABELS),
    "ps1.dH_dW1": _of_networks(lambda net, _: (net.X,), WITHOUT_LABELS),
    "ps1.dC_dW1_chain": _dC_dW1_chain,
    "ps1.dC_dW1": _of_networks(lambda net, _: (net.X, net.y, net.y_hat, net.O, net.Z, net.W2)),
    "ps1.gradient_descent_step": _of_networks(_step, WITHOUT_LABELS),
    "ps1.gradients_end_to_end": _of_networks(lambda net, _: (net.X, net.y, net.W1, net.W2), TOGETHER),
    "ps1.train": _train,
}
