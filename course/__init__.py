"""What a student of the course imports: tools, data, checks. No solution is in here.

Names are loaded when they are first used: importing the course costs nothing, and a grading that hides a
module from the student's code hides its names alone.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course.activations import sigmoid
    from course.checking.check import check
    from course.data import initial_layers, initial_weights, two_moons, xor
    from course.explorer.widget import LossExplorer
    from course.gradcheck import (
        complex_step_gradient,
        complex_step_jacobian,
        numerical_gradient,
        relative_error,
    )

__all__ = [
    "LossExplorer",
    "check",
    "complex_step_gradient",
    "complex_step_jacobian",
    "initial_layers",
    "initial_weights",
    "numerical_gradient",
    "relative_error",
    "sigmoid",
    "two_moons",
    "xor",
]

_HOME = {
    "LossExplorer": "explorer",
    "check": "checking.check",
    "complex_step_gradient": "gradcheck",
    "complex_step_jacobian": "gradcheck",
    "initial_layers": "data",
    "initial_weights": "data",
    "numerical_gradient": "gradcheck",
    "relative_error": "gradcheck",
    "sigmoid": "activations",
    "two_moons": "data",
    "xor": "data",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'course' has no attribute {name!r}")
    return getattr(importlib.import_module(f"course.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
