"""Rebuilds a submission on the instructor's skeleton, taking answers and the student's own cells only."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from course.grading.problem_sets.assignment import Assignment
from course.grading.problem_sets.notebooks import grade_id
from course.grading.submissions.notebook import (
    SubmittedCell,
    Unreadable,
    kernel_name,
    read,
    submitted_cells,
)
from course.grading.submissions.pictures import picture_of


@dataclass(frozen=True)
class Rebuilt:
    """A submission on the instructor's skeleton."""

    notebook: NotebookNode
    repairs: tuple[str, ...] = ()
    """what was corrected, a line each"""
    unreadable: str = ""
    """why nothing of the submission could be read; then the notebook is the skeleton"""
    kernel: str | None = None
    """the kernel that the submission asks for"""
    names_cells: bool = False
    """whether a cell of the submission has a `grade_id`, known or not"""


def rebuild(assignment: Assignment, submission: Path | bytes | Unreadable) -> Rebuilt:
    """Return `submission`, a notebook's path or content or why there is none, rebuilt on the skeleton.

    Of a repeated `grade_id` the last counts, whatever its cell type. Cells without a known `grade_id` are
    the student's own; they keep their place after the known cell they follow. Everything else, tags,
    metadata, order, outputs, comes from the skeleton. Nothing in a submission makes this raise.
    """
    try:
        if isinstance(submission, Unreadable):
            raise submission
        content = read(submission) if isinstance(submission, Path) else submission
        submitted = submitted_cells(content)
    except Unreadable as error:
        return Rebuilt(_assembled(assignment, {}, {}, []), (str(error),), str(error))
    skeleton = {grade_id(cell): cell for cell in assignment.skeleton.cells if grade_id(cell)}
    repairs: list[str] = []
    answers: dict[str, SubmittedCell] = {}
    own: dict[str | None, list[SubmittedCell]] = {}
    seen: list[str] = []
    place: str | None = None
    for cell in submitted:
        name = cell.grade_id if cell.grade_id in skeleton else None
        if name is None:
            own.setdefault(place, []).append(cell)
            continue
        if name in seen:
            repairs.append(f"{name}: there were several cells of this name; the last counts")
        else:
            seen.append(name)
            place = name
        if skeleton[name].metadata.nbgrader.solution:
            answers[name] = cell
            if cell.kind != skeleton[name].cell_type:
                repairs.append(f"{name}: the cell's type had been changed")
    repairs += [f"{name}: the cell was missing" for name in skeleton if name not in seen]
    if seen != sorted(seen, key=list(skeleton).index):
        repairs.append("the cells were in another order")
    return Rebuilt(
        _assembled(assignment, answers, own, submitted),
        tuple(repairs),
        kernel=kernel_name(content),
        names_cells=any(cell.grade_id for cell in submitted),
    )


def _assembled(
    assignment: Assignment,
    answers: dict[str, SubmittedCell],
    own: dict[str | None, list[SubmittedCell]],
    submitted: list[SubmittedCell],
) -> NotebookNode:
    result = nbformat.from_dict(assignment.skeleton)
    cells: list[NotebookNode] = _new_cells(own.get(None, []))
    for cell in result.cells:
        name = grade_id(cell)
        if name is None and submitted:
            continue  # the student has them too, changed or not
        if name in answers:
            cell.source = answers[name].source
            if cell.cell_type == "markdown":
                _attach(cell, answers[name])
        cells.append(cell)
        cells += _new_cells(own.get(name, [])) if name else []
    used: set[str] = {cell.id for cell in cells if grade_id(cell)}
    fresh = (f"own-{number}" for number in itertools.count())
    for cell in cells:
        if grade_id(cell) is None:
            while not cell.id or cell.id in used:
                cell.id = next(fresh)
            used.add(cell.id)
    result.cells = cells
    _attach_released(cells, assignment.files)
    return result


def _new_cells(cells: list[SubmittedCell]) -> list[NotebookNode]:
    new_cells = []
    for cell in cells:
        new: dict[str, Any] = {"id": _identity(cell.identity), "metadata": {}, "source": cell.source}
        if cell.kind == "code":
            new |= {"cell_type": "code", "execution_count": None, "outputs": []}
        else:
            new |= {"cell_type": "markdown"}
        new_cells.append(_attach(nbformat.from_dict(new), cell))
    return new_cells


def _attach(cell: NotebookNode, submitted: SubmittedCell) -> NotebookNode:
    """Attach to a cell the pictures that were pasted into it."""
    cell.pop("attachments", None)
    if submitted.attachments:
        cell["attachments"] = nbformat.from_dict(submitted.attachments)
    return cell


def _attach_released(cells: list[NotebookNode], files: Mapping[str, bytes]) -> None:
    """Attach the released pictures that texts name: a page of the notebook shows none from beside it."""
    for name, content in files.items():
        cells_of_name = [cell for cell in cells if cell.cell_type == "markdown" and name in cell.source]
        if cells_of_name and (picture := picture_of(content)):
            for cell in cells_of_name:
                cell["attachments"] = nbformat.from_dict({**cell.get("attachments", {}), name: picture})


def _identity(identity: str) -> str:
    safe = identity.replace("-", "").replace("_", "")
    return identity if safe.isascii() and safe.isalnum() and len(identity) <= 64 else ""
