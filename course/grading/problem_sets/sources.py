"""Reads a notebook as the instructor writes it, with the header and footer that all notebooks share."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course.grading.folders import Folders
from course.grading.problem_sets import notebooks


def read_source(root: Path, assignment: str, name: str, folders: Folders) -> NotebookNode:
    """Return a notebook of an assignment in the course at `root`, as nbgrader generates from it.

    Raises NotebookError for one that is missing or cannot be read. A header or footer that is missing has no
    cells: generating says so.
    """
    result = nbformat.from_dict(notebooks.read(root / folders.source / assignment / f"{name}.ipynb"))
    above, below = shared_cells(root, folders)
    result.cells = [*above, *result.cells, *below]
    return result


def shared_cells(root: Path, folders: Folders) -> tuple[list[NotebookNode], list[NotebookNode]]:
    """Return the cells of the header and those of the footer of a course. Raises NotebookError."""
    paths = [root / name if name else None for name in (folders.header, folders.footer)]
    above, below = (list(notebooks.read(path).cells) if path and path.is_file() else [] for path in paths)
    return above, below
