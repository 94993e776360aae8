"""What is inside a run, drawn by Matplotlib: a function for each panel but "none"."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

from course.explorer.model import details
from course.explorer.model.runs import KEPT_EVERY
from course.explorer.model.table import Table
from course.explorer.model.tape import Array
from course.explorer.view import palette
from course.explorer.view.chart import Chart

LINEAR = 8
"""η λ_max above which its axis is logarithmic"""
BORDER = 0.4
"""of a decision map around the examples"""
THIN = (0.1, 0.3, 0.7, 0.9)
"""outputs with a thin line, around the decision at ½"""
LEVELS = 12
"""lines of equal loss"""
DASHES: tuple[tuple[float, ...], ...] = ((), (6, 3), (2, 2))
"""of the layers"""


def curvature(axes: Axes, chart: Chart, table: Table) -> None:
    """Draw η λ_max along the run, against the limit at 2."""
    curvatures = table.curvatures(chart.index)
    axes.plot(np.arange(len(curvatures)) * KEPT_EVERY, curvatures, color="black")
    axes.axhline(2, color="black", linestyle=":", linewidth=2, label="2, the limit")
    axes.set(xlabel="step", ylabel="η · λ_max", xlim=(0, table.steps))
    if np.nanmax(curvatures) > LINEAR:
        axes.set_yscale("log")
    axes.legend(fontsize=8)


def output(axes: Axes, chart: Chart, table: Table) -> None:
    """Draw the output at the step: for exclusive or all four, else a map of the decision."""
    X, y = table.problem.examples
    theta = _weights(chart, table)[chart.step]
    draw = _four if len(X) == 4 else _map
    draw(axes, table, theta, X[:, :2], y[:, 0])
    axes.set_title(f"output at step {chart.step}", fontsize=10)


def _four(axes: Axes, table: Table, theta: Array, inputs: Array, targets: Array) -> None:
    rows = np.arange(4)
    values = details.outputs(table.problem, theta, inputs)
    axes.plot(targets, rows, "o", color="black", markerfacecolor="none", markersize=11, label="target")
    axes.plot(values, rows, "o", color="black", label="output")
    axes.set_yticks(rows, [f"{a:g}, {b:g}" for a, b in inputs])
    axes.set(xlabel="output ŷ", xlim=(-0.1, 1.1), ylim=(3.5, -0.5))
    axes.legend(fontsize=8, loc="upper right")


def _map(axes: Axes, table: Table, theta: Array, inputs: Array, targets: Array) -> None:
    low, high = inputs.min(axis=0) - BORDER, inputs.max(axis=0) + BORDER
    x, y = (np.linspace(low[k], high[k], details.SIDE) for k in range(2))
    points = np.stack(np.meshgrid(x, y), axis=-1)
    values = details.outputs(table.problem, theta, points.reshape(-1, 2)).reshape(points.shape[:2])
    if np.isfinite(values).all():
        axes.contourf(x, y, values, levels=[0.5, 1.1], colors=["0.86"])
        for levels, width in ((THIN, 0.6), ((0.5,), 1.8)):
            inside = [level for level in levels if values.min() < level < values.max()]
            if inside:
                axes.contour(x, y, values, levels=inside, colors="black", linewidths=width)
    for target, color in ((0, "white"), (1, "black")):
        here = inputs[targets == target]
        axes.plot(*here.T, "o", color="black", markerfacecolor=color, markersize=4, label=f"y = {target}")
    axes.set(xlabel="x₁", ylabel="x₂")
    axes.legend(fontsize=8)


def deltas(axes: Axes, chart: Chart, table: Table) -> None:
    """Draw the norm of δ in each layer along the run."""
    norms = details.delta_norms(table.problem, _weights(chart, table))
    norms = np.where(np.isfinite(norms) & (norms > 0), norms, np.nan)
    for k, (layer, dashes) in enumerate(zip(norms, DASHES, strict=False)):
        axes.plot(layer, color="black", dashes=dashes or (None, None), label=f"layer {k + 1}")
    axes.axvline(chart.step, color="black", linestyle=(0, (3, 3)), linewidth=1)
    axes.set(xlabel="step", ylabel="‖δ‖", xlim=(0, table.steps), yscale="log")
    axes.legend(fontsize=8)


def path(axes: Axes, chart: Chart, table: Table) -> None:
    """Draw the run up to the step as a path over a plane of weights, with lines of equal loss."""
    plane = details.plane(table.problem, _weights(chart, table))
    positive = plane.losses[np.isfinite(plane.losses) & (plane.losses > 0)]
    if len(positive) and positive.min() < positive.max():
        levels = np.geomspace(positive.min(), positive.max(), LEVELS + 2)[1:-1]
        axes.contour(plane.across, plane.up, plane.losses, levels=levels, colors="0.5", linewidths=0.7)
    way = plane.path[: chart.step + 1]
    axes.plot(*way.T, color=palette.REGIME_STYLES[table.regime(chart.index)][0], label="the run")
    axes.plot(*way[0], "s", color="black", markerfacecolor="white")
    axes.plot(*way[-1], "o", color="black", markerfacecolor="white")
    axes.set(xlabel="along the run", ylabel="across it")


def _weights(chart: Chart, table: Table) -> Array:
    return details.weights(table.problem, float(table.rates[chart.index]), table.steps)


DRAW: dict[str, tuple[Callable[[Axes, Chart, Table], None], float]] = {
    "curvature": (curvature, 1.7),
    "output": (output, 3.0),
    "deltas": (deltas, 1.9),
    "path": (path, 3.0),
}
"""what draws each of the chart's panels, and how high it is, in inches"""
