"""The reference function of every name, `ps1.dC_dW2` and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlp_ref import curves, deep, one_hidden, tools, training

_TOOLS = (
    tools.sigmoid,
    tools.relative_error,
    tools.numerical_gradient,
    tools.find_the_bug,
)
_ONE_HIDDEN = (
    one_hidden.mse_cost,
    one_hidden.forward,
    one_hidden.dC_dyhat,
    one_hidden.dyhat_dO,
    one_hidden.dO_dW2,
    one_hidden.dC_dW2_chain,
    one_hidden.dC_dW2,
    one_hidden.dO_dZ,
    one_hidden.dZ_dH,
    one_hidden.dH_dW1,
    one_hidden.dC_dW1_chain,
    one_hidden.dC_dW1,
    training.gradient_descent_step,
)
_DEEP = (
    deep.forward,
    deep.bce_loss,
    deep.bce_from_logits,
    deep.dL_df,
    deep.dh_dz,
    deep.dz_dh,
    deep.output_delta,
    deep.delta_step,
    deep.deltas,
    deep.dL_dW1,
    deep.dL_dW1_sums,
    deep.gradients,
)
_CURVES = (
    curves.loss_curves,
    curves.classify_run,
    curves.largest_curvature,
    curves.best_learning_rate,
)

REFERENCE: dict[str, Callable[..., Any]] = {
    **{f"ps0.{function.__name__}": function for function in _TOOLS},
    **{f"ps1.{function.__name__}": function for function in _ONE_HIDDEN},
    "ps1.gradients_end_to_end": training.gradients_end_to_end,
    "ps1.train": training.train_one_hidden,
    **{f"ps2.{function.__name__}": function for function in _DEEP},
    "ps2.gradients_end_to_end": training.gradients_end_to_end_deep,
    "ps2.train": training.train_deep,
    **{f"ps3.{function.__name__}": function for function in _CURVES},
}
