"""The loss explorer: ipywidgets controls around a chart that the browser computes and moves by itself."""

from __future__ import annotations

import asyncio
import functools
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
import traitlets

from course import files
from course.explorer.model import runs
from course.explorer.model.own_run import Gradient
from course.explorer.model.problem import Problem
from course.explorer.model.table import Table
from course.explorer.model.tape import Array
from course.explorer.publisher import Publisher
from course.explorer.view import pins as pinned
from course.explorer.view import saving, script, words
from course.explorer.view.chart import PANELS, Chart, own_data
from course.explorer.view.controls import FILES, Controls

if TYPE_CHECKING:
    from matplotlib.figure import Figure

START = 72
"""index of the rate shown first, three decades above the smallest"""
PATIENCE = 60.0
"""seconds to wait for the student's runs"""
STORY = Problem("seed 1", "moons", 3, 0.5, 55)
"""the problem of the first view: slow, steady, oscillating and stuck runs, in one band each, in this order"""
SETTINGS = tuple(field.name for field in fields(Problem))
VIEW = {"step": "step", "log_scale": "log", "panel": "panel", "band": "band", "predict": "predict"}
"""traits of the explorer, and what they are called in the chart, where `log` is no widget's logger"""


def _reports_errors(method: Callable[..., None]) -> Callable[..., None]:
    """Let a callback show its exception in the status line; it would otherwise disappear."""

    @functools.wraps(method)
    def callback(self: LossExplorer, *args: Any) -> None:
        try:
            method(self, *args)
        except Exception as error:
            self._publisher.failed(error)

    return callback


