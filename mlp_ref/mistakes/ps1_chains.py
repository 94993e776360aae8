"""What students get wrong where the factors of seed 1 are multiplied, (2) and (6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.checking import hints
from mlp_ref.mistakes.common import (
    AS_PRINTED,
    NO_SUM,
    RUNNING,
    SUMMED_OVER_UNITS,
    as_it_is,
    bias_first,
    diagonal,
    running,
    spread,
)
from mlp_ref.mistakes.mistake import Mistake, Table, sums_not_reset
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]
NO_SUM_IN_6 = "(6) has no sum over hidden units"


def _all(n: int) -> slice:
    return slice(n)


def _multiplied(
    examples: Function = _all,
    form: Function = as_it_is,
    scale: Function = lambda n: 1,
    **of: Function,
) -> Function:
    """Return the sum over `examples` of the product of the factors, some of which `of` changes."""

    def chain(*args: Any) -> Any:
        changes = [of.get(f"factor{k}") for k in range(1, len(args) + 1)]
        changed = [change(arg) if change else arg for change, arg in zip(changes, args, strict=True)]
        rows = examples(len(args[0]))
        *others, last = [factor[rows] if factor.ndim > 1 else factor for factor in changed]
        product = np.ones_like(others[0])
        for factor in others:
            product = product * factor
        return form(last.T @ product) * scale(len(args[0]))

    return chain


def _of_factor(name: str, ordinal: str) -> tuple[WrongPart, ...]:
    return (
        WrongPart(f"no {name}", hints.FACTOR_MISSING.format(ordinal), np.ones_like),
        WrongPart(f"{name} twice", f"the {ordinal} factor appears twice", np.square),
    )


def _summed_apart(name: str, ordinal: str) -> tuple[WrongPart, ...]:
    return (
        WrongPart(
            f"{name} summed alone", SUMMED_APART.format(ordinal), lambda t: np.ones_like(t) * t.sum(axis=0)
        ),
        WrongPart(
            f"{name} averaged alone",
            AVERAGED_APART.format(ordinal),
            lambda t: np.ones_like(t) * t.mean(axis=0),
        ),
    )


def _rule(slope: Any) -> Any:
    return slope * (1 - slope)


def _last(n: int) -> slice:
    return slice(n - 1, n)


def _summed(factor: Any) -> Any:
    return np.full_like(factor, factor.sum())


def _last_column_zero(factor: Any) -> Any:
    return factor * np.append(np.ones(factor.shape[1] - 1), 0)


# an (N,) array beside an (N, 1) array comes to the same numbers as a sum on its own
SUMMED_APART = (
    "the {} factor was summed over the examples on its own, or met another as (N,) and (N, 1): the factors "
    "of each example are multiplied first"
)
AVERAGED_APART = (
    "the {} factor was averaged over the examples on its own: the factors of each example are multiplied "
    "first"
)
_IS_A_SLOPE = "is a slope already: it is multiplied as it is"
_EXAMPLES = (
    WrongPart("running sums", RUNNING, lambda n: running(np.arange(n))),
    WrongPart("last example only", "the sum over i keeps its last term only: += is needed", _last),
    WrongPart("first example missing", "the sum leaves the first example out", lambda n: slice(1, None)),
    WrongPart("last example missing", "the sum leaves the last example out", lambda n: slice(n - 1)),
)
_SCALES = (
    WrongPart("sign", hints.SIGN, lambda n: -1),
    WrongPart("mean", "a mean was taken for the sum: 1/N is in the first factor already", lambda n: 1 / n),
    WrongPart("factor N", "there is a factor N too many", lambda n: n),
    WrongPart("factor 2", "there is a factor 2 too many", lambda n: 2),
)
OF_2 = Recipe(
    _multiplied,
    {
        "factor1": (*_of_factor("∂C/∂ŷ", "first"), *_summed_apart("∂C/∂ŷ", "first")),
        "factor2": (
            *_of_factor("∂ŷ/∂O", "second"),
            *_summed_apart("∂ŷ/∂O", "second"),
            WrongPart("σ′ of ∂ŷ/∂O", f"∂ŷ/∂O {_IS_A_SLOPE}", _rule),
        ),
        "factor3": (
            *_of_factor("∂O/∂W2", "third"),
            WrongPart("∂O/∂W2 (1 − ∂O/∂W2)", "∂O/∂W2 is Z, not a slope: it is multiplied as it is", _rule),
            WrongPart("bias dropped", "the bias row is missing", lambda Z: Z[:, :-1]),
            WrongPart("bias zero", "the derivative by the bias weight is not 0", _last_column_zero),
            WrongPart(
                "bias first", "the order of the rows is changed: the bias unit is the last", bias_first
            ),
        ),
        "examples": _EXAMPLES,
        "form": (
            WrongPart("one axis", "the column was flattened", np.ravel),
            WrongPart("row", hints.TRANSPOSED, np.transpose),
        ),
        "scale": _SCALES,
    },
)
OF_6 = Recipe(
    _multiplied,
    {
        "factor1": (*_of_factor("∂C/∂ŷ", "first"), *_summed_apart("∂C/∂ŷ", "first")),
        "factor2": (
            *_of_factor("∂ŷ/∂O", "second"),
            *_summed_apart("∂ŷ/∂O", "second"),
            WrongPart("σ′ of ∂ŷ/∂O", f"∂ŷ/∂O {_IS_A_SLOPE}", _rule),
        ),
        "factor3": (
            *_of_factor("∂O/∂Z", "third"),
            WrongPart("∂O/∂Z (1 − ∂O/∂Z)", "∂O/∂Z is W2, not a slope: it is multiplied as it is", _rule),
            WrongPart("W2 reversed", "the order of the third factor is reversed", np.flip),
            WrongPart(
                "W2 summed", "the third factor was summed: each hidden unit has one of its own", _summed
            ),
        ),
        "factor4": (
            *_of_factor("∂Z/∂H", "fourth"),
            *_summed_apart("∂Z/∂H", "fourth"),
            WrongPart("∂Z/∂H summed", "the fourth factor was summed over the hidden units", spread),
            WrongPart("σ′ of ∂Z/∂H", f"∂Z/∂H {_IS_A_SLOPE}", _rule),
        ),
        "factor5": (
            *_of_factor("∂H/∂W1", "fifth"),
            WrongPart(
                "last row missing", "the last row, by the weights of the last input, is 0", _last_column_zero
            ),
        ),
        "examples": _EXAMPLES,
        "form": (
            WrongPart("(9) as printed", AS_PRINTED, diagonal),
            WrongPart("transposed", hints.TRANSPOSED, np.transpose),
            WrongPart("summed over hidden", NO_SUM_IN_6, lambda dW1: dW1.sum(axis=1, keepdims=True)),
            WrongPart("spread over hidden", NO_SUM_IN_6, spread),
            WrongPart(
                "last column missing", "the last column, of the last hidden unit, is 0", _last_column_zero
            ),
        ),
        "scale": _SCALES,
    },
)
RECIPES = {"ps1.dC_dW2_chain": OF_2, "ps1.dC_dW1_chain": OF_6}
MISTAKES: Table = {
    "ps1.dC_dW2_chain": (
        *OF_2.mistakes(),
        Mistake("no sum", NO_SUM, lambda a, b, z: a * b * z),
        Mistake("added", "the factors were added: a chain is a product", lambda a, b, z: z.T @ (a + b)),
        Mistake(
            "summed over units",
            SUMMED_OVER_UNITS,
            lambda a, b, z: np.sum(a * b * z, axis=1, keepdims=True),
            (lambda a, b, z: np.sum(a * b * z, axis=1), lambda a, b, z: np.mean(a * b * z, axis=1)),
        ),
        Mistake(
            "sum of products apart",
            "each factor was summed by itself",
            lambda a, b, z: z.sum(0)[:, None] * a.sum() * b.sum(),
            (lambda a, b, z: z.sum(0)[:, None] * np.sum(a * b),),
        ),
        Mistake(
            "first entry only",
            "only the first entry is right, and the others are 0: does the loop end after its first round?",
            _multiplied(form=lambda dW2: np.vstack([dW2[:1], np.zeros_like(dW2[1:])])),
        ),
        sums_not_reset(_multiplied()),
    ),
    "ps1.dC_dW1_chain": (
        *OF_6.mistakes(),
        Mistake(
            "sum of products apart",
            "factors were summed over the examples by themselves: the product comes first",
            lambda a, b, w, s, x: np.outer(x.sum(0), (a * b * w * s).sum(0)),
            (lambda a, b, w, s, x: np.outer(x.sum(0), w * s.sum(0)) * a.sum() * b.sum(),),
        ),
        sums_not_reset(_multiplied()),
    ),
}
