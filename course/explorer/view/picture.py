"""The chart as a Matplotlib figure, and the numbers of its runs as text.

pyplot is not touched: it is global, and callbacks of widgets may run on another thread.
"""

from __future__ import annotations

import io
from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from course.explorer.model.runs import REGIMES, regimes
from course.explorer.model.table import Table
from course.explorer.view import palette, picture_inside, pins, words
from course.explorer.view.chart import Chart

BAND_SEEDS = 10
"""seeds from 0 on, whose runs are shown as a band"""


def draw(chart: Chart, table: Table) -> Figure:
    """Return the figure: loss against step, final loss against learning rate, and the panel that is open.

    While runs are to be predicted, none is there but pinned ones of other rates or problems: what has been
    predicted is known in the browser alone.
    """
    inside, height = picture_inside.DRAW.get("none" if chart.predict else chart.panel, (None, 0.0))
    heights = [3.0, 2.2, height] if inside else [3.0, 2.2]
    figure = Figure(figsize=(7.2, sum(heights) + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    figure.suptitle(
        words.seen(table, chart.index, chart.predict).replace("; your", ";\nyour", 1), fontsize=11
    )
    _draw_run(axes[0], chart, table)
    _draw_rates(axes[1], chart, table)
    if inside:
        inside(axes[2], chart, table)
    return figure


def _draw_run(axes: Axes, chart: Chart, table: Table) -> None:
    losses, own = table.losses[chart.index], table.own[chart.index]
    has_own = bool(table.own_known[chart.index])
    shown = table.rates[chart.index]
    for pin, dashes in zip(chart.pins, palette.PINS, strict=False):
        if chart.predict and pins.problem_of(pin) == table.problem and pin["rate"] == shown:
            continue
        label, pinned_losses = pins.curve(pin, table.problem, table.steps)
        name = REGIMES[regimes(pinned_losses[None])[0]]
        axes.plot(pinned_losses, color=palette.REGIME_STYLES[name][0], dashes=dashes, label=label)
    if chart.band and not chart.predict:
        curves = table.of_seeds(chart.index, BAND_SEEDS)
        axes.fill_between(np.arange(table.steps + 1), *np.nanquantile(curves, [0, 1], axis=0), color="0.85")
        axes.plot(np.nanmedian(curves, axis=0), color="0.4", linewidth=1, label=f"seeds 0–{BAND_SEEDS - 1}")
    if not chart.predict:
        color = palette.REGIME_STYLES[table.regime(chart.index)][0]
        width, label = (4.0, "true") if has_own else (1.8, words.rate(shown))
        axes.plot(losses, color=color, linewidth=width, alpha=0.45 if has_own else 1, label=label)
        if has_own:
            axes.plot(own, color="black", dashes=(7, 3), label="yours")
        if np.isfinite(losses[chart.step]):
            look: dict[str, Any] = {"color": "black", "markerfacecolor": "white", "clip_on": False}
            axes.plot(chart.step, losses[chart.step], "o", **look)
    _scale_losses(axes, chart, table)
    axes.set(xlabel="step", ylabel=f"loss {table.problem.loss_name}", xlim=(0, table.steps))
    if len(axes.get_lines()) > 2 or (has_own and not chart.predict):
        axes.legend(fontsize=8)


def _draw_rates(axes: Axes, chart: Chart, table: Table) -> None:
    edges = np.concatenate([table.rates[:1], np.sqrt(table.rates[1:] * table.rates[:-1]), table.rates[-1:]])
    top = table.limits()[1]
    final = np.where(np.isfinite(table.losses[:, -1]), np.minimum(table.losses[:, -1], top), top)
    named = set()
    seen = range(0 if chart.predict else len(table.rates))
    for code, group in groupby(seen, key=lambda k: table.codes[k]):
        rows = list(group)
        name = table.regime(rows[0])
        color, marker = palette.REGIME_STYLES[name]
        axes.axvspan(edges[rows[0]], edges[rows[-1] + 1], color=color, alpha=0.13, linewidth=0)
        label = None if code in named else name
        axes.plot(table.rates[rows], final[rows], marker, color=color, markersize=3.5, label=label)
        named.add(code)
    axes.axvline(table.rates[chart.index], color="black", linestyle=(0, (3, 3)), linewidth=1)
    for pin in chart.pins:
        axes.plot([pin["rate"]], [1], "v", color="black", transform=axes.get_xaxis_transform(), clip_on=False)
    axes.set(xscale="log", xlabel="learning rate η", ylabel=f"final loss {table.problem.loss_name}")
    axes.set_xlim(table.rates[0], table.rates[-1])
    _scale_losses(axes, chart, table)
    if named:
        axes.legend(fontsize=8, loc="lower left", ncols=len(named))


def _scale_losses(axes: Axes, chart: Chart, table: Table) -> None:
    low, high = table.limits()
    if chart.log:
        axes.set_yscale("log")
    axes.set_ylim(low if chart.log else 0, high)
    axes.grid(axis="y", color="0.9")


def rendered(chart: Chart, table: Table, format_: str, dpi: int = 160) -> bytes:
    """Return the figure as the bytes of a "png" or "svg" file."""
    buffer = io.BytesIO()
    described: dict[str, Any] = {"metadata": {"Title": words.seen(table, chart.index, chart.predict)}}
    draw(chart, table).savefig(buffer, format=format_, dpi=dpi, **described)
    return buffer.getvalue()


def csv(table: Table) -> str:
    """Return all runs, a line for each rate and step: rate, regime, step, loss, and the student's loss."""
    own = bool(table.own_known.any())
    lines = ["rate,regime,step,loss" + ",own_loss" * own]
    for k, rate in enumerate(table.rates):
        for step, loss in enumerate(table.losses[k]):
            own_loss = f",{float(table.own[k, step])!r}" if own else ""
            lines.append(f"{float(rate)!r},{table.regime(k)},{step},{float(loss)!r}{own_loss}")
    return "\n".join(lines) + "\n"
