"""What counts as the right answer, and what is refused with which sentence."""

import numpy as np
import pytest

from course.checking.compare import Difference, Tolerance, agrees, compare, describe, normalise

CLOSED_FORM = Tolerance()
COLUMN = np.array([[0.5], [-2.0], [0.25]])
TABLE = np.arange(6.0).reshape(2, 3)
ROW = np.array([1.0, 2.0, 3.0])


class Number(float):
    """A float that is more than a float."""


class Items(list):
    """A list that is more than a list."""


def masked(values):
    return np.ma.masked_array(values)


def matrix(values):
    return np.asarray(values).view(np.matrix)


def difference(got, want):
    with pytest.raises(Difference) as raised:
        compare(normalise(got, want), want, CLOSED_FORM)
    assert str(raised.value).startswith(("the result", "item"))
    return raised.value


ACCEPTED = {
    "itself": (COLUMN, COLUMN),
    "Fortran order": (np.asfortranarray(TABLE), TABLE),
    "strided": (np.repeat(TABLE, 2, axis=1)[:, ::2], TABLE),
    "backwards": (TABLE[::-1].copy()[::-1], TABLE),
    "read-only": (np.broadcast_to(2.0, (3, 1)), np.full((3, 1), 2.0)),
    "int64 array": (TABLE.astype(int), TABLE),
    "int8 array": (TABLE.astype(np.int8), TABLE),
    "uint8 array": (TABLE.astype(np.uint8), TABLE),
    "big-endian": (TABLE.astype(">f8"), TABLE),
    "rounding": (COLUMN * (1 + 5e-8), COLUMN),
    "almost 0": (np.full((1, 1), 5e-11), np.zeros((1, 1))),
    "list of lists for two axes": (TABLE.tolist(), TABLE),
    "list of rows for two axes": (list(TABLE), TABLE),
    "tuples of numbers for a column": ((((0.5,), [-2], (np.float64(0.25),))), COLUMN),
    "list for one axis": ([1, 2.0, np.float64(3)], ROW),
    "tuple for one axis": ((1, 2, 3), ROW),
    "list of 0-d arrays": ([np.array(1), np.array(2.0), np.int64(3)], ROW),
    "float": (0.5, 0.5),
    "int for a float": (2, 2.0),
    "NumPy float": (np.float64(0.5), 0.5),
    "NumPy int for a float": (np.int32(2), 2.0),
    "0-d array": (np.array(0.5), 0.5),
    "0-d array of ints": (np.array(2), 2.0),
    "NumPy int for an int": (np.int64(2), 2),
    "0-d array for an int": (np.array(2), 2),
    "list for a tuple": ([COLUMN, 1.0], (COLUMN, 1.0)),
    "tuple for a list": ((COLUMN, TABLE), [COLUMN, TABLE]),
    "nested": ([(COLUMN,), [ROW.tolist(), 2]], ([COLUMN], (ROW, 2.0))),
    "str": ("slow", "slow"),
    "infinity and NaN where expected": ([np.inf, np.nan, -np.inf], np.array([np.inf, np.nan, -np.inf])),
}

