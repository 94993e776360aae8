"""What is shown of nbgrader's log, and which limits its steps take."""

from __future__ import annotations

import io
import logging

from course.grading.nbgrader_steps.autograde import SandboxedExecute
from course.grading.nbgrader_steps.one_line_errors import ONCE, OneLineHandler
from course.grading.sandbox.limits import Limits


def shown(*calls: tuple[str, dict[str, bool] | None]) -> list[str]:
    stream = io.StringIO()
    logger = logging.Logger("test")
    logger.addHandler(OneLineHandler(stream))
    for message, extra in calls:
        logger.warning(message, extra=extra)
    return stream.getvalue().splitlines()


def test_what_concerns_a_whole_class_is_shown_once() -> None:
    assert shown(("edited", ONCE), ("ann: missing", None), ("edited", ONCE)) == ["edited", "ann: missing"]
    assert shown(("the same", None), ("the same", None)) == ["the same", "the same"]


def test_a_traceback_is_one_line() -> None:
    traceback = "Traceback (most recent call last):\n  File ...\nnbformat.reader.NotJSONError: what it was"
    (line,) = shown(
        ("There was an error processing assignment: submitted/ann/small", None), (traceback, None)
    )
    assert line.startswith("submitted/ann/small failed: it holds a notebook that is not readable as JSON")


def test_a_failure_of_ours_is_its_own_sentence() -> None:
    error = "course.grading.errors.NotebookError: it is gone: make it"
    traceback = f"Traceback (most recent call last):\n  File ...\n{error}"
    (line,) = shown(("There was an error processing assignment: ann", None), (traceback, None))
    assert line == "ann failed: it is gone: make it (details: .nbgrader.log)"


def test_the_limits_that_nothing_sets_are_the_sandboxs() -> None:
    limits = SandboxedExecute().limits()
    names = ("notebook", "memory", "tasks", "files", "output")
    assert {name: getattr(limits, name) for name in names} == {name: getattr(Limits, name) for name in names}
