"""Decides whether a function answers an exercise, perhaps through a thin adapter.

An adapter hands over the exercise's arguments in any order, leaves some out, puts a filler where the function
needs more, makes a batch of one, and takes a part of the result for the whole.
"""

from __future__ import annotations

import inspect
import itertools
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import is_dataclass
from typing import Any, NamedTuple

import numpy as np

from course import values
from course.activations import sigmoid
from course.checking import compare, diagnose, forward_passes
from course.judged import NotWhileJudged, judged_call

GUARDS = ("course.activations", "course.gradcheck", "course.explorer.model.tape")
"""modules whose tools may answer exercises outside of judged calls, since they refuse to work in these"""
FILLERS = (None, 1.0, sigmoid)
MOST_WAYS = 1500
"""to arrange a number of arguments"""
MOST_PARTS = 8
"""of a result that are looked at"""
DEEPEST = 2
"""how far parts of parts are looked at"""


class Exercise(NamedTuple):
    """A function that students write, with calls of it and what they return."""

    name: str
    calls: Sequence[tuple[Sequence[Any], Any]]
    tolerance: tuple[float, float]
    """relative and absolute"""
    withheld: Sequence[str]
    """tools that answers must do without"""


class Adapter(NamedTuple):
    """How a function is called for an exercise."""

    chosen: Sequence[int | None]
    """for each argument of the function the number of the exercise's, None for the filler"""
    filler: Any
    batched: bool

    def call(self, function: Callable[..., Any], args: Sequence[Any]) -> Any:
        """Call `function` for the arguments of the exercise."""
        chosen = [self.filler if k is None else _fresh(args[k]) for k in self.chosen]
        if self.batched:
            chosen = [np.asarray(arg)[None] if isinstance(arg, (list, np.ndarray)) else arg for arg in chosen]
        return function(*chosen)


def answers(function: Callable[..., Any], exercise: Exercise) -> Adapter | None:
    """Return an adapter with which `function` answers an exercise in all its calls, or None."""
    args, want = exercise.calls[0]
    for adapter in _adapters(function, args):
        try:
            for part, value in _parts(adapter.call(function, args)):
                if _agrees(value, want, exercise) and _always(function, adapter, part, exercise):
                    return adapter
        except Exception:  # it is not meant for this
            continue
    return None


def is_excused(function: Callable[..., Any], adapter: Adapter, exercise: Exercise) -> bool:
    """Return whether a function, which answers an exercise, refuses to do so while it is judged.

    What refuses must be a tool of the course, or, for a forward pass or a loss, the checks' own.
    """
    try:
        with judged_call(exercise.withheld):
            adapter.call(function, exercise.calls[0][0])
    except NotWhileJudged as error:
        *_, (tool, _), _ = traceback.walk_tb(error.__traceback__)
        guard = tool.f_globals["__name__"]
        if guard == forward_passes.__name__:
            return exercise.name in forward_passes.ANSWERS
        return guard in GUARDS
    except Exception:
        return False
    return False


def is_trivial(exercise: Exercise) -> bool:
    """Return whether an argument is the answer, as it is, transposed, or a multiple: that tells nothing."""
    relations: list[Callable[..., Any]] = [lambda value: value, np.transpose, *diagnose.RELATIONS.values()]
    return any(answers(function, exercise) for function in relations)


def _adapters(function: Callable[..., Any], args: Sequence[Any]) -> Iterator[Adapter]:
    has_rows = any(_is_row(arg) for arg in args)
    for way in _ways(function, len(args)):
        for filler in FILLERS if None in way else FILLERS[:1]:
            yield Adapter(way, filler, False)
            if has_rows:
                yield Adapter(way, filler, True)


def _is_row(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, (int, float)) for item in value)
    return isinstance(value, np.ndarray) and value.ndim == 1


def _ways(function: Callable[..., Any], count: int) -> Iterator[tuple[int | None, ...]]:
    """Yield which of `count` arguments may stand where; all that fit, or one less."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    least = max(1, sum(p.default is p.empty for p in positional))
    any_number = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    most = max(len(positional), count if any_number else 0)
    for given in range(least, min(most, max(least, count)) + 1):
        fitting = min(given, count)
        for used in range(fitting, max(fitting - 2, 0), -1):
            arranged = itertools.product(
                itertools.combinations(range(given), used), itertools.permutations(range(count), used)
            )
            for places, numbers in itertools.islice(arranged, MOST_WAYS):
                way = dict(zip(places, numbers, strict=True))
                yield tuple(way.get(place) for place in range(given))


def _fresh(value: Any) -> Any:
    """Return an argument that a call may change. An array, which is read-only, stays."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_fresh, value))
    return value if isinstance(value, np.ndarray) else values.clone(value)


def _parts(result: Any, depth: int = DEEPEST) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield a result and its parts, each with the keys that lead to it."""
    yield (), result
    for key, part in _items(result) if depth else ():
        yield from (((key, *rest), value) for rest, value in _parts(part, depth - 1))


def _items(result: Any) -> list[tuple[Any, Any]]:
    if isinstance(result, (list, tuple)):
        return list(enumerate(result[:MOST_PARTS]))
    if isinstance(result, dict):
        return list(result.items())[:MOST_PARTS]
    if isinstance(result, np.ndarray) and result.ndim and len(result) == 1:
        return [(0, result[0])]
    if is_dataclass(result) and not isinstance(result, type):
        return list(vars(result).items())[:MOST_PARTS]
    return []


def _agrees(value: Any, want: Any, exercise: Exercise) -> bool:
    if isinstance(want, str):
        return isinstance(value, (str, int, np.integer))
    return compare.agrees(value, want, compare.Tolerance(*exercise.tolerance))


def _always(
    function: Callable[..., Any], adapter: Adapter, part: tuple[Any, ...], exercise: Exercise
) -> bool:
    """Return whether that part of the result agrees in all calls.

    Words need not be the right ones, if they tell the same cases apart.
    """
    words = set()
    for args, want in exercise.calls:
        value = adapter.call(function, args)
        for key in part:
            value = dict(_items(value))[key]
        if not _agrees(value, want, exercise):
            return False
        words.add((str(value), str(want)))
    if not isinstance(exercise.calls[0][1], str):
        return True
    return len(words) == len({word for word, _ in words}) == len({want for _, want in words}) > 1
