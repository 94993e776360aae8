"""The explorer's controls, and which trait of the chart each of them changes."""

from __future__ import annotations

import functools
from typing import Any

import ipywidgets as widgets
import traitlets

from course.explorer.model import runs
from course.explorer.model.problem import DATA, NETWORKS, WIDTHS, Problem
from course.explorer.view.chart import Chart

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
FILES = ("PNG", "SVG", "CSV", "HTML")
NETWORK_NAMES = ("derivation A: one hidden layer, MSE", "derivation B: three layers, BCE")


class _Slider(widgets.IntSlider):  # type: ignore[misc]  # ipywidgets has no types
    value = traitlets.CInt(0).tag(sync=True, echo_update=False)
    """without an echo, like the chart's `index` and `step`"""


class Controls:
    """The controls beside the chart.

    `column` holds them all. `links` join those of the view to the chart in the browser, without Python;
    `of_problem` are the others, which set the network, the data and the first weights.
    """

    def __init__(self, chart: Chart, problem: Problem, steps: int) -> None:
        """Make the controls, set to what `chart` and `problem` are now."""
        named = {"style": {"description_width": "94px"}, "layout": widgets.Layout(width="310px")}
        late = {**named, "continuous_update": False}
        slider = _Slider(chart.index, 0, runs.RATES - 1, description="learning rate", readout=False, **named)
        slider.add_class("learning-rate")
        entry = widgets.FloatText(
            chart.rate, description="η exactly", tooltip="a learning rate, exactly", **named
        )
        entry.add_class("exact-rate")
        jumps = widgets.ToggleButtons(
            options=["too slow", "good", "edge", "too large"],
            index=None,
            style={"button_width": "74px"},
            tooltips=[
                "hardly falls",
                "falls at every step, and ends lowest",
                "goes up at some step",
                "does not learn",
            ],
        )
        jumps.add_class("jumps")
        pin = widgets.ToggleButton(
            False, description="Pin this run", tooltip="keep this run in the chart", icon="thumb-tack"
        )
        pin.add_class("pin-run")
        clear = widgets.ToggleButton(False, description="Clear pins")
        play = widgets.ToggleButton(
            False, description="Play", icon="play", layout=widgets.Layout(width="72px")
        )
        play.add_class("play")
        step = _Slider(
            chart.step, 0, steps, description="step", style={"description_width": "34px"},
            layout=widgets.Layout(width="234px"),
        )  # fmt: skip
        step.add_class("step")
        network = widgets.Dropdown(
            options=list(zip(NETWORK_NAMES, NETWORKS, strict=True)), value=problem.network,
            description="network", **named,
        )  # fmt: skip
        data = widgets.Dropdown(
            options=[("exclusive or", DATA[0]), ("two moons", DATA[1])],
            value=problem.data,
            description="data",
            **named,
        )
        hidden = widgets.IntSlider(problem.hidden, WIDTHS[0], WIDTHS[-1], description="hidden units", **late)
        scales = sorted({*SCALES, problem.scale})
        scale = widgets.SelectionSlider(
            options=[(f"{scale:g}", scale) for scale in scales],
            value=problem.scale,
            description="initial scale",
            **late,
        )
        seed = widgets.BoundedIntText(problem.seed, 0, 2**31, description="seed", **late)
        seed.add_class("seed")
        log = widgets.Checkbox(chart.log, description="logarithmic loss", indent=False)
        curvature = widgets.Checkbox(chart.show_curvature, description="curvature", indent=False)
        curvature.add_class("curvature-shown")
        half = widgets.Layout(width="152px")
        log.layout = curvature.layout = clear.layout = pin.layout = half
        ending = widgets.Dropdown(
            options=FILES, description="file", style={"description_width": "30px"},
            layout=widgets.Layout(width="130px"),
        )  # fmt: skip
        save = widgets.ToggleButton(False, description="Save", layout=widgets.Layout(width="84px"))
        save.add_class("save")
        reset = widgets.ToggleButton(False, description="Reset", layout=widgets.Layout(width="84px"))
        reset.add_class("reset")
        row = functools.partial(widgets.HBox, layout=widgets.Layout(width="312px"))
        self.column = widgets.VBox(
            [
                slider, entry, jumps, row([pin, clear]), row([play, step]),
                network, data, hidden, scale, seed,
                row([log, curvature]), row([ending, save, reset]),
            ],
            layout=widgets.Layout(width="326px", flex="0 0 326px"),
        )  # fmt: skip
        # the browser joins these without Python
        joined = [
            (slider, "value", "index"), (entry, "value", "rate"), (jumps, "index", "jump"),
            (pin, "value", "pinned"), (clear, "value", "clear"),
            (step, "value", "step"), (play, "value", "playing"),
            (log, "value", "log"), (curvature, "value", "show_curvature"),
            (ending, "index", "ending"),
            (save, "value", "saving"), (reset, "value", "resetting"),
        ]  # fmt: skip
        self.links = [widgets.jslink((control, trait), (chart, name)) for control, trait, name in joined]
        chart.moved = [chart.model_id, slider.model_id, step.model_id]
        self.of_problem = [network, data, hidden, scale, seed]
        self._owned: list[Any] = [*self.links, *(control for control, _, _ in joined), *self.of_problem]
        self._owned += [*self.column.children, self.column]

    def chosen(self) -> Problem:
        """Return the problem that the controls are set to."""
        return Problem(*(control.value for control in self.of_problem))

    def close(self) -> None:
        """Close all controls and links."""
        for widget in self._owned:
            widget.close()
