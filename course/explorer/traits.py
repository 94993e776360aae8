"""What of an explorer can be set and observed."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import ipywidgets as widgets
import traitlets

from course.explorer.model.plain import plain
from course.explorer.model.problem import Problem
from course.explorer.view.chart import PANELS

SETTINGS = tuple(field.name for field in fields(Problem))
VIEW = {"step": "step", "log_scale": "log", "panel": "panel", "band": "band", "predict": "predict"}
"""traits of the explorer, and what they are called in the chart, where `log` is no widget's logger"""
NAMES = (*SETTINGS, "rate", *VIEW, "pins")
OWN = ("gradient", "chart", "controls")
"""public attributes that are no traits"""


class Traits(widgets.VBox):  # type: ignore[misc]  # ipywidgets publishes no types
    """A widget with the traits of an explorer; a name that is none of them is refused."""

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
    pins: Any = traitlets.Tuple()
    """set to a list; what is read is a tuple, for one that is changed in place would move nothing"""

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a trait. Raises AttributeError for a public name that is none, and for what is set once."""
        if name in OWN and name in vars(self):
            hint = (
                "" if name != "gradient" else "; make a new one to follow another: LossExplorer(my_gradient)"
            )
            raise AttributeError(f"an explorer keeps its {name}{hint}")
        if not name.startswith("_") and name not in OWN and not hasattr(type(self), name):
            raise AttributeError(f"an explorer has no {name!r}; what can be set: {', '.join(NAMES)}")
        super().__setattr__(name, plain(value) if name in NAMES else value)
