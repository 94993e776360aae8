"""The functions of ps2 and ps3 as students write them: each a formula with all its parts in sight.

See `forms_one_hidden.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlp_ref.slips.vocabulary import (
    exp,
    log,
    logaddexp,
    positive,
    row_sums,
    shifted,
    sigmoid,
    slope_of,
    sum_of_rows,
    total,
)


def _forward(X: Any, Ws: Any, bs: Any) -> Any:
    h = X
    hs = [h]
    for l in range(len(Ws)):
        W = Ws[l]
        b = bs[l]
        z = h @ W + b
        h = sigmoid(z)
        hs.append(h)
    return hs


def _forward_with_the_last_apart(X: Any, Ws: Any, bs: Any) -> Any:
    h = X
    hs = [h]
    for l in range(len(Ws) - 1):
        z = h @ Ws[l] + bs[l]
        h = sigmoid(z)
        hs.append(h)
    last = h @ Ws[-1] + bs[-1]
    f = sigmoid(last)
    hs.append(f)
    return hs


def _bce_loss(y: Any, f: Any) -> Any:
    return -total(y * log(f) + (1 - y) * log(1 - f))


def _bce_from_logits(y: Any, z: Any) -> Any:
    return total(logaddexp(0, z) - y * z)


def _bce_from_logits_by_label(y: Any, z: Any) -> Any:
    return total(y * logaddexp(0, -z) + (1 - y) * logaddexp(0, z))


def _dL_df(y: Any, f: Any) -> Any:
    return (f - y) / (f * (1 - f))


def _dL_df_by_label(y: Any, f: Any) -> Any:
    return -y / f + (1 - y) / (1 - f)


def _dh_dz(h: Any) -> Any:
    return slope_of(h)


def _dz_dh(W_next: Any) -> Any:
    return W_next.T


def _output_delta(y: Any, f: Any) -> Any:
    return f - y


def _delta_step(delta_next: Any, W_next: Any, h: Any) -> Any:
    back = delta_next @ W_next.T
    return back * slope_of(h)


def _deltas(y: Any, hs: Any, Ws: Any) -> Any:
    f = hs[-1]
    delta = f - y
    deltas = [delta]
    for l in range(len(Ws) - 1, 0, -1):
        W = Ws[l]
        h = hs[l]
        back = delta @ W.T
        delta = back * slope_of(h)
        deltas.insert(0, delta)
    return deltas


def _dL_dW1(X: Any, y: Any, hs: Any, Ws: Any) -> Any:
    h_1 = hs[1]
    h_2 = hs[2]
    f = hs[3]
    W_2 = Ws[1]
    W_3 = Ws[2]
    delta_3 = f - y
    delta_2 = (delta_3 @ W_3.T) * slope_of(h_2)
    delta_1 = (delta_2 @ W_2.T) * slope_of(h_1)
    return X.T @ delta_1


def _gradients(hs: Any, deltas: Any) -> Any:
    dWs = []
    dbs = []
    for l in range(len(deltas)):
        h = hs[l]
        delta = deltas[l]
        dW = h.T @ delta
        db = sum_of_rows(delta)
        dWs.append(dW)
        dbs.append(db)
    return dWs, dbs


def _gradients_end_to_end(X: Any, y: Any, Ws: Any, bs: Any) -> Any:
    h = X
    hs = [h]
    for l in range(len(Ws)):
        z = h @ Ws[l] + bs[l]
        h = sigmoid(z)
        hs.append(h)
    delta = h - y
    dWs: list[Any] = []
    dbs: list[Any] = []
    for l in range(len(Ws) - 1, -1, -1):
        h = hs[l]
        W = Ws[l]
        dW = h.T @ delta
        db = sum_of_rows(delta)
        dWs.insert(0, dW)
        dbs.insert(0, db)
        delta = (delta @ W.T) * slope_of(h)
    return dWs, dbs


def _train(X: Any, y: Any, Ws: Any, bs: Any, eta: Any, steps: Any) -> Any:
    losses = []
    for t in range(steps + 1):
        h = X
        hs = [h]
        for l in range(len(Ws)):
            z = h @ Ws[l] + bs[l]
            h = sigmoid(z)
            hs.append(h)
        loss = total(logaddexp(0, z) - y * z)
        losses.append(loss)
        if t == steps:
            break
        delta = h - y
        new_Ws: list[Any] = []
        new_bs: list[Any] = []
        for l in range(len(Ws) - 1, -1, -1):
            h = hs[l]
            W = Ws[l]
            b = bs[l]
            dW = h.T @ delta
            db = sum_of_rows(delta)
            new_Ws.insert(0, W - eta * dW)
            new_bs.insert(0, b - eta * db)
            delta = (delta @ W.T) * slope_of(h)
        Ws = new_Ws
        bs = new_bs
    return np.array(losses), Ws, bs


def _softmax(z: Any) -> Any:
    powers = exp(shifted(z))
    return powers / row_sums(powers)


def _softmax_loss(Y: Any, z: Any) -> Any:
    z = shifted(z)
    return total(log(row_sums(exp(z))) - row_sums(Y * z))


def _softmax_loss_by_entry(Y: Any, z: Any) -> Any:
    z = shifted(z)
    log_P = z - log(row_sums(exp(z)))
    return -total(Y * log_P)


def _softmax_delta(Y: Any, P: Any) -> Any:
    return P - Y


def _relu_delta_step(delta_next: Any, W_next: Any, h: Any) -> Any:
    back = delta_next @ W_next.T
    return back * positive(h)


def _l2_gradients(dWs: Any, Ws: Any, lam: Any) -> Any:
    gradients = []
    for l in range(len(Ws)):
        dW = dWs[l]
        W = Ws[l]
        gradients.append(dW + lam * W)
    return gradients


def _momentum_step(theta: Any, velocity: Any, gradient: Any, eta: Any, beta: Any) -> Any:
    v = beta * velocity + gradient
    return theta - eta * v, v


FORMS: dict[str, tuple[Callable[..., Any], ...]] = {
    "ps2.forward": (_forward, _forward_with_the_last_apart),
    "ps2.bce_loss": (_bce_loss,),
    "ps2.bce_from_logits": (_bce_from_logits, _bce_from_logits_by_label),
    "ps2.dL_df": (_dL_df, _dL_df_by_label),
    "ps2.dh_dz": (_dh_dz,),
    "ps2.dz_dh": (_dz_dh,),
    "ps2.output_delta": (_output_delta,),
    "ps2.delta_step": (_delta_step,),
    "ps2.deltas": (_deltas,),
    "ps2.dL_dW1": (_dL_dW1,),
    "ps2.dL_dW1_sums": (_dL_dW1,),
    "ps2.gradients": (_gradients,),
    "ps2.gradients_end_to_end": (_gradients_end_to_end,),
    "ps2.train": (_train,),
    "ps2.softmax": (_softmax,),
    "ps2.softmax_loss": (_softmax_loss, _softmax_loss_by_entry),
    "ps2.softmax_delta": (_softmax_delta,),
    "ps2.relu_delta_step": (_relu_delta_step,),
    "ps2.l2_gradients": (_l2_gradients,),
    "ps3.momentum_step": (_momentum_step,),
}
