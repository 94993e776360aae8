"""Grades as the tables that each system imports: CSV in UTF-8, in which nothing is a formula."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from course.grading.errors import CourseError
from course.grading.lms.archive import same
from course.grading.lms.grades import Grades, Line
from course.grading.lms.rosters import Person, Roster

_FORMULA = tuple("=+-@＝＋－＠")
BOM = "\ufeff"
"""without it a spreadsheet takes UTF-8 for something else; Moodle and Canvas need none"""
CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
"""Canvas tells students apart by the second; the last has to be there"""


@dataclass
class Sheet:
    """A table, and what should be known of it."""

    rows: list[list[str]]
    remarks: list[str] = field(default_factory=list)

    def text(self, bom: bool = False) -> bytes:
        """Return the table as CSV."""
        file = io.StringIO()
        csv.writer(file, lineterminator="\r\n").writerows(self.rows)
        return ((BOM if bom else "") + file.getvalue()).encode("utf-8", "replace")


def text(words: str) -> str:
    """Return a cell that says `words`, on one line, and which no spreadsheet takes for a formula."""
    line = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    # a dash alone is nothing to compute, and Moodle's word for nothing
    return f"'{line}" if line.startswith(_FORMULA) and line != "-" else line


def number(value: float) -> str:
    """Return a cell with a number, to five places as Moodle keeps it."""
    digits = f"{value:.5f}".rstrip("0").rstrip(".")
    return "0" if digits in ("-0", "") else digits


def plain(grades: Grades, roster: Roster | None, provisional: bool) -> Sheet:
    """Return all there is to know, a line for each student, for a spreadsheet or a program of one's own."""
    head = [
        "assignment",
        "student_id",
        "last_name",
        "first_name",
        "email",
        "status",
        "waits_for",
        "timestamp",
    ]
    head += ["raw_score", "late_submission_penalty", "score", "max_score"]
    rows = [[*head, *(text(question.name) for question in grades.questions)]]
    for line in grades.lines:
        done = line.handed_in and (provisional or not line.waiting)
        who = (grades.assignment, line.student, line.last_name, line.first_name, line.email, line.status)
        row = [*map(text, who), text(", ".join(line.waiting))]
        row += [f"{line.timestamp:%Y-%m-%d %H:%M:%S} UTC" if line.timestamp else ""]
        row += [number(line.raw) if line.handed_in else "", number(line.penalty) if line.handed_in else ""]
        row += [number(line.score) if done else "", number(grades.max_score)]
        rows.append([*row, *_points(grades, line, "")])
    return Sheet(rows)


def moodle(grades: Grades, roster: Roster | None, provisional: bool) -> Sheet:
    """Return the table for Moodle's import of grades; a grading worksheet as roster comes back filled in.

    Moodle refuses the whole table for one student it does not know. A dash is no grade: an empty cell
    would be none for an old grade item, and zero for a new one.
    """
    names = [text(f"{grades.assignment} {question.name}") for question in grades.questions]
    if roster is None:
        rows = [["Student ID", "First name", "Last name", "Email address", text(grades.assignment), *names]]
        for line in grades.lines:
            who = map(text, (line.student, line.first_name, line.last_name, line.email))
            rows.append([*who, _total(line, provisional, "-"), *_points(grades, line, "-")])
        return Sheet(rows)
    place = roster.column(("grade",))
    total = [] if place is not None else [text(grades.assignment)]
    rows = [[*map(text, roster.headings), *total, *names]]
    sheet = Sheet(rows)
    for person, line in _matched(grades, roster, "moodle", sheet):
        cells = [text(cell) for cell in person.cells[: len(roster.headings)]]
        if place is not None:
            # in a worksheet a dash would be read as zero
            cells[place] = _total(line, provisional, "")
        rows.append([*cells, *(_total(line, provisional, "-") for _ in total), *_points(grades, line, "-")])
    most = roster.column(("maximum grade",))
    told = {person.cells[most] for person in roster.people} if most is not None else set()
    if told and any(_value(cell) not in (None, grades.max_score) for cell in told):
        sheet.remarks.append(
            f"Moodle's maximum grade is {' or '.join(sorted(told))}, the assignment's "
            f"{number(grades.max_score)}: make them the same in Moodle before you import"
        )
    return sheet


