"""Plain data between the grader and a student's process: JSON, and raw array bytes with dtype and shape.

    value  = ["none"] | ["bool", true] | ["int", "12"] | ["float", "0x1.8p+1"] | ["complex", re, im]
           | ["str", "…"] | ["list", [value…]] | ["tuple", [value…]] | ["dict", [[value, value]…]]
           | ["set", [value…]] | ["frozenset", [value…]] | ["bytes", base64] | ["text", kind, ["…"…]]
           | ["array", dtype, [shape…], base64, layout] | ["scalar", dtype, base64]
           | ["own", name] | ["callback", number] | ["foreign", description]

`text` has dates, fractions and the like, as `kinds.py` writes them; `own` is a function of the student's, by
its name there; `callback` a function that stays with the grader.

Exact types only: a subclass, an object array, anything else crosses as a description. Nothing is
pickled, nothing evaluated. The grader decodes what a hostile student's code may have written, so every
field is checked before it is used, and size and depth are capped.
"""

from __future__ import annotations

import binascii
import functools
import json
import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from course.foreign import Foreign
from course.text import printable
from course.values import strided

from . import kinds

LARGEST_TEXT = 96 * 2**20
"""characters of a message; base64 makes this 64 MiB of array bytes"""
DEPTH = 20
ITEMS = 1_000_000
DIGITS = 1000
KINDS = "biufcUSMm"
"""NumPy's letters for numbers, texts, bytes, dates and times"""
STRUCTURE = ITEMS
"""the most brackets and commas of a message, since each takes far more memory than its length"""
LARGEST_KEY = 2**53
MOST_KEYS = 1000
"""nodes in the keys of all dictionaries of a message, other than strings and small ints"""
LARGEST_STRIDED = 2**20
LARGEST_WIDE = 16 * 2**20
"""bytes of a message with text beyond ASCII: one such character makes each of a text take four bytes"""
LARGEST_ARRAYS = 128 * 2**20
"""bytes of all arrays of a message: one with gaps takes twice what comes"""

# NumPy's own reader of dtypes evaluates parts of what it is given.
_DTYPE = re.compile(r"[<>|=]?([biufc][0-9]{1,2}|[US][0-9]{1,7}|[Mm]8(\[[0-9]{0,4}[A-Za-z]{1,2}\])?)")

_DICTIONARIES = (dict, Counter, defaultdict, OrderedDict)
"""those of the standard library are equal to a plain one with the same items"""

Node = list[Any]
Referrer = Callable[[Any], Node | None]
Array = np.ndarray[Any, Any]


class CodecError(ValueError):
    """A message is malformed."""


def no_reference(value: Any) -> Node | None:
    """Return nothing, for a caller whose functions cross as descriptions."""
    return None


