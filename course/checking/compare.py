"""Compares a result with what is expected: type and shape, then finite, then value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from course.checking import diagnose
from course.foreign import Foreign

Stage = Literal["type", "shape", "finite", "value", "inputs"]


@dataclass(frozen=True)
class Tolerance:
    """|got − want| ≤ atol + rtol |want|, entry by entry. The default is for closed forms."""

    rtol: float = 1e-7
    atol: float = 1e-10


class Difference(Exception):
    """The first way in which a result is not what is expected. Its message never says what would be right."""

    def __init__(self, stage: Stage, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.stage = stage
        self.hint = hint
        """what this result, by itself, suggests; may be empty"""


def normalise(got: Any, want: Any, where: str = "the result") -> Any:
    """Return `got` in the form of `want`: float, int, str, float64 array, or a list of these.

    The form of `want` decides. Tuples and lists are interchangeable, Python numbers, NumPy scalars
    and 0-d arrays too. A list of numbers serves as an array of one axis, a list of such rows as one of two.

    Raises Difference (stage type or shape) for anything else: wrong container, wrong shape, float32,
    object dtype, array subclasses.
    """
    if isinstance(want, (list, tuple)):
        return _normalise_sequence(got, want, where)
    if isinstance(want, np.ndarray) and want.ndim > 0:
        return _normalise_array(got, want.shape, where)
    if isinstance(want, str):
        if type(got) is np.ndarray and got.ndim == 0 and got.dtype.kind == "U":
            got = got.item()
        if type(got) not in (str, np.str_):
            raise Difference("type", f"{where} is {describe(got)}; a string is expected")
        return str(got)
    return _normalise_number(got, where, whole=isinstance(want, (int, np.integer)))


def compare(got: Any, want: Any, tolerance: Tolerance, where: str = "the result") -> None:
    """Return when the normalised `got` has the values of `want`; raise Difference otherwise."""
    if isinstance(want, (list, tuple)):
        for k, (got_k, want_k) in enumerate(zip(got, want, strict=True)):
            compare(got_k, want_k, tolerance, part(where, k, len(want)))
        return
    if isinstance(want, str):
        if got != want:
            raise Difference("value", f"{where} is {got[:40]!r}, which is not right here")
        return
    if _all_close(got, want, tolerance):
        return
    got, want = np.asarray(got, float), np.asarray(want, float)
    wrong = np.isfinite(want) & ~np.isfinite(got)
    if wrong.any():
        p = _first(wrong)
        raise Difference(
            "finite", f"{where} has the value {got[p]}{_at(p)}, where a finite number is expected"
        )
    wrong = ~close(got, want, tolerance)
    if wrong.any():
        count = f"{wrong.sum()} of {wrong.size} entries are" if wrong.ndim else "the number is"
        p = _first(wrong)
        number = _shown(got[p], want[p], tolerance)
        first = f"; the first wrong one{_at(p)} is {number}" if wrong.ndim else f": {number}"
        raise Difference("value", f"{where} has the right shape, but {count} wrong{first}")


def _all_close(got: Any, want: Any, tolerance: Tolerance) -> bool:
    """Return whether all entries of a number or an array agree."""
    if type(got) is float and type(want) is float and math.isfinite(want):
        return bool(abs(got - want) <= tolerance.atol + tolerance.rtol * abs(want))
    got, want = np.asarray(got, float), np.asarray(want, float)
    if np.count_nonzero(np.isfinite(want)) < want.size:
        return bool(close(got, want, tolerance).all())
    near = np.abs(got - want) <= tolerance.atol + tolerance.rtol * np.abs(want)
    return bool(np.count_nonzero(near) == near.size)  # faster than all()


def close(got: NDArray[Any], want: NDArray[Any], tolerance: Tolerance) -> NDArray[np.bool_]:
    """Return which entries agree; infinities and NaN agree with themselves."""
    with np.errstate(all="ignore"):
        near = np.abs(got - want) <= tolerance.atol + tolerance.rtol * np.abs(want)
        both_nan = np.isnan(got) & np.isnan(want)
        equal: NDArray[np.bool_] = (near & np.isfinite(want)) | (got == want) | both_nan
    return equal


def _shown(got: Any, want: Any, tolerance: Tolerance) -> str:
    """Return a wrong number to six digits, or to as many more as tell it from the right one."""
    texts = (f"{got:.{digits}g}" for digits in range(6, 17))
    wrong = (text for text in texts if not close(np.asarray(float(text)), want, tolerance))
    return next(wrong, f"{got:.17g}")


def agrees(got: Any, want: Any, tolerance: Tolerance) -> bool:
    """Return whether `got` would be accepted where `want` is expected."""
    try:
        return _equals(normalise(got, want), want, tolerance)
    except Difference:
        return False


def _equals(got: Any, want: Any, tolerance: Tolerance) -> bool:
    """Return whether the normalised `got` has the values of `want`."""
    if isinstance(want, (list, tuple)):
        return all(_equals(*items, tolerance) for items in zip(got, want, strict=True))
    return bool(got == want) if isinstance(want, str) else _all_close(got, want, tolerance)


def describe(value: Any) -> str:
    """Say in a few words what a value is, without showing it."""
    if value is None:
        return "None (is a return missing?)"
    if type(value) is np.ndarray:
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if type(value) in (list, tuple):
        return f"a {type(value).__name__} of {len(value)} items"
    if isinstance(value, Foreign):
        return value.description
    if callable(value) and not isinstance(value, type):
        return "a function"
    return f"of type {type(value).__name__}"


def part(where: str, k: int, count: int) -> str:
    """Name item `k` of a sequence."""
    return f"item {k} (of {count}) of {where}"


def _normalise_sequence(got: Any, want: Any, where: str) -> list[Any]:
    if type(got) not in (list, tuple):
        raise Difference(
            "type", f"{where} is {describe(got)}; {len(want)} values in a list or tuple are expected"
        )
    if len(got) != len(want):
        raise Difference("shape", f"{where} has {len(got)} items; {len(want)} are expected")
    return [
        normalise(g, w, part(where, k, len(want))) for k, (g, w) in enumerate(zip(got, want, strict=True))
    ]


def _normalise_array(got: Any, shape: tuple[int, ...], where: str) -> NDArray[np.float64]:
    if type(got) in (list, tuple):
        got = _array_of(got, shape, where)
    if isinstance(got, np.ndarray) and type(got) is not np.ndarray:
        raise Difference("type", f"{where} is a {type(got).__name__}; a plain numpy array is expected")
    if type(got) is not np.ndarray and not isinstance(got, np.generic):
        raise Difference("type", f"{where} is {describe(got)}; a numpy array of shape {shape} is expected")
    array = np.asarray(got)
    _require_real_dtype(array.dtype, where)
    if array.shape != shape:
        hint = diagnose.shape_suspicion(array.shape, shape)
        raise Difference("shape", f"{where} has shape {array.shape}; {shape} is expected", hint)
    if array.dtype == np.float64:
        return array.copy()
    with np.errstate(over="ignore"):  # of a long double
        return array.astype(np.float64)


def _array_of(got: list[Any] | tuple[Any, ...], shape: tuple[int, ...], where: str) -> Any:
    """Return a list of numbers, or of rows that are lists of numbers or arrays, as an array.

    Returned as it is, where its lengths fit no array of as many axes as `shape`.
    """
    if len(shape) == 1:
        return np.array([_normalise_number(g, part(where, k, len(got))) for k, g in enumerate(got)], float)
    rows = [
        _array_of(g, shape[1:], part(where, k, len(got))) if type(g) in (list, tuple) else g
        for k, g in enumerate(got)
    ]
    if any(type(row) is not np.ndarray or row.ndim != len(shape) - 1 for row in rows):
        return got
    for k, row in enumerate(rows):
        _require_real_dtype(row.dtype, part(where, k, len(rows)))
    return np.array(rows, float) if rows and len({row.shape for row in rows}) == 1 else got


def _normalise_number(got: Any, where: str, whole: bool = False) -> float | int:
    if type(got) is np.ndarray and got.ndim > 0:
        # an index is not what is left when a sum is missing
        hint = "" if whole else diagnose.shape_suspicion(got.shape, ())
        raise Difference("shape", f"{where} has shape {got.shape}; a single number is expected", hint)
    if isinstance(got, np.generic) or type(got) is np.ndarray:
        _require_real_dtype(got.dtype, where)
        got = got.item()
    elif type(got) not in (int, float):
        raise Difference("type", f"{where} is {describe(got)}; a number is expected")
    if whole and type(got) is not int:
        raise Difference("type", f"{where} is {describe(got)}; a whole number (int) is expected")
    try:
        number = float(got)
    except OverflowError:
        raise Difference("finite", f"{where} is too large a number for a float") from None
    return got if whole else number


def _require_real_dtype(dtype: np.dtype[Any], where: str) -> None:
    if dtype.kind in "iu" or (dtype.kind == "f" and dtype.itemsize >= 8):
        return
    raise Difference("type", f"{where} has dtype {dtype}; float64 is expected")


def _first(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(p) for p in np.unravel_index(int(np.argmax(mask)), mask.shape)) if mask.ndim else ()


def _at(p: tuple[int, ...]) -> str:
    return f" at [{', '.join(map(str, p))}]" if p else ""
