"""Networks worked by hand: with logits of ±ln 3 the activations are ¾ and ¼."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mlp_ref import deep, one_hidden, training

ln3 = np.log(3)


def close(got, want):
    want = np.array(want, dtype=float)
    assert np.shape(got) == want.shape
    assert_allclose(got, want, rtol=1e-14, atol=1e-15)


def column(*numbers):
    return np.array(numbers, dtype=float)[:, None]


# Seed 1, N = d = h = 2. X = I, so H is W1 = ln 3 [[1, −1], [−1, 1]] and σ(H) = [[¾, ¼], [¼, ¾]].
# W2 = ln 3 [1, −1, ½], so O = ln 3 [¾ − ¼ + ½, ¼ − ¾ + ½] = [ln 3, 0] and ŷ = [¾, ½].
# y = [1, 0]: the errors y − ŷ are [¼, −½].
X = np.eye(2)
y = column(1, 0)
W1 = ln3 * np.array([[1.0, -1.0], [-1.0, 1.0]])
W2 = ln3 * column(1, -1, 1 / 2)
Z = np.array([[3 / 4, 1 / 4, 1], [1 / 4, 3 / 4, 1]])
O = column(ln3, 0)
y_hat = column(3 / 4, 1 / 2)


@pytest.mark.eq1
def test_forward_pass_and_cost():
    H, got_Z, got_O, got_y_hat = one_hidden.forward(X, W1, W2)
    close(H, W1)
    close(got_Z, Z)
    close(got_O, O)
    close(got_y_hat, y_hat)
    # (1/16 + 1/4) / (2 · 2)
    close(one_hidden.mse_cost(y, y_hat), 5 / 64)


@pytest.mark.eq2
@pytest.mark.eq3
@pytest.mark.eq3a
@pytest.mark.eq4
@pytest.mark.eq5
def test_gradient_of_W2():
    upstream, slope = column(-1 / 8, 1 / 4), column(3 / 16, 1 / 4)
    close(one_hidden.dC_dyhat(y, y_hat), upstream)
    close(one_hidden.dyhat_dO(O), slope)
    close(one_hidden.dO_dW2(Z), Z)
    # products −3/128 and 8/128; with the columns of Z: (−9 + 8)/512, (−3 + 24)/512, (−12 + 32)/512
    want = column(-1, 21, 20) / 512
    close(one_hidden.dC_dW2_chain(upstream, slope, Z), want)
    close(one_hidden.dC_dW2(y, y_hat, O, Z), want)


@pytest.mark.eq6
@pytest.mark.eq7
@pytest.mark.eq8
@pytest.mark.eq9
@pytest.mark.eq10
def test_gradient_of_W1():
    weights, slope = np.array([ln3, -ln3]), np.full((2, 2), 3 / 16)
    close(one_hidden.dO_dZ(W2), weights)
    close(one_hidden.dZ_dH(Z), slope)
    close(one_hidden.dH_dW1(X), X)
    # X = I gives row k to example k: −3/128 · 3/16 · ±ln 3 and 8/128 · 3/16 · ±ln 3
    want = ln3 / 2048 * np.array([[-9, 9], [24, -24]])
    close(one_hidden.dC_dW1_chain(column(-1 / 8, 1 / 4), column(3 / 16, 1 / 4), weights, slope, X), want)
    close(one_hidden.dC_dW1(X, y, y_hat, O, Z, W2), want)


def test_one_step_downhill():
    losses, new_W1, new_W2 = training.train_one_hidden(X, y, W1, W2, 2048.0, 1)
    close(losses[0], 5 / 64)
    close(new_W1, W1 - ln3 * np.array([[-9, 9], [24, -24]]))
    close(new_W2, W2 - column(-4, 84, 80))


# Seed 2, layers 2-2-2-1, N = 2. In units of ln 3:
# z_1 = X W_1 + b_1 = [[1, 0], [1 − 2, 0 + 2]] + [0, −1] = [[1, −1], [−1, 1]]
# z_2 = h_1 W_2 + b_2 = [[3/2, −3/2 + 1/2], [1/2, −1/2 + 3/2]] + [−1/2, 0] = [[1, −1], [0, 1]]
# z_3 = h_2 W_3 + b_3 = [3/2 − 1/4, 1 − 3/4] − 5/4 = [0, −1]
X2 = np.array([[1.0, 0.0], [1.0, 1.0]])
Ws = [
    ln3 * np.array([[1.0, 0.0], [-2.0, 2.0]]),
    ln3 * np.array([[2.0, -2.0], [0.0, 2.0]]),
    ln3 * column(2, -1),
]
bs = [ln3 * np.array([0.0, -1.0]), ln3 * np.array([-0.5, 0.0]), ln3 * np.array([-1.25])]
hs = [X2, np.array([[3, 1], [1, 3]]) / 4, np.array([[3, 1], [2, 3]]) / 4, column(2, 1) / 4]

# δ_3 = f − y = [−1/2, 1/4].
# δ_2 = δ_3 W_3ᵀ ⊙ h_2 ⊙ (1 − h_2), the last [[3, 3], [4, 3]]/16:
#       ln 3 [[−1 · 3, 1/2 · 3], [1/2 · 4, −1/4 · 3]]/16 = ln 3 [[−12, 6], [8, −3]]/64
# δ_1 = δ_2 W_2ᵀ ⊙ 3/16: ln² 3 [[−24 − 12, 12], [16 + 6, −6]]/64 · 3/16
want_deltas = [
    3 * ln3**2 / 1024 * np.array([[-36, 12], [22, -6]]),
    ln3 / 64 * np.array([[-12, 6], [8, -3]]),
    column(-1 / 2, 1 / 4),
]
# W_1: X^T δ_1 adds both rows into the first, keeps the second. W_2: h_1^T δ_2 = ln 3/256 [[−36 + 8, 18 − 3],
# [−12 + 24, 6 − 9]]. W_3: h_2^T δ_3 = [−3/8 + 1/8, −1/8 + 3/16]. The biases add the rows.
want_dWs = [
    3 * ln3**2 / 1024 * np.array([[-14, 6], [22, -6]]),
    ln3 / 256 * np.array([[-28, 15], [12, -3]]),
    column(-4, 1) / 16,
]
want_dbs = [3 * ln3**2 / 1024 * np.array([-14, 6]), ln3 / 64 * np.array([-4, 3]), np.array([-1 / 4])]


@pytest.mark.delta
def test_deep_forward_pass_and_loss():
    for got, want in zip(deep.forward(X2, Ws, bs), hs, strict=True):
        close(got, want)
    # −log ½ − log ¾
    close(deep.bce_loss(y, hs[-1]), np.log(8 / 3))
    close(deep.bce_from_logits(y, column(0, -ln3)), np.log(8 / 3))


@pytest.mark.delta
def test_deep_factors():
    # −½ / ¼ and ¼ / (3/16)
    close(deep.dL_df(y, hs[-1]), column(-2, 4 / 3))
    close(deep.dh_dz(hs[2]), np.array([[3, 3], [4, 3]]) / 16)
    close(deep.dz_dh(Ws[1]), ln3 * np.array([[2, 0], [-2, 2]]))


@pytest.mark.delta
def test_deep_recursion():
    close(deep.output_delta(y, hs[-1]), want_deltas[2])
    close(deep.delta_step(want_deltas[2], Ws[2], hs[2]), want_deltas[1])
    close(deep.delta_step(want_deltas[1], Ws[1], hs[1]), want_deltas[0])
    for got, want in zip(deep.deltas(y, hs, Ws), want_deltas, strict=True):
        close(got, want)


@pytest.mark.delta
def test_deep_gradients():
    dWs, dbs = deep.gradients(hs, want_deltas)
    for got, want in zip([*dWs, *dbs], [*want_dWs, *want_dbs], strict=True):
        close(got, want)
    close(deep.dL_dW1(X2, y, hs, Ws), want_dWs[0])
    close(deep.dL_dW1_sums(X2, y, hs, Ws), want_dWs[0])


@pytest.mark.delta
def test_one_deep_step_downhill():
    losses, new_Ws, new_bs = training.train_deep(X2, y, Ws, bs, 16.0, 1)
    close(losses[0], np.log(8 / 3))
    for got, W, dW in zip([*new_Ws, *new_bs], [*Ws, *bs], [*want_dWs, *want_dbs], strict=True):
        close(got, W - 16 * dW)