def parse(text: str | bytes) -> Any:
    """Return the JSON in `text`. Raises CodecError if it is none, or would take too much memory."""
    if len(text) > LARGEST_TEXT:
        raise CodecError("the message is too long")
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > LARGEST_WIDE and not (raw.isascii() and b"\\u" not in raw):
        raise CodecError("the message has too much text beyond ASCII")
    if len(raw) > STRUCTURE and sum(map(raw.count, (b"[", b"{", b","))) > STRUCTURE:
        raise CodecError("the message has too many parts")
    try:
        return json.loads(raw.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise CodecError("the message is not JSON") from error


def encode(value: Any, refer: Referrer = no_reference, depth: int = 0) -> Node:
    """Return `value` as a tree of lists and strings; `refer` gives the node of a function."""
    kind = type(value)
    if kind is np.ndarray:
        dtype = value.dtype
        if dtype.kind in KINDS and dtype.isnative:
            return ["array", dtype.str, list(value.shape), _base64(value.tobytes()), _layout(value)]
    if value is None:
        return ["none"]
    if kind is bool:
        return ["bool", value]
    if kind is int:
        return ["int", str(value)] if value.bit_length() < 3 * DIGITS else ["foreign", "a huge int"]
    if kind is float:
        return ["float", value.hex()]
    if kind is complex:
        return ["complex", value.real.hex(), value.imag.hex()]
    if kind in (str, np.str_):
        return ["str", str(value)]
    if depth < DEPTH and kind in (list, tuple, set, frozenset):
        return [kind.__name__, [encode(item, refer, depth + 1) for item in value]]
    if depth < DEPTH and kind in _DICTIONARIES:
        return [
            "dict",
            [[encode(k, refer, depth + 1), encode(v, refer, depth + 1)] for k, v in value.items()],
        ]
    if issubclass(kind, np.generic) and np.dtype(kind).kind in KINDS and kind is np.dtype(kind).type:
        return ["scalar", value.dtype.str, _base64(value.tobytes())]
    if kind is bytes:
        return ["bytes", _base64(value)]
    texts = kinds.to_texts(value)
    if texts is not None:
        return ["text", kind.__name__, list(texts)]
    if kind is Foreign:  # it goes back to where it came from
        return ["foreign", value.description]
    reference = refer(value) if callable(value) else None
    if reference is not None:
        return reference
    return ["foreign", _described(value)]


def foreign(node: Node) -> str | None:
    """Return the description of the first value in an encoded one that crosses as a description, if any."""
    match node:
        case ["foreign", str(description)]:
            return description
        case ["list" | "tuple", list(nodes)]:
            return next(filter(None, map(foreign, nodes)), None)
        case ["dict", list(pairs)]:
            return next(filter(None, (foreign(each) for pair in pairs for each in pair)), None)
    return None


class Decoder:
    """Turns a tree back into a value, up to a number of nodes.

    `own` finds a function by its name, `callback` gives what stands for one by its number; without them
    a function is a description.
    """

    def __init__(
        self, own: Callable[[str], Any] | None = None, callback: Callable[[int], Any] | None = None
    ) -> None:
        self.own, self.callback = own, callback
        self.items = 0
        self.keys = 0
        self.bytes = 0

    def decode(self, node: Any, depth: int = 0) -> Any:
        """Return the value of a node. Raises CodecError."""
        self.items += 1
        if self.items > ITEMS or depth > DEPTH + 2:
            raise CodecError("the message is too large or too deep")
        if type(node) is not list or not node or type(node[0]) is not str:
            raise CodecError("a node is malformed")
        tag, *fields = node
        # A tag whose fields have other types than the table's is malformed.
        build = _BUILDERS.get((tag, *map(type, fields)))
        try:
            if build is not None:
                return build(self, depth + 1, *fields)
        except (ValueError, TypeError, ArithmeticError, MemoryError, binascii.Error) as error:
            if isinstance(error, CodecError):
                raise
        raise CodecError(f"a node {tag[:20]!r} is malformed") from None

    def _all(self, depth: int, nodes: list[Any]) -> list[Any]:
        return [self.decode(node, depth) for node in nodes]

    def _dict(self, depth: int, pairs: list[Any]) -> dict[Any, Any]:
        return {self._key(key, depth): self.decode(value, depth) for key, value in pairs}

    def _key(self, node: Any, depth: int) -> Any:
        before = self.items
        key = self.decode(node, depth)
        if not _is_plain_key(key):
            self.keys += self.items - before
            if self.keys > MOST_KEYS:
                raise CodecError("dictionaries have too many keys")
        return key

    def _array(self, _: int, dtype: str, shape: list[Any], data: str, layout: str) -> Array:
        array = _laid(_array(dtype, shape, data), layout)
        self.bytes += array.nbytes if array.base is None else array.base.nbytes
        if self.bytes > LARGEST_ARRAYS:
            raise CodecError("the arrays are too large")
        return array

    def _set(self, depth: int, nodes: list[Any]) -> set[Any]:
        return set(self._dict(depth, [(node, ["none"]) for node in nodes]))

    def _text(self, _: int, kind: str, texts: list[Any]) -> Any:
        value = kinds.from_texts(kind, texts)
        if type(value) is range:
            self.items += len(value)
            if self.items > ITEMS:
                raise CodecError("the message is too large or too deep")
        return value

    def _own(self, _: int, name: str) -> Any:
        return self.own(name) if self.own is not None else _A_FUNCTION

    def _callback(self, _: int, number: int) -> Any:
        return self.callback(number) if self.callback is not None else _A_FUNCTION


def _is_plain_key(key: Any) -> bool:
    # Arbitrarily many large numbers share a hash, and a dictionary of those takes hours to build.
    return type(key) is str or (type(key) is int and abs(key) < LARGEST_KEY)


def _array(dtype: str, shape: list[Any], data: str) -> Any:
    if len(shape) > 32:
        raise CodecError("an array is malformed")
    raw = binascii.a2b_base64(data, strict_mode=True)
    # it raises where the shape is none, or has more bytes than these
    array: Array = np.ndarray(shape, _kind(dtype), raw)
    if array.nbytes != len(raw):
        raise CodecError("an array's bytes do not fit its shape")
    return array.copy()


@functools.lru_cache(maxsize=64)
def _kind(dtype: str) -> np.dtype[Any]:
    if not _DTYPE.fullmatch(dtype):
        raise CodecError("an array is malformed")
    kind = np.dtype(dtype)
    if not kind.isnative or not kind.itemsize:  # any number of entries without a size fits no bytes
        raise CodecError("an array has a dtype that does not cross")
    return kind


def _layout(array: Array) -> str:
    flags = array.flags
    if flags.c_contiguous:
        return "C"
    return "F" if flags.f_contiguous else "strided"


def _laid(array: Array, layout: str) -> Array:
    """Return the array in this memory layout, if it is a known one."""
    if layout == "F":
        return np.asfortranarray(array)
    # it takes twice the memory, so a hostile peer does not get it for a large array
    if layout == "strided" and array.ndim and array.nbytes < LARGEST_STRIDED:
        return strided(array)
    return array


def _int(digits: str) -> int:
    if len(digits) > DIGITS:
        raise CodecError("an int is too long")
    return int(digits)


def _base64(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).decode("ascii")


def _described(value: Any) -> str:
    kind = type(value)
    if isinstance(value, np.ndarray):
        return (
            f"an array of dtype {value.dtype}"
            if kind is np.ndarray
            else f"a {kind.__name__}, a subclass of array"
        )
    is_ours = kind.__module__.partition(".")[0] in ("course", "course_guest", "mlp_ref")
    return "of another type" if is_ours else f"of type {kind.__name__}"


_A_FUNCTION = Foreign("a function")
_real = float.fromhex
_BUILDERS: dict[tuple[Any, ...], Callable[..., Any]] = {
    ("none",): lambda *_: None,
    ("bool", bool): lambda _d, _n, flag: flag,
    ("int", str): lambda _d, _n, digits: _int(digits),
    ("float", str): lambda _d, _n, number: _real(number),
    ("complex", str, str): lambda _d, _n, real, imaginary: complex(_real(real), _real(imaginary)),
    ("str", str): lambda _d, _n, text: text,
    ("list", list): Decoder._all,
    ("tuple", list): lambda decoder, depth, nodes: tuple(decoder._all(depth, nodes)),
    ("dict", list): Decoder._dict,
    ("set", list): Decoder._set,
    ("frozenset", list): lambda decoder, depth, nodes: frozenset(decoder._set(depth, nodes)),
    ("bytes", str): lambda _d, _n, data: binascii.a2b_base64(data, strict_mode=True),
    ("text", str, list): Decoder._text,
    ("array", str, list, str, str): Decoder._array,
    ("scalar", str, str): lambda _d, _n, dtype, data: _array(dtype, [], data)[()],
    ("foreign", str): lambda _d, _n, description: Foreign(printable(description, 80)),
    ("own", str): Decoder._own,
    ("callback", int): Decoder._callback,
}
"""what builds a node's value from the decoder, its depth and its fields, by its tag and its fields' types"""
