"""The networks of both seeds with data and first weights: the loss, and its gradient by autograd.

No derivative is written down here, so the module gives no answer of a problem set away. autograd applies
the chain rule to matrix products and to functions of one number, whose slope the complex step gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import make_vjp
from autograd.extend import defvjp, primitive
from numpy.typing import NDArray

from course import data
from course.activations import sigmoid
from course.gradcheck import COMPLEX_STEP

Array = NDArray[np.float64]

NETWORKS = ("seed 1", "seed 2")
DATA = ("xor", "moons")
WIDTHS = range(1, 7)
MOONS = 64
"""the number of examples in "moons" """


@dataclass(frozen=True)
class Problem:
    """A network, its data and its first weights. Raises ValueError for an unknown or impossible setting."""

    network: str = "seed 1"
    """ "seed 1": one hidden layer, mean squared error C; "seed 2": three layers, summed cross-entropy L"""
    data: str = "xor"
    hidden: int = 3
    """units in each hidden layer"""
    scale: float = 1.0
    """of the first weights, as in `course.initial_weights` and `course.initial_layers`"""
    seed: int = 0

    def __post_init__(self) -> None:
        for name, choices in (("network", NETWORKS), ("data", DATA), ("hidden", WIDTHS)):
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name}={getattr(self, name)!r}: choose one of {', '.join(map(repr, choices))}"
                )
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"scale={self.scale!r}: the scale of the first weights is a positive number")
        if self.seed != int(self.seed) or self.seed < 0:
            raise ValueError(f"seed={self.seed!r}: a seed is a whole number, 0 or more")

    @property
    def loss_name(self) -> str:
        """The loss's letter in the seed: C is a mean, L a sum."""
        return "C" if self.network == "seed 1" else "L"

    @cached_property
    def examples(self) -> tuple[Array, Array]:
        """`X` (N, 3) and `y` (N, 1) in seed 1, whose last input is constantly 1; `X` (N, 2) in seed 2."""
        X, y = data.xor() if self.data == "xor" else data.two_moons(MOONS)
        return (_with_one(X[:, :2]) if self.network == "seed 1" else X[:, :2]), y

    @cached_property
    def start(self) -> tuple[Array, ...]:
        """The first weights, a block for each layer.

        Seed 1: W1 (3, h) and W2 (h + 1, 1), whose last row belongs to the bias unit. Seed 2: three blocks
        (n_{l−1} + 1, n_l), each W_l with b_l as its last row.
        """
        if self.network == "seed 1":
            return data.initial_weights(3, self.hidden, self.seed, self.scale)
        Ws, bs = data.initial_layers([2, self.hidden, self.hidden, 1], self.seed, self.scale)
        return tuple(np.vstack(layer) for layer in zip(Ws, bs, strict=True))

    @cached_property
    def theta(self) -> Array:
        """The first weights in one array (P,)."""
        return np.concatenate([block.ravel() for block in self.start])

    def blocks(self, theta: Array) -> list[Array]:
        """Return copies of the blocks of `theta` (…, P), each (…, rows, columns)."""
        ends = np.cumsum([block.size for block in self.start])[:-1]
        pieces = np.split(theta, ends, axis=-1)
        return [
            piece.reshape(*theta.shape[:-1], *block.shape).copy()
            for piece, block in zip(pieces, self.start, strict=True)
        ]

    def losses_and_gradients(self, thetas: Array) -> tuple[Array, Array]:
        """Return the losses (B,) and their gradients (B, P) at the weights `thetas` (B, P)."""
        with np.errstate(all="ignore"):
            pull_back, losses = make_vjp(self._losses)(tuple(self.blocks(thetas)))
            gradients = pull_back(np.ones(len(thetas)))
        flat = [np.reshape(gradient, (len(thetas), -1)) for gradient in gradients]
        return losses, np.concatenate(flat, axis=1)

    def _losses(self, blocks: tuple[Any, ...]) -> Any:
        X, _ = self.examples
        h = X if self.network == "seed 1" else _with_one(X)
        *hidden, last = blocks
        for W in hidden:
            h = _activations(anp.matmul(h, W))
        return anp.sum(self._loss_of(anp.matmul(h, last)), axis=(-2, -1))

    @cached_property
    def _loss_of(self) -> Callable[[Any], Any]:
        """Each example's part of the loss as a function of the last pre-activations (…, N, 1)."""
        _, y = self.examples
        if self.network == "seed 1":
            return _differentiable(lambda z: (y - sigmoid(z)) ** 2 / (2 * len(y)))
        return _differentiable(lambda z: _softplus(z) - y * z)

    def arguments(self, theta: Array) -> tuple[Any, ...]:
        """Return the weights `theta` (P,) as new arrays: `(W1, W2)` in seed 1, `(Ws, bs)` in seed 2."""
        blocks = self.blocks(theta)
        if self.network == "seed 1":
            return tuple(blocks)
        return [block[:-1] for block in blocks], [block[-1] for block in blocks]


def _softplus(z: Any) -> Any:
    """Return log(1 + exp(z)), which is −log(1 − σ(z)), without overflow."""
    positive = z.real > 0
    return np.where(positive, z, 0) + np.log1p(np.exp(np.where(positive, -z, z)))


def _with_one(h: Any) -> Any:
    """Return `h` (…, N, n) with a column of ones after it, for the biases: (…, N, n + 1)."""
    return np.concatenate([h, np.ones((*h.shape[:-1], 1))], axis=-1)


def _differentiable(
    f: Callable[[Any], Any], finish: Callable[[Any], Any] = lambda result: result
) -> Callable[[Any], Any]:
    """Return t ↦ finish(f(t)) with a derivative that autograd can use.

    `f` is elementwise and accepts complex numbers; `finish` may append constant columns.
    """
    function: Callable[[Any], Any] = primitive(lambda t: finish(f(t)))

    def pull_back(_: Any, t: Any) -> Callable[[Any], Any]:
        slope = np.imag(f(t + 1j * COMPLEX_STEP)) / COMPLEX_STEP
        return lambda g: g[..., : t.shape[-1]] * slope

    defvjp(function, pull_back)
    return function


_activations = _differentiable(sigmoid, _with_one)
