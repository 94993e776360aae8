"""What a visible check consists of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from course.checking.compare import Tolerance
from course.checking.trial import Case, Suspects


@dataclass(frozen=True)
class Check:
    """Cases with known results, and what passing them establishes."""

    established: str
    cases: Callable[[], Sequence[Case]]
    tolerance: Tolerance = field(default_factory=Tolerance)
    suspects: Suspects = field(default_factory=dict)
