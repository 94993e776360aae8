"""Calls on cases: changed arguments and shared memory are noticed, suspicions must fit every case."""

import warnings
from functools import partial

import numpy as np
import pytest

from course.checking.compare import Tolerance
from course.checking.trial import Case, describe_arguments, examine
from course.values import arrays, clone, unchanged

A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def double(a):
    return 2 * a


def first_of(items):
    return 2 * items[0]


def finding(function, *cases):
    return examine(function, cases, Tolerance())


def doubled(a, n=3, **options):
    return Case((a,), 2 * a, n, **options)


def test_right_everywhere_gives_no_finding():
    assert finding(double, doubled(A), doubled(A.T), doubled(np.asfortranarray(A))) is None


def test_the_first_failure_is_told():
    outcome = finding(lambda a: 2 * a if len(a) == 3 else 3 * a, doubled(A), doubled(A[:2]), doubled(A[:1]))
    assert len(outcome.trials) == 3
    assert outcome.failed is outcome.trials[1]
    assert outcome.failed.got.shape == (2, 2)
    assert "shape (2, 2)" in outcome.message
    assert outcome.suspicion is None


def test_a_suspicion_fits_every_case():
    def N_times(a):
        return 2 * a * len(a)

    outcome = finding(N_times, doubled(A, 3), doubled(A[:2], 2))
    assert "N times" in outcome.suspicion
    assert outcome.suspicion in outcome.message
    # only by chance is twice N times, and here the other case contradicts
    assert "twice" in finding(lambda a: 4 * a, doubled(A, 3), doubled(A[:2], 2)).suspicion


def test_exceptions_are_the_students_to_read():
    with pytest.raises(ZeroDivisionError):
        finding(lambda _: 1 / 0, doubled(A))


def in_place(a):
    a *= 2
    return a


def one_bit(a):
    a[0, 0] = np.nextafter(a[0, 0], 9)
    return double(A)


def sign_of_zero(a):
    a[...] = -a
    return 2 * a


def put_back(a):
    a[0, 0] += 1
    a[0, 0] -= 1
    return 2 * a


def pop(items):
    return 2 * items.pop(0)


def append(items):
    items.append(items[0])
    return 2 * items[0]


def exchange(items):
    items[:] = items[::-1]
    return 2 * items[-1]


def replace_number(items):
    items[1] = 8.0
    return 2 * items[0]


def inside(items):
    items[0] += 1
    return 2 * (items[0] - 1)


CHANGING = [
    (in_place, A),
    (one_bit, A),
    (sign_of_zero, np.zeros((2, 2))),
    *((function, [A, 7.0]) for function in (pop, append, exchange, replace_number, inside)),
]


@pytest.mark.parametrize(("function", "argument"), CHANGING, ids=[f.__name__ for f, _ in CHANGING])
def test_a_changed_argument_is_noticed(function, argument):
    before = clone(argument)
    want = 2 * (argument[0] if isinstance(argument, list) else argument)
    outcome = finding(function, Case((argument,), want, 3))
    assert outcome.failed.difference.stage == "inputs"
    assert "argument 0 was changed" in outcome.message
    assert unchanged(before, argument), "the case itself must stay usable"


def test_changing_and_restoring_exactly_is_fine():
    assert finding(put_back, doubled(A)) is None


def test_results_may_be_views_unless_they_must_be_new():
    transposed = Case((A,), A.T, 3)
    assert finding(lambda a: a.T, transposed) is None
    outcome = finding(lambda a: a.T, Case((A,), A.T, 3, fresh=True))
    assert outcome.failed.difference.stage == "inputs"
    assert "shares memory" in outcome.message
    assert finding(lambda a: a.T.copy(), Case((A,), A.T, 3, fresh=True)) is None


def test_shared_memory_is_found_in_lists():
    case = Case(([A, A + 1],), (0.0, [A, A + 1]), 3, fresh=True)
    assert "shares memory" in finding(lambda items: (0.0, list(items)), case).message
    assert "shares memory" in finding(lambda items: (0.0, [items[0][:], items[1] + 0]), case).message
    assert finding(lambda items: (0.0, [a.copy() for a in items]), case) is None


def relaid(a):
    return {
        "C": a,
        "Fortran": np.asfortranarray(a),
        "every second column": np.repeat(a, 2, axis=1)[:, ::2],
        "backwards": a[::-1],
        "read-only": np.broadcast_to(a, a.shape),
        "one axis": a[0, ::2],
        "no axis": np.array(3.0),
    }


@pytest.mark.parametrize("layout", relaid(A))
def test_a_clone_is_equal_writable_and_apart(layout):
    original = relaid(A)[layout]
    copy = clone(original)
    assert unchanged(original, copy)
    assert copy.flags.writeable
    assert copy.flags.c_contiguous == original.flags.c_contiguous
    assert copy.flags.f_contiguous == original.flags.f_contiguous
    assert not np.shares_memory(original, copy)


def test_clones_of_containers():
    original = ([A, [A.T]], (1.5, "x"), None)
    copy = clone(original)
    assert unchanged(original, copy)
    assert copy[0] is not original[0]
    assert len(arrays(copy)) == 2
    assert not any(np.shares_memory(a, b) for a in arrays(original) for b in arrays(copy))


@pytest.mark.parametrize(
    ("before", "after"),
    [([1], (1,)), ([1], [1, 1]), (1, 1.0), (0.0, -0.0), (A, A.astype(int)), (A, A.ravel()), (None, 0)],
    ids=["container", "length", "type", "sign of zero", "dtype", "shape", "None"],
)
def test_differences_that_count_as_change(before, after):
    assert not unchanged(before, after)


def test_signature_shows_shapes_only():
    assert describe_arguments((A, [A, A.T], 0.5, 3)) == "shape (3, 2), [shape (3, 2), shape (2, 3)], 0.5, 3"
    assert describe_arguments((first_of,)) == "the function first_of"
    assert describe_arguments((partial(first_of, A),)) == "a function"


def test_warnings_made_errors_by_the_student_disturb_their_own_calls_only():
    huge = np.array([1e200])
    square = Case((huge,), np.array([0.0]), 1, wrong={"a square": lambda: huge * huge})
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        outcome = examine(lambda a: a, [square], Tolerance())
        assert outcome.failed.difference.stage == "value"
        with pytest.raises(FloatingPointError):
            examine(lambda a: a * a, [square], Tolerance())