REFUSED = {
    "(N,) for (N, 1)": (COLUMN[:, 0], COLUMN, "shape", "keep the second axis"),
    "(1, N) for (N, 1)": (COLUMN.T, COLUMN, "shape", "transposed"),
    "(N, N) for (N, 1)": (COLUMN * np.ones(3), COLUMN, "shape", "broadcast to (N, N)"),
    "(N, 1) for (N,)": (ROW[:, None], ROW, "shape", "one axis"),
    "transposed": (TABLE.T, TABLE, "shape", "transposed"),
    "(1, 1) for a number": (np.ones((1, 1)), 1.0, "shape", "a single number"),
    "(1,) for a number": (np.ones(1), 1.0, "shape", "a single number"),
    "list for a number": ([1.0], 1.0, "type", "a list of 1 items"),
    "number for an array": (np.float64(1), COLUMN, "shape", "()"),
    "float for an array": (1.0, COLUMN, "type", "of type float"),
    "float32 array": (COLUMN.astype(np.float32), COLUMN, "type", "float32"),
    "float16 array": (COLUMN.astype(np.float16), COLUMN, "type", "float16"),
    "float32 number": (np.float32(0.5), 0.5, "type", "float32"),
    "object dtype": (COLUMN.astype(object), COLUMN, "type", "object"),
    "complex array": (COLUMN.astype(complex), COLUMN, "type", "complex"),
    "complex number": (0.5 + 0j, 0.5, "type", "complex"),
    "strings": (np.array([["a"], ["b"], ["c"]]), COLUMN, "type", "<U1"),
    "bool array": (COLUMN > 0, COLUMN, "type", "bool"),
    "bool": (True, 1.0, "type", "bool"),
    "NumPy bool": (np.True_, 1.0, "type", "bool"),
    "bool in a list": ([True, 2, 3], ROW, "type", "item 0"),
    "matrix": (matrix(COLUMN), COLUMN, "type", "a matrix; a plain numpy array"),
    "masked array": (masked(COLUMN), COLUMN, "type", "a MaskedArray; a plain numpy array"),
    "masked number": (masked(0.5), 0.5, "type", "MaskedArray"),
    "subclass of float": (Number(0.5), 0.5, "type", "Number"),
    "subclass of list": (Items([1, 2, 3]), ROW, "type", "Items"),
    "subclass of list for a list": (Items([COLUMN]), [COLUMN], "type", "Items"),
    "None": (None, COLUMN, "type", "return missing"),
    "None for a number": (None, 0.5, "type", "return missing"),
    "str": ("0.5", 0.5, "type", "of type str"),
    "str for an array": ("abc", ROW, "type", "of type str"),
    "texts for two axes": ([["1", "2"], ["3", "4"]], TABLE, "type", "of type str"),
    "one list for two axes": (TABLE.ravel().tolist(), TABLE, "type", "a list of"),
    "ragged list": ([[1, 2], [3]], TABLE, "type", "a list of 2 items"),
    "ragged list for one axis": ([[1, 2], 2, 3], ROW, "type", "item 0 (of 3)"),
    "list too short": ([1, 2], ROW, "shape", "(2,)"),
    "array for several": (TABLE, [ROW, ROW], "type", "2 values"),
    "too few values": ((COLUMN,), (COLUMN, 1.0), "shape", "1 items"),
    "too many values": ((COLUMN, 1.0, 1.0), (COLUMN, 1.0), "shape", "3 items"),
    "wrong part": ((COLUMN[:, 0], 1.0), (COLUMN, 1.0), "shape", "item 0 (of 2)"),
    "NaN": (COLUMN * np.nan, COLUMN, "finite", "nan at [0, 0]"),
    "infinity": (np.inf, 0.5, "finite", "inf"),
    "NaN in a list": ([1, np.nan, 3], ROW, "finite", "at [1]"),
    "number too large": (10**400, 0.5, "finite", "too large"),
    "one entry": (TABLE + 1e-3 * (TABLE == 4), TABLE, "value", "1 of 6 entries are wrong"),
    "all entries": (-COLUMN, COLUMN, "value", "3 of 3"),
    "number": (0.6, 0.5, "value", "0.6"),
    "finite where infinity is": (ROW, np.array([1, 2, np.inf]), "value", "at [2]"),
    "infinity of the other sign": (-np.inf, np.inf, "value", "-inf"),
    "float for an int": (2.0, 2, "type", "whole number"),
    "bool for an int": (True, 1, "type", "bool"),
    "other str": ("steady", "slow", "value", "steady"),
    "number for a str": (1, "slow", "type", "a string is expected"),
}


@pytest.mark.parametrize(("got", "want"), ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(got, want):
    compare(normalise(got, want), want, CLOSED_FORM)
    assert agrees(got, want, CLOSED_FORM)


@pytest.mark.parametrize(("got", "want", "stage", "says"), REFUSED.values(), ids=REFUSED)
def test_refused(got, want, stage, says):
    refusal = difference(got, want)
    assert refusal.stage == stage
    assert says in f"{refusal}: {refusal.hint}"
    assert not agrees(got, want, CLOSED_FORM)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_tolerance_is_relative_to_what_is_wanted(scale):
    assert agrees(scale * (1 + 0.9e-7), scale, CLOSED_FORM)
    assert not agrees(scale * (1 + 2.1e-7), scale, CLOSED_FORM)
    assert agrees(scale * (1 + 0.9e-3), scale, Tolerance(rtol=1e-3))


def test_type_goes_before_shape_before_finite_before_value():
    bad = np.array([[np.nan, 7.0]], dtype=np.float32)
    want = np.array([[1.0], [2.0]])
    stages = [
        difference(got, want).stage
        for got in (bad, bad.astype(float), bad.astype(float).T, np.array([[1.0], [7.0]]))
    ]
    assert stages == ["type", "shape", "finite", "value"]


def test_the_form_of_a_later_part_goes_before_the_value_of_an_earlier():
    assert difference((COLUMN + 1, None), (COLUMN, COLUMN)).stage == "type"


def test_normalised_arrays_are_float64():
    assert normalise(TABLE.astype(int), TABLE).dtype == np.float64
    assert type(normalise(np.float64(2), 2.0)) is float
    assert type(normalise(np.int64(2), 2)) is int


def test_a_description_shows_no_values():
    for value in (COLUMN, [1234, 5], (1234,), "1234", 1234.0):
        assert "1234" not in describe(value)
        assert "0.25" not in describe(value)


@pytest.mark.parametrize(
    ("got", "want", "shown"),
    [(0.25, 0.5, "0.25"), (0.3000001, 0.3, "0.3000001"), (1 / 3, 0.3333, "0.333333")],
)
def test_a_number_is_shown_to_the_digit_that_tells_it_apart(got, want, shown):
    with pytest.raises(Difference, match=f": {shown}$"):
        compare(got, want, Tolerance())
