"""Reads a roster, the list of a class: a table that the system exported, or one of the instructor's own."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from course.grading.csv_rows import csv_rows
from course.grading.errors import RosterError
from course.grading.lms import headings
from course.grading.lms.archive import casefolded

LARGEST = 32 << 20
_LONGEST_ID = 100
# Headings in lower case. The first of these that a table has is the student's id.
IDS = (
    "student_id",
    "student id",
    "username",
    "sis login id",
    "id number",
    "sis user id",
    "email address",
    "id",
)
_NAMES = ("full name", "student", "name")
FIRST = ("first name", "first_name", "firstname")
LAST = ("last name", "last_name", "surname", "lastname")
_EMAIL = ("email address", "email")
_KEYS = {"moodle": ("identifier", "participant"), "canvas": ("id", "canvas_id")}


@dataclass(frozen=True)
class Person:
    """One line of a roster."""

    student: str
    """the id in the gradebook, and the folder's name under `submitted/`"""
    name: str
    """empty where the roster has no names"""
    cells: tuple[str, ...]
    """of the line, at least one for each heading"""


@dataclass(frozen=True)
class Roster:
    """The list of a class."""

    file: str
    headings: tuple[str, ...]
    names: tuple[str, ...]
    """the headings in English and lower case"""
    people: tuple[Person, ...]

    def column(self, names: tuple[str, ...]) -> int | None:
        """Return the index of the first of these columns that the roster has, or None."""
        return next((self.names.index(name) for name in names if name in self.names), None)

    def keys(self, system: str) -> dict[str, Person]:
        """Return the people by the keys that identify students in `system`, as `casefolded` writes them.

        A key that two people have is left out. Empty where the roster has no such column.
        """
        columns = [self.column((name,)) for name in (*IDS, *_EMAIL)] if system == "zip" else []
        columns = columns or [self.column(_KEYS[system])]
        by_key: dict[str, list[Person]] = {}
        for person in self.people:
            cells = (person.cells[column] for column in columns if column is not None)
            for key in {casefolded(_number(cell) if system == "moodle" else cell) for cell in cells if cell}:
                by_key.setdefault(key, []).append(person)
        unique = {key: people[0] for key, people in by_key.items() if len(people) == 1}
        by_id = {casefolded(person.student): person for person in self.people}
        return {**unique, **by_id} if system == "zip" else unique

    def by_name(self) -> dict[tuple[str, ...], list[Person]]:
        """Return the people by the `name_words` of their names."""
        by_name: dict[tuple[str, ...], list[Person]] = {}
        for person in self.people:
            if person.name:
                by_name.setdefault(name_words(person.name), []).append(person)
        return by_name


def _number(cell: str) -> str:
    """Return the number in a cell in which Moodle writes Participant 12345."""
    match = re.search(r"\d+$", cell)
    return match[0] if match else cell


def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name, which are the same for `Doe, Jane` and `jane doe`."""
    letters = "".join(
        letter if unicodedata.category(letter)[0] in "LMN" else " "
        for letter in unicodedata.normalize("NFC", name)
    )
    return tuple(sorted(casefolded(letters).split()))


def is_id(text: str) -> bool:
    """Return whether a student's id can be a folder's name, where nbgrader searches by glob patterns."""
    return (
        bool(text)
        and text.isprintable()
        and text == text.strip(" .")
        and not text.startswith(("-", "~"))
        and not set(text) & set('\\/:*?"<>|[]{}')
        and len(text.encode("utf-8", "replace")) <= _LONGEST_ID
    )


def read_roster(path: Path) -> Roster:
    """Read a roster in CSV: Moodle's grading worksheet, Canvas's gradebook, or one of the instructor's own.

    It may be in one of the languages of `headings`, and in any encoding in which spreadsheets write it.

    Raises RosterError.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise RosterError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > LARGEST:
        raise RosterError(f"{path} is larger than {LARGEST >> 20} MiB: that is no roster")
    if content.startswith(b"PK"):
        raise RosterError(f"{path} is a spreadsheet, not a table in CSV: save it as CSV UTF-8")
    try:
        tables = [csv_rows(text) for text in _texts(content)]
    except csv.Error as error:
        raise RosterError(f"{path} is not a table in CSV: {error}") from None
    rows = max(tables, key=lambda rows: headings.known(rows[0]) if rows else 0)
    if not rows:
        raise RosterError(f"{path} is empty: it needs headings, and a line for each student")
    return _roster(path.name, rows)


def _texts(content: bytes) -> list[str]:
    """Return the text of a file, or what it may be where it does not tell its encoding.

    Spreadsheets write the encoding of their system: Latin-1, in Poland Latin-2, as Windows has them.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return [content.decode("utf-16", "replace")]
    if content[1:2] == b"\0":
        return [content.decode("utf-16-le", "replace")]
    try:
        return [content.decode("utf-8-sig")]
    except UnicodeDecodeError:
        return [content.decode(encoding, "replace") for encoding in ("cp1252", "cp1250")]


def _roster(file: str, rows: list[list[str]]) -> Roster:
    titles = tuple(heading.strip() for heading in rows[0])
    names = headings.in_english(titles, rows[1:])
    table = Roster(file, titles, names, ())
    column = _id_column(names, rows[1:])
    if column is None:
        raise RosterError(
            f"{file} does not tell who is who: it needs a column student_id, or one of Username, ID number, "
            f"SIS Login ID, Email address, ID; it has {', '.join(titles)[:300]}"
        )
    people = []
    for number, row in enumerate(rows[1:], start=2):
        cells = tuple(cell.strip() for cell in row) + ("",) * (len(titles) - len(row))
        # Canvas's second and third line have the assignments' points; its test student is no student.
        name, student = _name(table, cells), unicodedata.normalize("NFC", cells[column])
        if not student and re.fullmatch(r"Points Possible|Student, Test|Test Student|", name, re.IGNORECASE):
            continue
        if not student:
            raise RosterError(
                f"{file}, line {number}: {name} has no {titles[column]}, which is everybody's id here: "
                "fill it in, or remove the line or the column"
            )
        if not is_id(student):
            raise RosterError(f"{file}, line {number}: {student!r} cannot be a student's id, a folder's name")
        people.append(Person(student, name, cells))
    if not people:
        raise RosterError(f"{file} lists nobody")
    counts = Counter(casefolded(person.student) for person in people)
    repeated = [student for student, count in counts.items() if count > 1]
    if repeated:
        raise RosterError(
            f"{file} lists {', '.join(sorted(repeated)[:5])} more than once, by {titles[column]}"
        )
    return Roster(file, titles, names, tuple(people))


def _id_column(names: tuple[str, ...], rows: list[list[str]]) -> int | None:
    """Return the column of the students' ids: the first that anybody has anything in."""
    columns = [names.index(name) for name in IDS if name in names]
    filled = (column for column in columns if any("".join(row[column : column + 1]).strip() for row in rows))
    return next(filled, columns[0] if columns else None)


def _name(table: Roster, cells: tuple[str, ...]) -> str:
    full = table.column(_NAMES)
    if full is not None:
        return cells[full]
    columns = (table.column(FIRST), table.column(LAST))
    return " ".join(cells[column] for column in columns if column is not None).strip()
