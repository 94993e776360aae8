"""The table of all functions: the reference of each, the equation it states, and what holds for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np

from course.checking.compare import Tolerance
from mlp_ref import curves, deep, one_hidden, tools, training, transfer


class Result(Enum):
    """How a result depends on the examples, of which there are N."""

    ROWS = "a row for each example, from that example alone"
    ROWS_OVER_N = "a row for each example, from that example alone but for a factor 1/N"
    SUM = "a sum over the examples"
    MEAN = "a mean over the examples"
    JOINT = "all examples together, in any order"


@dataclass(frozen=True)
class Function:
    """A function that students write. In the table it is called by problem set and name, as "ps1.dC_dW1"."""

    reference: Callable[..., Any]
    equation: str = ""
    """the number in seed 1, as "3a"; "delta" in seed 2, which numbers nothing; empty outside of both"""
    examples: tuple[int, ...] = ()
    """positions of the arguments with a row for each example: arrays, or lists of arrays"""
    result: Result | None = None
    """None where no argument has examples"""
    shape: Callable[..., Any] | None = None
    """the result's shape, or list of shapes, from the arguments; None where these do not settle it"""
    fresh: bool = False
    """whether the result must not share memory with the arguments, unless there are no steps to do"""
    shares_networks: bool = False
    """whether hidden inputs are parts of one network of each size, drawn together with those of others"""
    composed: bool = False
    """whether students build it of the functions before it, so that it is wrong where these are"""
    tolerance: Tolerance = field(default_factory=Tolerance)

    @property
    def marker(self) -> str:
        """The pytest marker of its equation, as "eq3a" or "delta"; empty when there is none."""
        return f"eq{self.equation}" if self.equation[:1].isdigit() else self.equation


def _shapes(items: Any) -> Any:
    return [_shapes(item) for item in items] if isinstance(items, (list, tuple)) else np.shape(items)


def _of_training(X: Any, y: Any, first: Any, second: Any, eta: float, steps: int) -> Any:
    return [(steps + 1,), _shapes(first), _shapes(second)]


def _of_gradients(hs: Any, deltas: Any) -> Any:
    dWs = [(h.shape[1], delta.shape[1]) for h, delta in zip(hs[:-1], deltas, strict=True)]
    return [dWs, [delta.shape[1:] for delta in deltas]]


