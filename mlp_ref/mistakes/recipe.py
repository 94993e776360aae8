"""Functions made of parts, each of which may be wrong: mistakes of one part, and of two at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from mlp_ref.mistakes.common import quiet
from mlp_ref.mistakes.mistake import Mistake


@dataclass(frozen=True)
class WrongPart:
    """A part of a function that is wrong."""

    name: str
    hint: str
    part: Any
    """what stands where the right part should"""
    variants: tuple[Any, ...] = ()
    """other parts that make the same slip, with other numbers"""

    @property
    def parts(self) -> tuple[Any, ...]:
        """All parts that make this slip."""
        return (self.part, *self.variants)


@dataclass(frozen=True)
class Recipe:
    """How a function is made of parts, and what goes wrong in each."""

    make: Callable[..., Callable[..., Any]]
    """takes parts by name, and the right ones where none are passed; returns the function"""
    wrong_parts: Mapping[str, Sequence[WrongPart]]
    """by part; of two slips the earlier gives a mistake its name"""
    forms: Sequence[Callable[[Callable[..., Any]], Callable[..., Any]]] = ()
    """what a function with two slips may be as well: the same, but for what it does to its arguments"""

    def mistakes(self) -> tuple[Mistake, ...]:
        """Return the mistakes of one slip each."""
        return tuple(
            _mistake(slip.name, slip.hint, [quiet(self.make(**{part: wrong})) for wrong in slip.parts])
            for part, slips in self.wrong_parts.items()
            for slip in slips
        )

    def pairs(self) -> Iterator[Mistake]:
        """Yield the mistakes of two slips in two parts."""
        for (part, slips), (other, others) in combinations(self.wrong_parts.items(), 2):
            for first, second in product(slips, others):
                functions = [
                    self.make(**{part: one, other: two}) for one, two in product(first.parts, second.parts)
                ]
                changed = [change(function) for change in self.forms for function in functions]
                yield _mistake(first.name, f"{first.hint}. Besides, {second.hint}", functions + changed)


def _mistake(name: str, hint: str, functions: Sequence[Callable[..., Any]]) -> Mistake:
    return Mistake(name, hint, functions[0], tuple(functions[1:]))
