"""Inputs of the functions beyond the seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from course.activations import sigmoid
from mlp_ref import transfer
from mlp_ref.cases.drawing import Arguments, Array, Draw, Generator
from mlp_ref.cases.ps1 import Network
from mlp_ref.networks import (
    DEEP_SIZES,
    LARGEST_PREACTIVATION,
    ONE_HIDDEN_SIZES,
    OneHidden,
    draw_deep,
    draw_one_hidden,
)

FARTHEST = 1e4
"""Largest |z| of softmax."""

TABLES = ((7, 4), (6, 3), (3, 3), (5, 2), (1, 4), (1, 1), (4, 1))
"""Examples and classes (N, K)."""


def _of_tanh(pick: Callable[[OneHidden], Arguments]) -> Draw:
    def draw(rng: Generator, network: Network = draw_one_hidden) -> Iterator[Arguments]:
        for size in ONE_HIDDEN_SIZES:
            yield pick(_with_tanh(network(rng, size)))

    return draw


def _with_tanh(net: OneHidden) -> OneHidden:
    """Return the network with tanh for σ in the hidden units."""
    Z = np.concatenate([np.tanh(net.H), np.ones((len(net.X), 1))], axis=1)
    W2 = net.W2 * min(1.0, LARGEST_PREACTIVATION / max(np.abs(Z @ net.W2).max(), 0.1))
    return replace(net, Z=Z, W2=W2, O=Z @ W2, y_hat=sigmoid(Z @ W2))


def _one_hot(rng: Generator, N: int, K: int) -> Array:
    """Draw Y (N, K); where N allows, all classes occur."""
    classes = np.resize(rng.permutation(K), N)
    Y: Array = np.eye(K)[rng.permutation(classes)]
    return Y


def _logits(rng: Generator) -> Iterator[Array]:
    for N, K in TABLES:
        yield 2 * rng.normal(size=(N, K))
    # the differences matter, not how far out they are
    yield rng.normal(size=(5, 3)) + rng.choice([-1, 1], size=(5, 1)) * rng.uniform(800, 9000, size=(5, 1))
    far = rng.normal(size=(6, 3)) * 10.0 ** rng.integers(0, 4, size=(6, 3))
    far[rng.permutation(6)[:2], rng.integers(3, size=2)] = -FARTHEST, FARTHEST
    yield np.clip(far, -FARTHEST, FARTHEST)


def _softmax(rng: Generator) -> Iterator[Arguments]:
    for z in _logits(rng):
        yield (z,)


def _softmax_loss(rng: Generator) -> Iterator[Arguments]:
    for z in _logits(rng):
        yield _one_hot(rng, *z.shape), z
    # sure and right: small losses, each by itself
    for nearly in (rng.uniform(6, 12), rng.uniform(14, 18)):
        z = rng.normal(size=(1, 3))
        z[0, 1] = z.max() + nearly
        yield np.eye(3)[[1]], z


def _softmax_delta(rng: Generator) -> Iterator[Arguments]:
    for z in _logits(rng):
        yield _one_hot(rng, *z.shape), transfer.softmax(z)


def _relu_delta_step(rng: Generator) -> Iterator[Arguments]:
    for N, n, n_next in (
        (7, 4, 3),
        (6, 3, 3),
        (3, 3, 3),
        (3, 3, 3),
        (5, 2, 4),
        (4, 1, 2),
        (5, 4, 1),
        (1, 5, 3),
        (1, 1, 1),
    ):
        h = np.maximum(0.0, rng.normal(size=(N, n)) * 10.0 ** rng.integers(-12, 3, size=(N, n)))
        # units that are off, and units that are on, wherever there are two
        places = rng.permutation(h.size)[:2]
        h.flat[places] = (0.0, rng.uniform(0.1, 5))[: len(places)]
        yield rng.normal(size=(N, n_next)), rng.normal(size=(n, n_next)), h


def _l2_gradients(rng: Generator) -> Iterator[Arguments]:
    for size in DEEP_SIZES[:-4:2] + DEEP_SIZES[-4:]:
        net = draw_deep(rng, size)
        Ws = [rng.normal(size=W.shape) for W in net.Ws]
        yield [rng.normal(size=W.shape) for W in Ws], Ws, float(10 ** rng.uniform(-3, 1))
    yield [rng.normal(size=W.shape) for W in Ws], Ws, 0.0


def _momentum_step(rng: Generator) -> Iterator[Arguments]:
    for shape in ((5,), (1,), (13,), (2,)):
        eta, beta = float(10 ** rng.uniform(-2, 1)), float(rng.uniform(0.2, 0.95))
        yield *(rng.normal(size=shape) for _ in range(3)), eta, beta
    # the first step, from rest; and plain descent
    yield rng.normal(size=4), np.zeros(4), rng.normal(size=4), float(rng.uniform(0.1, 1)), 0.9
    yield *(rng.normal(size=4) for _ in range(3)), float(rng.uniform(0.1, 1)), 0.0


ARGUMENTS: dict[str, Draw] = {
    "ps1.dZ_dH_tanh": _of_tanh(lambda net: (net.Z,)),
    "ps1.dC_dW1_tanh": _of_tanh(lambda net: (net.X, net.y, net.y_hat, net.O, net.Z, net.W2)),
    "ps2.softmax": _softmax,
    "ps2.softmax_loss": _softmax_loss,
    "ps2.softmax_delta": _softmax_delta,
    "ps2.relu_delta_step": _relu_delta_step,
    "ps2.l2_gradients": _l2_gradients,
    "ps3.momentum_step": _momentum_step,
}
