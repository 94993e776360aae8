"""Parses the names of files in an archive, by the convention of the system that made it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from course.grading.lms.archive import casefolded


@dataclass(frozen=True)
class ParsedName:
    """What the path of a file in an archive says of it."""

    key: str
    """by which the system identifies a student"""
    name: str
    """the student's name, as far as the path has it"""
    path: PurePosixPath
    """of the file, inside the student's submission"""
    is_late: bool = False
    version: tuple[int, int] | None = None
    """of two files with the same path, the newer has the greater one"""


@dataclass(frozen=True)
class AmbiguousName:
    """A path that does not tell whose the file is."""

    path: PurePosixPath
    reason: str


ParsedNames = list[ParsedName | AmbiguousName | None]
"""for each path of an archive; None for one that does not follow the convention"""
Convention = Callable[[Sequence[PurePosixPath], Collection[str], Collection[str]], ParsedNames]
"""parses all paths of an archive, with the names of the assignment's notebooks and the keys of the students
(empty where they are not known)"""


_MOODLE = re.compile(r"(?P<name>[^_]*)_(?P<key>\d+)_assignsubmission_[a-z]+(?:_(?P<file>.*))?")
_CANVAS = re.compile(
    r"(?:(?P<name>.+?)_)??(?:(?P<late>LATE|late)_)?(?P<key>\d+|anon_[0-9A-Za-z]+)_(?P<number>\d+)_(?P<file>.+)"
)
_TYPED = re.compile(
    r"(?:(?P<name>.+?)_)??(?:(?P<late>LATE|late)_)?(?P<key>\d+|anon_[0-9A-Za-z]+)_(?P<file>(?:text|link)\.html)"
)
"""a text or a link that was typed into Canvas: it has no second number"""
_TWO_NUMBERS = re.compile(r"\d+_")


def parse_moodle(
    paths: Sequence[PurePosixPath], notebooks: Collection[str], known_keys: Collection[str]
) -> ParsedNames:
    """Parse `Full Name_12345_assignsubmission_file_/…`, and the same without folders.

    The number is Moodle's for one student and one assignment. Moodle writes the underscores of a name as
    spaces, and the name of an anonymous submission as Participant.
    """
    names: ParsedNames = []
    for path in paths:
        match = _MOODLE.fullmatch(path.parts[0])
        if match is None:
            names.append(None)
            continue
        inside = PurePosixPath(*filter(None, (match["file"], *path.parts[1:])))
        names.append(ParsedName(match["key"], match["name"].strip(), inside) if inside.parts else None)
    return names


def parse_canvas(
    paths: Sequence[PurePosixPath], notebooks: Collection[str], known_keys: Collection[str]
) -> ParsedNames:
    """Parse `lastfirst_LATE_123_456_file-1.ipynb`: the student's number, then that of the file.

    Where a student's name ends with a number or a file's starts with one, the path can be parsed in several
    ways, and only `known_keys` tell which is right. Canvas adds `-1` to a file that is handed in again.
    """
    names: ParsedNames = []
    for path in paths:
        matches = _canvas_matches(path.parts[0]) if len(path.parts) == 1 else []
        likely = [match for match in matches if match["key"] in known_keys] if len(matches) > 1 else matches
        if len(likely) == 1:
            names.append(_canvas_name(likely[0], notebooks))
        elif matches:
            keys = " or ".join(match["key"] for match in matches)
            reason = f"is it student {keys}? --roster with Canvas's exported gradebook tells"
            names.append(AmbiguousName(path, reason))
        else:
            typed = _TYPED.fullmatch(str(path))
            names.append(
                typed and ParsedName(typed["key"], typed["name"] or "", PurePosixPath(typed["file"]))
            )
    return names


