"""What one message can cost the one who decodes it."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest

from course.foreign import Foreign
from course.grading.guest import codec, kinds
from course.grading.guest.channel import LARGEST_MESSAGE
from course.grading.guest.codec import CodecError, Decoder, encode, parse
from tests.sandboxes import forget_peak, peak_memory

NOTHING = ["none"]


def dictionary(keys: list[codec.Node]) -> codec.Node:
    return ["dict", [[key, NOTHING] for key in keys]]


def of_one_hash(count: int) -> list[codec.Node]:
    """Ints that share a hash: a dictionary of so many takes count² comparisons."""
    return [["int", str(number * (2**61 - 1))] for number in range(1, count + 1)]


@pytest.mark.parametrize(
    "dictionaries",
    [
        [dictionary(of_one_hash(900))] * 2,
        [dictionary([["tuple", [["list", []]] * 0 + [["float", "0x1p+1"]] * 9]])] * 200,
        [dictionary([key]) for key in of_one_hash(1001)],
        [["dict", [[["int", "1"], dictionary(of_one_hash(600))]]]] * 2,
    ],
    ids=["two", "tuples", "many", "nested"],
)
def test_keys_of_all_dictionaries_of_a_message_are_counted(dictionaries) -> None:
    with pytest.raises(CodecError, match="too many keys"):
        Decoder().decode(["list", dictionaries])


def test_plain_keys_are_not() -> None:
    value = [{str(n): n for n in range(2000)}, dict.fromkeys(range(2000)), {(1, 2.5): 3, None: 4}]
    assert Decoder().decode(parse(json.dumps(encode(value)))) == value


@pytest.mark.slow
@pytest.mark.parametrize("character", ["\N{GRINNING FACE}", "\\ud83d\\ude00", "é"])
def test_long_text_is_plain(character) -> None:
    long = "a" * codec.LARGEST_WIDE
    with pytest.raises(CodecError, match="beyond ASCII"):
        parse(f'["str", "{long}{character}"]')
    assert parse(f'["str", "{long}"]') == ["str", long]
    short = long[: codec.LARGEST_WIDE // 2]
    assert parse(f'["str", "{short}{character}"]')[1].startswith(short)


@pytest.mark.slow
def test_arrays_with_gaps_are_counted_with_their_gaps() -> None:
    node = encode(np.zeros((2, 60_000))[:, ::2])
    assert node[-1] == "strided"
    count = codec.LARGEST_ARRAYS // 960_000
    assert len(Decoder().decode(["list", [node] * count])) == count
    with pytest.raises(CodecError, match="too large"):
        Decoder().decode(["list", [node] * (count + 1)])


def test_ranges_are_as_large_as_what_numpy_makes_of_them() -> None:
    large = range(-3, kinds.MOST_ITEMS - 3)
    assert Decoder().decode(encode(large)) == large
    larger = range(0, 10 * len(large) + 1, 10)
    for sent in (encode(larger), ["text", "range", ["0", str(larger.stop), "10"]]):
        with contextlib.suppress(CodecError):
            assert type(Decoder().decode(sent)) is Foreign
    with pytest.raises(CodecError, match="too large"):
        Decoder().decode(["list", [encode(large)] * (codec.ITEMS // len(large) + 1)])


def many(node: str, count: int) -> str:
    return f'["list", [{",".join([node] * count)}]]'


def with_gaps() -> str:
    node = json.dumps(encode(np.zeros((2, 60_000))[:, ::2]))
    return many(node, LARGEST_MESSAGE // len(node) - 1)


LARGEST = {
    "an array": lambda: json.dumps(encode(np.asfortranarray(np.ones((2000, 2800))))),
    "arrays with gaps": with_gaps,
    "text": lambda: f'["str", "{"a" * (LARGEST_MESSAGE - 100)}"]',
    "wide text": lambda: f'["str", "{"a" * (codec.LARGEST_WIDE - 100)}\N{GRINNING FACE}"]',
    "lists": lambda: many('["list",[]]', codec.STRUCTURE // 4 - 1),
    "dictionaries": lambda: many('["dict",[]]', codec.STRUCTURE // 4 - 1),
    "numbers": lambda: many('["float","0x1p-5"]', codec.STRUCTURE // 3 - 1),
    "texts": lambda: many('["str","é"]', codec.STRUCTURE // 3 - 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", LARGEST)
def test_a_message_grows_to_a_few_times_its_largest_size_at_most(kind) -> None:
    data = LARGEST[kind]().encode()
    assert len(data) <= LARGEST_MESSAGE
    before = forget_peak()
    value = Decoder().decode(parse(data))
    assert value is not None
    assert peak_memory() - before < 5 * LARGEST_MESSAGE
