"""Random inputs of every function: self-consistent, on several sizes, drawn afresh each time.

Every formula that is right passes, because caches belong together: Z really is [σ(X W1), 1]. Upstream
gradients are random, never ones. Every second call has its arrays in another memory layout, strided or in
Fortran order. Some calls have the same shapes, so a result remembered from one is wrong in another; where
there are few sizes, each is drawn twice for that, but not for functions whose parts are tested by themselves.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from course.checking.trial import Case, warnings_ignored
from course.values import clone, is_data, strided
from mlp_ref.cases import ps0, ps1, ps2, ps3, transfer
from mlp_ref.cases.drawing import Arguments, Array, Draw, Generator
from mlp_ref.functions import FUNCTIONS, Function, Result
from mlp_ref.networks import NetworkPool

ARGUMENTS: dict[str, Draw] = {
    **ps0.ARGUMENTS,
    **ps1.ARGUMENTS,
    **ps2.ARGUMENTS,
    **ps3.ARGUMENTS,
    **transfer.ARGUMENTS,
}

FEW = 6
"""calls that are drawn twice, at most"""

SHARING_NETWORKS = [name for name, function in FUNCTIONS.items() if function.shares_networks]
"""Functions whose inputs are parts of one network of each size."""


def network_pool(seed: int) -> NetworkPool:
    """Return the networks of the functions in SHARING_NETWORKS for this seed."""
    return NetworkPool([seed, zlib.crc32(b"ps1")], SHARING_NETWORKS)


def cases(name: str, rng: Generator, networks: NetworkPool | None = None) -> list[Case]:
    """Return the cases of function `name`, in random order; if it shares networks, from `networks`.

    Raises KeyError for a name that is not in the table.
    """
    function = FUNCTIONS[name]
    source = (networks.of(name),) if networks and function.shares_networks else ()
    with warnings_ignored():
        calls = list(ARGUMENTS[name](rng, *source))
        first, second = rng.integers(2, size=2)
        if len(calls) > FEW or function.composed:
            calls, others = calls[first::2], calls[1 - first :: 2]
        else:
            others = list(ARGUMENTS[name](rng, *source))
        copies = enumerate(others, start=second)
        calls += [_relaid(args, (strided, _columns_first)[k % 2]) for k, args in copies]
        return [_case(function, calls[k]) for k in rng.permutation(len(calls))]


def _case(function: Function, args: Arguments) -> Case:
    after = args if is_data(args) else clone(args)  # functions may record their calls
    want = function.reference(*after)
    # a loop that does nothing gives the arguments back
    fresh = function.fresh and not (function.result is Result.JOINT and args[-1] == 0)
    return Case(args, want, _count_of_examples(function, args), fresh=fresh, after=after)


def _count_of_examples(function: Function, args: Arguments) -> int:
    """Return N, 1 where no argument has examples."""
    if not function.examples:
        return 1
    rows = args[function.examples[0]]
    return len(rows[0] if isinstance(rows, list) else rows)


def _relaid(value: Any, layout: Callable[[Array], Array]) -> Any:
    """Return the same with all arrays in another memory layout."""
    if isinstance(value, (list, tuple)):
        return type(value)(_relaid(item, layout) for item in value)
    return layout(value) if isinstance(value, np.ndarray) and value.ndim else value


def _columns_first(a: Array) -> Array:
    """Return `a` in Fortran order, or strided where that makes no difference."""
    fortran = np.asfortranarray(a)
    return strided(a) if fortran.flags.c_contiguous else fortran
