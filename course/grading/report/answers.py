"""The answers, as they were graded: nbgrader's gradebook has points only, the graded notebooks the rest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from course.grading.report.records import Key

LONGEST = 20_000
"""characters that are read of an answer"""


def answers(notebook: str, path: Path, wanted: Iterable[Key]) -> dict[Key, str]:
    """Return the answers in the graded notebook at `path`. Raises OSError, ValueError when it has none.

    It was written by the grader, from its own skeleton; with thousands of them, nbformat would take minutes.
    """
    found = json.loads(path.read_bytes())
    cells = found.get("cells") if isinstance(found, dict) else None
    if not isinstance(cells, list):
        raise ValueError(f"{path} is no notebook")
    keys = set(wanted)
    given = {(notebook, _grade_id(cell)): cell for cell in cells if isinstance(cell, dict)}
    return {key: _source(cell)[:LONGEST] for key, cell in given.items() if key in keys}


def _grade_id(cell: Mapping[str, Any]) -> str:
    metadata = cell.get("metadata")
    settings = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return str(settings.get("grade_id", "")) if isinstance(settings, dict) else ""


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)
