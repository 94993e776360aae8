"""Figures in notebooks: one palette that colour-blind readers can tell apart, and alternative texts."""

from __future__ import annotations

import base64
import html
import io
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito, Color universal design (2008).
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)


def single(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of `width` × `height` inches and its only pair of axes, with room for their labels.

    The room is fixed, since measuring the labels takes as long as drawing them.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(width, height))
    figure.subplots_adjust(0.75 / width, 0.55 / height, 1 - 0.2 / width, 1 - 0.35 / height)
    return figure, axes


def show(figure: Figure, alt: str) -> None:
    """Display `figure` below the cell, with `alt` as its text for those who do not see it.

    JupyterLab drops the alternative text of a plain image, so the picture goes out as HTML, and as an
    image beside it for tools that show no HTML.
    """
    from IPython.display import display

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    if "matplotlib.pyplot" in sys.modules:
        # pyplot would show it a second time at the end of the cell
        sys.modules["matplotlib.pyplot"].close(figure)
    png = base64.b64encode(buffer.getvalue()).decode("ascii")
    bundle = {
        "text/html": f'<img src="data:image/png;base64,{png}" alt="{html.escape(alt)}">',
        "image/png": png,
        "text/plain": alt,
    }
    display(bundle, metadata={"image/png": {"alt": alt}}, raw=True)  # type: ignore[no-untyped-call]  # IPython has none
