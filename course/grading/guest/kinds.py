"""How values of Python's standard library cross: as texts, from which the other side makes equal ones."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

LONGEST = 1000
"""characters of a text, and so digits of a number"""
MOST_ITEMS = 10_000
"""of a range: three numbers here, and as many as it says where NumPy makes an array of it"""

Texts = tuple[str, ...]


def to_texts(value: Any) -> Texts | None:
    """Return the texts that `value` crosses as; None for a value of another kind, or a huge one."""
    kind = type(value)
    if kind not in _MAKERS or (kind in _WITH_ZONE and type(value.tzinfo) not in _ZONES):
        return None
    match value:
        case range() if value[MOST_ITEMS:]:
            return None
        case range():
            numbers: Iterable[int] = (value.start, value.stop, value.step)
        case datetime.timedelta():
            numbers = (value.days, value.seconds, value.microseconds)
        case Fraction():
            numbers = (value.numerator, value.denominator)
        case Decimal():
            return _capped(str(value))
        case _:
            return _capped(value.isoformat())
    # an int of more digits than Python turns into a text
    if any(number.bit_length() > 3 * LONGEST for number in numbers):
        return None
    return _capped(*map(str, numbers))


def from_texts(kind: str, texts: list[Any]) -> Any:
    """Return the value of this kind that `to_texts` made these of; they may be anything.

    Raises ValueError, TypeError or ArithmeticError where they are no such value's.
    """
    maker = _BY_NAME.get(kind)
    if maker is None or not all(type(text) is str and len(text) <= LONGEST for text in texts):
        raise ValueError("no value of a known kind")
    value = maker(*texts)
    if maker is _range and value[MOST_ITEMS:]:
        raise ValueError("a range of too many numbers")
    return value


def _capped(*texts: str) -> Texts | None:
    return texts if all(len(text) <= LONGEST for text in texts) else None


def _range(*texts: str) -> range:
    start, stop, step = map(int, texts)
    return range(start, stop, step)


_ZONES = (type(None), datetime.timezone)
_WITH_ZONE = (datetime.datetime, datetime.time)
_MAKERS: dict[type, Callable[..., Any]] = {
    range: _range,
    datetime.date: datetime.date.fromisoformat,
    datetime.time: datetime.time.fromisoformat,
    datetime.datetime: datetime.datetime.fromisoformat,
    datetime.timedelta: lambda *texts: datetime.timedelta(*map(int, texts)),
    Decimal: Decimal,
    Fraction: lambda *texts: Fraction(*map(int, texts)),
}
_BY_NAME = {kind.__name__: make for kind, make in _MAKERS.items()}
