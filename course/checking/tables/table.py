"""What a table of visible checks is made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from course.checking.compare import Tolerance
from course.checking.trial import Case

Array = NDArray[np.float64]

LN3 = float(np.log(3))
"""σ(ln 3) = 3/4 and σ(−ln 3) = 1/4"""


SATURATED = (
    "it is wrong only where units saturate, far out: is something cut off there, or 1 − σ taken where σ is "
    "1 to the last bit?"
)
FAR = 10.0
"""|t| from which σ(t) counts as saturated"""


def saturated(*ts: Array) -> str:
    """Return what is special of a case in which units receive `ts`."""
    return SATURATED if any(np.abs(t).max() > FAR for t in ts) else ""


@dataclass(frozen=True)
class Check:
    """The visible check of one function."""

    established: str
    """what passing it establishes, as the student is told"""
    cases: Callable[[], Sequence[Case]]
    """makes the calls, with results worked by hand or by numerical derivatives"""
    tolerance: Tolerance = field(default_factory=Tolerance)
    withheld: Collection[str] = ()
    """tools of the course that this answer must do without, since they are what is asked for"""


def column(*numbers: float) -> Array:
    """Return numbers as an (N, 1) array."""
    return np.array(numbers, dtype=float)[:, None]
