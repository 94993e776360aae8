"""Hints that several mistakes give, and parts that several are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid

NO_N = "1/N is missing"
TWICE_N = "1/N is applied twice: equation (3) has it already"
BIAS_KEPT = "the bias unit is still in: only the real hidden units are asked for"
MEAN = "a mean was taken: L is a sum, it has no 1/N"
AS_PRINTED = "(9) was taken as printed: the derivative is not zero where k and l differ"
SLOPE_OF_Y = "the slope is taken of the target y, not of the output ŷ"
FACTOR_2 = "the 2 of the square is still there: the ½ of (1) cancels it"
FACTOR_HALF = "the ½ of (1) is still there: the 2 of the square cancels it"
SUMMED_OVER_UNITS = "the sum was taken over the units, within each example: it runs over the examples"
NO_SUM = "the sum over the examples is missing"
RUNNING = "running sums over i were added up: add each term once, or the finished sum once, after the loop"
NOT_RESET = "a running sum goes on from one entry to the next: set it to 0 for each entry"
ALL_ZERO = (
    "the result is 0 everywhere, as {0} * 1 − {0} is: * comes before −, so 1 − {0} needs brackets; or was "
    "nothing stored in it?"
)
LEFT_TO_RIGHT = "read from left to right, as printed: δ Wᵀ h is one number; ⊙ comes before that product"


def running(rows: Any) -> Any:
    """Return row k, counted from 0, n − k times: as often as the sum of all n running sums has it."""
    return np.repeat(rows, np.arange(len(rows), 0, -1), axis=0)


def not_reset(sums: Any) -> tuple[Any, ...]:
    """Return a table of sums whose accumulator is never reset: by rows, by columns, and within each."""
    return (
        np.cumsum(sums).reshape(sums.shape),
        np.cumsum(sums.T).reshape(sums.T.shape).T,
        np.cumsum(sums, axis=0),
        np.cumsum(sums, axis=1),
    )


def as_it_is(value: Any) -> Any:
    """Return the value."""
    return value


def quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives no warnings where numbers overflow."""

    def without_warnings(*args: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*args)

    return without_warnings


def slope(t: Any) -> Any:
    """Return σ′(t)."""
    return sigmoid(t) * (1 - sigmoid(t))


def diagonal(dW1: Any) -> Any:
    """Return a gradient by W1 that is zero unless k = l."""
    return dW1 * np.eye(*dW1.shape)


def spread(dW1: Any) -> Any:
    """Return a gradient by W1 that is summed over the hidden units."""
    return np.ones_like(dW1) * dW1.sum(axis=1, keepdims=True)


def bias_first(Z: Any) -> Any:
    """Return Z with the bias unit before the others."""
    return np.roll(Z, 1, axis=1)


def untransposed(W: Any) -> Any:
    """Return W where it conforms as it is, which is where it is square."""
    return W if W.shape[0] == W.shape[1] else W.T


def left_to_right(back: Any, h: Any) -> Any:
    """Return what δ Wᵀ h ⊙ (1 − h) is, as printed: a number for each example, times 1 − h."""
    return np.sum(back * h, axis=1, keepdims=True) * (1 - h)


def one(t: Any) -> Any:
    """Return ones, the slope of a straight line."""
    return np.ones_like(t)


def slope_of_h(h: Any) -> Any:
    """Return the slope of σ where its value is h."""
    return h * (1 - h)


def twice(h: Any) -> Any:
    """Return the slope of σ, squared, where its value is h."""
    return (h * (1 - h)) ** 2


def rest(h: Any) -> Any:
    """Return the second factor of the slope of σ alone."""
    return 1 - h
