"""The loss explorer: a slider moves the learning rate, and the loss curve follows.

The page computes all runs itself, by the engine in `view/js/`; Python follows a student's own gradient, draws
figures, and is what the engine is tested against.

- `model/` computes the runs, in NumPy; it imports nothing of the other parts.
- `view/` shows them: the engine, the chart and its controls in the browser, words, figures, files.
- `widget.py` joins the two to `LossExplorer`, the class that notebooks use: `traits.py` has what can be set,
  `opening.py` what is shown first, `moves.py` keeps the traits and the chart the same; `publisher.py` follows
  a gradient of the student's in the background (`background.py`), and sends its runs.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    # the widget's libraries are loaded when it is first asked for
    if name == "LossExplorer":
        from course.explorer.widget import LossExplorer

        return LossExplorer
    raise AttributeError(f"module 'course.explorer' has no attribute {name!r}")
