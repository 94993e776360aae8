"""What is shown of nbgrader's log."""

from __future__ import annotations

import io
import logging

from course.grading.nbgrader_steps.one_line_errors import ONCE, OneLineHandler


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
