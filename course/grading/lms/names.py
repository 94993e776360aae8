"""How each system names the files in the archives it hands out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from course.grading.lms.archive import same

Convention = Callable[[Sequence[PurePosixPath], Collection[str], Collection[str]], "list[Part | str | None]"]
"""from all paths of an archive, the assignment's notebooks and the keys of those who may hand in (empty when
that is not known) to a part for each path, a sentence about it, or None for one that is not the system's"""


@dataclass(frozen=True)
class Part:
    """A file of one student's submission."""

    key: str
    """what the system tells its students apart by"""
    name: str
    """the student's name, as far as it is told"""
    path: PurePosixPath
    """inside the submission"""
    is_late: bool = False
    version: tuple[int, int] | None = None
    """which of two with the same path is the newer"""


_MOODLE = re.compile(r"(?P<name>[^_]*)_(?P<key>\d+)_assignsubmission_[a-z]+(?:_(?P<file>.*))?")
_CANVAS = re.compile(
    r"(?:(?P<name>.+?)_)??(?:(?P<late>LATE|late)_)?(?P<key>\d+|anon_[0-9A-Za-z]+)_(?P<number>\d+)_(?P<file>.+)"
)
_TYPED = re.compile(
    r"(?:(?P<name>.+?)_)??(?:(?P<late>LATE|late)_)?(?P<key>\d+|anon_[0-9A-Za-z]+)_(?P<file>(?:text|link)\.html)"
)
"""what was typed into Canvas has no number"""
_TWO_NUMBERS = re.compile(r"\d+_")


def moodle(
    paths: Sequence[PurePosixPath], notebooks: Collection[str], known: Collection[str]
) -> list[Part | str | None]:
    """Read `Full Name_12345_assignsubmission_file_/…`, and the same without folders.

    The number is Moodle's for one student and one assignment. Underscores of a name are spaces there, and
    where submissions are anonymous the name is Participant.
    """
    found: list[Part | str | None] = []
    for path in paths:
        match = _MOODLE.fullmatch(path.parts[0])
        if match is None:
            found.append(None)
            continue
        inside = PurePosixPath(*filter(None, (match["file"], *path.parts[1:])))
        found.append(Part(match["key"], match["name"].strip(), inside) if inside.parts else None)
    return found


def canvas(
    paths: Sequence[PurePosixPath], notebooks: Collection[str], known: Collection[str]
) -> list[Part | str | None]:
    """Read `lastfirst_LATE_123_456_file-1.ipynb`: the student's number, then the file's.

    A file name that starts with a number, or a student's that ends with one, makes more than one reading
    possible; only `known` can tell. The `-1` is added when a file of the same name is handed in again.
    """
    found: list[Part | str | None] = []
    for path in paths:
        readings = list(_readings(path.parts[0])) if len(path.parts) == 1 else []
        sure = [match for match in readings if match["key"] in known] if len(readings) > 1 else readings
        if len(sure) == 1:
            found.append(_canvas_part(sure[0], notebooks))
        elif readings:
            keys = " or ".join(match["key"] for match in readings)
            found.append(f"{path}: is it student {keys}? --roster with Canvas's exported gradebook tells")
        else:
            typed = _TYPED.fullmatch(str(path))
            part = typed and Part(typed["key"], typed["name"] or "", PurePosixPath(typed["file"]))
            found.append(part)
    return found


def _readings(name: str) -> list[re.Match[str]]:
    first = _CANVAS.fullmatch(name)
    if first is None:
        return []
    readings = [first]
    # the same name read with the student's number one further on
    while _TWO_NUMBERS.match(readings[-1]["file"]):
        start = readings[-1].start("number")
        further = re.compile(_CANVAS.pattern.replace("(?:(?P<name>.+?)_)??", f"(?P<name>.{{{start - 1}}})_"))
        match = further.fullmatch(name)
        if match is None:
            break
        readings.append(match)
    return readings


def _canvas_part(match: re.Match[str], notebooks: Collection[str]) -> Part:
    path = PurePosixPath(match["file"])
    again = re.fullmatch(r"(.+)-(\d+)", path.stem)
    number = 0
    if again and path.suffix.lower() == ".ipynb" and same(again[1]) in map(same, notebooks):
        path, number = path.with_stem(again[1]), int(again[2])
    return Part(match["key"], match["name"] or "", path, bool(match["late"]), (number, int(match["number"])))


def plain(
    paths: Sequence[PurePosixPath], notebooks: Collection[str], known: Collection[str]
) -> list[Part | str | None]:
    """Read a folder or a file for each student, named after the student.

    A folder around all of them does not matter. Of a file's name, the problem set's is taken off:
    `ann_ps1.ipynb` is ann's.
    """
    depth = _wrapping(paths, notebooks)
    found: list[Part | str | None] = []
    folders = {same(path.parts[depth]) for path in paths if len(path.parts) > depth + 1}
    for path in paths:
        rest = path.parts[depth:]
        who = rest[0] if len(rest) > 1 else _student_in(PurePosixPath(rest[0]).stem, notebooks)
        if len(rest) == 1 and same(who) in folders:
            found.append(f"{path}: is there a folder {who} too, of the same student or of another?")
        else:
            found.append(Part(who, who, PurePosixPath(*rest[1:] or rest)))
    return found


def _wrapping(paths: Sequence[PurePosixPath], notebooks: Collection[str]) -> int:
    """Return how many folders are around all students' folders or files."""
    depth = 0
    while True:
        below = [path.parts[depth:] for path in paths]
        if len({rest[0] for rest in below}) != 1 or min(map(len, below)) < 2:
            return depth
        # one folder: it is a student's when the work lies in it, or in a folder named after the assignment
        work = [rest for rest in below if rest[-1].lower().endswith((".ipynb", ".zip"))]
        own = {same(name) for name in notebooks} | {same(f"{name}.ipynb") for name in notebooks}
        if (len(work) == 1 and len(work[0]) == 2) or any(same(rest[1]) in own for rest in below):
            return depth
        depth += 1


def _student_in(stem: str, notebooks: Collection[str]) -> str:
    for name in notebooks:
        # at either end, with something between
        for pattern in (rf"(.+?)[-_ .]+{re.escape(name)}", rf"{re.escape(name)}[-_ .]+(.+)"):
            match = re.fullmatch(pattern, stem, re.IGNORECASE)
            if match:
                return match[1]
    return stem


CONVENTIONS: dict[str, Convention] = {"moodle": moodle, "canvas": canvas, "zip": plain}
LOOKS = {
    "moodle": "Full Name_12345_assignsubmission_file_",
    "canvas": "lastfirst_123_456_file.ipynb",
    "zip": "a folder or a file for each student",
}


def unwrapped(paths: Sequence[PurePosixPath]) -> list[PurePosixPath]:
    """Return the paths without a folder that is around all of them."""
    if len({path.parts[0] for path in paths}) == 1 and min(len(path.parts) for path in paths) > 1:
        return [PurePosixPath(*path.parts[1:]) for path in paths]
    return list(paths)
