"""The five names of what a run does, by the rule that ps3 states, for a whole table of runs at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

REGIMES = ("diverged", "oscillating", "steady", "stuck", "slow")
"""In the order of the rule: the first that holds."""


def regimes(curves: Array) -> NDArray[np.int64]:
    """Return for each row of `curves` (K, n) which of REGIMES it is, as an index: (K,)."""
    half = curves.shape[1] // 2
    start = curves[:, :1]
    with np.errstate(all="ignore"):
        moves = np.diff(curves, axis=1)
        travelled = np.abs(moves)
        climbs = moves[:, half:] > 0
        holds = [
            ~(np.isfinite(curves) & (curves <= 10 * start)).all(axis=1),
            5 * climbs.sum(axis=1) > climbs.shape[1],
            2 * curves[:, -1] <= start[:, 0],
            10 * travelled[:, half:].sum(axis=1) <= travelled[:, :half].sum(axis=1),
        ]
    return np.select(holds, range(len(holds)), len(holds))
