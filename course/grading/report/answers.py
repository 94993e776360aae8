"""Reads the students' answers from the graded notebooks: the gradebook has points only."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory

from course.grading.gradebook.class_record import CellKey, ClassRecord
from course.grading.submissions.notebook import read_graded

LONGEST = 20_000
"""characters that are read of an answer"""

Answers = Mapping[CellKey, Mapping[str, str]]
"""sources by question and student"""


def read_answers(course: CourseDirectory, record: ClassRecord) -> tuple[Answers, list[str]]:
    """Return the answers under `autograded/`, and the graded students whose answers cannot be read."""
    keys: dict[str, set[CellKey]] = defaultdict(set)
    for cell in record.released:
        if cell.is_answer:
            keys[cell.notebook].add(cell.key)
    answers: dict[CellKey, dict[str, str]] = defaultdict(dict)
    unread = set()
    for student in record.graded:
        folder = Path(course.format_path(course.autograded_directory, student.id, record.assignment))
        for notebook, wanted in keys.items():
            try:
                sources = _sources(notebook, folder / f"{notebook}.ipynb", wanted)
            except FileNotFoundError:
                # Of several notebooks, one may not have been handed in.
                if len(keys) == 1 or notebook in student.gradings:
                    unread.add(student.id)
            except (OSError, ValueError, RecursionError):
                unread.add(student.id)
            else:
                for key, source in sources.items():
                    answers[key][student.id] = source
    return answers, sorted(unread)


def _sources(notebook: str, path: Path, wanted: Collection[CellKey]) -> dict[CellKey, str]:
    """Return the sources of the wanted cells in a graded notebook. Raises OSError, ValueError.

    The grader wrote it from its own skeleton. nbformat would take minutes for thousands of them.
    """
    content = json.loads(read_graded(path))
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        raise ValueError(f"{path} is no notebook")
    by_key = {(notebook, _grade_id(cell)): cell for cell in cells if isinstance(cell, dict)}
    return {key: _source(cell)[:LONGEST] for key, cell in by_key.items() if key in wanted}


def _grade_id(cell: Mapping[str, Any]) -> str:
    metadata = cell.get("metadata")
    settings = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return str(settings.get("grade_id", "")) if isinstance(settings, dict) else ""


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written to a page
