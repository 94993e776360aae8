"""Reverse-mode differentiation of the two operations that networks are made of.

A tape records products of matrices and functions of each number while they are computed, then goes back over
them. It knows no network and no derivative of a unit: slopes come from the complex step. Like all that
differentiates by itself, it refuses to work within an answer that is being judged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course.gradcheck import COMPLEX_STEP
from course.judged import refuse_while_judged

Array = NDArray[np.float64]
Elementwise = Callable[[Any], Any]
"""takes real and complex numbers, each by itself"""


class Variable:
    """An array that is differentiated by, or on the way; the last two axes are a matrix's."""

    def __init__(self, value: Array) -> None:
        self.value = value
        self.gradient: Any = 0.0


class Tape:
    """Records operations, and differentiates the sum over each batch of what they make."""

    def __init__(self) -> None:
        """Begin an empty tape. Raises NotWhileJudged."""
        refuse_while_judged("the explorer's gradient")
        self._steps_back: list[Callable[[], None]] = []

    def product(self, left: Variable | Array, right: Variable) -> Variable:
        """Return the matrix product; an array on the left is a constant."""
        factor = left.value if isinstance(left, Variable) else left
        result = Variable(factor @ right.value)

        def back() -> None:
            right.gradient = right.gradient + np.swapaxes(factor, -1, -2) @ result.gradient
            if isinstance(left, Variable):
                left.gradient = left.gradient + result.gradient @ np.swapaxes(right.value, -1, -2)

        self._steps_back.append(back)
        return result

    def each(self, function: Elementwise, argument: Variable, ones: bool = False) -> Variable:
        """Return `function` of each number, with a column of ones after them where `ones` says so."""
        t = argument.value
        value = function(t)
        result = Variable(with_one(value) if ones else value)

        def back() -> None:
            slope = np.imag(function(t + 1j * COMPLEX_STEP)) / COMPLEX_STEP
            argument.gradient = argument.gradient + result.gradient[..., : t.shape[-1]] * slope

        self._steps_back.append(back)
        return result

    def differentiate(self, result: Variable, weights: Array | float = 1.0) -> None:
        """Put into each variable the gradient of the sum of `result` by it, each entry times its weight."""
        result.gradient = np.broadcast_to(weights, result.value.shape)
        for back in reversed(self._steps_back):
            back()


def with_one(h: Array) -> Array:
    """Return `h` (…, N, n) with a column of ones after it, for the biases: (…, N, n + 1)."""
    return np.concatenate([h, np.ones((*h.shape[:-1], 1))], axis=-1)
