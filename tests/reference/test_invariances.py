"""What holds for every function: one list of checks, applied as the table of functions says."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose

from course.values import arrays, clone, unchanged
from mlp_ref.cases import ARGUMENTS
from mlp_ref.functions import FUNCTIONS, Result


class Behaviour(NamedTuple):
    """What follows from how a result depends on the examples."""

    permuted: Callable[[Any, Any], Any]
    """Of the result and the new order of the examples."""
    joined: Callable[[Any, Any, float, float], Any] | None
    """Of the results for a first and a second part, and the shares of the examples in them."""


BEHAVIOUR = {
    Result.ROWS: Behaviour(lambda r, order: r[order], lambda a, b, *_: np.concatenate([a, b])),
    Result.ROWS_OVER_N: Behaviour(
        lambda r, order: r[order], lambda a, b, p, q: np.concatenate([p * a, q * b])
    ),
    Result.SUM: Behaviour(lambda r, _: r, lambda a, b, *_: a + b),
    Result.MEAN: Behaviour(lambda r, _: r, lambda a, b, p, q: p * a + q * b),
    Result.JOINT: Behaviour(lambda r, _: r, None),
}


def shapes(value):
    return [shapes(v) for v in value] if isinstance(value, (list, tuple)) else np.shape(value)


SHAPED = [name for name, function in FUNCTIONS.items() if function.shape]
WITH_EXAMPLES = [name for name, function in FUNCTIONS.items() if function.examples]
LAYOUTS = (np.asfortranarray, lambda a: np.repeat(a, 2, axis=-1)[..., ::2], lambda a: a[::-1].copy()[::-1])


def behaviour(name):
    return BEHAVIOUR[FUNCTIONS[name].result]


def mapped(function, *values):
    """Apply `function` to arrays and numbers, in lists and tuples item by item."""
    if isinstance(values[0], (list, tuple)):
        return [mapped(function, *items) for items in zip(*values, strict=True)]
    return function(*values)


def close(got, want):
    assert shapes(got) == shapes(want)
    mapped(partial(assert_allclose, rtol=1e-9, atol=1e-11), got, want)


def taken(name, args, order):
    """`args` with only the examples in `order`, in that order."""
    rows = FUNCTIONS[name].examples
    return [mapped(lambda a: a[order], a) if k in rows else a for k, a in enumerate(args)]


def number_of_examples(name, args):
    first = args[FUNCTIONS[name].examples[0]]
    return len(first[0] if isinstance(first, list) else first)


def check_shape(name, function, args, rng):
    assert shapes(function(*args)) == FUNCTIONS[name].shape(*args)


def check_inputs_stay(name, function, args, rng):
    before = clone(args)
    function(*args)
    assert unchanged(before, args)


def check_same_again(name, function, args, rng):
    assert unchanged(function(*args), function(*args))


def check_one_example(name, function, args, rng):
    single = taken(name, args, [rng.integers(number_of_examples(name, args))])
    result = function(*single)
    assert shapes(result) == FUNCTIONS[name].shape(*single)
    assert all(np.isfinite(a).all() for a in arrays([result]))


def check_order_of_examples(name, function, args, rng):
    order = rng.permutation(number_of_examples(name, args))
    want = mapped(lambda r: behaviour(name).permuted(r, order), function(*args))
    close(function(*taken(name, args, order)), want)


def check_parts_make_the_whole(name, function, args, rng):
    N = number_of_examples(name, args)
    if N == 1:
        return  # has no two parts
    cut = rng.integers(1, N)
    parts = (function(*taken(name, args, part)) for part in (slice(cut), slice(cut, None)))
    joined = partial(mapped, lambda a, b: behaviour(name).joined(a, b, cut / N, 1 - cut / N))
    close(joined(*parts), function(*args))


def check_memory_layout(name, function, args, rng):
    want = function(*args)
    for relaid in LAYOUTS:
        other = [mapped(partial(laid_out, relaid), arg) for arg in args]
        close(function(*other), want)


def laid_out(relaid, value):
    return relaid(value) if isinstance(value, np.ndarray) else value


def check_new_memory(name, function, args, rng):
    for last in (args[-1], 0):  # also for no step, or a rate of 0
        results = arrays(function(*args[:-1], last))
        assert not any(np.shares_memory(a, b) for a in results for b in arrays(args))
        assert not any(np.shares_memory(a, b) for k, a in enumerate(results) for b in results[:k])


def checks():
    """Every check, with the names it applies to."""
    yield check_shape, SHAPED
    yield check_inputs_stay, SHAPED
    yield check_same_again, SHAPED
    yield check_memory_layout, SHAPED
    yield check_one_example, WITH_EXAMPLES
    yield check_order_of_examples, WITH_EXAMPLES
    yield check_parts_make_the_whole, [name for name in WITH_EXAMPLES if behaviour(name).joined]
    yield check_new_memory, [name for name, function in FUNCTIONS.items() if function.fresh]


@pytest.mark.parametrize(
    ("check", "name"),
    [
        pytest.param(check, name, id=f"{name}-{check.__name__.removeprefix('check_')}")
        for check, names in checks()
        for name in names
    ],
)
def test_every_function(check, name):
    rng = np.random.default_rng(11)
    for args in ARGUMENTS[name](rng):
        check(name, FUNCTIONS[name].reference, list(args), rng)


def test_the_table_holds_every_function():
    assert FUNCTIONS.keys() == ARGUMENTS.keys()
    # ps0 and ps3 are about functions and runs: there are no examples to permute or to add up
    assert {name for name in FUNCTIONS if name.startswith(("ps1.", "ps2."))} <= {*SHAPED}
    assert all(bool(function.examples) == bool(function.result) for function in FUNCTIONS.values())
