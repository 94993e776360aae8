"""A network drawn: units in columns, weights as lines between them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from course.figures import BLACK, BLUE, ORANGE, SKY, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CONSTANT = "1"
"""the label of a unit that is constantly 1, to which no weight leads"""

Weight = tuple[int, int, int]
"""a layer, a unit in it and one in the next, all counted from 0"""


def draw_network(
    axes: Axes,
    layers: Sequence[Sequence[str]],
    below: Sequence[str],
    between: Sequence[str],
    marked: Collection[Weight] = (),
) -> None:
    """Draw units with their labels, `layers[0]` on the left, and the weights in `marked` thick and dark.

    `below` has a line of text for each layer, `between` one for the weights after each layer but the last.
    A unit labelled `CONSTANT` is a square.
    """
    places = [
        [(3.0 * l, (len(units) - 1) / 2 - m) for m in range(len(units))] for l, units in enumerate(layers)
    ]
    for l in range(len(layers) - 1):
        for m, start in enumerate(places[l]):
            for k, end in enumerate(places[l + 1]):
                if layers[l + 1][k] != CONSTANT:
                    color, width = (VERMILION, 2.6) if (l, m, k) in marked else (BLACK, 0.7)
                    axes.plot(
                        [start[0], end[0]], [start[1], end[1]], color=color, linewidth=width, zorder=width
                    )
    lowest = min(y for column in places for _, y in column) - 0.55
    for l, units in enumerate(layers):
        for label, (x, y) in zip(units, places[l], strict=True):
            constant = label == CONSTANT
            color = ORANGE if constant else SKY if l else "white"
            style = {
                "boxstyle": "square,pad=0.45" if constant else "circle,pad=0.3",
                "facecolor": color,
                "edgecolor": BLACK,
            }
            axes.text(x, y, label, ha="center", va="center", bbox=style, zorder=4)
        axes.text(3.0 * l, lowest, below[l], ha="center", va="top", linespacing=1.4)
    for l, text in enumerate(between):
        axes.text(3.0 * l + 1.5, lowest, text, ha="center", va="top", color=BLUE, linespacing=1.4)
    axes.set(xlim=(-0.9, 3.0 * len(layers) - 2.1), ylim=(lowest - 0.75, -lowest))
    axes.set_axis_off()
