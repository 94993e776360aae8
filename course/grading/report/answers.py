"""Reads the students' answers from the graded notebooks: the gradebook has points only."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory

from course.grading.gradebook.class_record import CellKey, ClassRecord
from course.grading.report.forms import AnswerForm, Forms, form_of, released_questions
from course.grading.report.kept import KeptForms
from course.grading.submissions.notebook import read_graded

LONGEST = 20_000
"""characters that are read of an answer"""

Answers = Mapping[CellKey, Mapping[str, str]]
"""sources by question and student"""
NamedForms = dict[str, AnswerForm]
"""forms of the answers in a notebook, by `grade_id`"""


def read_answers(course: CourseDirectory, record: ClassRecord, students: Iterable[str]) -> Answers:
    """Return the answers of these students under `autograded/`, as far as they can be read."""
    answers: dict[CellKey, dict[str, str]] = defaultdict(dict)
    for student in students:
        for notebook, wanted in _answer_keys(record).items():
            with suppress(OSError, ValueError, RecursionError):
                path = _path(course, record, student, notebook)
                for key, source in _sources(notebook, path, wanted).items():
                    answers[key][student] = source
    return answers


def read_forms(course: CourseDirectory, record: ClassRecord, kept: KeptForms) -> tuple[Forms, list[str]]:
    """Return the forms of all answers, and the graded students whose answers cannot be read."""
    forms: dict[CellKey, dict[str, AnswerForm]] = defaultdict(dict)
    form = _form_maker(record)
    unread = set()
    for notebook, wanted in _answer_keys(record).items():

        def read(path: Path, notebook: str = notebook, wanted: set[CellKey] = wanted) -> NamedForms:
            return {key[1]: form(key, text) for key, text in _sources(notebook, path, wanted).items()}

        for student in record.graded:
            try:
                named = kept.of(_path(course, record, student.id, notebook), read)
            except FileNotFoundError:
                # Of several notebooks, one may not have been handed in.
                if len(_answer_keys(record)) == 1 or notebook in student.gradings:
                    unread.add(student.id)
            except (OSError, ValueError, RecursionError):
                unread.add(student.id)
            else:
                for name, answer in named.items():
                    forms[notebook, name][student.id] = answer
    return forms, sorted(unread)


def _form_maker(record: ClassRecord) -> Callable[[CellKey, str], AnswerForm]:
    """Return a function of a question and an answer. Many students hand in the same."""
    questions = cache(lambda: released_questions(record))
    return cache(lambda key, source: form_of(source, *questions()[key]))


def _answer_keys(record: ClassRecord) -> dict[str, set[CellKey]]:
    """Return the questions by notebook."""
    keys: dict[str, set[CellKey]] = defaultdict(set)
    for cell in record.released:
        if cell.is_answer:
            keys[cell.notebook].add(cell.key)
    return keys


def _path(course: CourseDirectory, record: ClassRecord, student: str, notebook: str) -> Path:
    folder = course.format_path(course.autograded_directory, student, record.assignment)
    return Path(folder, f"{notebook}.ipynb")


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
