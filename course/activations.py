"""The activation function of both networks."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from course.judged import refuse_if_withheld


@overload
def sigmoid(t: NDArray[np.float64]) -> NDArray[np.float64]: ...
@overload
def sigmoid(t: NDArray[np.complex128]) -> NDArray[np.complex128]: ...
@overload
def sigmoid(t: float) -> np.float64: ...


def sigmoid(t: Any) -> Any:
    """Return σ(t) = 1 / (1 + exp(−t)), elementwise.

    `t` is a number or an array of any shape, real or complex; the result has the same shape.
    Nothing overflows however large |t| is. The complex extension makes complex-step differentiation
    possible.
    """
    refuse_if_withheld("sigmoid")
    t = np.asarray(t)
    if t.dtype.kind != "c":
        # of non-positive numbers alone
        return np.exp(np.minimum(t, 0)) / (1.0 + np.exp(np.copysign(t, -1.0)))
    if (t.real > -700).all():  # as nearly always, and twice as fast for many numbers
        return 1.0 / (1.0 + np.exp(-t))
    negative = t.real < 0
    e = np.exp(np.where(negative, t, -t))
    return np.where(negative, e, 1.0) / (1.0 + e)
