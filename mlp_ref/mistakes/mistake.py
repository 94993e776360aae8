"""What a table of named mistakes is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from course.checking.trial import Trial
from mlp_ref.mistakes.common import NOT_RESET, not_reset


@dataclass(frozen=True)
class Named:
    """What an answer was recognised as."""

    name: str
    """recorded with the result: a few words"""
    hint: str
    """shown to the student: points at the mistake, not at the answer"""


@dataclass(frozen=True)
class Mistake(Named):
    """A wrong variant of a function, as students write it. No two of a function have the same name."""

    function: Callable[..., Any]
    variants: tuple[Callable[..., Any], ...] = ()
    """others that make the same mistake, with other numbers"""
    seen: Callable[[Sequence[Trial]], bool] | None = None
    """whether an answer makes this mistake, where no one variant stands for all; None: it does the same"""


def sums_not_reset(function: Callable[..., Any]) -> Mistake:
    """Return the mistake in which the sum of an entry of the function's result goes on in the next."""
    orders = [lambda *a, k=k: not_reset(function(*a))[k] for k in range(4)]
    return Mistake("sum not reset", NOT_RESET, orders[0], tuple(orders[1:]))


Table = dict[str, tuple[Mistake, ...]]
