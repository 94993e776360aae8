"""The seed of a grading: drawn once, set to repeat a grading, unknown otherwise."""

import contextvars

import pytest

from course.checking import seed


def in_a_new_process(function):
    """Call `function` where no seed has been drawn, as in a process just started."""
    return contextvars.Context().run(function)


def test_the_first_call_draws_it_and_the_others_repeat_it():
    first, second = in_a_new_process(lambda: (seed.grading_seed(), seed.grading_seed()))
    assert first == second
    assert 0 <= first <= seed.LARGEST


def test_another_process_draws_another():
    assert len({in_a_new_process(seed.grading_seed) for _ in range(5)}) == 5


def test_it_can_be_set_and_is_restored():
    def nested():
        before = seed.grading_seed()
        with seed.use_seed(7):
            outer = seed.grading_seed()
            with seed.use_seed(0):
                inner = seed.grading_seed()
            again = seed.grading_seed()
        return before == seed.grading_seed(), outer, inner, again

    assert in_a_new_process(nested) == (True, 7, 0, 7)


def test_it_is_restored_after_an_exception():
    def failing():
        with pytest.raises(ValueError, match="on the way"), seed.use_seed(7):
            raise ValueError("on the way")
        return seed.grading_seed()

    assert len({in_a_new_process(failing) for _ in range(3)}) == 3


def test_fresh_seeds_spread():
    drawn = [seed.fresh_seed() for _ in range(200)]
    assert all(isinstance(s, int) and 0 <= s <= seed.LARGEST for s in drawn)
    assert len(set(drawn)) > 190
    assert max(drawn) > seed.LARGEST // 2 > min(drawn)
