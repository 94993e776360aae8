"""What students get wrong beyond the seeds: other units, other losses, momentum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.activations import sigmoid
from mlp_ref import transfer as ref
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.ps1 import BIAS_FIRST, BIAS_KEPT, NO_N, NO_SLOPE_HIDDEN, NO_SLOPE_OUT, TRANSPOSED, slope

SIGN = "the sign is reversed"
RULE_OF_SIGMA = "Z(1 − Z) is the rule for σ: the hidden units are tanh"
TANH_TWICE = "tanh was applied once too often: Z is tanh(H) already"
MEAN = "a mean was taken: L is a sum, it has no 1/N"
UNTRANSPOSED = "W_{l+1} is not transposed; where it is square, the shapes do not tell"

Of = Callable[[Any], Any]


def _one(t: Any) -> Any:
    return np.ones_like(t)


def _dW1(
    X: Any,
    y: Any,
    y_hat: Any,
    O: Any,
    Z: Any,
    W2: Any,
    *,
    output: Of = slope,
    hidden: Of = lambda z: 1 - z**2,
    weights: Of = lambda W2: W2[:-1].T,
    units: Of = lambda Z: Z[:, :-1],
) -> Any:
    """Return (10) with tanh units, parts of it wrong."""
    return X.T @ ((y_hat - y) * output(O) / len(y) * weights(W2) * hidden(units(Z)))


def _variant(**wrong: Of) -> Callable[..., Any]:
    return lambda *a: _dW1(*a, **wrong)


def _scaled(right: Callable[..., Any], factor: Callable[..., float]) -> Callable[..., Any]:
    return lambda *a: right(*a) * factor(*a)


def _over_n(*a: Any) -> float:
    return float(1 / len(a[0]))


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    def quiet(*a: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*a)

    return quiet


def _powers(z: Any, axis: int | None = 1) -> Any:
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


@_quiet
def _naive_softmax(z: Any) -> Any:
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


@_quiet
def _shifted_at_once(z: Any) -> Any:
    return _naive_softmax(z - z.max())


@_quiet
def _loss_of_p(Y: Any, z: Any) -> Any:
    return -np.sum(Y * np.log(ref.softmax(z)))


def _clipped_loss(Y: Any, z: Any) -> Any:
    return -np.sum(Y * np.log(np.clip(ref.softmax(z), 1e-12, 1)))


@_quiet
def _binary_loss(Y: Any, z: Any) -> Any:
    P = ref.softmax(z)
    return -np.sum(np.where(Y == 1, np.log(P), np.log(1 - P)))


def _log_sums(z: Any) -> Any:
    return np.logaddexp.reduce(z, axis=1, keepdims=True)


def _losses(Y: Any, z: Any) -> Any:
    return np.array([ref.softmax_loss(Y[i : i + 1], z[i : i + 1]) for i in range(len(z))])


def _untransposed(W: Any) -> Any:
    """Return W where it conforms as it is, which is where it is square."""
    return W if W.shape[0] == W.shape[1] else W.T


def _l2(change: Callable[..., Any]) -> Callable[..., Any]:
    return lambda dWs, Ws, lam: [change(dW, W, lam) for dW, W in zip(dWs, Ws, strict=True)]


def _momentum_in_place(theta: Any, velocity: Any, gradient: Any, eta: float, beta: float) -> Any:
    velocity *= beta
    velocity += gradient
    theta -= eta * velocity
    return theta, velocity


def _step(velocity: Callable[..., Any], move: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Return a step with another new velocity, and another move than η times it."""

    def step(theta: Any, v: Any, g: Any, eta: float, beta: float) -> Any:
        new = velocity(v, g, eta, beta)
        return theta - (eta * new if move is None else move(v, g, new, eta, beta)), new

    return step


def _velocity(v: Any, g: Any, eta: float, beta: float) -> Any:
    return beta * v + g


