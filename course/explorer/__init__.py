"""The loss explorer: a slider moves the learning rate, and the loss curve follows.

- `model/` computes the runs, in NumPy; it imports nothing of the other parts.
- `view/` shows them: the chart and its controls in the browser, words, figures, and an exported page.
- `widget.py` joins the two to `LossExplorer`, the class that notebooks use; `background.py` computes in a
  thread, and `publisher.py` sends runs to the chart as they are computed.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    # the widget's libraries are loaded when it is first asked for
    if name == "LossExplorer":
        from course.explorer.widget import LossExplorer

        return LossExplorer
    raise AttributeError(f"module 'course.explorer' has no attribute {name!r}")
