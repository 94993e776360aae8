"""The known functions take what students hand back to them, at the cost of what it is."""

from __future__ import annotations

import resource
from functools import partial

import numpy as np
import pytest

from course.checking import landscapes

A, C = np.eye(2), np.array([1.0, 3.0])


@pytest.mark.parametrize(
    "name", ["squares", "cubes", "waves", "valleys", "squares_gradient", "valleys_gradient"]
)
def test_lists_and_arrays_of_numbers(name) -> None:
    function = partial(getattr(landscapes, name), A, C)
    np.testing.assert_array_equal(function([1, 2]), function(np.array([1.0, 2.0])))
    np.testing.assert_array_equal(np.ravel(function([[1], [2]])), np.ravel(function((1.0, 2.0))))


def test_long_texts_take_no_more_room_than_they_have() -> None:
    """As an array, each of them would have the room of the longest: four gigabytes here."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("squares", "squares_gradient", "valleys_gradient"):
        with pytest.raises(ValueError, match="could not convert"):
            getattr(landscapes, name)(A, C, ["x" * 10_000] + ["a"] * 100_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20
