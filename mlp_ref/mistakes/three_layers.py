"""What students get wrong in ∂L/∂W_1 of three layers, in either form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from course.checking import hints
from mlp_ref.mistakes.backwards import PRODUCTS, SLOPES, by_slope
from mlp_ref.mistakes.common import MEAN, RUNNING, as_it_is, running, slope_of_h, untransposed
from mlp_ref.mistakes.mistake import Mistake, Table, sums_not_reset
from mlp_ref.mistakes.ps2 import STARTS, difference
from mlp_ref.mistakes.recipe import Recipe, WrongPart

Function = Callable[..., Any]


def _dW1(
    start: Function = difference,
    products: tuple[Function, Function] = (by_slope, by_slope),
    slope1: Function = slope_of_h,
    slope2: Function = slope_of_h,
    slopes: Function | None = None,
    layers: Function = lambda h1, h2: (h1, h2),
    W2: Function = lambda W1, W2: W2.T,
    W3: Function = np.transpose,
    inputs: Function = lambda X, h1: X,
    nodes: Function = as_it_is,
    examples: Function = as_it_is,
    form: Function = as_it_is,
    scale: Function = lambda n: 1,
) -> Function:
    """Return ∂L/∂W_1; `products` are those of layers 1 and 2, `slopes` the slope in both."""

    def gradient(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
        h1, h2 = layers(*hs[1:3])
        back2 = nodes(start(y, hs[3]) @ W3(Ws[2]))
        delta2 = _product(products[1], slopes or slope2, back2, h2)
        delta1 = _product(products[0], slopes or slope1, delta2 @ W2(Ws[0], Ws[1]), h1)
        return form(examples(inputs(X, hs[1])).T @ examples(delta1)) * scale(len(X))

    return gradient


def _product(product: Function, slope: Function, back: Any, h: Any) -> Any:
    return back * slope(h) if product is by_slope else product(back, h)


def _of_layers(slips: tuple[WrongPart, ...], right: Function) -> tuple[WrongPart, ...]:
    """Return slips of both layers, of layer 1 and of layer 2 alone."""
    return tuple(
        WrongPart(f"{slip.name}{where}", f"{slip.hint}{where and ':'}{where}", part)
        for slip in slips
        for where, part in (
            ("", (slip.part, slip.part)),
            (" in layer 1", (slip.part, right)),
            (" in layer 2", (right, slip.part)),
        )
    )


def _fitting(other: Any, own: Any) -> Any:
    """Return the array of another layer where it fits."""
    return other if other.shape == own.shape else own


def _last_node(back: Any) -> Any:
    return back * np.append(np.zeros(back.shape[1] - 1), 1)


def _all_but_the_first(back: Any) -> Any:
    return back * np.append(0, np.ones(back.shape[1] - 1))


def _all_but_the_last(back: Any) -> Any:
    return back * np.append(np.ones(back.shape[1] - 1), 0)


def _recipe(*forms: WrongPart) -> Recipe:
    return Recipe(
        _dW1,
        {
            "slope1": [WrongPart(f"{s.name} in layer 1", f"{s.hint}: in layer 1", s.part) for s in SLOPES],
            "slope2": [WrongPart(f"{s.name} in layer 2", f"{s.hint}: in layer 2", s.part) for s in SLOPES],
            "slopes": SLOPES,
            "products": _of_layers(PRODUCTS[:6], by_slope),
            "layers": (
                WrongPart(
                    "slopes swapped",
                    "the slopes of layers 1 and 2 have changed places",
                    lambda h1, h2: (_fitting(h2, h1), _fitting(h1, h2)),
                ),
                WrongPart(
                    "slope of layer 2 in both",
                    "the slope of layer 2 stands where that of layer 1 should",
                    lambda h1, h2: (_fitting(h2, h1), h2),
                ),
                WrongPart(
                    "slope of layer 1 in both",
                    "the slope of layer 1 stands where that of layer 2 should",
                    lambda h1, h2: (h1, _fitting(h1, h2)),
                ),
            ),
            "W2": (
                WrongPart("W_2 not transposed", hints.UNTRANSPOSED, lambda W1, W2: untransposed(W2)),
                WrongPart(
                    "W_2 missing", "W_2 is missing from the product", lambda W1, W2: np.ones_like(W2.T)
                ),
                WrongPart(
                    "l to n_1",
                    "the sum over l ends at the number of units in layer 1: l counts those in layer 2",
                    lambda W1, W2: W2.T * (np.arange(W2.shape[1]) < len(W2))[:, None],
                ),
                WrongPart("W_1 for W_2", "W_1 stands where W_2 should", lambda W1, W2: _fitting(W1, W2).T),
                WrongPart("W_2 squared", "W_2 appears twice", lambda W1, W2: W2.T**2),
            ),
            "W3": (
                WrongPart("W_3 missing", hints.NO_W_3, lambda W3: np.ones_like(W3.T)),
                WrongPart("W_3 squared", "W_3 appears twice", lambda W3: W3.T**2),
                WrongPart("W_3 reversed", "the order of W_3 is reversed", lambda W3: W3[::-1].T),
            ),
            "inputs": (
                WrongPart("h_1 for X", "the last factor is x, not h_1", lambda X, h1: h1),
                WrongPart(
                    "h_1 for X where it fits", "the last factor is x, not h_1", lambda X, h1: _fitting(h1, X)
                ),
                WrongPart("X missing", "the last factor, x, is missing", lambda X, h1: np.ones_like(X)),
            ),
            "nodes": (
                WrongPart("last l only", "the sum over l keeps its last term only: += is needed", _last_node),
                WrongPart("first l missing", "the sum over l leaves the first unit out", _all_but_the_first),
                WrongPart(
                    "running sums over l",
                    "running sums over l were added up: add each term once, or the finished sum once",
                    lambda back: back * np.arange(back.shape[1], 0, -1),
                ),
                WrongPart("last l missing", "the sum over l leaves the last unit out", _all_but_the_last),
            ),
            "examples": (
                WrongPart("running sums", RUNNING, running),
                WrongPart(
                    "last example only",
                    "the sum over i keeps its last term only: += is needed",
                    lambda rows: rows[-1:],
                ),
                WrongPart(
                    "last example missing",
                    "the sum over i leaves the last example out",
                    lambda rows: rows[:-1],
                ),
                WrongPart(
                    "first example missing",
                    "the sum over i leaves the first example out",
                    lambda rows: rows[1:],
                ),
            ),
            "start": STARTS,
            "form": (
                WrongPart("transposed", hints.TRANSPOSED, np.transpose),
                WrongPart(
                    "p to n_1",
                    "p ends at the number of units in layer 1: it counts the inputs, the rows of W_1",
                    lambda dW1: dW1 * (np.arange(len(dW1)) < dW1.shape[1])[:, None],
                ),
                WrongPart(
                    "m to n_0",
                    "m ends at the number of inputs: it counts the units of layer 1, the columns of W_1",
                    lambda dW1: dW1 * (np.arange(dW1.shape[1]) < len(dW1)),
                ),
                *forms,
            ),
            "scale": (
                WrongPart("mean", MEAN, lambda n: 1 / n),
                WrongPart("factor N", "there is a factor N too many", lambda n: n),
                WrongPart("factor 2", "there is a factor 2 too many", lambda n: 2),
            ),
        },
    )


SPREAD = WrongPart(
    "Σ_m spread", hints.SUMMED_AND_SPREAD, lambda dW1: np.ones_like(dW1) * dW1.sum(axis=1, keepdims=True)
)
MATRICES = _recipe(WrongPart("summed over columns", hints.SUMMED, lambda dW1: dW1.sum(axis=1)), SPREAD)
SUMS = _recipe(
    WrongPart(
        "as printed",
        hints.SUMMED,
        lambda dW1: dW1.sum(axis=1),
    ),
    SPREAD,
)


def _inner_not_reset(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    """Return what the sum over l gives when it goes on from example to example."""
    _, h1, h2, f = hs
    inner = np.cumsum((h2 * (1 - h2) * Ws[2].T) @ Ws[1].T, axis=0)
    return X.T @ ((f - y) * inner * h1 * (1 - h1))


def _dW2(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    """Return ∂L/∂W_2."""
    _, h1, h2, f = hs
    return h1.T @ ((f - y) @ Ws[2].T * h2 * (1 - h2))


RECIPES = {"ps2.dL_dW1": MATRICES, "ps2.dL_dW1_sums": SUMS}
MISTAKES: Table = {
    "ps2.dL_dW1": (
        *MATRICES.mistakes(),
        Mistake("∂L/∂W_2", "this is the gradient by W_2: the one by W_1 is asked for", _dW2),
        sums_not_reset(MATRICES.make()),
    ),
    "ps2.dL_dW1_sums": (
        *SUMS.mistakes(),
        Mistake(
            "sum not reset",
            "the sum over l goes on from one example to the next: start it at 0",
            _inner_not_reset,
        ),
        replace(sums_not_reset(SUMS.make()), name="sum not reset for each entry"),
    ),
}
