"""What is inside a run: weights, the network's outputs, the norms of δ, and the losses around its path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from course.activations import sigmoid
from course.explorer.model.problem import Problem
from course.explorer.model.runs import Descent
from course.explorer.model.tape import Array, Tape, Variable

SIDE = 40
"""points of a grid, in each direction"""
ROOM = 0.3
"""of a plane around a run, in parts of the run's extent"""
BEYOND = 1e6
"""weights beyond are in no plane"""


def weights(problem: Problem, rate: float, steps: int) -> Array:
    """Return the weights before each step of a run, and after the last: (steps + 1, P)."""
    descent = Descent(problem, np.array([rate]), steps, every=1)
    for _ in descent.go():
        pass
    kept: Array = descent.kept[0]
    return kept


def outputs(problem: Problem, theta: Array, inputs: Array) -> Array:
    """Return the network's outputs (M,) for `inputs` (M, 2) with the weights `theta` (P,)."""
    blocks = [Variable(block) for block in problem.blocks(theta)]
    with np.errstate(all="ignore"):
        return np.asarray(sigmoid(problem.pre_activations(Tape(), blocks, inputs)[-1].value[:, 0]))


def delta_norms(problem: Problem, thetas: Array) -> Array:
    """Return each layer's norm of δ, the loss's gradient by the pre-activations of all examples: (L, B)."""
    tape = Tape()
    blocks = [Variable(block) for block in problem.blocks(thetas)]
    with np.errstate(all="ignore"):
        layers = problem.pre_activations(tape, blocks, problem.examples[0][:, :2])
        tape.differentiate(problem.losses_of(tape, layers[-1]))
        return np.array([np.sqrt((z.gradient**2).sum(axis=(-2, -1))) for z in layers])


@dataclass(frozen=True)
class Plane:
    """A plane through a run's first and last weights and those farthest from the line between them."""

    path: Array
    """(T, 2): the run in the plane, as far as its weights are finite"""
    across: Array
    """(SIDE,)"""
    up: Array
    """(SIDE,)"""
    losses: Array
    """(SIDE, SIDE), a row for each of `up`"""


def plane(problem: Problem, thetas: Array) -> Plane:
    """Return the plane of a run with the weights `thetas` (T, P), and the losses there."""
    within = (np.abs(thetas) < BEYOND).all(axis=1)  # not NaN either
    shifts = thetas[: len(thetas) if within.all() else int(np.argmin(within))] - thetas[0]
    last = shifts[-1:]
    u = _longest(last if (last**2).sum() > 1e-18 else shifts)
    v = _longest(shifts - np.outer(shifts @ u, u), u)
    path = shifts @ np.stack([u, v], axis=1)
    width = max(float(np.ptp(path[:, 0])), 1e-3)
    across, up = _grid(path[:, 0], width), _grid(path[:, 1], width / 5)
    points = thetas[0] + across[None, :, None] * u + up[:, None, None] * v
    losses, _ = problem.losses_and_gradients(points.reshape(-1, thetas.shape[1]))
    return Plane(path, across, up, losses.reshape(SIDE, SIDE))


def _longest(vectors: Array, *others: Array) -> Array:
    """Return the longest of `vectors` with length 1; where all are 0, a direction orthogonal to `others`."""
    longest = vectors[np.argmax((vectors**2).sum(axis=1))]
    if (longest**2).sum() <= 1e-18:
        units = np.eye(vectors.shape[1])
        for other in others:
            units = units - np.outer(units @ other, other)
        longest = units[np.argmax((units**2).sum(axis=1))]
    return np.asarray(longest / np.linalg.norm(longest))


def _grid(values: Array, least: float) -> Array:
    low, high = float(values.min()), float(values.max())
    margin = max(ROOM * (high - low), (least - (high - low)) / 2)
    return np.linspace(low - margin, high + margin, SIDE)
