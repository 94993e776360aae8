"""The networks of both seeds with data and first weights: the loss, and its gradient by a tape.

No derivative is written down here, so the module gives no answer of a problem set away.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course import data
from course.activations import sigmoid
from course.explorer.model.tape import Array, Elementwise, Tape, Variable, with_one

NETWORKS = ("seed 1", "seed 2")
DATA = ("xor", "moons")
WIDTHS = range(1, 7)
MOONS = 64
"""the number of examples in "moons" """


@dataclass(frozen=True)
class Problem:
    """A network, its data, its first weights, and what each step is made of.

    Raises ValueError for an unknown or impossible setting.
    """

    network: str = "seed 1"
    """ "seed 1": one hidden layer, mean squared error C; "seed 2": three layers, summed cross-entropy L"""
    data: str = "xor"
    hidden: int = 3
    """units in each hidden layer"""
    scale: float = 1.0
    """of the first weights, as in `course.initial_weights` and `course.initial_layers`"""
    seed: int = 0
    momentum: float = 0.0
    """the part of the last step's velocity that is kept: v ← momentum · v + gradient, θ ← θ − η v"""
    batch: int = 0
    """examples a step, which follow each other in their order; 0, or more than there are, takes all"""

    def __post_init__(self) -> None:
        for name, choices in (("network", NETWORKS), ("data", DATA), ("hidden", WIDTHS)):
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name}={getattr(self, name)!r}: choose one of {', '.join(map(repr, choices))}"
                )
        if not (_is_number(self.scale) and np.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"scale={self.scale!r}: the scale of the first weights is a positive number")
        if not _is_whole(self.seed) or self.seed < 0:
            raise ValueError(f"seed={self.seed!r}: a seed is a whole number, 0 or more")
        if not (_is_number(self.momentum) and 0 <= self.momentum < 1):
            raise ValueError(f"momentum={self.momentum!r}: a number from 0 to less than 1")
        if not _is_whole(self.batch) or self.batch < 0:
            raise ValueError(f"batch={self.batch!r}: a whole number of examples, or 0 for all of them")

    @property
    def loss_name(self) -> str:
        """The loss's letter in the seed: C is a mean, L a sum."""
        return "C" if self.network == "seed 1" else "L"

    @cached_property
    def examples(self) -> tuple[Array, Array]:
        """`X` (N, 3) and `y` (N, 1) in seed 1, whose last input is constantly 1; `X` (N, 2) in seed 2."""
        X, y = data.xor() if self.data == "xor" else data.two_moons(MOONS)
        return (with_one(X[:, :2]) if self.network == "seed 1" else X[:, :2]), y

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

    def batch_rows(self, step: int) -> NDArray[np.int64]:
        """Return the indices of the examples that a step is made of, in their order."""
        count = len(self.examples[1])
        batch = min(self.batch or count, count)
        return (step * batch + np.arange(batch, dtype=np.int64)) % count

    def batch_weights(self, step: int) -> Array:
        """Return the weight of each example (N, 1) at a step: those of its batch stand for all."""
        count = len(self.examples[1])
        rows = self.batch_rows(step)
        weights = np.zeros((count, 1))
        weights[rows] = count / len(rows)
        return weights

    def losses_and_gradients(self, thetas: Array, weights: Array | None = None) -> tuple[Array, Array]:
        """Return the losses (B,) and their gradients (B, P) at the weights `thetas` (B, P).

        `weights` (N, 1) count the examples in the gradient, by default once each; the loss is that of all.
        """
        tape = Tape()
        blocks = [Variable(block) for block in self.blocks(thetas)]
        with np.errstate(all="ignore"):
            losses = self.losses_of(tape, self.pre_activations(tape, blocks, self.examples[0][:, :2])[-1])
            tape.differentiate(losses, 1.0 if weights is None else weights)
        flat = [block.gradient.reshape(len(thetas), -1) for block in blocks]
        return losses.value.sum(axis=(-2, -1)), np.concatenate(flat, axis=1)

    def pre_activations(self, tape: Tape, blocks: list[Variable], inputs: Array) -> list[Variable]:
        """Return each layer's pre-activations (…, M, n_l) for `inputs` (M, 2)."""
        layers = [tape.product(with_one(inputs), blocks[0])]
        for W in blocks[1:]:
            layers.append(tape.product(tape.each(sigmoid, layers[-1], ones=True), W))
        return layers

    def losses_of(self, tape: Tape, last: Variable) -> Variable:
        """Return each example's part of the loss (…, N, 1), of the last pre-activations."""
        return tape.each(self._loss_of, last)

    @cached_property
    def _loss_of(self) -> Elementwise:
        """Each example's part of the loss as a function of the last pre-activations (…, N, 1)."""
        _, y = self.examples
        if self.network == "seed 1":
            return lambda z: (y - sigmoid(z)) ** 2 / (2 * len(y))
        return lambda z: _softplus(z) - y * z

    def arguments(self, theta: Array) -> tuple[Any, ...]:
        """Return the weights `theta` (P,) as new arrays: `(W1, W2)` in seed 1, `(Ws, bs)` in seed 2."""
        blocks = self.blocks(theta)
        if self.network == "seed 1":
            return tuple(blocks)
        return [block[:-1] for block in blocks], [block[-1] for block in blocks]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating))


def _is_whole(value: Any) -> bool:
    return _is_number(value) and float(value).is_integer()


def _softplus(z: Any) -> Any:
    """Return log(1 + exp(z)), which is −log(1 − σ(z)), without overflow."""
    positive = z.real > 0
    return np.where(positive, z, 0) + np.log1p(np.exp(np.where(positive, -z, z)))
