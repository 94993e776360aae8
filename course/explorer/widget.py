"""The loss explorer: ipywidgets controls around a chart that the browser computes and moves by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from course import files
from course.explorer.model import runs
from course.explorer.model.own_run import Gradient
from course.explorer.model.plain import plain
from course.explorer.model.problem import Problem
from course.explorer.model.table import Table
from course.explorer.model.tape import Array
from course.explorer.moves import Moves
from course.explorer.opening import chart_of, check_view, problem_of, table_at
from course.explorer.publisher import Publisher
from course.explorer.traits import SETTINGS, VIEW, Traits
from course.explorer.view import pins as pinned
from course.explorer.view import saving, words
from course.explorer.view.controls import FILES, Controls

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PATIENCE = 60.0
"""seconds to wait for the student's runs"""


class LossExplorer(Traits):
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
        self.gradient = gradient
        values = (network, data, hidden, scale, seed, momentum, batch)
        steps, step, rate, panel = plain(steps), plain(step), plain(rate), plain(panel)
        problem = problem_of(gradient, dict(zip(SETTINGS, values, strict=True)))
        check_view(steps, step, panel)
        table, index = table_at(problem, steps, rate)
        view = {"log": log_scale, "panel": panel, "band": band, "predict": predict}
        self.chart = chart_of(table, index, step, pins, **{k: plain(value) for k, value in view.items()})
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
        self._loop = _running_loop()
        self._moves = Moves(self, self.chart, table, self._publisher)
        self.chart.observe(self._publisher.telling(self._save_asked), "saves")
        self._moves.start()

    @property
    def _table(self) -> Table:
        return self._moves.table

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
    def error(self) -> BaseException | None:
        """The exception behind the status line, if there is one."""
        run = self._table.failed_run
        return self._publisher.error or (run.error if run else None)

    @property
    def state(self) -> words.Code:
        """Code that rebuilds this view; a gradient that no name stands for is left out, and said."""
        view = {name: getattr(self, name) for name in ("rate", *VIEW)}
        arguments = {**asdict(self.problem), "steps": self._table.steps, **view, "pins": [*self.pins]}
        return words.code(self.gradient, arguments)

    def settle(self, seconds: float = PATIENCE) -> None:
        """Wait until the student's runs are computed. Raises TimeoutError after `seconds`."""
        if not self._publisher.wait(seconds):
            raise TimeoutError(f"the explorer was still following the gradient after {seconds:g} s")

    def figure(self) -> Figure:
        """Return the view as a Matplotlib figure, with the panel that is open, in the same colours.

        With `predict`, it shows no run that is to be predicted.
        """
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
        seen = words.seen(self._table, self.chart.index, self.predict)
        return f"LossExplorer, {words.describe(self.problem)}. {seen}"

    def _save_asked(self, _: Any) -> None:
        def save(_: Any = None) -> None:
            path = files.unused(Path(f"loss-explorer.{FILES[self.chart.ending].lower()}"))
            self.save(path)
            self._publisher.say(f"Saved {path}.")

        if self._loop is None:
            save()
            return
        # Matplotlib is not thread-safe: draw on the thread that runs the cells
        self._loop.call_soon_threadsafe(self._publisher.telling(save), None)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
