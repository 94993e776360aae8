"""The loss explorer: ipywidgets controls beside a chart that the browser moves by itself."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from course import files
from course.explorer.background import Worker
from course.explorer.model import runs, words
from course.explorer.model.problem import Problem
from course.explorer.model.table import Table
from course.explorer.publisher import Publisher
from course.explorer.view import pinned
from course.explorer.view.chart import Chart
from course.explorer.view.controls import FILES, Controls

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from course.explorer.view.picture import View

START = 72
"""the rate shown first: three decades above the smallest"""
PATIENCE = 60.0
"""seconds to wait for all true runs where everything is asked for"""


def _told(method: Callable[..., None]) -> Callable[..., None]:
    """Make a callback say its exception in the status line, where it would otherwise disappear."""

    @functools.wraps(method)
    def callback(self: LossExplorer, *args: Any) -> None:
        try:
            method(self, *args)
        except Exception as error:
            self._failed(error)

    return callback


class LossExplorer(widgets.HBox):  # type: ignore[misc]  # ipywidgets publishes no types
    """A loss curve under the hand: move the learning rate, and the curve follows.

    `network` is "seed 1" (one hidden layer, mean squared error) or "seed 2" (three layers, summed
    cross-entropy), `data` "xor" or "moons"; `hidden`, `scale` and `seed` are those of the first weights.
    `rate`, `step`, `log`, `curvature` and `pins` are the view: `explorer.state` gives them as code.

    `gradient` is a function of yours to follow beside the true one:

    - seed 1: `gradient(X, y, W1, W2)` returns `(dC_dW1, dC_dW2)`, with X (N, 3), y (N, 1), W1 (3, h),
      W2 (h + 1, 1);
    - seed 2: `gradient(X, y, Ws, bs)` returns `(dWs, dbs)`, two lists as `Ws` and `bs` are.

    Its run is drawn over the true one, and the first step at which they part is named. What is wrong with
    it is said below the chart; `explorer.error` is the exception.

    Raises ValueError for a network, data set, size, rate, step or pin that cannot be.
    """

    _resetting = False

    def __init__(
        self,
        gradient: runs.Gradient | None = None,
        *,
        network: str = "seed 1",
        data: str = "xor",
        hidden: int = 3,
        scale: float = 1.0,
        seed: int = 0,
        steps: int = runs.STEPS,
        rate: float | None = None,
        step: int | None = None,
        log: bool = True,
        curvature: bool = False,
        pins: Sequence[pinned.Code] = (),
    ) -> None:
        if gradient is not None and not callable(gradient):
            raise ValueError(f"gradient must be a function, and is a {type(gradient).__name__}")
        if steps < 1 or (step is not None and not 0 <= step <= steps):
            raise ValueError(f"step={step!r}, steps={steps!r}: at least one step, and a step among them")
        if len(pins) > pinned.MOST:
            raise ValueError(f"{len(pins)} pins: at most {pinned.MOST} runs can be pinned")
        self.gradient = gradient
        self._problem = Problem(network, data, hidden, scale, seed)
        self._first_problem = tuple(asdict(self._problem).values())
        self._steps = steps
        self._table = Table(self._problem, runs.learning_rates(self._problem), steps)
        self._error: Exception | None = None
        self._loop = _running_loop()
        self._worker = Worker(self._failed, self._stuck)
        index = START if rate is None else self._take_rate(rate)
        self._first = {"index": index, "log": log, "show_curvature": curvature}
        self._first["step"] = steps if step is None else step
        self._chart = Chart(
            **self._first,
            steps=steps,
            kept_every=runs.KEPT_EVERY,
            pins=[self._pin(pin) for pin in pins],
            layout=widgets.Layout(flex="1 1 480px", width="auto", min_width="0"),
            **self._described(),
        )
        self._chart.rate = float(self._table.rates[index])
        self._publisher = Publisher(self._chart)
        self._controls = Controls(self._chart, self._problem, steps)
        super().__init__(
            [self._controls.column, self._chart],
            layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start", width="100%"),
        )
        self.add_class("loss-explorer")
        for control in self._controls.of_problem:
            control.observe(self._problem_chosen, "value")
        self._chart.observe(self._rate_asked, "asked")
        self._chart.observe(self._curvature_asked, "show_curvature")
        self._chart.observe(self._save_asked, "saves")
        self._chart.observe(self._reset, "resets")
        self._start()

    # ---- what is shown, for Python

    @property
    def problem(self) -> Problem:
        """The network, its data and its first weights."""
        return self._problem

    @property
    def rates(self) -> runs.Array:
        """The learning rates (121,)."""
        return self._table.rates.copy()

    @property
    def losses(self) -> runs.Array:
        """The loss curves (121, steps + 1), once all are computed."""
        self.wait()
        return self._table.losses.copy()

    @property
    def regimes(self) -> list[str]:
        """The name of each run's regime, once all are computed."""
        self.wait()
        return [self._table.regime(k) for k in range(len(self._table.rates))]

    @property
    def headline(self) -> str:
        """The run shown, in a line."""
        return (
            self._table.headline(self._chart.index) or f"η = {words.number(self._chart.rate)}: being computed"
        )

    @property
    def status(self) -> str:
        """What is said below the chart."""
        return str(self._chart.status)

    @property
    def error(self) -> Exception | None:
        """The exception behind the status line, if there is one."""
        return self._error or self._table.error

    @property
    def state(self) -> words.Code:
        """Code that rebuilds this view."""
        chart = self._chart
        arguments: dict[str, Any] = {**asdict(self._problem), "steps": self._steps}
        arguments |= {"rate": float(self._table.rates[chart.index]), "step": chart.step, "log": chart.log}
        arguments |= {
            "curvature": chart.show_curvature,
            "pins": [pinned.code(pin, self._table.rates, self._problem) for pin in chart.pins],
        }
        parts = [f"{name}={value!r}" for name, value in arguments.items()]
        if self.gradient is not None:
            parts.insert(0, f"gradient={getattr(self.gradient, '__name__', '...')}")
        return words.Code(f"LossExplorer({', '.join(parts)})")

    def wait(self, seconds: float = PATIENCE) -> None:
        """Wait until all true runs are computed. Raises TimeoutError when they are not after `seconds`."""
        end = time.monotonic() + seconds
        while not self._table.complete:
            if time.monotonic() > end or (self._worker.wait(0.01) and not self._table.complete):
                raise TimeoutError(
                    f"the runs were not computed within {seconds:g} s: {self.status or 'no reason given'}"
                )

    def settle(self, seconds: float = PATIENCE) -> None:
        """Wait until nothing is computed any more, the student's runs included. Raises TimeoutError."""
        if not self._worker.wait(seconds):
            raise TimeoutError(f"the explorer was still computing after {seconds:g} s")

    def figure(self) -> Figure:
        """Return the view as a Matplotlib figure, in the same colours and dashes."""
        from course.explorer.view import picture

        return picture.draw(self._view())

    def save(self, path: str | Path) -> Path:
        """Save the view as .png, .svg or .html, or the numbers of all runs as .csv; return the path.

        Raises ValueError for another ending. The file is there whole or not at all.
        """
        from course.explorer.view import picture

        path = Path(path)
        if path.suffix == ".html":
            return self.to_html(path)
        if path.suffix in (".png", ".svg"):
            return files.write(path, picture.data(self._view(), path.suffix[1:]))
        if path.suffix == ".csv":
            self.wait()
            return files.write(path, picture.csv(self._table).encode())
        raise ValueError(f"{path.name}: the explorer saves .png, .svg, .csv and .html")

    def to_html(self, path: str | Path) -> Path:
        """Write a page of its own, with all curves in it, that needs neither kernel nor network."""
        from course.explorer.view.page import page

        self.wait()
        shown = {
            name: getattr(self._chart, name) for name in self._chart.keys if name in Chart.class_own_traits()
        }
        fresh = {**shown, **self._table.as_data(), "status": "", "progress": 1.0, "playing": False}
        fresh["moved"] = []  # there is no Python to tell
        return files.write(Path(path), page(fresh, self.headline).encode())

    def close(self) -> None:
        """Stop computing and take the widgets away."""
        # ipywidgets closes what could not be made, too
        if hasattr(self, "_worker"):
            self._worker.stop()
        if hasattr(self, "_controls"):
            self._controls.close()
            self._chart.close()
        super().close()

    def __repr__(self) -> str:
        return f"LossExplorer, {words.describe(self._problem)}. {self.headline}"

    # ---- what the controls ask for

    @_told
    def _problem_chosen(self, change: Any = None) -> None:
        if self._resetting:
            return
        chosen = self._controls.chosen()
        if chosen == self._problem:
            return
        frozen = [pinned.kept(pin, self._table, self._problem, chosen) for pin in self._chart.pins]
        self._problem = chosen
        self._table = Table(chosen, runs.learning_rates(chosen), self._steps)
        with self._publisher.lock, self._chart.hold_sync():
            self._chart.pins = frozen
            for name, value in self._described().items():
                setattr(self._chart, name, value)
        self._start()

    @_told
    def _rate_asked(self, change: Any) -> None:
        rate, count = change.new
        try:
            index = self._take_rate(rate)
        except ValueError as error:
            self._publisher.say(str(error))
            self._chart.answered = count
            return
        with self._publisher.lock, self._chart.hold_sync():
            self._chart.rates = [float(rate) for rate in self._table.rates]
            self._chart.index = index
            self._chart.answered = count
        self._start()

    def _take_rate(self, rate: float) -> int:
        """Put `rate` in the place of the learning rate nearest to it; return where."""
        rates = self._table.rates
        if not (np.isfinite(rate) and rates[0] / 2 <= rate <= rates[-1] * 2):
            low, high = words.number(rates[0]), words.number(rates[-1])
            raise ValueError(f"η = {rate:g}: the learning rates here go from {low} to {high}")
        index = runs.nearest(rates, rate)
        if rates[index] != rate:
            self._table = self._table.with_rate(index, float(rate))
        return index

    def _pin(self, pin: pinned.Code) -> pinned.Pin:
        if isinstance(pin, Mapping):
            return pinned.of_another(pin, self._problem, self._steps)
        return {"index": self._take_rate(float(pin))}

    @_told
    def _curvature_asked(self, change: Any) -> None:
        if change.new:
            self._start()

    @_told
    def _reset(self, _: Any) -> None:
        self._resetting = True
        try:
            for control, value in zip(self._controls.of_problem, self._first_problem, strict=True):
                control.value = value
        finally:
            self._resetting = False
        self._problem_chosen()
        with self._chart.hold_sync():
            self._chart.pins = []
            # and those of which Python has not heard yet
            self._chart.clear = True
            for name, value in self._first.items():
                setattr(self._chart, name, value)

    @_told
    def _save_asked(self, _: Any) -> None:
        def save() -> None:
            path = files.unused(Path(f"loss-explorer.{FILES[self._chart.ending].lower()}"))
            self.save(path)
            self._publisher.say(f"Saved {path}.")

        if self._loop is None:
            save()
            return
        # Matplotlib is for one thread only: the one that runs the cells
        self._loop.call_soon_threadsafe(_told(lambda _: save()), self)

    # ---- computing, in the background

    def _described(self) -> dict[str, Any]:
        """Return what the chart says of the problem, before any run is known."""
        about = words.describe(self._problem)
        return {
            # the old limits stay until the first new run is there
            **{name: value for name, value in self._table.as_data().items() if name != "limits" or value},
            "title": about[0].upper() + about[1:],
            "loss_name": self._problem.loss_name,
            "progress": 0.0,
            "status": "",
        }

    def _start(self) -> None:
        self._error = None
        shown = self._chart.show_curvature
        self._worker.start(functools.partial(self._publisher.fill, self._table, self.gradient, shown))

    def _stuck(self) -> None:
        if self._table.following:
            self._publisher.say(
                "Your gradient has not come back for 2 seconds. The true curves are complete; "
                "your runs follow when it does."
            )

    def _failed(self, error: Exception) -> None:
        self._error = error
        self._publisher.say(f"{type(error).__name__}: {error}. explorer.error is the exception.")

    def _view(self) -> View:
        from course.explorer.view.picture import Pinned, View

        self.wait()
        chart, table = self._chart, self._table
        pins = [
            Pinned(
                words.rate(table.rates[pin["index"]]),
                table.losses[pin["index"]],
                float(table.rates[pin["index"]]),
            )
            if "index" in pin
            else Pinned(pin["label"], np.array(pin["losses"], dtype=float), pin["rate"])
            for pin in chart.pins
        ]
        return View(table, chart.index, chart.step, chart.log, chart.show_curvature, pins)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
