"""The loss explorer: a loss curve under the hand.

Model (`problem`, `runs`, `regimes`, `curvature`), words, picture, page and widget are apart: the model is
NumPy and knows no browser, the picture and the page are made from the model and the state, and the widget
joins sliders to them.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    # the widget's libraries load when it is first asked for
    if name == "LossExplorer":
        from course.explorer.widget import LossExplorer

        return LossExplorer
    raise AttributeError(f"module 'course.explorer' has no attribute {name!r}")
