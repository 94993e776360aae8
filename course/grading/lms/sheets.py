"""Makes the tables of grades that each system imports: CSV in UTF-8, in which no cell is a formula."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from course.grading.errors import CourseError
from course.grading.gradebook.class_record import ClassRecord, StudentRecord
from course.grading.lms.archive import casefolded
from course.grading.lms.rosters import Person, Roster

_FORMULA = tuple("=+-@＝＋－＠")
BOM = "\ufeff"
"""tells spreadsheets that a file is in UTF-8; Moodle and Canvas need none"""
CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
"""Canvas finds students by the second, and requires the last"""


@dataclass
class Sheet:
    """A table."""

    rows: list[list[str]]
    """the headings first"""
    remarks: list[str] = field(default_factory=list)
    """what an instructor should know of it"""

    def text(self, bom: bool = False) -> bytes:
        """Return the table as CSV."""
        file = io.StringIO()
        csv.writer(file, lineterminator="\r\n").writerows(self.rows)
        return ((BOM if bom else "") + file.getvalue()).encode("utf-8", "replace")


def text_cell(words: str) -> str:
    """Return a cell with `words` on one line, which no spreadsheet takes for a formula."""
    line = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    # A dash alone is no formula: Moodle writes it where there is no grade.
    return f"'{line}" if line.startswith(_FORMULA) and line != "-" else line


def number_cell(value: float) -> str:
    """Return a cell with a number, rounded to five decimal places, as many as Moodle has."""
    digits = f"{value:.5f}".rstrip("0").rstrip(".")
    return "0" if digits in ("-0", "") else digits


def plain_sheet(record: ClassRecord, roster: Roster | None, provisional: bool) -> Sheet:
    """Return a table of everything, with a line for each student, for spreadsheets and other programs."""
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
    rows = [[*head, *map(text_cell, record.labels.values())]]
    for student in record.students:
        waiting = record.waiting(student)
        if student.is_graded:
            graded = "to be graded again" if student.id in record.older else "graded"
            status = "waits for grading" if waiting else graded
        else:
            status = "not graded" if student.id in record.ungraded else "not handed in"
        names = (student.id, student.last_name, student.first_name, student.email)
        row = [*map(text_cell, (record.assignment, *names, status, ", ".join(waiting)))]
        row += [f"{student.timestamp:%Y-%m-%d %H:%M:%S} UTC" if student.timestamp else ""]
        row += [
            number_cell(value) if student.is_graded else "" for value in (student.raw_score, student.penalty)
        ]
        row += [_total(record, student, provisional, ""), number_cell(record.max_score)]
        rows.append([*row, *_points(record, student, "")])
    return Sheet(rows)


def moodle_sheet(record: ClassRecord, roster: Roster | None, provisional: bool) -> Sheet:
    """Return the table for Moodle's import of grades: the roster, a grading worksheet, filled in.

    Moodle refuses the whole table for one student it does not know. A dash is no grade: an empty cell
    would be none for an old grade item, and zero for a new one.
    """
    labels = [text_cell(f"{record.assignment} {label}") for label in record.labels.values()]
    if roster is None:
        rows = [
            ["Student ID", "First name", "Last name", "Email address", text_cell(record.assignment), *labels]
        ]
        for student in record.students:
            names = map(text_cell, (student.id, student.first_name, student.last_name, student.email))
            total = _total(record, student, provisional, "-")
            rows.append([*names, total, *_points(record, student, "-")])
        return Sheet(rows)
    place = roster.column(("grade",))
    total_heading = [] if place is not None else [text_cell(record.assignment)]
    rows = [[*map(text_cell, roster.headings), *total_heading, *labels]]
    sheet = Sheet(rows)
    for person, student in _matched(record, roster, "moodle", sheet):
        cells = [text_cell(cell) for cell in person.cells[: len(roster.headings)]]
        if place is not None:
            # In a worksheet a dash would count as zero.
            cells[place] = _total(record, student, provisional, "")
        else:
            cells.append(_total(record, student, provisional, "-"))
        rows.append([*cells, *_points(record, student, "-")])
    sheet.remarks += _other_maximum(record, roster)
    return sheet


def _other_maximum(record: ClassRecord, roster: Roster) -> Iterator[str]:
    """Yield a remark if Moodle's worksheet has another maximum grade than the assignment."""
    column = roster.column(("maximum grade",))
    maxima = {person.cells[column] for person in roster.people} if column is not None else set()
    if any(_value(cell) not in (None, record.max_score) for cell in maxima):
        yield (
            f"Moodle's maximum grade is {' or '.join(sorted(maxima))}, the assignment's "
            f"{number_cell(record.max_score)}: make them the same in Moodle before you import"
        )


