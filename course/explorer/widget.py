"""The loss explorer: ipywidgets controls beside a chart that the browser moves without Python."""

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
from course.explorer.model import runs
from course.explorer.model.own_run import Gradient
from course.explorer.model.problem import Problem
from course.explorer.model.table import Table
from course.explorer.model.tape import Array
from course.explorer.publisher import Publisher
from course.explorer.view import pins as pinned
from course.explorer.view import words
from course.explorer.view.chart import Chart, table_data
from course.explorer.view.controls import FILES, Controls

if TYPE_CHECKING:
    from matplotlib.figure import Figure

START = 72
"""index of the rate shown first, three decades above the smallest"""
PATIENCE = 60.0
"""seconds to wait for the runs where all of them are needed"""


def _reports_errors(method: Callable[..., None]) -> Callable[..., None]:
    """Let a callback show its exception in the status line; it would otherwise disappear."""

    @functools.wraps(method)
    def callback(self: LossExplorer, *args: Any) -> None:
        try:
            method(self, *args)
        except Exception as error:
            self._failed(error)

    return callback


class LossExplorer(widgets.HBox):  # type: ignore[misc]  # ipywidgets publishes no types
    """Shows the loss curve of gradient descent at the learning rate that a slider sets.

    `network` is "seed 1" (one hidden layer, mean squared error) or "seed 2" (three layers, summed
    cross-entropy), `data` is "xor" or "moons"; `hidden` units a layer, `scale` and `seed` give the first
    weights. `steps` is the length of a run. `rate`, `step`, `log`, `curvature` and `pins` are the view:
    `explorer.state` gives them as code.

    `gradient` is a function of yours to follow beside the true gradient:

    - seed 1: `gradient(X, y, W1, W2)` returns `(dC_dW1, dC_dW2)`, with X (N, 3), y (N, 1), W1 (3, h),
      W2 (h + 1, 1);
    - seed 2: `gradient(X, y, Ws, bs)` returns `(dWs, dbs)`, two lists as `Ws` and `bs` are.

    Its run is drawn over the true one, and the first step at which they part is named. When the function
    fails, the line below the chart says how; `explorer.error` is the exception.

    `chart` and `controls` are the widgets inside; the traits of `chart` are what is shown.

    Raises ValueError for an unknown network or data set and an impossible size, rate, step or pin.
    """

    _resetting = False

    def __init__(
        self,
        gradient: Gradient | None = None,
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
        problem = Problem(network, data, hidden, scale, seed)
        self._first_settings = tuple(asdict(problem).values())
        self._table = Table(problem, runs.learning_rates(problem), steps)
        self._error: Exception | None = None
        self._loop = _running_loop()
        self._worker = Worker(self._failed, self._stuck)
        index = START if rate is None else self._take_rate(rate)
        self._first_view = {"index": index, "log": log, "show_curvature": curvature}
        self._first_view["step"] = steps if step is None else step
        self.chart = Chart(
            **self._first_view,
            steps=steps,
            kept_every=runs.KEPT_EVERY,
            pins=[self._pin(pin) for pin in pins],
            layout=widgets.Layout(flex="1 1 480px", width="auto", min_width="0"),
            **self._fresh_traits(),
        )
        self.chart.rate = float(self._table.rates[index])
        self._publisher = Publisher(self.chart)
        self.controls = Controls(self.chart, problem, steps)
        super().__init__(
            [self.controls.column, self.chart],
            layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start", width="100%"),
        )
        self.add_class("loss-explorer")
        for control in self.controls.of_problem:
            control.observe(self._problem_chosen, "value")
        self.chart.observe(self._rate_asked, "asked")
        self.chart.observe(self._curvature_asked, "show_curvature")
        self.chart.observe(self._save_asked, "saves")
        self.chart.observe(self._reset, "resets")
        self._start()

    @property
    def problem(self) -> Problem:
        """The network, its data and its first weights."""
        return self._table.problem

    @property
    def rates(self) -> Array:
        """The learning rates (121,)."""
        return self._table.rates.copy()

    @property
    def losses(self) -> Array:
        """The loss curves (121, steps + 1), once all are computed."""
        self.wait()
        return self._table.losses.copy()

    @property
    def regimes(self) -> list[str]:
        """The names of the runs' regimes (121), once all are computed; the rule is the explorer's own."""
        self.wait()
        return [self._table.regime(k) for k in range(len(self._table.rates))]

    @property
    def headline(self) -> str:
        """The run shown, in a line."""
        text = words.headline(self._table, self.chart.index)
        return text or f"{words.rate(self.chart.rate)}: being computed"

    @property
    def status(self) -> str:
        """The line below the chart."""
        return str(self.chart.status)

    @property
    def error(self) -> Exception | None:
        """The exception behind the status line, if there is one."""
        run = self._table.failed_run
        return self._error or (run.error if run else None)

    @property
    def state(self) -> words.Code:
        """Code that rebuilds this view."""
        chart = self.chart
        arguments: dict[str, Any] = {**asdict(self.problem), "steps": self._table.steps}
        arguments |= {"rate": float(self._table.rates[chart.index]), "step": chart.step, "log": chart.log}
        arguments |= {"curvature": chart.show_curvature}
        arguments |= {"pins": [pinned.code(pin, self._table) for pin in chart.pins]}
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
        """Wait until all is computed, the student's runs included. Raises TimeoutError after `seconds`."""
        if not self._worker.wait(seconds):
            raise TimeoutError(f"the explorer was still computing after {seconds:g} s")

    def figure(self) -> Figure:
        """Return the view as a Matplotlib figure, in the same colours and dashes."""
        from course.explorer.view import picture

        self.wait()
        return picture.draw(self.chart, self._table)

    def save(self, path: str | Path) -> Path:
        """Save the view as .png, .svg or .html, or the numbers of all runs as .csv; return the path.

        Raises ValueError for another ending. The file is there whole or not at all.
        """
        from course.explorer.view import picture

        path = Path(path)
        if path.suffix == ".html":
            return self.to_html(path)
        if path.suffix not in (".png", ".svg", ".csv"):
            raise ValueError(f"{path.name}: the explorer saves .png, .svg, .csv and .html")
        self.wait()
        if path.suffix == ".csv":
            return files.write(path, picture.csv(self._table).encode())
        return files.write(path, picture.rendered(self.chart, self._table, path.suffix[1:]))

    def to_html(self, path: str | Path) -> Path:
        """Write an HTML page with all curves in it, which needs neither kernel nor network; return `path`."""
        from course.explorer.view.page import page

        self.wait()
        return files.write(Path(path), page(self.chart, self._table).encode())

    def close(self) -> None:
        """Stop computing and remove the widgets."""
        # ipywidgets also closes an explorer whose arguments were refused
        if hasattr(self, "_worker"):
            self._worker.stop()
        if hasattr(self, "controls"):
            self.controls.close()
            self.chart.close()
        super().close()

    def __repr__(self) -> str:
        return f"LossExplorer, {words.describe(self.problem)}. {self.headline}"

    @_reports_errors
    def _problem_chosen(self, change: Any = None) -> None:
        if self._resetting:
            return
        chosen = self.controls.chosen()
        if chosen == self.problem:
            return
        frozen = [pinned.with_own_curve(pin, self._table, chosen) for pin in self.chart.pins]
        self._table = Table(chosen, runs.learning_rates(chosen), self._table.steps)
        with self._publisher.lock, self.chart.hold_sync():
            self.chart.pins = frozen
            for name, value in self._fresh_traits().items():
                setattr(self.chart, name, value)
        self._start()

    @_reports_errors
    def _rate_asked(self, change: Any) -> None:
        rate, count = change.new
        try:
            index = self._take_rate(rate)
        except ValueError as error:
            self._publisher.say(str(error))
            self.chart.answered = count
            return
        with self._publisher.lock, self.chart.hold_sync():
            self.chart.rates = [float(rate) for rate in self._table.rates]
            self.chart.index = index
            self.chart.answered = count
        self._start()

    def _take_rate(self, rate: float) -> int:
        """Put `rate` in the place of the learning rate nearest to it; return its index. Raises ValueError."""
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
            return pinned.of_another(pin, self.problem, self._table.steps)
        return {"index": self._take_rate(float(pin))}

    @_reports_errors
    def _curvature_asked(self, change: Any) -> None:
        if change.new:
            self._start()

    @_reports_errors
    def _reset(self, _: Any) -> None:
        self._resetting = True
        try:
            for control, value in zip(self.controls.of_problem, self._first_settings, strict=True):
                control.value = value
        finally:
            self._resetting = False
        self._problem_chosen()
        with self.chart.hold_sync():
            self.chart.pins = []
            # the browser also unpins runs of which Python does not know yet
            self.chart.clear = True
            for name, value in self._first_view.items():
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

    def _fresh_traits(self) -> dict[str, Any]:
        """Return the chart's traits for the problem as it is now, with the runs known so far."""
        description = words.describe(self.problem)
        # the old limits stay until the first new run is known
        data = {name: value for name, value in table_data(self._table).items() if name != "limits" or value}
        return {
            **data,
            "title": description[0].upper() + description[1:],
            "loss_name": self.problem.loss_name,
            "progress": 0.0,
            "status": "",
        }

    def _start(self) -> None:
        self._error = None
        shown = self.chart.show_curvature
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


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
