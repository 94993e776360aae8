"""Inputs of ps1's functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlp_ref import one_hidden
from mlp_ref.cases.common import Arguments, Draw, Generator, upstream
from mlp_ref.networks import ONE_HIDDEN_SIZES, UNSATURATED_ONE_HIDDEN, OneHidden, Size, draw_one_hidden


def _of_networks(
    pick: Callable[[OneHidden, Generator], Arguments], sizes: tuple[Size, ...] = ONE_HIDDEN_SIZES
) -> Draw:
    def draw(rng: Generator) -> Iterator[Arguments]:
        for size in sizes:
            yield pick(draw_one_hidden(rng, size), rng)

    return draw


def _step(net: OneHidden, rng: Generator) -> Arguments:
    dW1, dW2 = rng.normal(size=net.W1.shape), rng.normal(size=net.W2.shape)
    return net.W1, net.W2, dW1, dW2, rng.uniform(0.1, 3)


def _train(net: OneHidden, rng: Generator) -> Arguments:
    return net.X, net.y, net.W1, net.W2, rng.uniform(0.3, 2), int(rng.choice([0, 1, 4, 20]))


ARGUMENTS: dict[str, Draw] = {
    "ps1.mse_cost": _of_networks(lambda net, _: (net.y, net.y_hat)),
    "ps1.forward": _of_networks(lambda net, _: (net.X, net.W1, net.W2)),
    "ps1.dC_dyhat": _of_networks(lambda net, _: (net.y, net.y_hat)),
    "ps1.dyhat_dO": _of_networks(lambda net, _: (net.O,)),
    "ps1.dO_dW2": _of_networks(lambda net, _: (net.Z,)),
    "ps1.dC_dW2_chain": _of_networks(
        lambda net, rng: (upstream(rng, len(net.y)), one_hidden.dyhat_dO(net.O), net.Z)
    ),
    "ps1.dC_dW2": _of_networks(lambda net, _: (net.y, net.y_hat, net.O, net.Z)),
    "ps1.dO_dZ": _of_networks(lambda net, _: (net.W2,)),
    "ps1.dZ_dH": _of_networks(lambda net, _: (net.Z,)),
    "ps1.dH_dW1": _of_networks(lambda net, _: (net.X,)),
    "ps1.dC_dW1_chain": _of_networks(
        lambda net, rng: (
            upstream(rng, len(net.y)),
            one_hidden.dyhat_dO(net.O),
            one_hidden.dO_dZ(net.W2),
            one_hidden.dZ_dH(net.Z),
            net.X,
        )
    ),
    "ps1.dC_dW1": _of_networks(lambda net, _: (net.X, net.y, net.y_hat, net.O, net.Z, net.W2)),
    "ps1.gradient_descent_step": _of_networks(_step),
    "ps1.gradients_end_to_end": _of_networks(lambda net, _: (net.X, net.y, net.W1, net.W2)),
    "ps1.train": _of_networks(_train, UNSATURATED_ONE_HIDDEN),
}