class LossExplorer(widgets.VBox):  # type: ignore[misc]  # ipywidgets publishes no types
    """Shows the loss curve of gradient descent at the learning rate that a slider sets.

    `network` is "seed 1" (one hidden layer, mean squared error) or "seed 2" (three layers, summed
    cross-entropy), `data` is "xor" or "moons"; `hidden` units a layer, `scale` and `seed` give the first
    weights, `momentum` and `batch` say what a step is made of. `rate`, `step`, `log_scale`, `panel`,
    `band`, `predict` and `pins` are the view: `panel` shows what is inside the run, "curvature", "output"
    (what the network says at the step), "deltas" (their norms) or "path" (over a plane of weights); `band`
    the same run from other seeds. All of these can be set, `explorer.rate = 5` moves the chart, and
    observed, as traits are; `explorer.state` gives them as code. `steps` is the length of a run. What is not
    given is as in `Problem`; with nothing given at all, the problem shows each kind of run in one band.

    `gradient` is a function of yours to follow beside the true gradient:

    - seed 1: `gradient(X, y, W1, W2)` returns `(dC_dW1, dC_dW2)`, with X (N, 3), y (N, 1), W1 (3, h),
      W2 (h + 1, 1);
    - seed 2: `gradient(X, y, Ws, bs)` returns `(dWs, dbs)`, two lists as `Ws` and `bs` are.

    Its run is drawn over the true one, with the step at which they part and the array that is wrong. When the
    function fails, the line below the chart says how; `explorer.error` is the exception.

    `chart` and `controls` are the widgets inside.

    Raises ValueError for an unknown network or data set and an impossible size, rate, step or pin, and
    AttributeError for a name that is no trait.
    """

    network = traitlets.Unicode()
    data = traitlets.Unicode()
    hidden = traitlets.Int()
    scale = traitlets.Float()
    seed = traitlets.Int()
    momentum = traitlets.Float()
    batch = traitlets.Int()
    rate = traitlets.Float()
    step = traitlets.Int()
    log_scale = traitlets.Bool()
    panel = traitlets.Enum([*PANELS])
    band = traitlets.Bool()
    predict = traitlets.Bool()
    pins: Any = traitlets.List()

    _following = False

    def __init__(
        self,
        gradient: Gradient | None = None,
        *,
        network: str | None = None,
        data: str | None = None,
        hidden: int | None = None,
        scale: float | None = None,
        seed: int | None = None,
        momentum: float | None = None,
        batch: int | None = None,
        steps: int = runs.STEPS,
        rate: float | None = None,
        step: int | None = None,
        log_scale: bool = True,
        panel: str = "none",
        band: bool = False,
        predict: bool = False,
        pins: Sequence[pinned.Code] = (),
    ) -> None:
        if gradient is not None and not callable(gradient):
            raise ValueError(f"gradient must be a function, and is a {type(gradient).__name__}")
        for name, value in (("steps", steps), ("step", 0 if step is None else step)):
            if not isinstance(value, (int, np.integer)):
                raise ValueError(f"{name}={value!r}: a whole number of steps")
        if steps < 1 or (step is not None and not 0 <= step <= steps):
            raise ValueError(f"step={step!r}, steps={steps!r}: at least one step, and a step among them")
        if panel not in PANELS:
            raise ValueError(f"panel={panel!r}: choose one of {', '.join(map(repr, PANELS))}")
        self.gradient = gradient
        values = (network, data, hidden, scale, seed, momentum, batch)
        chosen: dict[str, Any] = {
            name: value for name, value in zip(SETTINGS, values, strict=True) if value is not None
        }
        problem = Problem(**chosen) if chosen or gradient is not None else STORY
        self._table = Table(problem, {}, steps)
        self._loop = _running_loop()
        index, exact = (START, {}) if rate is None else self._place(rate)
        self._table = Table(problem, exact, steps)
        self.chart = Chart(
            key=uuid.uuid4().hex,
            **asdict(problem),
            steps=steps,
            index=index,
            exact={str(k): value for k, value in exact.items()},
            rate=float(self._table.rates[index]),
            step=steps if step is None else step,
            log=log_scale,
            panel=panel,
            band=band,
            predict=predict,
            pins=self._pins(pins),
            draws=_draws(problem.seed),
            layout=widgets.Layout(flex="1 1 480px", width="auto", min_width="0"),
            **own_data(self._table),
        )
        self._first = {
            name: getattr(self.chart, name) for name in (*SETTINGS, "index", "exact", *VIEW.values())
        }
        self._publisher = Publisher(self.chart)
        self.controls = Controls(self.chart)
        below = widgets.HBox(
            [self.chart, self.controls.column],
            layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start", width="100%"),
        )
        super().__init__([self.controls.top, below], layout=widgets.Layout(width="100%", overflow="visible"))
        self._key = f"loss-explorer-{self.model_id}"
        for name in ("loss-explorer", self._key):
            self.add_class(name)
        self._take_from_chart()
        self.chart.observe(self._chart_moved, [*SETTINGS, "index", "exact", "pins", *VIEW.values()])
        self.observe(self._moved, [*SETTINGS, "rate", "pins", *VIEW])
        self.chart.observe(self._save_asked, "saves")
        self.chart.observe(self._reset, "resets")
        self._publisher.start(self._table, self.gradient)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a trait. Raises AttributeError for a public name that is none."""
        if not name.startswith("_") and name not in OWN and not hasattr(type(self), name):
            raise AttributeError(f"an explorer has no {name!r}; what can be set: {', '.join(self._names())}")
        super().__setattr__(name, value)

    @staticmethod
    def _names() -> list[str]:
        return [*SETTINGS, "rate", *VIEW, "pins"]

    @property
    def problem(self) -> Problem:
        """The network, its data, its first weights, and what a step is made of."""
        return self._table.problem

    @property
    def rates(self) -> Array:
        """The learning rates (121,)."""
        return self._table.rates.copy()

    @property
    def losses(self) -> Array:
        """The loss curves (121, steps + 1)."""
        return self._table.losses.copy()

    @property
    def regimes(self) -> list[str]:
        """The names of the runs' regimes (121); the rule is the explorer's own."""
        return [self._table.regime(k) for k in range(len(self._table.rates))]

    @property
    def headline(self) -> str:
        """The run shown, in a line."""
        return words.headline(self._table, self.chart.index)

    @property
    def status(self) -> str:
        """The line below the chart."""
        return str(self.chart.status)

    @property
    def error(self) -> Exception | None:
        """The exception behind the status line, if there is one."""
        run = self._table.failed_run
        return self._publisher.error or (run.error if run else None)

    @property
    def state(self) -> words.Code:
        """Code that rebuilds this view; a gradient without a name of its own is left out, and said."""
        view = {name: getattr(self, name) for name in ("rate", *VIEW, "pins")}
        return words.code(self.gradient, {**asdict(self.problem), "steps": self._table.steps, **view})

    def settle(self, seconds: float = PATIENCE) -> None:
        """Wait until the student's runs are computed. Raises TimeoutError after `seconds`."""
        if not self._publisher.wait(seconds):
            raise TimeoutError(f"the explorer was still following the gradient after {seconds:g} s")

    def figure(self) -> Figure:
        """Return the view as a Matplotlib figure, with the panel that is open, in the same colours."""
        from course.explorer.view import picture

        return picture.draw(self.chart, self._table)

    def save(self, path: str | Path) -> Path:
        """Save the view as .png, .svg or .html, or the numbers of all runs as .csv; return the path.

        Raises ValueError for another ending. The file is there whole or not at all.
        """
        return saving.save(self.chart, self._table, Path(path))

    def to_html(self, path: str | Path) -> Path:
        """Write the living explorer as a page that needs neither kernel nor network; return `path`."""
        return saving.to_html(self.chart, self._table, Path(path))

    def close(self) -> None:
        """Stop computing and remove the widgets."""
        # ipywidgets also closes an explorer whose arguments were refused
        if hasattr(self, "_publisher"):
            self._publisher.stop()
        if hasattr(self, "controls"):
            self.controls.close()
            self.chart.close()
        super().close()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        from course.explorer.view.saved import saved

        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        bundle = {"text/plain": repr(self), "application/vnd.jupyter.widget-view+json": view}
        display(bundle, raw=True)
        text = saved(self.chart, self._table, self._key)
        display({"text/html": text, "text/plain": repr(self)}, raw=True)

    def __repr__(self) -> str:
        return f"LossExplorer, {words.describe(self.problem)}. {self.headline}"

    def _place(self, rate: float) -> tuple[int, dict[int, float]]:
        """Return the index of a rate, and the exact rates with it among them. Raises ValueError."""
        rates = self._table.rates
        if not (isinstance(rate, (int, float, np.number)) and rates[0] / 2 <= rate <= rates[-1] * 2):
            low, high = words.number(rates[0]), words.number(rates[-1])
            raise ValueError(f"η = {rate}: the learning rates here go from {low} to {high}")
        index = runs.nearest(rates, float(rate))
        exact = dict(self._table.exact)
        if rates[index] != rate:
            exact[index] = float(rate)
        return index, exact

    def _pins(self, codes: Sequence[pinned.Code]) -> list[pinned.Pin]:
        if len(codes) > pinned.MOST:
            raise ValueError(f"{len(codes)} pins: at most {pinned.MOST} runs can be pinned")
        return [pinned.pin(code, self._table.problem) for code in codes]

    def _take_from_chart(self) -> None:
        """Set the traits to what the chart shows."""
        self._following = True
        try:
            with self.hold_trait_notifications():
                for name in SETTINGS:
                    setattr(self, name, getattr(self.chart, name))
                for name, inside in VIEW.items():
                    setattr(self, name, getattr(self.chart, inside))
                self.rate = float(self._table.rates[self.chart.index])
                self.pins = [pinned.code(pin, self.problem) for pin in self.chart.pins]
        finally:
            self._following = False

    @_reports_errors
    def _chart_moved(self, change: Any) -> None:
        problem = Problem(*(getattr(self.chart, name) for name in SETTINGS))
        exact = {int(k): rate for k, rate in self.chart.exact.items()}
        if problem != self.problem or exact != self._table.exact:
            self._table = Table(problem, exact, self._table.steps)
            with self._publisher.lock, self.chart.hold_sync():
                self.chart.draws = _draws(problem.seed)
                for name, value in own_data(self._table).items():
                    setattr(self.chart, name, value)
                self.chart.status = ""
            self._publisher.start(self._table, self.gradient)
        if not self._following:
            self._take_from_chart()

    def _moved(self, change: Any) -> None:
        """Move the chart to what a trait was set to from Python; refuse what cannot be shown."""
        if self._following:
            return
        self._following = True
        try:
            self._show(change.name, change.new)
        finally:
            self._take_from_chart()

    def _show(self, name: str, value: Any) -> None:
        if name == "rate":
            index, exact = self._place(value)
            with self.chart.hold_sync():
                self.chart.exact = {str(k): rate for k, rate in exact.items()}
                self.chart.index = index
                self.chart.rate = float(value)
        elif name == "pins":
            self.chart.pins = self._pins(value)
        elif name in SETTINGS:
            Problem(**{**asdict(self.problem), name: value})
            self.chart.draws = _draws(self.seed)
            setattr(self.chart, name, value)
        elif name == "step" and not 0 <= value <= self._table.steps:
            raise ValueError(f"step={value}: a run has the steps 0 to {self._table.steps}")
        else:
            setattr(self.chart, VIEW[name], value)

    @_reports_errors
    def _reset(self, _: Any) -> None:
        with self.chart.hold_sync():
            self.chart.pins = []
            # the browser also unpins runs of which Python does not know yet
            self.chart.clear = True
            for name, value in self._first.items():
                setattr(self.chart, name, value)

    @_reports_errors
    def _save_asked(self, _: Any) -> None:
        def save() -> None:
            path = files.unused(Path(f"loss-explorer.{FILES[self.chart.ending].lower()}"))
            self.save(path)
            self._publisher.say(f"Saved {path}.")

        if self._loop is None:
            save()
            return
        # Matplotlib is not thread-safe: draw on the thread that runs the cells
        self._loop.call_soon_threadsafe(_reports_errors(lambda _: save()), self)


OWN = ("gradient", "chart", "controls")
"""public attributes that are no traits"""


def _draws(seed: int) -> str:
    return "" if seed in script.SEEDS else script.draws(seed)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
