"""Random inputs of every function: self-consistent, on several sizes, drawn afresh each time.

Every formula that is right passes, because caches belong together: Z really is [σ(X W1), 1]. Upstream
gradients are random, never ones. Each size is drawn again in another memory layout, strided or in Fortran
order, so a result remembered from a call before is wrong in the next.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from course.checking.trial import Case, clone, quiet
from mlp_ref.cases import ps0, ps1, ps2, ps3
from mlp_ref.cases.common import Arguments, Array, Draw, Generator
from mlp_ref.functions import REFERENCE
from mlp_ref.networks import Stock

ARGUMENTS: dict[str, Draw] = {**ps0.ARGUMENTS, **ps1.ARGUMENTS, **ps2.ARGUMENTS, **ps3.ARGUMENTS}

FRESH = {"ps1.gradient_descent_step", "ps1.train", "ps2.train"}
"""Functions whose results must not share memory with their arguments."""

WITHOUT_EXAMPLES = {
    *ps0.ARGUMENTS,
    "ps1.dO_dZ",
    "ps1.gradient_descent_step",
    "ps2.dz_dh",
    *ps3.ARGUMENTS,
}
"""Functions that are given no examples, for which there is no N."""


STOCKED = [name for name in ps1.ARGUMENTS if name != "ps1.train"]
"""Functions whose inputs are parts of one network of each size."""


def stock(seed: int) -> Stock:
    """Return the networks for all of these on this seed."""
    return Stock([seed, zlib.crc32(b"ps1")], STOCKED)


def cases(name: str, rng: Generator, networks: Stock | None = None) -> list[Case]:
    """Return the cases of function `name`, in random order, of `networks` if it takes some.

    Raises KeyError for a name that is not in the table.
    """
    taken = (networks.of(name),) if networks and name in STOCKED else ()
    with quiet():
        drawn = list(ARGUMENTS[name](rng, *taken))
        again = enumerate(ARGUMENTS[name](rng, *taken), start=int(rng.integers(2)))
        drawn += [_relaid(args, (_strided, _columns_first)[k % 2]) for k, args in again]
        return [_case(name, drawn[k]) for k in rng.permutation(len(drawn))]


def _case(name: str, args: Arguments) -> Case:
    first = args[0][0] if isinstance(args[0], list) else args[0]
    n = 1 if name in WITHOUT_EXAMPLES else len(first)
    after = clone(args)
    want = REFERENCE[name](*after)
    return Case(args, want, n, fresh=name in FRESH, after=after)


def _relaid(value: Any, layout: Callable[[Array], Array]) -> Any:
    """Return the same with all arrays in another memory layout."""
    if isinstance(value, (list, tuple)):
        return type(value)(_relaid(item, layout) for item in value)
    return layout(value) if isinstance(value, np.ndarray) and value.ndim else value


def _strided(a: Array) -> Array:
    """Return every second entry of a larger array."""
    return np.repeat(a, 2, axis=-1)[..., ::2]


def _columns_first(a: Array) -> Array:
    """Return `a` in Fortran order, or strided where that makes no difference."""
    fortran = np.asfortranarray(a)
    return _strided(a) if fortran.flags.c_contiguous else fortran