FUNCTIONS: dict[str, Function] = {
    "ps0.sigmoid": Function(tools.sigmoid),
    "ps0.relative_error": Function(tools.relative_error),
    "ps0.numerical_gradient": Function(tools.numerical_gradient, tolerance=Tolerance(rtol=1e-6, atol=1e-8)),
    "ps0.find_the_bug": Function(tools.find_the_bug),
    "ps1.mse_cost": Function(
        one_hidden.mse_cost, "1", (0, 1), Result.MEAN, lambda y, y_hat: (), shares_networks=True
    ),
    "ps1.forward": Function(
        one_hidden.forward,
        "",
        (0,),
        Result.ROWS,
        lambda X, W1, W2: [(len(X), W1.shape[1]), (len(X), len(W2)), (len(X), 1), (len(X), 1)],
        shares_networks=True,
    ),
    "ps1.dC_dyhat": Function(
        one_hidden.dC_dyhat, "3", (0, 1), Result.ROWS_OVER_N, lambda y, y_hat: y.shape, shares_networks=True
    ),
    "ps1.dyhat_dO": Function(
        one_hidden.dyhat_dO, "3a", (0,), Result.ROWS, lambda O: O.shape, shares_networks=True
    ),
    "ps1.dO_dW2": Function(
        one_hidden.dO_dW2, "4", (0,), Result.ROWS, lambda Z: Z.shape, shares_networks=True
    ),
    "ps1.dC_dW2_chain": Function(
        one_hidden.dC_dW2_chain,
        "2",
        (0, 1, 2),
        Result.SUM,
        lambda a, b, Z: (Z.shape[1], 1),
        shares_networks=True,
    ),
    "ps1.dC_dW2": Function(
        one_hidden.dC_dW2,
        "5",
        (0, 1, 2, 3),
        Result.MEAN,
        lambda y, y_hat, O, Z: (Z.shape[1], 1),
        shares_networks=True,
    ),
    "ps1.dO_dZ": Function(one_hidden.dO_dZ, "7", shape=lambda W2: (len(W2) - 1,), shares_networks=True),
    "ps1.dZ_dH": Function(
        one_hidden.dZ_dH, "8", (0,), Result.ROWS, lambda Z: (len(Z), Z.shape[1] - 1), shares_networks=True
    ),
    "ps1.dH_dW1": Function(
        one_hidden.dH_dW1, "9", (0,), Result.ROWS, lambda X: X.shape, shares_networks=True
    ),
    "ps1.dC_dW1_chain": Function(
        one_hidden.dC_dW1_chain,
        "6",
        (0, 1, 3, 4),
        Result.SUM,
        lambda a, b, w, s, X: (X.shape[1], len(w)),
        shares_networks=True,
    ),
    "ps1.dC_dW1": Function(
        one_hidden.dC_dW1,
        "10",
        (0, 1, 2, 3, 4),
        Result.MEAN,
        lambda X, y, y_hat, O, Z, W2: (X.shape[1], Z.shape[1] - 1),
        shares_networks=True,
    ),
    "ps1.gradient_descent_step": Function(
        training.gradient_descent_step,
        shape=lambda W1, W2, dW1, dW2, eta: [W1.shape, W2.shape],
        fresh=True,
        shares_networks=True,
    ),
    "ps1.gradients_end_to_end": Function(
        training.gradients_end_to_end,
        "",
        (0, 1),
        Result.MEAN,
        lambda X, y, W1, W2: [W1.shape, W2.shape],
        shares_networks=True,
        composed=True,
    ),
    "ps1.train": Function(
        training.train_one_hidden,
        "",
        (0, 1),
        Result.JOINT,
        _of_training,
        fresh=True,
        composed=True,
    ),
    "ps1.dZ_dH_tanh": Function(
        transfer.dZ_dH_tanh, "", (0,), Result.ROWS, lambda Z: (len(Z), Z.shape[1] - 1), shares_networks=True
    ),
    "ps1.dC_dW1_tanh": Function(
        transfer.dC_dW1_tanh,
        "",
        (0, 1, 2, 3, 4),
        Result.MEAN,
        lambda X, y, y_hat, O, Z, W2: (X.shape[1], Z.shape[1] - 1),
        shares_networks=True,
    ),
    "ps2.forward": Function(
        deep.forward,
        "",
        (0,),
        Result.ROWS,
        lambda X, Ws, bs: [X.shape, *((len(X), len(b)) for b in bs)],
    ),
    "ps2.bce_loss": Function(deep.bce_loss, "", (0, 1), Result.SUM, lambda y, f: ()),
    "ps2.bce_from_logits": Function(deep.bce_from_logits, "", (0, 1), Result.SUM, lambda y, z: ()),
    "ps2.dL_df": Function(deep.dL_df, "delta", (0, 1), Result.ROWS, lambda y, f: y.shape),
    "ps2.dh_dz": Function(deep.dh_dz, "delta", (0,), Result.ROWS, lambda h: h.shape),
    "ps2.dz_dh": Function(deep.dz_dh, "delta", shape=lambda W_next: W_next.shape[::-1]),
    "ps2.output_delta": Function(deep.output_delta, "delta", (0, 1), Result.ROWS, lambda y, f: y.shape),
    "ps2.delta_step": Function(
        deep.delta_step, "delta", (0, 2), Result.ROWS, lambda delta_next, W_next, h: h.shape
    ),
    "ps2.deltas": Function(
        deep.deltas, "delta", (0, 1), Result.ROWS, lambda y, hs, Ws: _shapes(hs[1:]), composed=True
    ),
    "ps2.dL_dW1": Function(deep.dL_dW1, "delta", (0, 1, 2), Result.SUM, lambda X, y, hs, Ws: Ws[0].shape),
    "ps2.dL_dW1_sums": Function(
        deep.dL_dW1_sums, "delta", (0, 1, 2), Result.SUM, lambda X, y, hs, Ws: Ws[0].shape
    ),
    "ps2.gradients": Function(deep.gradients, "delta", (0, 1), Result.SUM, _of_gradients),
    "ps2.gradients_end_to_end": Function(
        training.gradients_end_to_end_deep,
        "",
        (0, 1),
        Result.SUM,
        lambda X, y, Ws, bs: _shapes([Ws, bs]),
        composed=True,
    ),
    "ps2.train": Function(
        training.train_deep, "", (0, 1), Result.JOINT, _of_training, fresh=True, composed=True
    ),
    "ps2.softmax": Function(transfer.softmax, "", (0,), Result.ROWS, lambda z: z.shape),
    "ps2.softmax_loss": Function(transfer.softmax_loss, "", (0, 1), Result.SUM, lambda Y, z: ()),
    "ps2.softmax_delta": Function(transfer.softmax_delta, "", (0, 1), Result.ROWS, lambda Y, P: P.shape),
    "ps2.relu_delta_step": Function(
        transfer.relu_delta_step, "", (0, 2), Result.ROWS, lambda delta_next, W_next, h: h.shape
    ),
    "ps2.l2_gradients": Function(transfer.l2_gradients, shape=lambda dWs, Ws, lam: _shapes(Ws)),
    "ps3.loss_curves": Function(curves.loss_curves),
    "ps3.classify_run": Function(curves.classify_run),
    "ps3.largest_curvature": Function(curves.largest_curvature, tolerance=Tolerance(rtol=1e-3)),
    "ps3.best_learning_rate": Function(curves.best_learning_rate),
    "ps3.momentum_step": Function(
        transfer.momentum_step,
        shape=lambda theta, velocity, gradient, eta, beta: [theta.shape, velocity.shape],
        fresh=True,
    ),
}

REFERENCE: dict[str, Callable[..., Any]] = {name: function.reference for name, function in FUNCTIONS.items()}
