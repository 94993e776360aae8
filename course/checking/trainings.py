"""What the losses of a training tell about it, whatever its network and its steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course.checking import hints

Run = tuple[Any, Any, Any]
"""What a call returned, what is right, and the last argument, which of a training is the number of steps."""


def suspicion(runs: Sequence[Run]) -> str | None:
    """Return what the losses suggest that are the first item of each result, or None."""
    if ends_early(runs):
        return hints.STOPS_EARLY
    if stays_at_the_start(runs):
        return hints.FORWARD_ONCE
    if stays_after_one_step(runs):
        return hints.STARTS_ANEW
    if is_filled_up(runs):
        return hints.STOPS_EARLY
    if last_is_stale(runs):
        return hints.LAST_LOSS_STALE
    return hints.LAST_LOSS_UNFILLED if last_is_unfilled(runs) else None


def ends_early(runs: Sequence[Run]) -> bool:
    """Return whether losses are right as far as they go, but for a last one noted twice, and too few.

    Where one is missing of every training that takes steps, it is the last loss that is left out.
    """
    pairs = [_losses(*run) for run in runs]
    if any(losses is None for losses, _ in pairs):
        return False
    missing = [len(want) - len(losses) for losses, want in pairs]
    in_all = {count for count, (_, want) in zip(missing, pairs, strict=True) if len(want) > 1} == {1}
    return min(missing) == 0 < max(missing) and not in_all and all(map(_begins, pairs))


def is_filled_up(runs: Sequence[Run]) -> bool:
    """Return whether somewhere the last losses are one number and weights wrong; other losses are right."""
    filled, complete = False, False
    for got, right, steps in runs:
        losses, want = _losses(got, right, steps)
        if losses is None or len(losses) != len(want):
            return False
        others = np.flatnonzero(losses != losses[-1])
        last = int(others[-1]) + 1 if len(others) else 0
        if not _close(losses[: last + 1], want[: last + 1]):
            return False
        filled = filled or (last < len(want) - 2 and not _same(got[1], right[1]))
        complete = complete or last == len(want) - 1 > 1
    return filled and complete


def stays_at_the_start(runs: Sequence[Run]) -> bool:
    """Return whether all losses but the last are that of the first point, where they should have moved."""
    return _stay(runs, slice(-1), 0)


def stays_after_one_step(runs: Sequence[Run]) -> bool:
    """Return whether all losses but the first are that after the first step, where they should have moved."""
    return _stay(runs, slice(1, None), 1)


def last_is_stale(runs: Sequence[Run]) -> bool:
    """Return whether all losses are right but the last, which is the one before it, noted again."""
    return _right_but_for_the_last(runs, lambda losses: _close(losses[-1:], losses[-2:-1]))


def last_is_unfilled(runs: Sequence[Run]) -> bool:
    """Return whether all losses are right but the last, which is 0 or NaN."""
    return _right_but_for_the_last(runs, lambda losses: not np.nan_to_num(losses[-1]))


def _right_but_for_the_last(runs: Sequence[Run], wrong: Callable[[Any], bool]) -> bool:
    """Return whether losses are right but the last, which is `wrong` wherever steps are taken.

    Two steps are taken somewhere, and the last loss is wrong after two.
    """
    told = False
    for losses, want in (_losses(*run) for run in runs):
        if losses is None or len(losses) != len(want) or not _close(losses[:-1], want[:-1]):
            return False
        if len(want) > 1 and not wrong(losses):
            return False
        told = told or (len(want) > 2 and not _close(losses[-1:], want[-1:]))
    return told


def _stay(runs: Sequence[Run], part: slice, k: int) -> bool:
    """Return whether in all runs this part of the losses is the right loss k, where it should have moved."""
    moves = False
    for losses, want in (_losses(*run) for run in runs):
        if losses is None or len(losses) != len(want) or not _close(losses[part], want[k : k + 1]):
            return False
        moves = moves or not _close(want[part], want[k : k + 1])
    return moves


def _losses(got: Any, want: Any, steps: Any) -> tuple[Any, Any]:
    """Return the losses of a training beside the right ones; None for what are no losses."""
    if type(steps) is not int or not isinstance(want, (list, tuple)) or np.shape(want[0]) != (steps + 1,):
        return None, None
    if type(got) not in (list, tuple) or len(got) != len(want):
        return None, None
    try:
        losses = np.asarray(got[0], float)
    except (TypeError, ValueError):
        return None, None
    return (losses, want[0]) if losses.ndim == 1 and len(losses) else (None, None)


def _begins(pair: tuple[Any, Any]) -> bool:
    losses, want = pair
    if len(losses) > len(want):
        return False
    *before, last = losses
    right = _close(before, want[: len(before)])
    # who breaks out of the loop and then notes the loss after the last step notes one twice
    return right and (_close(last, want[len(before)]) or bool(before and last == before[-1]))


def _same(got: Any, want: Any) -> bool:
    """Return whether an array, or each of a list, is right."""
    if isinstance(want, list):
        return isinstance(got, list) and len(got) == len(want) and all(map(_same, got, want))
    return np.shape(got) == np.shape(want) and _close(got, want)


def _close(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=1e-7, atol=1e-10))
