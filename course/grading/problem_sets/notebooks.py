"""Notebooks in their canonical form: no outputs, no counts, stable ids, minimal metadata."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course import files
from course.grading.errors import NotebookError

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# JSON of another kind is taken apart before it is checked
_NO_NOTEBOOK = (
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
    nbformat.ValidationError,
    nbformat.validator.NotebookValidationError,
)

# nbgrader looks for the words alone, wherever they stand in a line
_REGION = r"(?ms)^[^\n]*BEGIN {0}[^\n]*\n(.*?)^[^\n]*END {0}[^\n]*$"


def read(path: Path) -> NotebookNode:
    """Read the notebook at `path`, in the current format. Raises NotebookError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotebookError(f"{path} is not a readable notebook: {error}") from error
    return reads(content, path)


def reads(content: bytes, name: object) -> NotebookNode:
    """Return the notebook that a file called `name` holds, in the current format. Raises NotebookError."""
    try:
        return nbformat.reads(content.decode(), as_version=4)
    except _NO_NOTEBOOK as error:
        is_told = isinstance(error, (ValueError, nbformat.ValidationError))
        reason = next(iter(str(error).splitlines()), "") if is_told else "its JSON is not that of a notebook"
        raise NotebookError(f"{name} is not a readable notebook: {reason}") from error


def dumps(notebook: NotebookNode) -> str:
    """Return the text of a notebook file, as nbgrader and JupyterLab write it."""
    # nbformat.writes would validate it as well, only to log what is wrong
    return str(nbformat.v4.writes(notebook)).rstrip("\n") + "\n"


def dumps_fast(notebook: NotebookNode) -> str:
    """Return the text of a notebook file with a cell in each line, in a tenth of the time of `dumps`."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    top = [f"{encode(name)}: {encode(value)}" for name, value in notebook.items() if name != "cells"]
    cells = ",\n".join(map(encode, notebook.cells))
    return "{" + ",\n".join([f'"cells": [\n{cells}\n]', *top]) + "}\n"


def write(notebook: NotebookNode, path: Path) -> None:
    """Write `notebook` to `path`: either the whole file is there, or the old one still is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, dumps(notebook).encode())


def grade_id(cell: NotebookNode) -> str | None:
    """Return the name under which nbgrader knows `cell`; None for an ordinary cell."""
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return str(name) if name else None


def region(source: str, name: str) -> str:
    """Return what stands between nbgrader's marks BEGIN and END of the regions `name`, as HIDDEN TESTS."""
    return "\n".join(re.findall(_REGION.format(name), source))


def without_region(source: str, name: str) -> str:
    """Return the rest, without the marks."""
    return re.sub(_REGION.format(name), "", source)


def cell_id(name: str) -> str:
    """Return `name` as a cell id: at most 64 letters, digits, hyphens and underscores."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", name)[:64]


def canonical(notebook: NotebookNode, taken: Collection[str] = ()) -> NotebookNode:
    """Return a copy of `notebook` in the form in which notebooks are committed.

    No two cells have the same id, and none that is not nbgrader's has one of `taken`.
    """
    # what the course says of a problem set is kept
    own = {key: notebook.metadata[key] for key in ("course",) if key in notebook.metadata}
    result = nbformat.v4.new_notebook(metadata={**METADATA, **own})
    used: set[str] = set()
    for number, cell in enumerate(notebook.cells):
        name = grade_id(cell)
        identity = cell_id(name) if name else cell.get("id") or f"cell-{number}"
        if identity in used or (not name and identity in taken):
            # nbformat would draw it, anew for each release
            identity = hashlib.sha256(f"{number}\0{cell.source}".encode()).hexdigest()[:16]
        used.add(identity)
        new = nbformat.from_dict({"id": identity, "cell_type": cell.cell_type, "source": cell.source})
        kept = {key: cell.metadata[key] for key in ("nbgrader", "tags") if cell.metadata.get(key)}
        if cell.metadata.get("jupyter", {}).get("source_hidden"):  # shown folded, as long plotting cells are
            kept["jupyter"] = {"source_hidden": True}
        # What students may edit or delete; in a release, nbgrader says so.
        kept |= {key: cell.metadata[key] for key in ("deletable", "editable") if key in cell.metadata}
        new.metadata = nbformat.from_dict(kept)
        if cell.cell_type == "code":
            new.update(execution_count=None, outputs=[])
        if cell.get("attachments"):
            new.attachments = cell.attachments
        result.cells.append(new)
    return result


def with_answers(notebook: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """Return a copy of `notebook` whose cells named in `answers` (by `grade_id`) hold those sources instead.

    Raises KeyError when the notebook has no cell of such a name.
    """
    result = nbformat.from_dict(notebook)
    cells = {grade_id(cell): cell for cell in result.cells}
    for name, source in answers.items():
        if name not in cells:
            raise KeyError(f"no cell is named {name!r}; the notebook has {sorted(filter(None, cells))}")
        cells[name].source = source
    return result
