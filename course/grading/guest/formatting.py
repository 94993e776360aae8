"""Formats what is displayed: figures also as PNG, since no page shows a student's SVG."""

from __future__ import annotations

import sys
from typing import Any

from IPython.core.formatters import DisplayFormatter
from IPython.core.pylabtools import print_figure

_SHOWN = ("image/png", "image/jpeg")


class Formatter(DisplayFormatter):
    """IPython's, with a PNG of each figure, whatever format the notebook has set for figures."""

    def format(self, obj: Any, include: Any = None, exclude: Any = None) -> Any:
        """Return the data and the metadata of an object, by MIME type."""
        data, metadata = super().format(obj, include=include, exclude=exclude)
        if data and data.keys().isdisjoint(_SHOWN) and _is_figure(obj):
            picture = print_figure(obj, fmt="png", base64=True)
            if picture:  # of an empty figure there is none
                data["image/png"] = picture
        return data, metadata


def _is_figure(value: Any) -> bool:
    figures = sys.modules.get("matplotlib.figure")
    return figures is not None and isinstance(value, figures.Figure)
