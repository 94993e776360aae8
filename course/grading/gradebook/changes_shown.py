"""What `course diff` prints."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from course.grading.gradebook.changes import Cell, Change, Changes, total
from course.grading.gradebook.history import Grading
from course.text import printable

LONGEST = 60


def print_lines(found: Changes) -> None:
    """Print each notebook graded at least twice as a line of JSON."""
    for change in found.changes:
        print(json.dumps(_record(change), allow_nan=False))


def _record(change: Change) -> dict[str, Any]:
    return {
        "student": change.after.student,
        "notebook": change.after.notebook,
        "reasons": change.reasons,
        "before": _side(change.before),
        "after": _side(change.after),
        "cells": {name: {"before": old, "after": new} for name, (old, new) in change.cells.items()},
    }


def _side(grading: Grading) -> dict[str, Any]:
    points, max_points = total(grading)
    return {
        "points": points,
        "max_points": max_points,
        "graded_at": _time(grading),
        "submission": grading.submission,
        "files": grading.files,
        "assignment": grading.version,
        "grader": grading.grader,
        "versions": dict(grading.versions),
        "seed": grading.seed,
    }


def print_table(found: Changes, console: Console) -> None:
    """Print what changed, student by student, and how many did not."""
    changed = [change for change in found.changes if change.cells]
    counts = {
        "changed": len(changed),
        "graded again with no change": len(found.changes) - len(changed),
        "graded only once": found.once,
        "not graded, the last time": len(found.failures),
    }
    told = "; ".join(f"{count} {what}" for what, count in counts.items() if count)
    console.print(f"{found.assignment}: {told}", soft_wrap=True)
    for reason, count in Counter(r for change in found.changes for r in change.reasons).most_common():
        console.print(f"  {reason}: {count}", soft_wrap=True)
    for change in changed:
        _show(change, console)
    for grading in found.failures:
        who, why = printable(_who(grading), LONGEST), printable(grading.problem, 500)
        console.print(f"{who}: the last grading failed, what was there holds: {why}", soft_wrap=True)


def _show(change: Change, console: Console) -> None:
    (old, _), (new, most) = total(change.before), total(change.after)
    who = printable(_who(change.after), LONGEST)
    when = f"{_time(change.before)} and {_time(change.after)}"
    console.print()
    console.print(f"{who}: {old:g} → {new:g} of {most:g} points, graded {when} UTC", soft_wrap=True)
    console.print(f"  why: {'; '.join(change.reasons)}", soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, (before, after) in change.cells.items():
        table.add_row("", printable(name, LONGEST), *_columns(before, after))
    console.print(table)


def _columns(before: Cell | None, after: Cell | None) -> Iterator[str]:
    for tell in (_verdict, _points):
        old, new = tell(before), tell(after)
        yield old if old == new else f"{old} → {new}"


def _verdict(cell: Cell | None) -> str:
    if cell is None:
        return "no such cell"
    return f"{cell['verdict']} ({cell['mistake']})" if cell.get("mistake") else str(cell["verdict"])


def _points(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    given = "unread" if cell["points"] is None else f"{cell['points']:g}"
    return f"{given} of {cell['max_points']:g}"


def _who(grading: Grading) -> str:
    is_only = grading.notebook == grading.assignment
    return grading.student if is_only else f"{grading.student}, {grading.notebook}"


def _time(grading: Grading) -> str:
    return f"{grading.graded_at:%Y-%m-%d %H:%M}" if grading.graded_at else ""
