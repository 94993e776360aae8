"""Suggests the cause of a wrong result, from the right result alone: "is 1/N missing?"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from course.checking import hints

Relation = Callable[[Any, int], Any]
TRANSPOSED = "it looks transposed"


def shape_suspicion(got: tuple[int, ...], want: tuple[int, ...]) -> str:
    """Return what a wrong shape suggests, or an empty string."""
    if not want:
        return "is a sum missing, or an axis left over?"
    if len(want) == 2:
        if want[1] == 1 and got == want[:1]:
            return "a column is expected; keep the second axis"
        if got == (want[1], want[0]):
            return TRANSPOSED
        if want[1] == 1 and len(got) == 2 and got[0] == got[1] == want[0]:
            return "a (N,) array met an (N, 1) array and broadcast to (N, N)"
        if len(got) == 2 and got[0] == want[0] and got[1] - want[1] == 1:
            return "one column too many"
        if len(got) == 2 and got[0] == want[0] and want[1] - got[1] == 1:
            return "one column too few"
        if len(got) == 2 and got[1] == want[1] and abs(got[0] - want[0]) == 1:
            return "one row too many or too few"
        if got in (want[:1], want[1:]):
            return "an axis is missing: was it summed over?"
    if len(want) == 1 and got == (want[0] + 1,):
        return "one entry too many"
    if len(want) == 1 and got in ((want[0], 1), (1, want[0])):
        return "one axis is expected, not two"
    if 1 in want and got == tuple(n for n in want if n != 1):
        return "an axis of length 1 was lost, as np.squeeze loses it"
    if any(n == 1 and got[:k] + got[k + 1 :] == want for k, n in enumerate(got)):
        return "there is an axis of length 1 too many"
    return ""


RELATIONS: dict[str, Relation] = {
    hints.SIGN: lambda want, _: -want,
    "the result is N times the expected one: is 1/N missing?": lambda want, n: n * want,
    "the result is 1/N of the expected one: is 1/N applied twice, or a mean taken for a sum?": (
        lambda want, n: want / n
    ),
    "the result is −N times the expected one: look at the sign and at 1/N": lambda want, n: -n * want,
    "the result is twice the expected one": lambda want, _: 2 * want,
    "the result is half the expected one": lambda want, _: want / 2,
    hints.TRANSPOSED: lambda want, _: want.T,
    "only the first row is right, and the others are 0: does a loop end after its first round?": (
        lambda want, _: _only(want, slice(1))
    ),
    "the last row is 0: does a loop end one round too early?": lambda want, _: _only(want, slice(-1)),
    "the first row is 0: does a loop begin one round too late?": lambda want, _: _only(want, slice(1, None)),
    "only the first column is right, and the others are 0: does a loop end after its first round?": (
        lambda want, _: _only(want.T, slice(1)).T
    ),
    "the last column is 0: does a loop end one round too early?": (
        lambda want, _: _only(want.T, slice(-1)).T
    ),
    "the order of the rows is reversed": lambda want, _: np.atleast_1d(want)[::-1].reshape(want.shape),
}
"""What a wrong result may be, by suspicion: a function of the right one and the number of examples N."""

WHERE_NOTHING_IS_AVERAGED = {
    "is 1/N missing?": "is a sum over the examples taken once too often?",
    "is 1/N applied twice, or a mean taken for a sum?": "was a mean taken for a sum?",
    "look at the sign and at 1/N": "look at the sign, and at sums over the examples",
}
"""What these suspicions say instead of a result that carries no 1/N."""

AVERAGING = frozenset(
    (
        "ps1.mse_cost",
        "ps1.dC_dyhat",
        "ps1.dC_dW2",
        "ps1.dC_dW1",
        "ps1.dC_dW1_tanh",
        "ps1.gradients_end_to_end",
    )
)
"""Functions whose results carry 1/N."""


def _only(want: Any, rows: slice) -> Any:
    """Return an array with only these rows of it, the others 0; one of a single row as it is."""
    if np.ndim(want) == 0 or len(want) < 2:
        return want
    result = np.zeros_like(want)
    result[rows] = want[rows]
    return result


Pairs = Sequence[tuple[Any, Any, int]]
Agree = Callable[[Any, Any], bool]


def value_suspicion(pairs: Pairs, agree: Agree, averages: bool = True) -> str | None:
    """Return the suspicion that fits every (got, want, N), or None.

    It is about the whole result or, when all else is right, about one item of it. `averages`: whether the
    right result carries 1/N.
    """
    suspicion = _related(pairs, agree) or _related_item(pairs, agree)
    return suspicion if averages or suspicion is None else _without_averages(suspicion)


def _without_averages(suspicion: str) -> str:
    for text, other in WHERE_NOTHING_IS_AVERAGED.items():
        suspicion = suspicion.replace(text, other)
    return suspicion


def order_suspicion(pairs: Pairs, agree: Agree) -> str | None:
    """Return that items of the results are in another order, where all are right otherwise, or None."""
    counts = {len(want) if isinstance(want, (list, tuple)) else 0 for _, want, _ in pairs}
    if len(counts) != 1 or counts - {2, 3, 4} or any(_count(got) not in counts for got, _, _ in pairs):
        return None
    _, *others = permutations(range(*counts))
    if all(agree(got, want) for got, want, _ in pairs):
        return None
    for order in others:
        if all(agree([got[k] for k in order], want) for got, want, _ in pairs):
            return "the results are right, but in another order"
    return None


def word_suspicion(pairs: Pairs) -> str | None:
    """Return which words there are, where words are asked for and another one came back, or None."""
    words = list(dict.fromkeys(want for _, want, _ in pairs if isinstance(want, str)))
    others = [got for got, want, _ in pairs if isinstance(want, str) and isinstance(got, str)]
    if len(words) < 2 or all(got in words for got in others):
        return None
    *first, last = (f'"{word}"' for word in sorted(words))
    return f"the words are {', '.join(first)} and {last}: is one misspelt?"


def transposed(got: Any, want: Any, agree: Agree) -> bool:
    """Return whether the first part of a result that has another shape is right when transposed."""
    if isinstance(want, (list, tuple)):
        parts = zip(got, want, strict=False)
        return next((transposed(g, w, agree) for g, w in parts if _shapes(g, w) != _shapes(w, w)), False)
    return isinstance(got, np.ndarray) and agree(got.T, want)


def _shapes(value: Any, want: Any) -> Any:
    """Return the shape of a value, or those of its items where they are wanted."""
    if isinstance(want, (list, tuple)):
        return [_shapes(*item) for item in zip(value, want, strict=False)]
    return np.shape(value)


def _count(got: Any) -> int:
    return len(got) if type(got) in (list, tuple) else 0


def _related_item(pairs: Pairs, agree: Agree) -> str | None:
    """Return the suspicion about the one item of the results that is wrong anywhere, or None."""
    counts = {len(want) if isinstance(want, (list, tuple)) else 0 for _, want, _ in pairs}
    if len(counts) != 1 or any(type(got) not in (list, tuple) or {len(got)} != counts for got, _, _ in pairs):
        return None
    items = [[(got[k], want[k], n) for got, want, n in pairs] for k in range(*counts)]
    wrong = [k for k, item in enumerate(items) if not all(agree(got, want) for got, want, _ in item)]
    suspicion = _related(items[wrong[0]], agree) if len(wrong) == 1 else None
    return suspicion and f"of item {wrong[0]} (of {len(items)}) alone: {suspicion}"


def _related(pairs: Pairs, agree: Agree) -> str | None:
    one_size = len({n for _, _, n in pairs}) == 1
    for suspicion, relation in RELATIONS.items():
        if one_size and "N" in suspicion:
            continue  # N could be any factor
        try:
            wrongs = [related(relation, want, n) for _, want, n in pairs]
        except TypeError:
            continue
        if all(agree(got, wrong) for wrong, (got, _, _) in zip(wrongs, pairs, strict=True)):
            return suspicion
    return None


def related(relation: Relation, want: Any, n: int) -> Any:
    """Return what a result is, or the items of one, that stands in this relation to the right one."""
    if isinstance(want, (list, tuple)):
        return [related(relation, w, n) for w in want]
    if isinstance(want, str):
        raise TypeError("relations are between numbers")
    return np.asarray(relation(np.asarray(want, float), n))[()]
