"""Groups of students who hand in together: `groups.csv` in the course, with columns group and student.

With a third column, assignment, a line is for that problem set only; where it is empty, for all of them.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from course.grading.csv_rows import csv_rows
from course.grading.errors import RosterError
from course.grading.submissions.other_files import digests
from course.grading.submissions.times import TIMESTAMP, HandIn, read_hand_in

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


@dataclass(frozen=True)
class Choice:
    """Whose work is graded for a group."""

    group: str
    taken: str
    """the student who handed in last; where the times do not tell, the last by id"""
    hand_ins: Mapping[str, HandIn]
    """of all in the group who handed in"""

    def undecided(self, folders: Mapping[str, Path]) -> str:
        """Return what to tell where others handed in different work, maybe later; else an empty text."""
        time = self.hand_ins[self.taken].time
        rivals = [
            student
            for student, hand_in in self.hand_ins.items()
            if student != self.taken and (time is None or hand_in.time in (None, time))
        ]
        taken = _content(folders[self.taken]) if rivals else None
        names = [student for student in rivals if taken is None or _content(folders[student]) != taken]
        if not names:
            return ""
        return (
            f"{self.group}: {', '.join(sorted([self.taken, *names]))} handed in different work, and no times "
            f"tell which is the last: {self.taken}'s is graded for the group; correct each {TIMESTAMP}, or "
            "remove what does not count, and grade again"
        )


def choices(
    groups: Mapping[str, Sequence[str]], folders: Mapping[str, Path], zone: tzinfo | None
) -> Iterator[Choice]:
    """Yield whose work counts in each group of whom somebody handed in; `zone` is the course's."""
    for group, students in groups.items():
        hand_ins = {
            student: read_hand_in(folders[student], zone) for student in students if student in folders
        }
        if hand_ins:
            last = max(hand_ins, key=lambda student: (hand_ins[student].time or datetime.min, student))
            yield Choice(group, last, hand_ins)


def shared(
    groups: Mapping[str, Sequence[str]], folders: Mapping[str, Path], zone: tzinfo | None
) -> dict[str, Path]:
    """Return the folder of each student: of a group all have the one that was handed in last."""
    result = dict(folders)
    for choice in choices(groups, folders, zone):
        result |= dict.fromkeys(groups[choice.group], folders[choice.taken])
    return dict(sorted(result.items()))


def _content(folder: Path) -> tuple[str, str] | None:
    """Return digests of what is in a folder; None where it cannot be read."""
    try:
        return digests(folder)
    except (OSError, RecursionError):
        return None