def canvas(grades: Grades, roster: Roster | None, provisional: bool) -> Sheet:
    """Return the table for the import of Canvas's gradebook; an exported one as roster says who is who."""
    total = grades.assignment
    width = len(CANVAS_COLUMNS)
    people: list[tuple[list[str], Line]]
    sheet = Sheet([])
    if roster is None:
        people = _canvas_people(grades)
        sheet.remarks.append(
            "ids are taken for Canvas's numbers or logins: its exported gradebook as --roster is surer"
        )
    else:
        columns = [roster.column((name.lower(),)) for name in CANVAS_COLUMNS]
        if columns[0] is None or columns[1] is None:
            raise CourseError(f"{roster.file} is no gradebook of Canvas: it has no columns Student and ID")
        wanted = re.compile(rf"{re.escape(grades.assignment)}(?: \(\d+\))?", re.IGNORECASE)
        total = next((heading for heading in roster.headings if wanted.fullmatch(heading)), total)
        people = [
            ([text(person.cells[c]) if c is not None else "" for c in columns], line)
            for person, line in _matched(grades, roster, "canvas", sheet)
        ]
    names = [text(f"{grades.assignment} {question.name}") for question in grades.questions]
    most = [number(question.max_points) for question in grades.questions]
    sheet.rows.append([*CANVAS_COLUMNS, text(total), *names])
    sheet.rows.append(["    Points Possible", *[""] * (width - 1), number(grades.max_score), *most])
    for who, line in people:
        sheet.rows.append([*who, _total(line, provisional, ""), *_points(grades, line, "")])
    return sheet


SHEETS: dict[str, Callable[[Grades, Roster | None, bool], Sheet]] = {
    "moodle": moodle,
    "canvas": canvas,
    "csv": plain,
}


def _canvas_people(grades: Grades) -> list[tuple[list[str], Line]]:
    """Return everybody's cells: Canvas looks for its own number, then the other ids, at last the name."""
    names = Counter((line.last_name, line.first_name) for line in grades.lines)
    people = []
    for line in grades.lines:
        student = text(line.student)
        name = text(", ".join(filter(None, (line.last_name, line.first_name))))
        unique = name if names[line.last_name, line.first_name] == 1 else ""
        own = student if student.isascii() and student.isdigit() else ""
        people.append(([unique or student, own, student, student, ""], line))
    return people


def _total(line: Line, provisional: bool, nothing: str) -> str:
    return number(line.score) if line.handed_in and (provisional or not line.waiting) else nothing


def _points(grades: Grades, line: Line, nothing: str) -> list[str]:
    ready = {name: number(points) for name, points in line.points.items() if name not in line.waiting}
    return [ready.get(question.name, nothing) for question in grades.questions]


def _value(cell: str) -> float | None:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return None


def _matched(grades: Grades, roster: Roster, system: str, sheet: Sheet) -> Sequence[tuple[Person, Line]]:
    """Return everybody in the roster with their grades. Raises CourseError for one person twice."""
    by_key = {**roster.keys(system), **roster.keys("zip")}
    found: dict[str, Line] = {}
    strangers = []
    for line in grades.lines:
        person = by_key.get(same(line.student)) or by_key.get(same(line.email))
        if person is None:
            strangers.append(line.student)
        elif person.student in found:
            raise CourseError(
                f"{found[person.student].student} and {line.student} of the gradebook are both "
                f"{person.name or person.student} in {roster.file}: `nbgrader db student remove` removes one"
            )
        else:
            found[person.student] = line
    if strangers:
        sheet.remarks.append(f"not in {roster.file}, and left out: {', '.join(strangers)}")
    return [(person, found.get(person.student, Line(person.student))) for person in roster.people]
