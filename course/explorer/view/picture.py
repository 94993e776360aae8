"""The explorer's view as a Matplotlib figure and its numbers as text, from model and state alone.

Nothing of pyplot is touched: a figure belongs to whoever asked for it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from course.explorer.model import words
from course.explorer.model.runs import KEPT_EVERY
from course.explorer.model.table import Table
from course.explorer.view import palette

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pinned:
    """A pinned run."""

    label: str
    losses: Array
    rate: float


@dataclass(frozen=True)
class View:
    """What is shown of a complete table."""

    table: Table
    index: int
    step: int
    log: bool = True
    curvature: bool = False
    pins: Sequence[Pinned] = ()


def draw(view: View) -> Figure:
    """Return the figure: loss against step, final loss against learning rate, and η·λ_max if it is shown."""
    heights = [3.0, 2.2, 1.7] if view.curvature else [3.0, 2.2]
    figure = Figure(figsize=(7.2, sum(heights) + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    figure.suptitle(view.table.headline(view.index).replace("; your", ";\nyour", 1), fontsize=11)
    _draw_run(axes[0], view)
    _draw_rates(axes[1], view)
    if view.curvature:
        _draw_curvature(axes[2], view)
    return figure


def _draw_run(axes: Axes, view: View) -> None:
    table, index = view.table, view.index
    losses, own = table.losses[index], table.own[index]
    has_own = bool(table.own_known[index])
    for pin, (color, dashes) in zip(view.pins, palette.PINS, strict=False):
        axes.plot(pin.losses, color=color, dashes=dashes, label=pin.label)
    width, label = (4.0, "true") if has_own else (1.8, words.rate(table.rates[index]))
    axes.plot(losses, color=palette.CURRENT, linewidth=width, alpha=0.45 if has_own else 1, label=label)
    if has_own:
        axes.plot(own, color=palette.OWN, dashes=(7, 3), label="yours")
    if np.isfinite(losses[view.step]):
        axes.plot(view.step, losses[view.step], "o", color="black", markerfacecolor="white", clip_on=False)
    _scale_losses(axes, view)
    axes.set(xlabel="step", ylabel=f"loss {table.problem.loss_name}", xlim=(0, table.steps))
    if len(axes.get_lines()) > 2 or has_own:
        axes.legend(fontsize=8)


def _draw_rates(axes: Axes, view: View) -> None:
    table = view.table
    edges = np.concatenate([table.rates[:1], np.sqrt(table.rates[1:] * table.rates[:-1]), table.rates[-1:]])
    top = table.limits()[1]
    final = np.where(np.isfinite(table.losses[:, -1]), np.minimum(table.losses[:, -1], top / 1.1), top / 1.1)
    named = set()
    for code, group in groupby(range(len(table.rates)), key=lambda k: table.codes[k]):
        rows = list(group)
        name = table.regime(rows[0])
        color, marker = palette.REGIME_STYLES[name]
        axes.axvspan(edges[rows[0]], edges[rows[-1] + 1], color=color, alpha=0.13, linewidth=0)
        label = None if code in named else name
        axes.plot(table.rates[rows], final[rows], marker, color=color, markersize=3.5, label=label)
        named.add(code)
    axes.axvline(table.rates[view.index], color="black", linestyle=(0, (3, 3)), linewidth=1)
    for pin, (color, _) in zip(view.pins, palette.PINS, strict=False):
        axes.plot([pin.rate], [1], "v", color=color, transform=axes.get_xaxis_transform(), clip_on=False)
    axes.set(xscale="log", xlabel="learning rate η", ylabel=f"final loss {table.problem.loss_name}")
    axes.set_xlim(table.rates[0], table.rates[-1])
    _scale_losses(axes, view)
    axes.legend(fontsize=8, loc="lower left", ncols=len(named))


def _draw_curvature(axes: Axes, view: View) -> None:
    table = view.table
    steps = np.arange(table.curvatures.shape[1]) * KEPT_EVERY
    axes.plot(steps, table.curvatures[view.index], color=palette.CURRENT)
    axes.axhline(2, color=palette.PINS[0][0], linestyle=":", linewidth=2, label="2, the limit")
    axes.set(xlabel="step", ylabel="η · λ_max", xlim=(0, table.steps), ylim=(0, 4))
    axes.legend(fontsize=8)


def _scale_losses(axes: Axes, view: View) -> None:
    low, high = view.table.limits()
    if view.log:
        axes.set_yscale("log")
    axes.set_ylim(low if view.log else 0, high)
    axes.grid(axis="y", color="0.9")


def data(view: View, format_: str) -> bytes:
    """Return the figure as the bytes of a "png" or "svg" file."""
    buffer = io.BytesIO()
    described: dict[str, Any] = {"metadata": {"Title": view.table.headline(view.index)}}
    draw(view).savefig(buffer, format=format_, dpi=160, **described)
    return buffer.getvalue()


def csv(table: Table) -> str:
    """Return all runs, a line for each rate and step: rate, regime, step, loss, and the student's loss."""
    own = bool(table.own_known.any())
    lines = ["rate,regime,step,loss" + ",own_loss" * own]
    for k, rate in enumerate(table.rates):
        for step, loss in enumerate(table.losses[k]):
            more = f",{float(table.own[k, step])!r}" if own else ""
            lines.append(f"{float(rate)!r},{table.regime(k)},{step},{float(loss)!r}{more}")
    return "\n".join(lines) + "\n"
