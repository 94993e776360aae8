"""Tells a notebook in which somebody has worked from one that is as it was released."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from course.grading.errors import NotebookError
from course.grading.problem_sets import notebooks
from course.grading.submissions.notebook import SubmittedCell, submitted_notebook
from course.grading.submissions.unreadable import Unreadable


class ReleasedNotebooks:
    """The cells of an assignment's released notebooks."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        """Read the notebooks of these names in `folder`, as far as they are there."""
        self._cells: dict[str, tuple[SubmittedCell, ...]] = {}
        for name in names:
            try:
                released = notebooks.read(folder / f"{name}.ipynb")
            except NotebookError:
                continue
            self._cells[name] = submitted_notebook(notebooks.dumps(released).encode()).cells

    def has_work(self, name: str, content: bytes) -> bool | None:
        """Return whether a file is the notebook `name` with anything changed in its cells or added to them.

        None where it cannot be told.
        """
        released = self._cells.get(name)
        try:
            cells = submitted_notebook(content).cells
        except Unreadable:
            return None
        if released is None:
            return None
        sources = {cell.grade_id: cell.source.strip() for cell in released}
        names = {cell.grade_id for cell in cells} - {None}
        if not names & sources.keys():
            return False
        texts = {cell.source.strip() for cell in released} | {""}
        return any(
            cell.source.strip() != sources[cell.grade_id]
            if cell.grade_id in names & sources.keys()
            else cell.source.strip() not in texts
            for cell in cells
        )


def is_notebook(content: bytes) -> bool:
    """Return whether a file of another name is a notebook."""
    try:
        return b"nbformat" in content.replace(b"\0", b"") and bool(submitted_notebook(content).cells)
    except Unreadable:
        return False