def _canvas_matches(name: str) -> list[re.Match[str]]:
    """Return all ways to parse a name, the one with the shortest student's name first."""
    first = _CANVAS.fullmatch(name)
    if first is None:
        return []
    matches = [first]
    # The next way takes the file's number for the student's.
    while _TWO_NUMBERS.match(matches[-1]["file"]):
        start = matches[-1].start("number")
        further = re.compile(_CANVAS.pattern.replace("(?:(?P<name>.+?)_)??", f"(?P<name>.{{{start - 1}}})_"))
        match = further.fullmatch(name)
        if match is None:
            break
        matches.append(match)
    return matches


def _canvas_name(match: re.Match[str], notebooks: Collection[str]) -> ParsedName:
    path = PurePosixPath(match["file"])
    again = re.fullmatch(r"(.+)-(\d+)", path.stem)
    number = 0
    if again and path.suffix.lower() == ".ipynb" and casefolded(again[1]) in map(casefolded, notebooks):
        path, number = path.with_stem(again[1]), int(again[2])
    version = (number, int(match["number"]))
    return ParsedName(match["key"], match["name"] or "", path, bool(match["late"]), version)


def parse_folders_or_files(
    paths: Sequence[PurePosixPath], notebooks: Collection[str], known_keys: Collection[str]
) -> ParsedNames:
    """Parse the paths of folders or files that are named after students, one for each.

    Folders around all of them do not count, nor does the problem set's name in that of a file:
    `ann_ps1.ipynb` is ann's.
    """
    depth = _folders_around(paths, notebooks)
    names: ParsedNames = []
    folders = {casefolded(path.parts[depth]) for path in paths if len(path.parts) > depth + 1}
    for path in paths:
        rest = path.parts[depth:]
        student = rest[0] if len(rest) > 1 else _student_in(_stem(rest[0]), notebooks)
        if len(rest) == 1 and casefolded(student) in folders:
            reason = f"is there a folder {student} too, of the same student or of another?"
            names.append(AmbiguousName(path, reason))
        else:
            names.append(ParsedName(student, student, PurePosixPath(*rest[1:] or rest)))
    return names


def _folders_around(paths: Sequence[PurePosixPath], notebooks: Collection[str]) -> int:
    """Return how many folders are around all students' folders or files."""
    depth = 0
    while True:
        below = [path.parts[depth:] for path in paths]
        if len({rest[0] for rest in below}) != 1 or min(map(len, below)) < 2:
            return depth
        # A single folder is a student's if the work lies in it, or in a folder named after the assignment.
        work = [rest for rest in below if rest[-1].lower().endswith((".ipynb", ".zip"))]
        expected = {casefolded(name) for name in notebooks} | {
            casefolded(f"{name}.ipynb") for name in notebooks
        }
        if (len(work) == 1 and len(work[0]) == 2) or any(casefolded(rest[1]) in expected for rest in below):
            return depth
        depth += 1


def _stem(name: str) -> str:
    """Return a file's name without its ending, which a browser may have made .ipynb.txt."""
    return PurePosixPath(name).stem.removesuffix(".ipynb")


def _student_in(stem: str, notebooks: Collection[str]) -> str:
    """Return the student's name in that of a file, without the notebook's at either end."""
    for name in notebooks:
        for pattern in (rf"(.+?)[-_ .]+{re.escape(name)}", rf"{re.escape(name)}[-_ .]+(.+)"):
            match = re.fullmatch(pattern, stem, re.IGNORECASE)
            if match:
                return match[1]
    return stem


CONVENTIONS: dict[str, Convention] = {
    "moodle": parse_moodle,
    "canvas": parse_canvas,
    "zip": parse_folders_or_files,
}
FORMS = {
    "moodle": "Full Name_12345_assignsubmission_file_",
    "canvas": "lastfirst_123_456_file.ipynb",
    "zip": "a folder or a file for each student",
}
"""of names, for messages"""


def unwrapped(paths: Sequence[PurePosixPath]) -> list[PurePosixPath]:
    """Return the paths without the folder that is around all of them, if there is one."""
    if len({path.parts[0] for path in paths}) == 1 and min(len(path.parts) for path in paths) > 1:
        return [PurePosixPath(*path.parts[1:]) for path in paths]
    return list(paths)