MISTAKES: Table = {
    "ps1.dZ_dH_tanh": (
        Mistake("σ′", RULE_OF_SIGMA, lambda Z: (Z * (1 - Z))[:, :-1]),
        Mistake("not squared", "the square is missing", lambda Z: 1 - Z[:, :-1]),
        Mistake("tanh twice", TANH_TWICE, lambda Z: 1 - np.tanh(Z[:, :-1]) ** 2),
        Mistake("1 + Z²", "one sign inside is wrong", lambda Z: 1 + Z[:, :-1] ** 2),
        Mistake("only Z²", "this is what has to be taken away from 1", lambda Z: Z[:, :-1] ** 2),
        Mistake("slope squared", "the slope appears twice", lambda Z: ref.dZ_dH_tanh(Z) ** 2),
        Mistake("sign", SIGN, lambda Z: -ref.dZ_dH_tanh(Z)),
        Mistake("bias kept", BIAS_KEPT, lambda Z: 1 - Z**2),
        Mistake("first dropped", BIAS_FIRST, lambda Z: 1 - Z[:, 1:] ** 2),
        Mistake("ones", "the slope of tanh is 1 at 0 only", lambda Z: np.ones_like(Z[:, :-1])),
        Mistake(
            "averaged",
            "the slope is one number for each example: no mean",
            lambda Z: ref.dZ_dH_tanh(Z).mean(0),
        ),
    ),
    "ps1.dC_dW1_tanh": (
        Mistake("hidden σ′", RULE_OF_SIGMA, _variant(hidden=lambda z: z * (1 - z))),
        Mistake("hidden slope missing", NO_SLOPE_HIDDEN, _variant(hidden=_one)),
        Mistake(
            "hidden not squared",
            "the square in the hidden slope is missing",
            _variant(hidden=lambda z: 1 - z),
        ),
        Mistake("hidden tanh twice", TANH_TWICE, _variant(hidden=lambda z: 1 - np.tanh(z) ** 2)),
        Mistake(
            "hidden slope doubled", "the slope (8) appears twice", _variant(hidden=lambda z: (1 - z**2) ** 2)
        ),
        Mistake("output slope missing", NO_SLOPE_OUT, _variant(output=_one)),
        Mistake(
            "output tanh′",
            "the output unit stays σ: its slope is (3a)",
            _variant(output=lambda O: 1 - sigmoid(O) ** 2),
        ),
        Mistake(
            "σ′ of ŷ",
            "σ was applied once too often at the output",
            _variant(output=lambda O: slope(sigmoid(O))),
        ),
        Mistake(
            "output slope doubled", "the slope (3a) appears twice", _variant(output=lambda O: slope(O) ** 2)
        ),
        Mistake(
            "W2 missing",
            "the weight W2 on the way from the hidden unit is missing",
            _variant(weights=lambda _: 1),
        ),
        Mistake(
            "W2 shifted",
            "W2 was shifted by one: its last row belongs to the bias unit",
            _variant(weights=lambda W2: W2[1:].T),
        ),
        Mistake(
            "Z shifted",
            "Z was shifted by one: its last column is the bias unit",
            _variant(units=lambda Z: Z[:, 1:]),
        ),
        Mistake(
            "bias kept",
            "the bias unit is still in: no weight of W1 leads to it",
            _variant(weights=lambda W2: W2.T, units=lambda Z: Z),
        ),
        Mistake("1/N missing", NO_N, _scaled(ref.dC_dW1_tanh, lambda *a: len(a[0]))),
        Mistake("1/N twice", "1/N is applied twice", _scaled(ref.dC_dW1_tanh, _over_n)),
        Mistake("sign", SIGN, _scaled(ref.dC_dW1_tanh, lambda *_: -1)),
        Mistake("factor 2", "the 2 of the square is still there", _scaled(ref.dC_dW1_tanh, lambda *_: 2)),
        Mistake("transposed", TRANSPOSED, lambda *a: ref.dC_dW1_tanh(*a).T),
    ),
    "ps2.softmax": (
        Mistake("overflow", "exp overflows for large z", _naive_softmax),
        Mistake(
            "one shift for all",
            "all rows were shifted by one number: rows far below it become 0/0",
            _shifted_at_once,
        ),
        Mistake("summed over all", "each row has a sum of its own", lambda z: _powers(z, axis=None)),
        Mistake(
            "summed over examples",
            "the sum runs over the classes, not over the examples",
            lambda z: _powers(z, 0),
        ),
        Mistake("σ", "this is σ of each entry: the rows do not sum to 1", sigmoid),
        Mistake(
            "not divided", "the rows do not sum to 1", lambda z: np.exp(z - z.max(axis=1, keepdims=True))
        ),
        Mistake("sign of z", "the largest z gets the smallest probability", lambda z: ref.softmax(-z)),
        Mistake("logarithm", "this is its logarithm", _quiet(lambda z: np.log(ref.softmax(z)))),
        Mistake(
            "largest only",
            "this is 1 for the largest z alone",
            lambda z: np.eye(z.shape[1])[z.argmax(axis=1)],
        ),
    ),
    "ps2.softmax_loss": (
        Mistake(
            "log 0", "a probability that is 0 to the last bit has no logarithm: cancel on paper", _loss_of_p
        ),
        Mistake("clipped", "p was cut off: far out the loss is larger than that", _clipped_loss),
        Mistake("mean", MEAN, _scaled(ref.softmax_loss, _over_n)),
        Mistake("sign", SIGN, _scaled(ref.softmax_loss, lambda *_: -1)),
        Mistake(
            "over N and K",
            "a mean over all entries was taken: L is a sum",
            _scaled(ref.softmax_loss, lambda Y, z: 1 / Y.size),
        ),
        Mistake("sum missing", "the sum over the examples is missing", _losses),
        Mistake(
            "all classes",
            "only the class of the label counts",
            lambda Y, z: np.sum(_log_sums(z) - z),
        ),
        Mistake("label missing", "the term with the label's z is missing", lambda Y, z: np.sum(_log_sums(z))),
        Mistake(
            "binary",
            "this is the loss for labels 0 and 1, taken of every class: only the label's probability counts",
            _binary_loss,
        ),
        Mistake(
            "σ for softmax",
            "σ stands where softmax should",
            lambda Y, z: np.sum(Y * np.logaddexp(0, -z)),
        ),
    ),
    "ps2.softmax_delta": (
        Mistake("sign", SIGN, lambda Y, P: Y - P),
        Mistake("mean", MEAN, lambda Y, P: (P - Y) / len(Y)),
        Mistake(
            "p(1 − p) kept",
            "a factor p(1 − p) too many: it cancels",
            lambda Y, P: (P - Y) * P * (1 - P),
        ),
        Mistake("by P", "this is the derivative by P, not by z", _quiet(lambda Y, P: -Y / P)),
        Mistake("label only", "z of the other classes changes the loss too", lambda Y, P: (P - Y) * Y),
        Mistake("others only", "z of the label's class changes the loss too", lambda Y, P: P * (1 - Y)),
        Mistake("Y missing", "the label is missing", lambda Y, P: P),
        Mistake("squared", "the difference was squared", lambda Y, P: (P - Y) ** 2),
        Mistake("factor 2", "there is no factor 2 in the cross-entropy", lambda Y, P: 2 * (P - Y)),
        Mistake(
            "summed", "no sum is taken: each example has a δ of its own", lambda Y, P: (P - Y).sum(axis=0)
        ),
        Mistake("absolute value", "the sign of the difference is lost", lambda Y, P: abs(P - Y)),
    ),
    "ps2.relu_delta_step": (
        Mistake(
            "slope missing",
            "the slope of the units is missing: those that are off pass nothing on",
            lambda d, W, h: d @ W.T,
        ),
        Mistake(
            "σ′", "h(1 − h) is the slope of σ: the units are ReLU", lambda d, W, h: (d @ W.T) * h * (1 - h)
        ),
        Mistake("h for its slope", "multiplied by h: it has to be its slope", lambda d, W, h: (d @ W.T) * h),
        Mistake(
            "reversed",
            "units that are on pass δ on, those that are off do not",
            lambda d, W, h: (d @ W.T) * (h == 0),
        ),
        Mistake("W not transposed", UNTRANSPOSED, lambda d, W, h: (d @ _untransposed(W)) * (h > 0)),
        Mistake("ReLU of δ", "max(0, ·) was taken of δ itself", lambda d, W, h: np.maximum(0, d @ W.T)),
        Mistake(
            "ReLU of both",
            "max(0, ·) was taken of δ as well",
            lambda d, W, h: np.maximum(0, d @ W.T) * (h > 0),
        ),
        Mistake(
            "on from 1", "a unit is on where h is above 0, not above 1", lambda d, W, h: (d @ W.T) * (h > 1)
        ),
        Mistake("mean", MEAN, lambda d, W, h: ref.relu_delta_step(d, W, h) / len(h)),
        Mistake(
            "summed",
            "no sum over the examples: each has its own δ",
            lambda d, W, h: ref.relu_delta_step(d, W, h).sum(0),
        ),
        Mistake("sign", SIGN, lambda d, W, h: -ref.relu_delta_step(d, W, h)),
        Mistake(
            "only the slope", "δ of the next layer is missing", lambda d, W, h: (_one(d) @ W.T) * (h > 0)
        ),
        Mistake("W missing", "W_{l+1} is missing", lambda d, W, h: d.sum(1, keepdims=True) * (h > 0)),
    ),
    "ps2.l2_gradients": (
        Mistake("factor 2", "the ½ cancels the 2 of the square", _l2(lambda dW, W, lam: dW + 2 * lam * W)),
        Mistake("factor ½", "the 2 of the square cancels the ½", _l2(lambda dW, W, lam: dW + lam / 2 * W)),
        Mistake(
            "sign",
            "the penalty adds to the loss: its derivative is added",
            _l2(lambda dW, W, lam: dW - lam * W),
        ),
        Mistake("λ missing", "λ is missing", _l2(lambda dW, W, lam: dW + W)),
        Mistake("penalty missing", "the derivative of the penalty is missing", _l2(lambda dW, W, lam: +dW)),
        Mistake("penalty only", "the derivative of L itself is missing", _l2(lambda dW, W, lam: lam * W)),
        Mistake("squared", "the square is not differentiated", _l2(lambda dW, W, lam: dW + lam / 2 * W**2)),
        Mistake(
            "penalty itself",
            "the penalty itself was added, not its derivative",
            _l2(lambda dW, W, lam: dW + lam / 2 * np.sum(W**2)),
        ),
        Mistake(
            "sign of W", "this is the derivative of λ Σ |w|", _l2(lambda dW, W, lam: dW + lam * np.sign(W))
        ),
        Mistake(
            "shrunk",
            "λ is added to the derivative of L, it does not multiply it",
            _l2(lambda dW, W, lam: dW * (1 + lam)),
        ),
        Mistake(
            "norm",
            "the norm was differentiated without its square",
            _l2(lambda dW, W, lam: dW + lam * W / np.linalg.norm(W)),
        ),
        Mistake(
            "last layer only",
            "all layers are penalised",
            lambda dWs, Ws, lam: [*(+dW for dW in dWs[:-1]), dWs[-1] + lam * Ws[-1]],
        ),
    ),
    "ps3.momentum_step": (
        Mistake("sign", "the step goes uphill", _step(_velocity, lambda v, g, new, eta, beta: -eta * new)),
        Mistake(
            "old velocity",
            "the step follows the old velocity: the new one comes first",
            _step(_velocity, lambda v, g, new, eta, beta: eta * v),
        ),
        Mistake(
            "average",
            "the gradient is added whole, without a factor 1 − β",
            _step(lambda v, g, eta, beta: beta * v + (1 - beta) * g),
        ),
        Mistake(
            "η in the velocity",
            "η belongs to the step, not to the velocity",
            _step(lambda v, g, eta, beta: beta * v + eta * g, lambda v, g, new, eta, beta: new),
        ),
        Mistake(
            "β missing", "the old velocity is kept whole: β is missing", _step(lambda v, g, eta, beta: v + g)
        ),
        Mistake(
            "β on both", "β multiplies the old velocity only", _step(lambda v, g, eta, beta: beta * (v + g))
        ),
        Mistake(
            "β on the gradient",
            "β multiplies the old velocity, not the gradient",
            _step(lambda v, g, eta, beta: v + beta * g),
        ),
        Mistake("plain descent", "the old velocity is missing", _step(lambda v, g, eta, beta: +g)),
        Mistake(
            "1 − β",
            "what is kept of the old velocity is β, not 1 − β",
            _step(lambda v, g, eta, beta: (1 - beta) * v + g),
        ),
        Mistake(
            "minus the gradient",
            "the gradient is added to the velocity, and the step goes against it",
            _step(lambda v, g, eta, beta: beta * v - g),
        ),
        Mistake(
            "minus twice",
            "the velocity points downhill here: it has to point uphill, and the step goes against it",
            _step(lambda v, g, eta, beta: beta * v - g, lambda v, g, new, eta, beta: -eta * new),
        ),
        Mistake(
            "look ahead",
            "the gradient was added once more in the step",
            _step(_velocity, lambda v, g, new, eta, beta: eta * (g + beta * new)),
        ),
        Mistake(
            "velocity lost",
            "the new velocity is to be returned, not the old one",
            lambda t, v, g, eta, beta: (ref.momentum_step(t, v, g, eta, beta)[0], v.copy()),
        ),
        Mistake("swapped", "theta comes first, then the velocity", lambda *a: ref.momentum_step(*a)[::-1]),
        Mistake(
            "η and β swapped",
            "eta and beta are swapped",
            lambda t, v, g, eta, beta: ref.momentum_step(t, v, g, beta, eta),
        ),
        Mistake("in place", "the arguments were changed: return new arrays", _momentum_in_place),
    ),
}
