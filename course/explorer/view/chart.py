"""The chart: a widget whose runs the page computes and draws itself, by the JavaScript in `js/`."""

from __future__ import annotations

from typing import Any

import anywidget
import numpy as np
import traitlets

from course.explorer.model.table import Table
from course.explorer.model.tape import Array
from course.explorer.view import palette, script, words
from course.explorer.view.files import HERE

CHOSEN = ("network", "data", "scale", "momentum", "batch")
"""settings that are chosen from menus"""
STYLE = HERE / "chart.css"


class Chart(anywidget.AnyWidget):
    """Loss against step, final loss against learning rate, curvature against step.

    The browser itself changes what shows the view and what sets the problem; Python follows. Python alone
    sets the student's runs. What a slider moves has no echo: it would arrive after the slider has moved on,
    and set it back.
    """

    _esm = script.module()
    _css = STYLE

    key = traitlets.Unicode("").tag(sync=True)
    """tells the charts of a page apart; the page asks for it at once, so it is there from the start"""
    index = traitlets.Int(0).tag(sync=True, echo_update=False)
    """of the rate shown"""
    rate = traitlets.Float(0.0).tag(sync=True)
    """the number beside the slider; it follows `index` once the slider rests"""
    exact: Any = traitlets.Dict().tag(sync=True)
    """rates that were chosen exactly, by the index (as text) of the nearest one"""
    step = traitlets.Int(0).tag(sync=True, echo_update=False)
    """of the step cursor"""
    jump = traitlets.Int(None, allow_none=True).tag(sync=True, echo_update=False)
    """which of `runs.JUMPS` is shown, if one is"""
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
    """up to four, each a `rate` and all settings of its problem"""
    log = traitlets.Bool(True).tag(sync=True)
    """whether the axis of losses is logarithmic"""
    show_curvature = traitlets.Bool(False).tag(sync=True)
    """whether the third panel is there"""
    palette: Any = traitlets.Dict(palette.as_data()).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    """whether the step cursor runs; in a few large steps for users who prefer reduced motion"""
    moved: Any = traitlets.List().tag(sync=True)
    """ids of the chart and the sliders, whose changes are sent to Python only when they rest"""

    predict = traitlets.Bool(False).tag(sync=True)
    """whether a run is hidden until its regime has been predicted"""

    network = traitlets.Unicode("").tag(sync=True)
    data = traitlets.Unicode("").tag(sync=True)
    hidden = traitlets.Int(1).tag(sync=True)
    scale = traitlets.Float(1.0).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    momentum = traitlets.Float(0.0).tag(sync=True)
    batch = traitlets.Int(0).tag(sync=True)
    steps = traitlets.Int(0).tag(sync=True)
    draws = traitlets.Unicode("").tag(sync=True)
    """of a seed whose numbers the page does not hold: as `script.draws`"""

    choices: Any = traitlets.Dict().tag(sync=True)
    """the values among which a menu chooses, by trait; menus know them by their place alone"""
    network_choice = traitlets.Int(None, allow_none=True).tag(sync=True)
    data_choice = traitlets.Int(None, allow_none=True).tag(sync=True)
    scale_choice = traitlets.Int(None, allow_none=True).tag(sync=True)
    momentum_choice = traitlets.Int(None, allow_none=True).tag(sync=True)
    batch_choice = traitlets.Int(None, allow_none=True).tag(sync=True)

    own_losses = traitlets.Bytes(b"").tag(sync=True)
    """float32 (K, steps + 1): the student's runs, or nothing"""
    own_known = traitlets.Bytes(b"").tag(sync=True)
    """a byte a rate: 1 when there is a student's run"""
    own_texts: Any = traitlets.List().tag(sync=True)
    """how each of the student's runs compares with the true one"""
    parts: Any = traitlets.List().tag(sync=True)
    """the step at which each student's run parts from the true one, or null"""
    progress = traitlets.Float(1.0).tag(sync=True)
    """the part of the student's runs that is computed, from 0 to 1"""
    status = traitlets.Unicode("").tag(sync=True)
    """the line below the chart"""

    @traitlets.observe("choices", *CHOSEN)
    def _set_chosen(self, change: Any) -> None:
        for name in CHOSEN if change.name == "choices" else (change.name,):
            values = self.choices.get(name, [])
            value = getattr(self, name)
            setattr(self, f"{name}_choice", values.index(value) if value in values else None)

    @traitlets.observe(*(f"{name}_choice" for name in CHOSEN))
    def _choose(self, change: Any) -> None:
        name = change.name.removesuffix("_choice")
        if change.new is not None and name in self.choices:
            setattr(self, name, self.choices[name][change.new])


def own_data(table: Table) -> dict[str, Any]:
    """Return the student's runs, as far as they are known, as values for the traits of a chart."""
    return {
        "own_losses": _float32(table.own) if table.own_known.any() else b"",
        "own_known": table.own_known.astype(np.uint8).tobytes(),
        "own_texts": [words.own_run(table, k) for k in range(len(table.rates))],
        "parts": list(table.parted),  # a copy: traitlets looks for what has changed
    }


def _float32(values: Array) -> bytes:
    with np.errstate(all="ignore"):
        return values.astype(np.float32).tobytes()
