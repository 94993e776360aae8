"""What stands at the top of a feedback page: a row for each graded cell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nbformat import NotebookNode

VERDICTS = {
    "pass": "right",
    "wrong": "not right yet",
    "error": "stopped with an error",
    "timeout": "took too long",
    "memory": "needed too much memory",
    "crashed": "ended Python",
    "not-run": "was not run",
}
LONGEST = 240
"""characters of a message in the table; the cell has all of it"""
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)
_PART = re.compile(r"^Part \d+ · ")
_QUESTION = re.compile(r"^\*\*(Question \d+)\.\*\*", re.MULTILINE)
_NAME = re.compile(r"^\w+\.\w+: ")
_SUSPICION = "Suspicion: "


@dataclass(frozen=True)
class Row:
    """A graded cell as the table shows it."""

    name: str
    """the `grade_id`, to which the page has a link"""
    title: str
    """of the question, as the notebook has it"""
    points: float
    most: float
    verdict: str
    message: str
    is_waiting: bool
    """whether nobody has read it yet"""
    has_comment: bool


def rows(cells: Iterable[NotebookNode]) -> list[Row]:
    """Return a row for each graded cell of a notebook that has its points and comments."""
    result: list[Row] = []
    title = question = ""
    has_comment = False
    for cell in cells:
        settings = cell.metadata.get("nbgrader", {})
        is_graded = settings.get("grade") or settings.get("task")
        if cell.cell_type == "markdown" and settings.get("locked"):  # students may have headings of their own
            for heading in _HEADING.findall(cell.source):
                title, question = _PART.sub("", heading.removesuffix(": derive")), ""
            question = next(iter(_QUESTION.findall(cell.source)), question)
        has_comment = bool(settings.get("comment")) or (has_comment and bool(is_graded))
        if is_graded:
            result.append(_row(cell, question or title or settings["grade_id"], has_comment))
            has_comment = False
    return result


def _row(cell: NotebookNode, title: str, has_comment: bool) -> Row:
    settings = cell.metadata["nbgrader"]
    points, most = float(settings.get("score") or 0), float(settings.get("points") or 0)
    is_waiting = bool(settings.get("waiting"))
    if is_waiting:
        verdict, message = "waits to be read", ""
    elif settings.get("solution") or settings.get("task"):
        verdict, message = "read", ""
    else:
        verdict, message = _verdict(cell)
        if 0 < points < most:
            verdict = "right in part"
    return Row(settings["grade_id"], title, points, most, verdict, message, is_waiting, has_comment)


def _verdict(cell: NotebookNode) -> tuple[str, str]:
    """Return the verdict on a test cell, and what is suspected or, if nothing is, what is wrong."""
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    if not errors:
        passed = float(cell.metadata["nbgrader"].get("score") or 0) > 0
        return VERDICTS["pass" if passed else "not-run"], ""
    kind, message = errors[-1].get("ename", ""), errors[-1].get("evalue", "")
    told = _NAME.sub("", message.partition(_SUSPICION)[2] or message)
    if len(told) > LONGEST:
        told = f"{told[:LONGEST].rsplit(' ', 1)[0]} …"
    return VERDICTS.get(kind, VERDICTS["wrong"]), told
