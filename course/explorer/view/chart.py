"""The chart: a widget that holds all curves as binary data; the JavaScript beside this file draws it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from course.explorer.model.table import Table
from course.explorer.model.tape import Array
from course.explorer.view import palette, words

HERE = Path(__file__).parent
SCRIPT, STYLE = HERE / "chart.js", HERE / "chart.css"


class Chart(anywidget.AnyWidget):
    """Loss against step, final loss against learning rate, curvature against step.

    The browser itself changes `index`, `step`, `rate`, `asked`, `jump` and `pinned`; Python sets the rest.
    What a slider moves has no echo: it would arrive after the slider has moved on, and set it back.
    """

    _esm = SCRIPT
    _css = STYLE

    index = traitlets.Int(0).tag(sync=True, echo_update=False)
    """of the rate shown"""
    rate = traitlets.Float(0.0).tag(sync=True)
    """the number beside the slider; it follows `index` once the slider rests"""
    asked: Any = traitlets.List([0.0, 0]).tag(sync=True)
    """the last rate that was typed, and how many were; only the browser knows which were typed"""
    answered = traitlets.Int(0).tag(sync=True)
    """how many of the typed rates Python has dealt with"""
    step = traitlets.Int(0).tag(sync=True, echo_update=False)
    """of the step cursor"""
    jump = traitlets.Int(None, allow_none=True).tag(sync=True, echo_update=False)
    """which of `landmarks` is shown, if one is"""
    pinned = traitlets.Bool(False).tag(sync=True, echo_update=False)
    """whether the rate shown is pinned"""
    clear = traitlets.Bool(False).tag(sync=True)
    """set to unpin all runs; the browser sets it back when that is done"""
    saving = traitlets.Bool(False).tag(sync=True)
    """set to save the view; the browser sets it back and counts it in `saves`"""
    resetting = traitlets.Bool(False).tag(sync=True)
    """set to bring back the first view; the browser sets it back and counts it in `resets`"""
    saves = traitlets.Int(0).tag(sync=True, echo_update=False)
    """how often saving was asked for; a button's own message might overtake those of what is shown"""
    resets = traitlets.Int(0).tag(sync=True, echo_update=False)
    """how often the first view was asked for"""
    ending = traitlets.Int(0).tag(sync=True)
    """which kind of file is saved, as an index of `controls.FILES`"""
    pins: Any = traitlets.List().tag(sync=True)
    """up to four of {"index"} or, of another problem, {"label", "rate", "losses", "problem"}"""
    log = traitlets.Bool(True).tag(sync=True)
    """whether the axis of losses is logarithmic"""
    show_curvature = traitlets.Bool(False).tag(sync=True)
    """whether the third panel is there"""
    palette: Any = traitlets.Dict(palette.as_data()).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    """whether the step cursor runs; in a few large steps for users who prefer reduced motion"""
    moved: Any = traitlets.List().tag(sync=True)
    """ids of the chart and the sliders, whose changes are sent to Python only when they rest"""

    title = traitlets.Unicode("").tag(sync=True)
    loss_name = traitlets.Unicode("").tag(sync=True)
    steps = traitlets.Int(0).tag(sync=True)
    rates: Any = traitlets.List().tag(sync=True)
    losses = traitlets.Bytes(b"").tag(sync=True)
    """float32 (K, steps + 1)"""
    own_losses = traitlets.Bytes(b"").tag(sync=True)
    """the same for the student's runs, or nothing"""
    known = traitlets.Bytes(b"").tag(sync=True)
    """a byte a rate: 1 when the true run is known, 2 when the student's is, 3 when both are"""
    regimes: Any = traitlets.List().tag(sync=True)
    """the name of each rate's regime, empty while it is not known"""
    headlines: Any = traitlets.List().tag(sync=True)
    """each run in a line, empty while it is not known"""
    parts: Any = traitlets.List().tag(sync=True)
    """the step at which each student's run parts from the true one, or null"""
    limits: Any = traitlets.List().tag(sync=True)
    """the lowest and highest loss drawn"""
    landmarks: Any = traitlets.List().tag(sync=True)
    """the indices of a rate too slow, a good one, the edge and one too large"""
    curvatures = traitlets.Bytes(b"").tag(sync=True)
    """float32 (K, M): η λ_max at every `kept_every`-th step"""
    kept_every = traitlets.Int(1).tag(sync=True)
    progress = traitlets.Float(1.0).tag(sync=True)
    """the part of the work that is done, from 0 to 1"""
    status = traitlets.Unicode("").tag(sync=True)
    """the line below the chart"""


def table_data(table: Table) -> dict[str, Any]:
    """Return the runs of `table`, as far as they are known, as values for the traits of a chart."""
    count = range(len(table.rates))
    return {
        "rates": [float(rate) for rate in table.rates],
        "losses": _float32(table.losses),
        "own_losses": _float32(table.own) if table.own_known.any() else b"",
        "known": (table.known + 2 * table.own_known).astype(np.uint8).tobytes(),
        "regimes": [table.regime(k) if table.known[k] else "" for k in count],
        "headlines": [words.headline(table, k) for k in count],
        "parts": list(table.parted),  # a copy: traitlets looks for what has changed
        "limits": list(table.limits()) if table.known.any() else [],
        "landmarks": list(table.landmarks()) if table.complete else [],
        "curvatures": _float32(table.curvatures) if table.curved.any() else b"",
    }


def _float32(values: Array) -> bytes:
    with np.errstate(all="ignore"):
        return values.astype(np.float32).tobytes()
