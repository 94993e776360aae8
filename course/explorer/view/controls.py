"""The explorer's controls, and which trait of the chart each of them changes."""

from __future__ import annotations

import functools
from typing import Any

import ipywidgets as widgets
import traitlets

from course.explorer.model import runs
from course.explorer.model.problem import DATA, NETWORKS, WIDTHS
from course.explorer.view.chart import CHOSEN, PANELS, Chart
from course.explorer.view.script import SEEDS

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
MOMENTA = (0.0, 0.5, 0.9, 0.95)
BATCHES = (0, 1, 2, 4, 8, 16, 32)
PROBLEM = ("network", "data", "hidden", "scale", "seed", "momentum", "batch")
"""what the controls `of_problem` set, in their order"""
FILES = ("PNG", "SVG", "CSV", "HTML")
NETWORK_NAMES = ("derivation A: MSE", "derivation B: BCE")


class _Slider(widgets.IntSlider):  # type: ignore[misc]  # ipywidgets has no types
    value = traitlets.CInt(0).tag(sync=True, echo_update=False)
    """without an echo, like the chart's `index` and `step`"""


class Controls:
    """The controls around the chart.

    `top` holds those of the learning rate, which stand right above the curve; `column` holds the others.
    `links` join all of them to the chart in the browser, without Python.
    """

    def __init__(self, chart: Chart) -> None:
        """Make the controls, set to what `chart` is now."""
        self._chart = chart
        self.links: list[Any] = []
        chart.choices = {
            "panel": [*PANELS],
            "network": [*NETWORKS],
            "data": [*DATA],
            "scale": sorted({*SCALES, chart.scale}),
            "momentum": sorted({*MOMENTA, chart.momentum}),
            "batch": sorted({*BATCHES, chart.batch}),
        }
        self.of_problem = _of_problem(chart)
        self.top = widgets.VBox(self._of_rate(), layout=widgets.Layout(width="100%", overflow="visible"))
        self.top.add_class("loss-top")
        row = functools.partial(widgets.HBox, layout=widgets.Layout(width="312px"))
        self.column = widgets.VBox(
            [*self._of_view(row), *self.of_problem, *self._of_files(row)],
            layout=widgets.Layout(width="326px", flex="0 0 326px"),
        )
        for control, name in zip(self.of_problem, PROBLEM, strict=True):
            if name in CHOSEN:  # a menu's value is Python's; its place is the browser's too
                self._join(control, "index", f"{name}_choice")
            else:
                self._join(control, "value", name)

    def _join(self, control: Any, trait: str, name: str) -> Any:
        self.links.append(widgets.jslink((control, trait), (self._chart, name)))
        return control

    def _of_rate(self) -> list[Any]:
        chart = self._chart
        slider = _Slider(
            chart.index, 0, runs.RATES - 1, description="learning rate", readout=False,
            style={"description_width": "94px"},
            layout=widgets.Layout(flex="1 1 220px", width="auto", max_width="560px"),
        )  # fmt: skip
        slider.add_class("learning-rate")
        entry = widgets.FloatText(
            chart.rate, description="η =", tooltip="a learning rate, exactly",
            style={"description_width": "30px"}, layout=widgets.Layout(width="130px"),
        )  # fmt: skip
        entry.add_class("exact-rate")
        jumps = widgets.ToggleButtons(
            options=runs.JUMPS,
            index=None,
            style={"button_width": "74px"},
            layout=widgets.Layout(width="auto"),
        )
        jumps.add_class("jumps")
        chart.moved = [chart.model_id, slider.model_id]
        self._join(slider, "value", "index")
        self._join(entry, "value", "rate")
        self._join(jumps, "index", "jump")
        return [
            widgets.HBox([slider, entry], layout=widgets.Layout(flex_flow="row wrap", width="100%")),
            jumps,
        ]

    def _of_view(self, row: Any) -> list[Any]:
        chart, half = self._chart, widgets.Layout(width="152px")
        pin = widgets.ToggleButton(
            False,
            description="Pin this run",
            tooltip="keep this run in the chart",
            icon="thumb-tack",
            layout=half,
        )
        clear = widgets.ToggleButton(False, description="Clear pins", layout=half)
        play = widgets.ToggleButton(
            False, description="Play", icon="play", layout=widgets.Layout(width="72px")
        )
        step = _Slider(
            chart.step, 0, chart.steps, description="step", style={"description_width": "34px"},
            layout=widgets.Layout(width="234px"),
        )  # fmt: skip
        log = widgets.Checkbox(chart.log, description="logarithmic loss", indent=False, layout=half)
        band = widgets.Checkbox(chart.band, description="band of seeds 0–9", indent=False, layout=half)
        predict = widgets.Checkbox(chart.predict, description="predict, then see", indent=False, layout=half)
        panel = widgets.Dropdown(
            options=[(label, name) for name, label in PANELS.items()],
            value=chart.panel, description="inside",
            style={"description_width": "94px"}, layout=widgets.Layout(width="310px"),
        )  # fmt: skip
        named = ((pin, "pin-run"), (play, "play"), (step, "step"), (band, "band"), (predict, "predict"))
        for control, name in (*named, (panel, "inside")):
            control.add_class(name)
        chart.moved = [*chart.moved, step.model_id]
        for control, name in (
            (pin, "pinned"), (clear, "clear"), (play, "playing"), (step, "step"), (log, "log"),
            (band, "band"), (predict, "predict"),
        ):  # fmt: skip
            self._join(control, "value", name)
        self._join(panel, "index", "panel_choice")
        return [row([pin, clear]), row([play, step]), row([log, band]), row([predict]), panel]

    def _of_files(self, row: Any) -> list[Any]:
        ending = widgets.Dropdown(
            options=FILES,
            description="file",
            style={"description_width": "30px"},
            layout=widgets.Layout(width="130px"),
        )
        save = widgets.ToggleButton(False, description="Save", layout=widgets.Layout(width="84px"))
        save.add_class("save")
        reset = widgets.ToggleButton(False, description="Reset", layout=widgets.Layout(width="84px"))
        reset.add_class("reset")
        self._join(ending, "index", "ending")
        self._join(save, "value", "saving")
        self._join(reset, "value", "resetting")
        return [row([ending, save, reset])]

    def close(self) -> None:
        """Close all controls and links."""
        for widget in [*self.links, *_all_in(self.top), *_all_in(self.column)]:
            widget.close()


