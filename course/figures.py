"""Figures in notebooks: one palette that colour-blind readers can tell apart, and alternative texts."""

from __future__ import annotations

import base64
import html
import struct
import sys
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Locator

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

DPI = 110


def single(width: float, height: float, title: str, *, log: str = "") -> tuple[Figure, Axes]:
    """Return a figure of `width` × `height` inches and its only pair of axes.

    The axes named in `log`, as "xy", are logarithmic. Title and labels have fixed places, because
    measuring them to find places takes as long as drawing them.
    """
    figure, (axes,) = side_by_side(width, height, title, log=log)
    return figure, axes


def side_by_side(width: float, height: float, *titles: str, log: str = "") -> tuple[Figure, list[Axes]]:
    """Return a figure of `width` × `height` inches and its axes, one for each title, side by side.

    `log` and the places of title and labels are those of `single`, in each.
    """
    import matplotlib.pyplot as plt

    left, right, bottom, top = 0.85, 0.2, 0.55, 0.35
    across, up = width / len(titles) - left - right, height - bottom - top  # the size of the axes
    figure, panels = plt.subplots(1, len(titles), figsize=(width, height), squeeze=False)
    figure.subplots_adjust(
        left / width, bottom / height, 1 - right / width, 1 - top / height, wspace=(left + right) / across
    )
    for axes, title in zip(panels[0], titles, strict=True):
        axes.set_title(title, y=1)
        axes.xaxis.set_label_coords(0.5, (0.2 - bottom) / up)
        axes.yaxis.set_label_coords((0.2 - left) / across, 0.5)
        _choose_ticks(axes, log)
    return figure, list(panels[0])


def _choose_ticks(axes: Axes, log: str) -> None:
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    for name, axis in ("x", axes.xaxis), ("y", axes.yaxis):
        if name not in log:
            axis.set_major_locator(_in_view(MaxNLocator(4, steps=(1, 2, 5, 10))))
            continue
        axes.set(**{f"{name}scale": "log"})
        axis.set_major_locator(_in_view(LogLocator(numticks=4)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_locator(NullLocator())
        axis.grid(color="0.9")


def _in_view(locator: Locator) -> Locator:
    """Let a locator name no ticks beside the axes, which Matplotlib makes and never draws."""
    tick_values = locator.tick_values

    def in_view(low: float, high: float) -> Any:
        ticks, beyond = tick_values(low, high), 1e-9 * abs(high - low)
        low, high = min(low, high) - beyond, max(low, high) + beyond
        return [tick for tick in ticks if low <= tick <= high]

    # of this locator alone: both kinds have the same method to be asked by
    locator.tick_values = in_view  # type: ignore[assignment, method-assign]
    return locator


def show(figure: Figure, alt: str) -> None:
    """Display `figure` below the cell, with `alt` as its text for those who do not see it.

    JupyterLab drops the alternative text of a plain image, so the picture goes out as HTML, and as an
    image beside it for tools that show no HTML.
    """
    from IPython.display import display

    png = base64.b64encode(_png(figure)).decode("ascii")
    if "matplotlib.pyplot" in sys.modules:
        # else pyplot shows it a second time at the end of the cell
        sys.modules["matplotlib.pyplot"].close(figure)
    bundle = {
        "text/html": f'<img src="data:image/png;base64,{png}" alt="{html.escape(alt)}">',
        "image/png": png,
        "text/plain": alt,
    }
    display(bundle, metadata={"image/png": {"alt": alt}}, raw=True)


def _png(figure: Figure) -> bytes:
    """Return a picture of the figure.

    Matplotlib has Pillow try five filters on each row, which takes three times as long, with no gain for
    drawings, and hints each letter, which shows at fewer dots an inch only.
    """
    import numpy as np
    from matplotlib import rcParams
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(DPI)
    canvas: Any = FigureCanvasAgg(figure)
    hinting = rcParams["text.hinting"]
    rcParams["text.hinting"] = "none"
    try:
        canvas.draw()
    finally:
        rcParams["text.hinting"] = hinting
    pixels = np.asarray(canvas.buffer_rgba())
    height, width, _ = pixels.shape
    # each row begins with the number of its filter, 0 for none
    rows = np.pad(pixels.reshape(height, -1), ((0, 0), (1, 0)))
    # 8 bits a value, RGBA, and the only methods there are
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows.data, 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
