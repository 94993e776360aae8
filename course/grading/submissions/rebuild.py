"""Rebuilds a submission on the instructor's skeleton, taking answers and the student's own cells only."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from course.grading.problem_sets.assignment import Assignment
from course.grading.problem_sets.notebooks import cell_id, grade_id
from course.grading.submissions.notebook import (
    SubmittedCell,
    SubmittedNotebook,
    read,
    submitted_notebook,
)
from course.grading.submissions.pictures import picture_of
from course.grading.submissions.unreadable import Unreadable


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

    Of a repeated `grade_id` the last counts, whatever its cell type. A cell that has lost nbgrader's
    metadata is known by its cell id, where that is still the release's. Cells that are not known are the
    student's own; they keep their place after the known cell they follow. Everything else, tags, metadata,
    order, outputs, comes from the skeleton. Nothing in a submission makes this raise.
    """
    try:
        if isinstance(submission, Unreadable):
            raise submission
        submitted = submitted_notebook(read(submission) if isinstance(submission, Path) else submission)
        names = _names(assignment, submitted.cells)
        _require_some(assignment, submitted.cells, names)
    except Unreadable as error:
        return Rebuilt(_assembled(assignment, {}, {}, False), unreadable=str(error))
    skeleton = {name: cell for cell in assignment.skeleton.cells if (name := grade_id(cell))}
    answers: dict[str, SubmittedCell] = {}
    own: dict[str | None, list[SubmittedCell]] = {}
    seen: list[str] = []
    place: str | None = None
    for cell, name in zip(submitted.cells, names, strict=True):
        if name is None:
            own.setdefault(place, []).append(cell)
            continue
        if name not in seen:
            seen.append(name)
            place = name
        if skeleton[name].metadata.nbgrader.solution:
            answers[name] = cell
    return Rebuilt(
        _assembled(assignment, answers, own, bool(submitted.cells)),
        tuple(_repairs(skeleton, submitted, names)),
        kernel=submitted.kernel,
        names_cells=any(cell.grade_id for cell in submitted.cells),
    )


def _names(assignment: Assignment, cells: Sequence[SubmittedCell]) -> list[str | None]:
    """Return which of the assignment's cells each is, by `grade_id`; None for the student's own."""
    known = {name for name in map(grade_id, assignment.skeleton.cells) if name}
    # beside the cell itself, one that only has its id is the student's own
    lost = known.difference(cell.grade_id for cell in cells if cell.grade_id)
    by_id = {cell_id(name): name for name in lost} | {
        identity: name for identity, name in assignment.ids.items() if name in lost
    }
    return [
        (cell.grade_id if cell.grade_id in known else None) if cell.grade_id else by_id.get(cell.identity)
        for cell in cells
    ]


def _require_some(
    assignment: Assignment, cells: Sequence[SubmittedCell], names: Sequence[str | None]
) -> None:
    """Raise Unreadable where none of the cells is to be answered or graded, if the assignment has any."""
    named = ((grade_id(cell), cell.metadata.get("nbgrader", {})) for cell in assignment.skeleton.cells)
    wanted = {name for name, settings in named if settings.get("solution") or settings.get("grade")}
    if not wanted or wanted.intersection(names):
        return
    if not cells:
        raise Unreadable("The notebook has no cells: hand in the one with your answers.")
    if any(cell.grade_id for cell in cells):
        raise Unreadable(
            "The notebook is not the one of this assignment: hand in that one, as it was handed out, with "
            "your answers in it."
        )
    raise Unreadable(
        "The notebook has lost nbgrader's metadata and the ids of its cells, so that no answer can be told: "
        "copy your answers into the notebook as it was handed out, and hand in that."
    )


def _repairs(
    skeleton: Mapping[str, NotebookNode], submitted: SubmittedNotebook, names: Sequence[str | None]
) -> Iterator[str]:
    """Yield what was corrected, a line each: a cell's name, where it is about one, and what was wrong."""
    seen: list[str] = []
    by_id = 0
    for cell, name in zip(submitted.cells, names, strict=True):
        if name is None:
            continue
        by_id += not cell.grade_id
        if name in seen:
            yield f"{name}: there were several cells of this name; the last counts"
        else:
            seen.append(name)
        if skeleton[name].metadata.nbgrader.solution and cell.kind != skeleton[name].cell_type:
            yield f"{name}: the cell's type had been changed"
    missing = [name for name in skeleton if name not in seen]
    if 2 * len(missing) > len(skeleton):
        yield f"most cells were missing ({len(missing)} of {len(skeleton)})"
    else:
        yield from (f"{name}: the cell was missing" for name in missing)
    if seen != sorted(seen, key=list(skeleton).index):
        yield "the cells were in another order"
    if by_id:
        yield f"cells had lost nbgrader's metadata, and were known by their ids ({by_id} of {len(skeleton)})"
    if not submitted.is_utf8:
        yield "some text was not UTF-8, and was read as Windows-1252"


def _assembled(
    assignment: Assignment,
    answers: dict[str, SubmittedCell],
    own: dict[str | None, list[SubmittedCell]],
    has_cells: bool,
) -> NotebookNode:
    result = nbformat.from_dict(assignment.skeleton)
    cells: list[NotebookNode] = _new_cells(own.get(None, []))
    for cell in result.cells:
        name = grade_id(cell)
        if name is None and has_cells:
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