def _of_problem(chart: Chart) -> list[Any]:
    named = {"style": {"description_width": "94px"}, "layout": widgets.Layout(width="310px")}
    late = {**named, "continuous_update": False}
    network = widgets.Dropdown(
        options=list(zip(NETWORK_NAMES, NETWORKS, strict=True)),
        value=chart.network,
        description="network",
        **named,
    )
    data = widgets.Dropdown(
        options=[("exclusive or", DATA[0]), ("two moons", DATA[1])],
        value=chart.data,
        description="data",
        **named,
    )
    hidden = widgets.IntSlider(chart.hidden, WIDTHS[0], WIDTHS[-1], description="hidden units", **named)
    scales = [(f"{scale:g}", scale) for scale in chart.choices["scale"]]
    scale = widgets.SelectionSlider(options=scales, value=chart.scale, description="initial scale", **named)
    seed = widgets.BoundedIntText(chart.seed, 0, max(SEEDS[-1], chart.seed), description="seed", **late)
    momenta = [(f"{momentum:g}", momentum) for momentum in chart.choices["momentum"]]
    momentum = widgets.Dropdown(options=momenta, value=chart.momentum, description="momentum", **named)
    batches = [(str(batch) if batch else "all examples", batch) for batch in chart.choices["batch"]]
    batch = widgets.Dropdown(options=batches, value=chart.batch, description="batch", **named)
    for control, name in ((hidden, "hidden"), (scale, "scale"), (seed, "seed")):
        control.add_class(name)
    return [network, data, hidden, scale, seed, momentum, batch]


def _all_in(box: Any) -> list[Any]:
    inside = [widget for child in getattr(box, "children", ()) for widget in _all_in(child)]
    return [*inside, box]
