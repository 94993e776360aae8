"""What the explorer says: headlines, messages, labels, and the code that rebuilds a view."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from course.explorer.model.problem import Problem
from course.explorer.model.table import Table

DATA_NAMES = {"xor": "exclusive or", "moons": "two moons"}
NETWORK_NAMES = {"seed 1": "derivation A", "seed 2": "derivation B"}


class Code(str):
    """Source code whose `repr` is without quotes, so that a cell shows it as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def code(gradient: Any, arguments: Mapping[str, Any]) -> Code:
    """Return the call that makes an explorer; a gradient that no name stands for is left out, and said."""
    parts = [f"{name}={value!r}" for name, value in arguments.items()]
    name, comment = getattr(gradient, "__name__", None), ""
    # in a cell, the name of a method or of a function within another stands for nothing, or something else
    if gradient is not None and isinstance(name, str) and vars(sys.modules["__main__"]).get(name) is gradient:
        parts.insert(0, f"gradient={name}")
    elif gradient is not None:
        comment = "  # and gradient=…: yours has no name here"
    return Code(f"LossExplorer({', '.join(parts)}){comment}")


def number(value: float) -> str:
    """Return `value` with four significant digits, as many as a learning rate has."""
    return f"{value:.4g}"


def rate(value: float) -> str:
    """Return a learning rate as a label."""
    return f"η = {number(value)}"


def setting(name: str, value: Any) -> str:
    """Return one setting of a problem as a label, as "seed 3" or "derivation A"."""
    if name == "network":
        return NETWORK_NAMES[value]
    if name == "data":
        return DATA_NAMES[value]
    if name == "batch" and not value:
        return "no batches"
    return f"{'h' if name == 'hidden' else name} {value:g}"


def headline(table: Table, index: int) -> str:
    """Return a run in a line, as "η = 31.62: oscillating; lowest loss 0.018 at step 214".

    After it stands how the student's run differs.
    """
    start, losses = f"{rate(table.rates[index])}: {table.regime(index)}; ", table.losses[index]
    finite = np.isfinite(losses)
    own = f"; {own_run(table, index)}" if table.own_known[index] else ""
    if not finite.any():
        return f"{start}the loss is not finite from the start{own}"
    lowest = int(np.argmin(np.where(finite, losses, np.inf)))
    end = "" if finite.all() else f", not finite from step {int(np.argmin(finite))} on"
    return f"{start}lowest loss {losses[lowest]:.3g} at step {lowest}{end}{own}"


def seen(table: Table, index: int, predict: bool) -> str:
    """Return a run in a line, which tells nothing of it while it is to be predicted."""
    return f"{rate(table.rates[index])}: what will the loss do?" if predict else headline(table, index)


def own_run(table: Table, index: int) -> str:
    """Return in a few words how the student's run compares with the true one, "" while there is none."""
    if not table.own_known[index]:
        return ""
    ended, parted, mistake = table.ended[index], table.parted[index], table.mistakes[index]
    if ended is not None:
        return f"your gradient ends the run at step {ended}"
    wrong = f"your gradient is wrong: {mistake}" if mistake else "your gradient is right at every step"
    if not table.done[index]:
        return f"{wrong} so far" if mistake is None else wrong
    if parted is None:
        if mistake is None:
            return "your run and the true one agree at every step"
        return f"your run and the true one look alike, but {wrong}"
    if mistake is None:
        return f"your run parts from the true one at step {parted}, by rounding errors that grow; {wrong}"
    return f"your run parts from the true one at step {parted}; {wrong}"


def following(table: Table, index: int) -> str:
    """Return how far the student's runs are computed, "" when all of them are."""
    if not table.following:
        return ""
    reached = int(np.isfinite(table.own[index]).sum())
    here = f"step {reached} of {table.steps} of this run, " if not table.done[index] else ""
    rates = f"{table.done.sum()} of {len(table.rates)} rates, those near this one first"
    return f"Following your gradient: {here}{rates}."


def trouble(table: Table) -> str:
    """Return what the student's gradient did that ended a run, or ""."""
    run = table.failed_run
    if run is None or run.error is None:
        return ""
    where = f"at step {run.error.step} with {rate(run.rate)}"
    return f"Your gradient {run.error} ({where}). The true curves are complete."


def describe(problem: Problem) -> str:
    """Return the problem in a line."""
    network, data = NETWORK_NAMES[problem.network], DATA_NAMES[problem.data]
    layers = "one hidden layer" if problem.network == "seed 1" else "three layers"
    momentum = f", momentum {problem.momentum:g}" if problem.momentum else ""
    batch = f", batches of {problem.batch}" if problem.batch else ""
    return (
        f"{network}'s network, {layers} with {problem.hidden} hidden units, on {data}, "
        f"first weights from seed {problem.seed} at scale {problem.scale:g}{momentum}{batch}"
    )
