"""Groups of students who hand in together: `groups.csv` in the course, with columns group and student.

With a third column, assignment, a line is for that problem set only; where it is empty, for all of them.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from course.grading.csv_rows import csv_rows
from course.grading.errors import RosterError
from course.grading.submissions.times import read_hand_in

FILE = "groups.csv"


def read_groups(root: Path, assignment: str) -> dict[str, list[str]]:
    """Return the students of each group for an assignment; nothing where the course has no `groups.csv`.

    Raises RosterError.
    """
    path = root / FILE
    try:
        rows = csv_rows(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        raise RosterError(f"{path} cannot be read as a table in CSV, in UTF-8: {error}") from None
    groups: dict[str, list[str]] = defaultdict(list)
    group_of: dict[str, str] = {}
    titles = [title.strip() for title in rows[0]] if rows else []
    if rows and not {"group", "student"} <= set(titles):
        raise RosterError(f"{path} needs the headings group and student; it has {', '.join(titles)}")
    for number, line in enumerate(rows[1:], start=2):
        row = dict(zip(titles, (cell.strip() for cell in line), strict=False))
        group, student = (row.get(name, "") for name in ("group", "student"))
        if row.get("assignment", "") not in ("", assignment):
            continue
        if not group or not student:
            raise RosterError(f"{path}, line {number}: a group or a student is missing")
        if student in group_of:
            raise RosterError(f"{path}, line {number}: {student} is in {group_of[student]} already")
        group_of[student] = group
        groups[group].append(student)
    return dict(groups)


def require_known(root: Path, groups: Mapping[str, list[str]], known: Collection[str]) -> None:
    """Raise RosterError where a group has a student whom nobody knows."""
    strangers = {
        group: unknown
        for group, students in groups.items()
        if (unknown := [student for student in students if student not in known])
    }
    for group, unknown in strangers.items():
        raise RosterError(
            f"{root / FILE}: nobody has the id {', '.join(unknown)}, in the group {group}: correct it, or "
            "enter the class with `course roster FILE`"
        )


def shared(groups: Mapping[str, list[str]], folders: Mapping[str, Path]) -> dict[str, Path]:
    """Return the folder of each student: of a group all have the one that was handed in last."""
    result = dict(folders)
    for students in groups.values():
        handed_in = [student for student in students if student in folders]
        if handed_in:
            last = max(handed_in, key=lambda student: (_time(folders[student]), student))
            result |= dict.fromkeys(students, folders[last])
    return dict(sorted(result.items()))


def _time(folder: Path) -> datetime:
    return read_hand_in(folder).time or datetime.min
