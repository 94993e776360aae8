"""Writes a view of the explorer to files: pictures, numbers, a page."""

from __future__ import annotations

from pathlib import Path

from course import files
from course.explorer.model.table import Table
from course.explorer.view.chart import Chart


def save(chart: Chart, table: Table, path: Path) -> Path:
    """Write the view as .png, .svg or .html, or the numbers of all runs as .csv; return the path.

    Raises ValueError for another ending. The file is there whole or not at all.
    """
    from course.explorer.view import picture  # Matplotlib is loaded when it is first needed

    if path.suffix == ".html":
        return to_html(chart, table, path)
    if path.suffix == ".csv":
        return files.write(path, picture.csv(table).encode())
    if path.suffix not in (".png", ".svg"):
        raise ValueError(f"{path.name}: the explorer saves .png, .svg, .csv and .html")
    return files.write(path, picture.rendered(chart, table, path.suffix[1:]))


def to_html(chart: Chart, table: Table, path: Path) -> Path:
    """Write the view as a page that needs neither kernel nor network; return the path."""
    from course.explorer.view.page import page

    return files.write(path, page(chart, table).encode())
