"""Keeps what was read of graded notebooks: the next report of a large class need not read them again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any

from course.files import write
from course.grading.gradebook.class_record import ClassRecord
from course.grading.report import forms, normalise
from course.grading.report.forms import AnswerForm


class KeptForms:
    """The forms of answers by graded notebook, in a file; they hold for as long as a notebook is the same."""

    def __init__(self, path: Path | None, record: ClassRecord) -> None:
        """Open the file at `path`; None keeps nothing, and so does a file of another release."""
        self._path, self._version = path, _version(record)
        self._old: dict[str, Any] = {}
        self._new: dict[str, Any] = {}
        if path is not None:
            with suppress(OSError, ValueError, TypeError):
                version, entries = json.loads(path.read_bytes())
                self._old = dict(entries) if version == self._version else {}

    def of(self, notebook: Path, read: Callable[[Path], dict[str, AnswerForm]]) -> dict[str, AnswerForm]:
        """Return the forms of the answers in a graded notebook by `grade_id`; `read` returns them if need be.

        Raises OSError where the notebook is missing, and what `read` raises.
        """
        state, key = notebook.stat(), str(notebook)
        stamp = [state.st_mtime_ns, state.st_size, state.st_ino]
        with suppress(KeyError, ValueError, TypeError):
            old, answers = self._old[key]
            if old == stamp:
                self._new[key] = self._old[key]
                return {name: AnswerForm(*form) for name, form in answers.items()}
        result = read(notebook)
        self._new[key] = [stamp, result]
        return result

    def save(self) -> None:
        """Write the file, where anything has changed and it can be written."""
        entries = self._old | self._new  # the report may be on a section
        if self._path is not None and entries != self._old:
            content = json.dumps([self._version, entries], ensure_ascii=False).encode()
            with suppress(OSError):  # the next report takes longer, and that is all
                write(self._path, content)


def _version(record: ClassRecord) -> str:
    """Return a digest of what decides the form of an answer besides its text."""
    released = [astuple(cell) for cell in record.released]
    digest = hashlib.sha256(json.dumps([platform.python_version(), released]).encode())
    for module in (forms, normalise):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()