def canvas_sheet(record: ClassRecord, roster: Roster | None, provisional: bool) -> Sheet:
    """Return the table for the import of Canvas's gradebook; the roster is an exported one."""
    heading = record.assignment
    people: list[tuple[list[str], StudentRecord]]
    sheet = Sheet([])
    if roster is None:
        people = _canvas_people(record)
        sheet.remarks.append(
            "ids are taken for Canvas's numbers or logins: its exported gradebook as --roster is surer"
        )
    else:
        columns = [roster.column((name.lower(),)) for name in CANVAS_COLUMNS]
        # as Canvas exports names that it is set to split
        split = [roster.column((name,)) for name in ("lastname", "firstname")]
        if columns[1] is None or (columns[0] is None and None in split):
            raise CourseError(f"{roster.file} is no gradebook of Canvas: it has no columns Student and ID")
        form = re.compile(rf"{re.escape(record.assignment)}(?: \(\d+\))?", re.IGNORECASE)
        heading = next((heading for heading in roster.headings if form.fullmatch(heading)), heading)
        people = []
        for person, student in _matched(record, roster, "canvas", sheet):
            cells = [text_cell(person.cells[c]) if c is not None else "" for c in columns]
            if columns[0] is None:
                cells[0] = text_cell(", ".join(person.cells[c] for c in split if c is not None))
            people.append((cells, student))
    labels = [text_cell(f"{record.assignment} {label}") for label in record.labels.values()]
    most = [number_cell(question.max_points) for question in record.questions]
    sheet.rows.append([*CANVAS_COLUMNS, text_cell(heading), *labels])
    blank = [""] * (len(CANVAS_COLUMNS) - 1)
    sheet.rows.append(["    Points Possible", *blank, number_cell(record.max_score), *most])
    for cells, student in people:
        total = _total(record, student, provisional, "")
        sheet.rows.append([*cells, total, *_points(record, student, "")])
    return sheet


SHEETS: dict[str, Callable[[ClassRecord, Roster | None, bool], Sheet]] = {
    "moodle": moodle_sheet,
    "canvas": canvas_sheet,
    "csv": plain_sheet,
}


def _canvas_people(record: ClassRecord) -> list[tuple[list[str], StudentRecord]]:
    """Return each student's cells in Canvas's columns.

    Canvas looks for its own number, then for the other ids, at last for the name, which is left out where
    two students share it.
    """
    counts = Counter((student.last_name, student.first_name) for student in record.students)
    people = []
    for student in record.students:
        student_id = text_cell(student.id)
        name = text_cell(", ".join(filter(None, (student.last_name, student.first_name))))
        is_unique = counts[student.last_name, student.first_name] == 1
        canvas_id = student_id if student_id.isascii() and student_id.isdigit() else ""
        cells = [(name if is_unique else "") or student_id, canvas_id, student_id, student_id, ""]
        people.append((cells, student))
    return people


def _total(record: ClassRecord, student: StudentRecord, provisional: bool, nothing: str) -> str:
    """Return a student's score, or `nothing` where there is none, or none that is final."""
    has_total = student.is_graded and (provisional or not record.waiting(student))
    return number_cell(student.score) if has_total else nothing


def _points(record: ClassRecord, student: StudentRecord, nothing: str) -> list[str]:
    """Return a student's points for each question, or `nothing` where there are none yet."""
    marks = (student.marks.get(question.key) for question in record.questions)
    return [number_cell(mark.points) if mark and not mark.is_waiting else nothing for mark in marks]


def _value(cell: str) -> float | None:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return None


def _matched(
    record: ClassRecord, roster: Roster, system: str, sheet: Sheet
) -> list[tuple[Person, StudentRecord]]:
    """Return everybody in the roster with their grades; a remark names the students who are not in it.

    Raises CourseError where two students of the gradebook are one person.
    """
    people = {**roster.keys(system), **roster.keys("zip")}
    students: dict[str, StudentRecord] = {}
    missing = []
    for student in record.students:
        person = people.get(casefolded(student.id)) or people.get(casefolded(student.email))
        if person is None:
            missing.append(student.id)
        elif person.student in students:
            raise CourseError(
                f"{students[person.student].id} and {student.id} of the gradebook are both "
                f"{person.name or person.student} in {roster.file}: `nbgrader db student remove` removes one"
            )
        else:
            students[person.student] = student
    if missing:
        sheet.remarks.append(f"not in {roster.file}, and left out: {', '.join(missing)}")
    return [(person, students.get(person.student, StudentRecord(person.student))) for person in roster.people]
