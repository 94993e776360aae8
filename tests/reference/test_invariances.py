"""What holds for every function: one list of checks, and one table of what applies to which."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose

from course.checking.trial import arrays, clone, unchanged
from mlp_ref.cases import ARGUMENTS
from mlp_ref.functions import REFERENCE


class Examples(NamedTuple):
    """How a result depends on the examples."""

    permuted: Callable[[Any, Any], Any] | None
    """Of the result and the new order of the examples."""
    joined: Callable[[Any, Any, float, float], Any] | None
    """Of the results for a first and a second part, and the shares of the examples in them."""


PER_EXAMPLE = Examples(lambda r, order: r[order], lambda a, b, *_: np.concatenate([a, b]))
PER_EXAMPLE_OF_A_MEAN = Examples(lambda r, order: r[order], lambda a, b, p, q: np.concatenate([p * a, q * b]))
SUM = Examples(lambda r, _: r, lambda a, b, *_: a + b)
MEAN = Examples(lambda r, _: r, lambda a, b, p, q: p * a + q * b)
NOT_ADDITIVE = Examples(lambda r, _: r, None)
NO_EXAMPLES = Examples(None, None)


class Traits(NamedTuple):
    """Which arguments have a row per example, how the result depends on these, and its shape(s)."""

    rows: tuple[int, ...]
    result: Examples
    shape: Callable[..., Any]


def shapes(value):
    return [shapes(v) for v in value] if isinstance(value, (list, tuple)) else np.shape(value)


def shapes_of_train(X, y, first, second, eta, steps):
    return [(steps + 1,), shapes(first), shapes(second)]


TRAITS = {
    "ps1.mse_cost": Traits((0, 1), MEAN, lambda y, y_hat: ()),
    "ps1.forward": Traits(
        (0,),
        PER_EXAMPLE,
        lambda X, W1, W2: [(len(X), W1.shape[1]), (len(X), len(W2)), (len(X), 1), (len(X), 1)],
    ),
    "ps1.dC_dyhat": Traits((0, 1), PER_EXAMPLE_OF_A_MEAN, lambda y, y_hat: y.shape),
    "ps1.dyhat_dO": Traits((0,), PER_EXAMPLE, lambda O: O.shape),
    "ps1.dO_dW2": Traits((0,), PER_EXAMPLE, lambda Z: Z.shape),
    "ps1.dC_dW2_chain": Traits((0, 1, 2), SUM, lambda a, b, Z: (Z.shape[1], 1)),
    "ps1.dC_dW2": Traits((0, 1, 2, 3), MEAN, lambda y, y_hat, O, Z: (Z.shape[1], 1)),
    "ps1.dO_dZ": Traits((), NO_EXAMPLES, lambda W2: (len(W2) - 1,)),
    "ps1.dZ_dH": Traits((0,), PER_EXAMPLE, lambda Z: (len(Z), Z.shape[1] - 1)),
    "ps1.dH_dW1": Traits((0,), PER_EXAMPLE, lambda X: X.shape),
    "ps1.dC_dW1_chain": Traits((0, 1, 3, 4), SUM, lambda a, b, w, s, X: (X.shape[1], len(w))),
    "ps1.dC_dW1": Traits((0, 1, 2, 3, 4), MEAN, lambda X, y, y_hat, O, Z, W2: (X.shape[1], Z.shape[1] - 1)),
    "ps1.gradient_descent_step": Traits((), NO_EXAMPLES, lambda W1, W2, *_: [W1.shape, W2.shape]),
    "ps1.gradients_end_to_end": Traits((0, 1), MEAN, lambda X, y, W1, W2: [W1.shape, W2.shape]),
    "ps1.train": Traits((0, 1), NOT_ADDITIVE, shapes_of_train),
    "ps2.forward": Traits((0,), PER_EXAMPLE, lambda X, Ws, bs: [X.shape, *((len(X), len(b)) for b in bs)]),
    "ps2.bce_loss": Traits((0, 1), SUM, lambda y, f: ()),
    "ps2.bce_from_logits": Traits((0, 1), SUM, lambda y, z: ()),
    "ps2.dL_df": Traits((0, 1), PER_EXAMPLE, lambda y, f: y.shape),
    "ps2.dh_dz": Traits((0,), PER_EXAMPLE, lambda h: h.shape),
    "ps2.dz_dh": Traits((), NO_EXAMPLES, lambda W_next: W_next.shape[::-1]),
    "ps2.output_delta": Traits((0, 1), PER_EXAMPLE, lambda y, f: y.shape),
    "ps2.delta_step": Traits((0, 2), PER_EXAMPLE, lambda delta_next, W_next, h: h.shape),
    "ps2.deltas": Traits((0, 1), PER_EXAMPLE, lambda y, hs, Ws: shapes(hs[1:])),
    "ps2.dL_dW1": Traits((0, 1, 2), SUM, lambda X, y, hs, Ws: Ws[0].shape),
    "ps2.dL_dW1_sums": Traits((0, 1, 2), SUM, lambda X, y, hs, Ws: Ws[0].shape),
    "ps2.gradients": Traits(
        (0, 1),
        SUM,
        lambda hs, deltas: [
            [(h.shape[1], delta.shape[1]) for h, delta in zip(hs[:-1], deltas, strict=True)],
            [delta.shape[1:] for delta in deltas],
        ],
    ),
    "ps2.gradients_end_to_end": Traits((0, 1), SUM, lambda X, y, Ws, bs: [shapes(Ws), shapes(bs)]),
    "ps2.train": Traits((0, 1), NOT_ADDITIVE, shapes_of_train),
}
NEW_MEMORY = ("ps1.gradient_descent_step", "ps1.train", "ps2.train")
LAYOUTS = (np.asfortranarray, lambda a: np.repeat(a, 2, axis=-1)[..., ::2], lambda a: a[::-1].copy()[::-1])


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
    rows = TRAITS[name].rows
    return [mapped(lambda a: a[order], a) if k in rows else a for k, a in enumerate(args)]


def number_of_examples(name, args):
    first = args[TRAITS[name].rows[0]]
    return len(first[0] if isinstance(first, list) else first)


def check_shape(name, function, args, rng):
    assert shapes(function(*args)) == TRAITS[name].shape(*args)


def check_inputs_stay(name, function, args, rng):
    before = clone(args)
    function(*args)
    assert unchanged(before, args)


def check_same_again(name, function, args, rng):
    assert unchanged(function(*args), function(*args))


def check_one_example(name, function, args, rng):
    one = taken(name, args, [rng.integers(number_of_examples(name, args))])
    result = function(*one)
    assert shapes(result) == TRAITS[name].shape(*one)
    assert all(np.isfinite(a).all() for a in arrays([result]))


def check_order_of_examples(name, function, args, rng):
    order = rng.permutation(number_of_examples(name, args))
    want = mapped(lambda r: TRAITS[name].result.permuted(r, order), function(*args))
    close(function(*taken(name, args, order)), want)


def check_parts_make_the_whole(name, function, args, rng):
    N = number_of_examples(name, args)
    if N == 1:
        return  # has no two parts
    cut = rng.integers(1, N)
    parts = (function(*taken(name, args, part)) for part in (slice(cut), slice(cut, None)))
    joined = partial(mapped, lambda a, b: TRAITS[name].result.joined(a, b, cut / N, 1 - cut / N))
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
    yield check_shape, TRAITS
    yield check_inputs_stay, TRAITS
    yield check_same_again, TRAITS
    yield check_memory_layout, TRAITS
    yield check_one_example, [name for name in TRAITS if TRAITS[name].rows]
    yield check_order_of_examples, [name for name in TRAITS if TRAITS[name].result.permuted]
    yield check_parts_make_the_whole, [name for name in TRAITS if TRAITS[name].result.joined]
    yield check_new_memory, NEW_MEMORY


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
        check(name, REFERENCE[name], list(args), rng)


def test_the_table_holds_every_function():
    assert REFERENCE.keys() == ARGUMENTS.keys()
    # ps0 and ps3 are about functions and runs: there are no examples to permute or to add up
    assert TRAITS.keys() == {name for name in REFERENCE if name.startswith(("ps1.", "ps2."))}
