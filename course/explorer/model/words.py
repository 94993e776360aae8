"""What the explorer says: headlines, descriptions and the code that rebuilds a view."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course.explorer.model.problem import Problem

Array = NDArray[np.float64]

DATA = {"xor": "exclusive or", "moons": "two moons"}


class Code(str):
    """Source code that shows itself without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def number(value: float) -> str:
    """Return `value` with three significant digits, a learning rate with all of its four."""
    return f"{value:.4g}"


def rate(value: float) -> str:
    """Return a learning rate as a label."""
    return f"η = {number(value)}"


def setting(name: str, value: Any) -> str:
    """Return one setting of a problem as a label, as "seed 3" or "two moons"."""
    if name == "network":
        return str(value)
    if name == "data":
        return DATA[value]
    return f"{'h' if name == 'hidden' else name} {value:g}"


def headline(eta: float, losses: Array, regime: str) -> str:
    """Return a run in a line, as "η = 31.62: oscillating; lowest loss 0.018 at step 214"."""
    finite = np.isfinite(losses)
    if not finite.any():
        return f"{rate(eta)}: {regime}; the loss is not finite from the start"
    lowest = int(np.argmin(np.where(finite, losses, np.inf)))
    text = f"{rate(eta)}: {regime}; lowest loss {losses[lowest]:.3g} at step {lowest}"
    if not finite.all():
        text += f", not finite from step {int(np.argmin(finite))} on"
    return text


def own_part(parted: int | None, wrong: int | None) -> str:
    """Return what is to be said of the student's run beside the true one.

    They part at step `parted`; at step `wrong` the gradient is first wrong. None: nowhere.
    """
    if parted is None:
        return "your run and the true one agree at every step"
    text = f"your run parts from the true one at step {parted}"
    if wrong is None:
        return text + ", by rounding errors that grow; your gradient is right at every step"
    return text + f"; your gradient is wrong at step {wrong}"


def describe(problem: Problem) -> str:
    """Return the problem in a line."""
    layers = "one hidden layer" if problem.network == "seed 1" else "three layers"
    return (
        f"{problem.network}'s network, {layers} with {problem.hidden} hidden units, on {DATA[problem.data]}, "
        f"first weights from seed {problem.seed} at scale {problem.scale:g}"
    )
