"""Suspicions: from shapes, and from what a wrong result is in terms of the right one."""

import numpy as np
import pytest

from course.checking.compare import Tolerance, agrees
from course.checking.diagnose import (
    RELATIONS,
    order_suspicion,
    shape_suspicion,
    transposed,
    value_suspicion,
)

SHAPES = [
    ((7,), (7, 1), "second axis"),
    ((1, 7), (7, 1), "transposed"),
    ((3, 5), (5, 3), "transposed"),
    ((7, 7), (7, 1), "(N, N)"),
    ((7, 4), (7, 3), "one column too many"),
    ((7, 3), (7, 4), "one column too few"),
    ((5, 1), (4, 1), "one row too many or too few"),
    ((3, 1), (4, 1), "one row too many or too few"),
    ((5,), (4,), "one entry too many"),
    ((4, 1), (4,), "one axis"),
    ((1, 4), (4,), "one axis"),
    ((2, 9), (7, 4), ""),
    ((7, 4, 1), (7, 4), "an axis of length 1 too many"),
    ((), (1,), "np.squeeze"),
    ((), (7, 1), ""),
    ((4,), (7, 4), "summed over"),
    ((7,), (7, 4), "summed over"),
    ((7, 1), (), "a sum missing"),
    ((9,), (4,), ""),
]

rng = np.random.default_rng(3)
WANT = [(rng.normal(size=(2, 2)), 2), (rng.normal(size=(3, 4)), 5)]


def same(got, want):
    return agrees(got, want, Tolerance())


def suspicion(wrong, wanted=WANT):
    return value_suspicion([(wrong(want, n), want, n) for want, n in wanted], same)


@pytest.mark.parametrize(("got", "want", "says"), SHAPES, ids=[f"{g} for {w}" for g, w, _ in SHAPES])
def test_shapes(got, want, says):
    hint = shape_suspicion(got, want)
    assert says in hint
    assert bool(hint) == bool(says)


@pytest.mark.parametrize("relation", RELATIONS)
def test_every_relation_is_recognised(relation):
    assert suspicion(RELATIONS[relation]) == relation


@pytest.mark.parametrize("relation", RELATIONS)
def test_in_every_part_of_several_results(relation):
    wanted = [((want, [want + 1.0]), n) for want, n in WANT]

    def wrong(want, n):
        return [RELATIONS[relation](want[0], n), (RELATIONS[relation](want[1][0], n),)]

    assert suspicion(wrong, wanted) == relation


def test_a_relation_in_one_part_only_is_told_of_this_part():
    wanted = [((want, want + 1.0), n) for want, n in WANT]
    negative = "of item 1 (of 2) alone: the sign is reversed"
    assert suspicion(lambda want, _: (want[0], -want[1]), wanted) == negative
    assert suspicion(lambda want, _: (want[0], want[1] + 1), wanted) is None
    assert suspicion(lambda want, n: (-want[0], n * want[1]), wanted) is None
    assert suspicion(lambda want, _: (want[0], -want[1], 0), wanted) is None
    assert suspicion(lambda *_: None, wanted) is None


def test_a_part_of_results_of_different_lengths_is_not_told():
    wanted = [([want], n) for want, n in WANT] + [([want, want + 1.0], n) for want, n in WANT]
    assert suspicion(lambda want, _: [*want[:-1], -want[-1]], wanted) is None


def test_scalars():
    wanted = [(0.5, 2), (1.5, 3)]
    assert suspicion(lambda want, n: n * want, wanted).startswith("the result is N times")
    assert suspicion(lambda want, _: -want, wanted) == "the sign is reversed"


def test_nothing_is_suspected_without_a_reason():
    assert suspicion(lambda want, _: want + 1) is None
    assert suspicion(lambda want, _: np.zeros_like(want)) is None
    assert suspicion(lambda *_: None) is None
    assert suspicion(lambda want, n: -want if n == 2 else want) is None


def test_strings_have_no_relations():
    assert value_suspicion([("slow", "steady", 1)], same) is None


def test_no_factor_is_taken_for_N_where_all_have_the_same_number_of_examples():
    one_size = [(want, 2) for want, _ in WANT]
    assert suspicion(lambda want, _: 2 * want, one_size) == "the result is twice the expected one"


def test_one_over_N_is_not_missed_where_there_is_none():
    for by in (lambda n: n, lambda n: 1 / n, lambda n: -n):
        pairs = [(by(n) * want, want, n) for want, n in WANT]
        assert "1/N" in value_suspicion(pairs, same, averages=True)
        text = value_suspicion(pairs, same, averages=False)
        assert "1/N missing" not in text
        assert "1/N applied" not in text


def test_results_in_another_order():
    pairs = [((want.T, want), (want, want.T), n) for want, n in WANT]
    assert "another order" in order_suspicion(pairs, same)
    assert order_suspicion([(want, want, n) for _, want, n in pairs], same) is None
    assert order_suspicion([((want[1], want[1]), want, n) for _, want, n in pairs], same) is None


def test_what_has_a_transposed_shape_is_not_always_transposed():
    want = np.arange(3.0)[:, None]
    assert transposed(want.T, want, same)
    assert not transposed(want.T + 1, want, same)
    assert transposed((1.0, want.T), (2.0, want), same)
