"""Inputs of ps2's functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course.activations import sigmoid
from mlp_ref.cases.common import Arguments, Array, Draw, Generator, upstream
from mlp_ref.networks import (
    DEEP_SIZES,
    MARGIN,
    THREE_LAYER_SIZES,
    UNSATURATED,
    Deep,
    Size,
    draw_deep,
    labels,
)

FARTHEST = 1e4
"""Largest |z| of `bce_from_logits`."""


def _of_networks(pick: Callable[[Deep, Generator], Arguments], sizes: tuple[Size, ...] = DEEP_SIZES) -> Draw:
    def draw(rng: Generator) -> Iterator[Arguments]:
        for size in sizes:
            yield pick(draw_deep(rng, size), rng)

    return draw


def _labelled(rng: Generator, sizes: tuple[int, ...], other: Callable[[int], Array]) -> Iterator[Arguments]:
    for N in sizes:
        yield labels(rng, N), other(N)


def _probabilities(rng: Generator, N: int) -> Array:
    """Return f (N, 1) over all of [MARGIN, 1 − MARGIN], both ends included when N allows."""
    f = np.clip(sigmoid(6 * rng.normal(size=(N, 1))), MARGIN, 1 - MARGIN)
    if N > 3:
        f[rng.permutation(N)[:2], 0] = MARGIN, 1 - MARGIN
    return f


def _bce_from_logits(rng: Generator) -> Iterator[Arguments]:
    y = labels(rng, 7)
    far = np.clip(rng.normal(size=(7, 1)) * 10.0 ** rng.integers(0, 5, size=(7, 1)), -FARTHEST, FARTHEST)
    # of each label one that is wrong and sure
    far[np.argmin(y)], far[np.argmax(y)] = rng.uniform(1000, FARTHEST), -rng.uniform(1000, FARTHEST)
    yield y, far
    # without them, because beside a loss of thousands the others are lost in the tolerance
    for N in (6, 1):
        yield labels(rng, N), 3 * rng.normal(size=(N, 1))


def _output_delta(rng: Generator) -> Iterator[Arguments]:
    for y, f in _labelled(rng, (7, 6, 1), lambda N: _probabilities(rng, N)):
        if len(f) > 1:
            f[rng.permutation(len(f))[:2], 0] = 0, 1
        yield y, f


def _dh_dz(rng: Generator) -> Iterator[Arguments]:
    for size in DEEP_SIZES:
        yield (draw_deep(rng, size).hs[1],)
    yield (sigmoid(rng.normal(size=5)),)


def _delta_step(rng: Generator) -> Iterator[Arguments]:
    for size in DEEP_SIZES:
        if len(size.layers) > 2:
            net = draw_deep(rng, size)
            W_next = net.Ws[1]
            yield upstream(rng, size.N, W_next.shape[1]), W_next, net.hs[1]


def _train(net: Deep, rng: Generator) -> Arguments:
    return net.X, net.y, net.Ws, net.bs, rng.uniform(0.01, 0.1), int(rng.choice([0, 1, 4, 20]))


ARGUMENTS: dict[str, Draw] = {
    "ps2.forward": _of_networks(lambda net, _: (net.X, net.Ws, net.bs)),
    "ps2.bce_loss": lambda rng: _labelled(rng, (7, 6, 1), lambda N: _probabilities(rng, N)),
    "ps2.bce_from_logits": _bce_from_logits,
    "ps2.dL_df": lambda rng: _labelled(rng, (7, 6, 1), lambda N: _probabilities(rng, N)),
    "ps2.dh_dz": _dh_dz,
    "ps2.dz_dh": _of_networks(lambda net, _: (net.Ws[min(1, len(net.Ws) - 1)],)),
    "ps2.output_delta": _output_delta,
    "ps2.delta_step": _delta_step,
    "ps2.deltas": _of_networks(lambda net, _: (net.y, net.hs, net.Ws)),
    "ps2.dL_dW1": _of_networks(lambda net, _: (net.hs[0], net.y, net.hs, net.Ws), THREE_LAYER_SIZES),
    "ps2.dL_dW1_sums": _of_networks(lambda net, _: (net.hs[0], net.y, net.hs, net.Ws), THREE_LAYER_SIZES),
    "ps2.gradients": _of_networks(
        lambda net, rng: (net.hs, [upstream(rng, len(net.X), h.shape[1]) for h in net.hs[1:]])
    ),
    "ps2.gradients_end_to_end": _of_networks(lambda net, _: (net.X, net.y, net.Ws, net.bs)),
    "ps2.train": _of_networks(_train, UNSATURATED),
}
