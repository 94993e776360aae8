"""Random networks of both seeds, with their data and all they compute on the way.

Weights are O(1). Some nets are saturated: in the hidden units only, in these for some of the examples, or
throughout with confident wrong labels. Most sizes differ; some are square, where shapes do not tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course.activations import sigmoid
from mlp_ref import deep

Array = NDArray[np.float64]
Generator = np.random.Generator

MARGIN = 1e-6
"""`bce_loss`, `dL_df` and `train` only see f at least this far from 0 and 1."""

LARGEST_LOGIT = 6.0
"""Largest |z_L| of unsaturated deep nets before training: f stays within the margin while they train."""

LARGEST_PREACTIVATION = 500.0
"""Largest pre-activation in any layer."""

MODEST_LOGIT = 3.0
"""Largest logit of nets whose hidden units alone are saturated, so that their results are far from 0."""

CONFIDENT = 40.0
"""For z above this, σ(z) is exactly 1 in floating point, and σ(−z) nearly 0."""

Saturation = Literal["none", "hidden", "some", "all"]
"""Units that saturate: none, the hidden ones, these for half of the examples only, or all units."""


class Size(NamedTuple):
    """N examples, layer sizes [d, …, 1], and what is special about the net."""

    N: int
    layers: tuple[int, ...]
    saturated: Saturation = "none"
    label: float | None = None
    """y of every example; None: drawn"""
    constant_unit: bool = False
    """whether a hidden unit, which one is drawn, is exactly 1 for every example, as the bias unit is"""


ONE_HIDDEN_SIZES = (
    Size(7, (5, 3, 1)),
    Size(6, (2, 4, 1)),
    Size(5, (3, 3, 1)),
    Size(4, (3, 1, 1)),
    # as many examples as hidden units with the bias unit, as inputs, as hidden units
    Size(3, (3, 2, 1)),
    Size(3, (2, 3, 1)),
    Size(1, (4, 2, 1)),
    Size(1, (4, 2, 1), label=0.0),
    Size(1, (4, 2, 1), label=1.0),
    Size(5, (3, 3, 1), constant_unit=True),
    Size(6, (3, 4, 1), "hidden"),
    Size(6, (3, 3, 1), "some"),
    Size(8, (3, 3, 1), "all"),
)
THREE_LAYER_SIZES = (
    Size(7, (4, 3, 5, 1)),
    Size(6, (3, 3, 3, 1)),
    Size(3, (3, 3, 3, 1)),
    Size(5, (3, 1, 2, 1)),
    Size(1, (2, 3, 4, 1), label=0.0),
    Size(1, (2, 3, 4, 1), label=1.0),
    Size(6, (4, 3, 5, 1), "hidden"),
    Size(6, (4, 3, 5, 1), "some"),
    Size(8, (4, 3, 5, 1), "all"),
)
DEEP_SIZES = (
    *THREE_LAYER_SIZES,
    Size(7, (4, 1)),
    Size(1, (4, 1)),
    Size(5, (3, 4, 1)),
    Size(6, (2, 3, 5, 4, 1)),
)
UNSATURATED = tuple(size for size in DEEP_SIZES if size.saturated == "none" and size.N != 3)
UNSATURATED_ONE_HIDDEN = tuple(
    size for size in ONE_HIDDEN_SIZES if size.saturated == "none" and size.N != 3 and not size.constant_unit
)
"""Sizes of networks that are trained."""


@dataclass(frozen=True)
class OneHidden:
    """A network of seed 1, its data and all it computes on the way."""

    X: Array
    y: Array
    W1: Array
    W2: Array
    H: Array
    Z: Array
    O: Array
    y_hat: Array


def draw_one_hidden(rng: Generator, size: Size) -> OneHidden:
    """Draw a network of seed 1: y real in [0, 1], 0 and 1 among them, and one that ŷ nearly is."""
    return draw_several(rng, size, 1)[0]


def is_within_margin(f: Array) -> bool:
    """Say whether every f is at least MARGIN away from 0 and 1."""
    return bool(f.min() > MARGIN and f.max() < 1 - MARGIN)


class NetworkPool:
    """Networks of seed 1 for the inputs of several functions, drawn together in a tenth of the time.

    No two functions get the same network, so the inputs of one tell nothing about those of another.
    """

    def __init__(self, seed: Sequence[int], functions: Sequence[str]) -> None:
        """Draw from `seed`; the same seed and functions give the same networks."""
        self._seed, self._functions = seed, list(functions)
        self._drawn: dict[Size, list[OneHidden]] = {}

    def of(self, function: str) -> Callable[[Generator, Size], OneHidden]:
        """Return a substitute for `draw_one_hidden`, which gives the one network of each size."""
        position = self._functions.index(function)
        return lambda _, size: self._networks(size)[position]

    def _networks(self, size: Size) -> list[OneHidden]:
        if size not in self._drawn:
            rng = np.random.default_rng([*self._seed, ONE_HIDDEN_SIZES.index(size)])
            self._drawn[size] = draw_several(rng, size, len(self._functions))
        return self._drawn[size]


def draw_several(rng: Generator, size: Size, count: int) -> list[OneHidden]:
    """Draw networks of seed 1 of the same size, in hardly more time than one takes."""
    networks: list[OneHidden] = []
    while len(networks) < count:
        candidates = _one_hidden(rng, size, count - len(networks))
        networks += [net for net in candidates if size.saturated != "all" or _confident_of_both(net.O)]
    return networks


def _one_hidden(rng: Generator, size: Size, count: int) -> list[OneHidden]:
    """Draw `count` networks along the first axis of each array."""
    N, (d, h, _), saturated, label, constant_unit = size
    each = np.arange(count)
    X = _inputs(rng, size, count)
    W1, W2 = rng.normal(size=(count, d, h)), rng.normal(size=(count, h + 1, 1))
    if saturated == "hidden":
        W1 *= 100
    if constant_unit:
        X[:, :, -1], W1[each, -1, rng.integers(h, size=count)] = 1, 60
    W1 *= _scale_within(LARGEST_PREACTIVATION, X @ W1)
    H = X @ W1
    Z = np.concatenate([sigmoid(H), np.ones((count, N, 1))], axis=2)
    O = Z @ W2
    if saturated == "all":
        middle = np.median(O, axis=1, keepdims=True)
        W2[:, -1:] -= middle
        W2 *= _scale_to(rng.uniform(200, LARGEST_PREACTIVATION, size=(count, 1, 1)), O - middle)
    else:
        W2 *= _scale_within(LARGEST_PREACTIVATION if saturated == "none" else MODEST_LOGIT, O)
    O = Z @ W2
    y_hat = sigmoid(O)
    y = rng.uniform(size=(count, N, 1))
    if saturated == "all":
        y = _mostly_wrong(O)
    elif label is not None:
        y[:] = label
    elif N > 2:
        zero, one, near = _orders(rng, N, count)[:, :3].T
        error = (-1) ** rng.integers(2, size=count) * 10 ** rng.uniform(-6, -3, size=count)
        y[each, zero], y[each, one] = 0, 1
        y[each, near, 0] = np.clip(y_hat[each, near, 0] + error, 0, 1)
    return [OneHidden(*arrays) for arrays in zip(X, y, W1, W2, H, Z, O, y_hat, strict=True)]


@dataclass(frozen=True)
class Deep:
    """A network of seed 2, its data and its activations."""

    X: Array
    y: Array
    Ws: list[Array]
    bs: list[Array]
    hs: list[Array]


def draw_deep(rng: Generator, size: Size) -> Deep:
    """Draw a network of seed 2: y in {0, 1}, both occurring when N > 1."""
    while True:
        net, z = _deep(rng, size)
        if size.saturated != "all" or (_confident_of_both(z) and _reaches_first_layer(net)):
            return net


def _deep(rng: Generator, size: Size) -> tuple[Deep, Array]:
    """Return a net and the last pre-activations."""
    N, layers, saturated, label, _ = size
    X = _inputs(rng, size, 1)[0]
    Ws = [rng.normal(size=pair) for pair in pairwise(layers)]
    bs = [rng.normal(size=n) for n in layers[1:]]
    for k in range(len(Ws) - 1):
        # not the first: behind saturated units it would not show how those that follow are treated
        _rescale(Ws[k], bs[k], 60.0 if saturated == "hidden" and k else 1.0)
        z = deep.forward(X, Ws[:k], bs[:k])[-1] @ Ws[k] + bs[k]
        _rescale(Ws[k], bs[k], _scale_within(LARGEST_PREACTIVATION, z))
    last = deep.forward(X, Ws[:-1], bs[:-1])[-1]
    z = last @ Ws[-1] + bs[-1]
    if saturated == "all":
        bs[-1] -= np.median(z)
        _rescale(Ws[-1], bs[-1], _scale_to(rng.uniform(200, LARGEST_PREACTIVATION), z - np.median(z)))
    else:
        _rescale(Ws[-1], bs[-1], _scale_within(LARGEST_LOGIT if saturated == "none" else MODEST_LOGIT, z))
    z = last @ Ws[-1] + bs[-1]
    y = labels(rng, N) if label is None else np.full((N, 1), label)
    if saturated == "all":
        y = _mostly_wrong(z)
    return Deep(X, y, Ws, bs, deep.forward(X, Ws, bs)), z


def _inputs(rng: Generator, size: Size, count: int) -> Array:
    X = rng.normal(size=(count, size.N, size.layers[0]))
    if size.saturated in ("some", "all"):
        X[np.arange(count)[:, None], _orders(rng, size.N, count)[:, : size.N // 2]] *= 100
    return X


def _orders(rng: Generator, N: int, count: int) -> NDArray[np.int64]:
    """Draw `count` orders of N examples, one in each row."""
    return rng.permuted(np.tile(np.arange(N), (count, 1)), axis=1)


def _rescale(W: Array, b: Array, scale: float | Array) -> None:
    W *= scale
    b *= np.ravel(scale)


def _scale_within(limit: float, preactivations: Array) -> Array:
    """Return the factor, at most 1, that brings `preactivations` (…, N, n) within ±limit."""
    return np.minimum(1.0, _scale_to(limit, preactivations))


def _scale_to(limit: float | Array, preactivations: Array) -> Array:
    """Return the factor that brings the largest of `preactivations` (…, N, n) to ±limit."""
    largest: Array = np.abs(preactivations).max(axis=(-2, -1), keepdims=True)
    return limit / np.maximum(largest, 0.1)


def _confident_of_both(z: Array) -> bool:
    return bool((z > CONFIDENT).sum() >= 2 and (z < -CONFIDENT).sum() >= 1)


def _reaches_first_layer(net: Deep) -> bool:
    """Return whether an example that f gets wrong, to the last bit, changes the first layer."""
    wrong = np.abs(net.hs[-1] - net.y)[:, 0] == 1
    return bool(np.abs(deep.deltas(net.y, net.hs, net.Ws)[0][wrong]).max(initial=0) > 1e-3)


def _mostly_wrong(z: Array) -> Array:
    """Return the labels that confident outputs z (…, N, 1) get wrong, all but one, a 1."""
    y = (z < 0).astype(float)
    np.put_along_axis(y, np.argsort(z, axis=-2)[..., -2:-1, :], 1, axis=-2)
    return y


def labels(rng: Generator, N: int) -> Array:
    """Draw y (N, 1) in {0, 1}, both occurring when N > 1."""
    y = rng.integers(0, 2, size=(N, 1)).astype(float)
    if N > 1:
        y[rng.permutation(N)[:2], 0] = 0, 1
    return y
