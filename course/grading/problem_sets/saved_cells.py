"""The cells of a generated notebook that a gradebook keeps, collected while nbgrader generates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from nbformat import NotebookNode
from nbgrader import utils


@dataclass(frozen=True)
class SavedCell:
    """A cell as the gradebook keeps it: with hidden tests, without solutions."""

    kind: str
    """code or markdown"""
    source: str
    is_locked: bool
    checksum: str | None
    points: float | None
    """None where it is not graded"""
    is_answer: bool
    is_task: bool


@dataclass(frozen=True)
class SavedNotebook:
    """What the gradebook keeps of a generated notebook."""

    kernelspec: str
    cells: Mapping[str, SavedCell]
    """by `grade_id`"""


_collected: dict[tuple[str, str], SavedNotebook] = {}


def collect(assignment: str, name: str, notebook: NotebookNode) -> None:
    """Keep the cells of a notebook until `collected` is called."""
    cells = {}
    for cell in notebook.cells:
        is_kept = (utils.is_grade, utils.is_solution, utils.is_locked, utils.is_task)
        if not any(is_so(cell) for is_so in is_kept):
            continue
        settings = cell.metadata.nbgrader
        is_task = utils.is_task(cell)
        cells[settings.grade_id] = SavedCell(
            cell.cell_type,
            cell.source,
            utils.is_locked(cell),
            settings.get("checksum"),
            float(settings.points) if is_task or utils.is_grade(cell) else None,
            utils.is_solution(cell),
            is_task,
        )
    kernelspec = json.dumps(notebook.metadata.get("kernelspec", {}))
    _collected[assignment, name] = SavedNotebook(kernelspec, cells)


def collected(assignment: str) -> dict[str, SavedNotebook]:
    """Return the collected notebooks of an assignment, by name, and forget them."""
    keys = [key for key in _collected if key[0] == assignment]
    return {key[1]: _collected.pop(key) for key in keys}
