"""Inputs of ps2's functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course.activations import sigmoid
from mlp_ref.cases.drawing import Arguments, Array, Draw, Generator, rising, steps_of, upstream
from mlp_ref.deep import forward
from mlp_ref.networks import (
    DEEP_SIZES,
    MARGIN,
    MODEST_LOGIT,
    THREE_LAYER_SIZES,
    UNSATURATED,
    Deep,
    Size,
    draw_deep,
    is_within_margin,
    labels,
)
from mlp_ref.training import train_deep

NEAR_MARGIN = 13.0
"""A logit whose f is just within MARGIN of 0 or 1."""

SURE_LOGIT = 12.0
"""Logits of nets that are trained though they are right already, give or take ½."""

FARTHEST = 1e4
"""Largest |z| of `bce_from_logits`."""

CROWD = Size(60, (3, 4, 1))


def _of_networks(pick: Callable[[Deep, Generator], Arguments], sizes: tuple[Size, ...] = DEEP_SIZES) -> Draw:
    def draw(rng: Generator) -> Iterator[Arguments]:
        for size in sizes:
            yield pick(draw_deep(rng, size), rng)

    return draw


def _labels(rng: Generator) -> Iterator[Array]:
    yield labels(rng, 7)
    yield labels(rng, 6)
    yield np.zeros((1, 1))
    yield np.ones((1, 1))


def _labelled(rng: Generator) -> Iterator[Arguments]:
    for y in _labels(rng):
        yield y, _probabilities(rng, len(y))


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
    far[np.argmin(y)], far[np.argmax(y)] = FARTHEST, -FARTHEST
    yield y, far
    # without them, because beside a loss of thousands the others are lost in the tolerance
    for y in _labels(rng):
        yield y, 3 * rng.normal(size=y.shape)
    # right and rather sure: small losses, each by itself
    for label in (0.0, 1.0):
        for nearly in (rng.uniform(6, 12), rng.uniform(16, 20)):
            yield np.full((1, 1), label), np.full((1, 1), (2 * label - 1) * nearly)
        yield np.full((1, 1), label), (1 - 2 * label) * rng.uniform(1000, FARTHEST, size=(1, 1))


def _output_delta(rng: Generator) -> Iterator[Arguments]:
    for y, f in _labelled(rng):
        if len(f) > 1:
            corners = rng.permutation(len(f))[:4]
            y[corners, 0], f[corners, 0] = (0, 0, 1, 1), (0, 1, 0, 1)
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
            yield rng.uniform(-10, 10, size=(size.N, W_next.shape[1])), W_next, net.hs[1]


def _train(rng: Generator) -> Iterator[Arguments]:
    for size in UNSATURATED:
        for steps in steps_of(size):
            net = draw_deep(rng, size)
            if not steps:
                # nothing moves, so f may be as sure as the margin lets it
                scale = NEAR_MARGIN / np.abs(net.hs[-2] @ net.Ws[-1] + net.bs[-1]).max()
                net.Ws[-1][...] *= scale
                net.bs[-1][...] *= scale
            yield net.X, net.y, net.Ws, net.bs, rng.uniform(0.01, 0.1), steps
    for steps in (0, 3):
        net = _crowd(rng)
        yield net.X, net.y, net.Ws, net.bs, rng.uniform(0.005, 0.02), steps
    yield from rising(lambda: _steep(rng), train_deep)
    yield _solved(rng, rng.uniform(0.02, 0.1), 25)
    # still to the last bit
    yield _solved(rng, 1e-18, 60)


def _steep(rng: Generator) -> Arguments:
    """Draw a run with a large rate, in which f stays within the margin."""
    while True:
        net = draw_deep(rng, UNSATURATED[0])
        eta = rng.uniform(0.5, 3)
        Ws, bs = net.Ws, net.bs
        steps = 0
        while is_within_margin(forward(net.X, Ws, bs)[-1]):
            if steps == 6:
                return net.X, net.y, net.Ws, net.bs, eta, steps
            _, Ws, bs = train_deep(net.X, net.y, Ws, bs, eta, 1)
            steps += 1


def _solved(rng: Generator, eta: float, steps: int) -> Arguments:
    """Draw a run that starts with all examples right, and rather sure."""
    net = draw_deep(rng, UNSATURATED[1])
    z = net.hs[-2] @ net.Ws[-1] + net.bs[-1]
    label = int(rng.integers(2))
    scale = 0.5 / np.abs(z - np.median(z)).max()
    net.Ws[-1][...] *= scale
    net.bs[-1][...] = scale * (net.bs[-1] - np.median(z)) + (2 * label - 1) * SURE_LOGIT
    net.y[...] = label
    return net.X, net.y, net.Ws, net.bs, eta, steps


def _crowd(rng: Generator) -> Deep:
    """Draw a net whose gradients are large sums: half of many examples are wrong on the same side."""
    net = draw_deep(rng, CROWD)
    net.y[...] = 1
    net.y[rng.integers(len(net.y))] = 0
    z = net.hs[-2] @ net.Ws[-1] + net.bs[-1]
    scale = MODEST_LOGIT / np.abs(z - np.median(z)).max()
    net.Ws[-1][...] *= scale
    net.bs[-1][...] = scale * (net.bs[-1] - np.median(z))
    return net


ARGUMENTS: dict[str, Draw] = {
    "ps2.forward": _of_networks(lambda net, _: (net.X, net.Ws, net.bs)),
    "ps2.bce_loss": _labelled,
    "ps2.bce_from_logits": _bce_from_logits,
    "ps2.dL_df": _labelled,
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
    # each piece has its own test on all sizes; the last two are of the same shapes
    "ps2.gradients_end_to_end": _of_networks(
        lambda net, _: (net.X, net.y, net.Ws, net.bs), (*DEEP_SIZES[::2], DEEP_SIZES[7])
    ),
    "ps2.train": _train,
}
