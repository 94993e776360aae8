"""The networks of both seeds with data and random start: their loss, and its gradient by autograd.

No derivative is written down here. autograd applies the chain rule; what it chains are matrix products,
and functions of one number whose slope is taken by the complex step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import make_vjp
from autograd.extend import defvjp_argnums, primitive
from numpy.typing import NDArray

from course import data
from course.activations import sigmoid
from course.gradcheck import COMPLEX_STEP

Array = NDArray[np.float64]

NETWORKS = ("seed 1", "seed 2")
DATA = ("xor", "moons")
WIDTHS = range(1, 7)
MOONS = 64
"""examples in "moons" """


@dataclass(frozen=True)
class Problem:
    """A network, its data and its first weights. Raises ValueError for a choice that there is not."""

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
        """The seed's letter."""
        return "C" if self.network == "seed 1" else "L"

    @cached_property
    def examples(self) -> tuple[Array, Array]:
        """`X` and `y`; seed 1's inputs end in a constant 1, seed 2 has biases instead."""
        X, y = data.xor() if self.data == "xor" else data.two_moons(MOONS)
        X = X[:, :2]
        return (np.hstack([X, np.ones((len(X), 1))]) if self.network == "seed 1" else X), y

    @cached_property
    def start(self) -> tuple[Array, ...]:
        """The first weights, block by block.

        Seed 1: W1 (d, h), W2 without its bias row (h, 1), the bias row (1, 1). Seed 2: W_l (n_{l−1}, n_l),
        b_l (1, n_l), l = 1, 2, 3.
        """
        if self.network == "seed 1":
            W1, W2 = data.initial_weights(3, self.hidden, self.seed, self.scale)
            return W1, W2[:-1], W2[-1:]
        Ws, bs = data.initial_layers([2, self.hidden, self.hidden, 1], self.seed, self.scale)
        return tuple(block for W, b in zip(Ws, bs, strict=True) for block in (W, b[None]))

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
        """Return the losses (B,) and their gradients (B, P) at many points `thetas` (B, P) at once."""
        with np.errstate(all="ignore"):
            pull_back, losses = make_vjp(self._losses)(tuple(self.blocks(thetas)))
            gradients = pull_back(np.ones(len(thetas)))
        flat = [np.reshape(gradient, (len(thetas), -1)) for gradient in gradients]
        return losses, np.concatenate(flat, axis=1)

    def _losses(self, blocks: tuple[Any, ...]) -> Any:
        X, _ = self.examples
        if self.network == "seed 1":
            W1, W2, bias = blocks
            return anp.sum(
                self._loss_of(anp.matmul(_sigmoid(anp.matmul(X, W1), 0.0), W2), bias), axis=(-2, -1)
            )
        W1, b1, W2, b2, W3, b3 = blocks
        h2 = _sigmoid(anp.matmul(_sigmoid(anp.matmul(X, W1), b1), W2), b2)
        return anp.sum(self._loss_of(anp.matmul(h2, W3), b3), axis=(-2, -1))

    @cached_property
    def _loss_of(self) -> Callable[[Any, Any], Any]:
        """Each example's part of the loss, of its last pre-activation."""
        _, y = self.examples
        if self.network == "seed 1":
            return _elementwise(lambda z: (y - sigmoid(z)) ** 2 / (2 * len(y)))
        return _elementwise(lambda z: _softplus(z) - y * z)

    def arguments(self, theta: Array) -> tuple[Any, ...]:
        """Return the weights `theta` (P,) as the course's functions take them, fresh arrays.

        `(W1, W2)` in seed 1, W2 with its bias row; `(Ws, bs)` in seed 2.
        """
        blocks = self.blocks(theta)
        if self.network == "seed 1":
            return blocks[0], np.vstack(blocks[1:])
        return blocks[::2], [b[0] for b in blocks[1::2]]


def _softplus(z: Any) -> Any:
    """log(1 + exp(z)), which is −log(1 − σ(z)); only exp of a non-positive number is taken."""
    positive = z.real > 0
    return np.where(positive, z, 0) + np.log1p(np.exp(np.where(positive, -z, z)))


def _elementwise(f: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """Return f(t + b) for autograd, b being 0 or the same for all rows of t."""

    def slopes(argnums: tuple[int, ...], _: Any, args: tuple[Any, Any], __: Any) -> Callable[[Any], Any]:
        t, b = args
        slope = np.imag(f(t + b + 1j * COMPLEX_STEP)) / COMPLEX_STEP

        def pull_back(g: Any) -> list[Any]:
            back = g * slope
            return [back if argument == 0 else back.sum(axis=-2, keepdims=True) for argument in argnums]

        return pull_back

    shifted = primitive(lambda t, b: f(t + b))
    defvjp_argnums(shifted, slopes)
    return shifted  # type: ignore[no-any-return]


_sigmoid = _elementwise(sigmoid)
