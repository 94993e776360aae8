"""The chart: all curves once, as binary, drawn by the JavaScript module beside this file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from course.explorer.view import palette

HERE = Path(__file__).parent
SCRIPT, STYLE = HERE / "chart.js", HERE / "chart.css"


class Chart(anywidget.AnyWidget):
    """Loss against step, final loss against learning rate, curvature against step.

    The browser moves `index`, `step`, `rate`, `asked`, `jump` and `pinned` by itself; Python sets the rest.
    What follows the hand has no echo: it would come after the hand has gone on, and set it back.
    """

    _esm = SCRIPT
    _css = STYLE

    index = traitlets.Int(0).tag(sync=True, echo_update=False)
    """of the rate shown"""
    rate = traitlets.Float(0.0).tag(sync=True)
    """the number beside the slider; it follows `index` when the hand rests"""
    asked: Any = traitlets.List([0.0, 0]).tag(sync=True)
    """another rate, typed in place of `rate`, and how many have been; only the browser can tell"""
    answered = traitlets.Int(0).tag(sync=True)
    """how many of them Python has dealt with"""
    step = traitlets.Int(0).tag(sync=True, echo_update=False)
    jump = traitlets.Int(None, allow_none=True).tag(sync=True, echo_update=False)
    """which of `landmarks` is shown"""
    pinned = traitlets.Bool(False).tag(sync=True, echo_update=False)
    """whether the rate shown is pinned"""
    clear = traitlets.Bool(False).tag(sync=True)
    """set to have no run pinned; the browser takes it back when that is done"""
    saving = traitlets.Bool(False).tag(sync=True)
    resetting = traitlets.Bool(False).tag(sync=True)
    """set to have the view saved, and all as it was at first; the browser takes it back and counts it"""
    saves = traitlets.Int(0).tag(sync=True, echo_update=False)
    resets = traitlets.Int(0).tag(sync=True, echo_update=False)
    """how many times; told with what is shown then, which a button's own message might overtake"""
    ending = traitlets.Int(0).tag(sync=True)
    """which kind of file is saved"""
    pins: Any = traitlets.List().tag(sync=True)
    """up to four of {"index"} or, of another problem, {"label", "rate", "losses"}"""
    log = traitlets.Bool(True).tag(sync=True)
    show_curvature = traitlets.Bool(False).tag(sync=True)
    palette: Any = traitlets.Dict(palette.as_data()).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    """whether the step cursor runs; slowly and in jumps for who prefers reduced motion"""

    moved: Any = traitlets.List().tag(sync=True)
    """the ids of the chart and the sliders, of whose moves Python hears when the hand rests"""

    title = traitlets.Unicode("").tag(sync=True)
    loss_name = traitlets.Unicode("").tag(sync=True)
    steps = traitlets.Int(0).tag(sync=True)
    rates: Any = traitlets.List().tag(sync=True)
    losses = traitlets.Bytes(b"").tag(sync=True)
    """float32 (K, steps + 1)"""
    own_losses = traitlets.Bytes(b"").tag(sync=True)
    """the same for the student's runs, or nothing"""
    known = traitlets.Bytes(b"").tag(sync=True)
    """a byte a rate: 1, the true run is there; 2, the student's is; 3, both"""
    regimes: Any = traitlets.List().tag(sync=True)
    """the name of each rate's regime, empty while it is not known"""
    headlines: Any = traitlets.List().tag(sync=True)
    parts: Any = traitlets.List().tag(sync=True)
    """the step at which each student's run parts from the true one, or null"""
    limits: Any = traitlets.List().tag(sync=True)
    """the lowest and highest loss drawn"""
    landmarks: Any = traitlets.List().tag(sync=True)
    curvatures = traitlets.Bytes(b"").tag(sync=True)
    """float32 (K, M): η λ_max at every `kept_every`-th step"""
    kept_every = traitlets.Int(1).tag(sync=True)
    progress = traitlets.Float(1.0).tag(sync=True)
    status = traitlets.Unicode("").tag(sync=True)
