"""Random inputs of every function: self-consistent, on several sizes, drawn afresh each time.

Every formula that is right passes, because caches belong together: Z really is [σ(X W1), 1]. Upstream
gradients are random, never ones. Each size is drawn twice, the second time in other memory layouts, so
a result remembered from a call before is wrong in the next.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from course.trial import Case, clone
from mlp_ref.cases import ps0, ps1, ps2, ps3
from mlp_ref.cases.common import Arguments, Draw, Generator
from mlp_ref.functions import REFERENCE

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


def cases(name: str, rng: Generator) -> list[Case]:
    """Return the cases of function `name`, in random order.

    Raises KeyError for a name that is not in the table.
    """
    drawn = list(ARGUMENTS[name](rng))
    drawn += [tuple(_relaid(a, rng) for a in args) for args in ARGUMENTS[name](rng)]
    return [_case(name, drawn[k]) for k in rng.permutation(len(drawn))]


def _case(name: str, args: Arguments) -> Case:
    first = args[0][0] if isinstance(args[0], list) else args[0]
    n = 1 if name in WITHOUT_EXAMPLES else len(first)
    after = clone(args)
    want = REFERENCE[name](*after)
    return Case(args, want, n, fresh=name in FRESH, after=after)


def _relaid(value: Any, rng: Generator) -> Any:
    """Return equal arrays in another memory layout: Fortran order, or every second entry of a larger one."""
    if isinstance(value, list):
        return [_relaid(item, rng) for item in value]
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        return value
    if rng.integers(2):
        return np.asfortranarray(value)
    return np.repeat(value, 2, axis=-1)[..., ::2]
