"""What a term's work is: the files in a course that an archive holds, and how they were."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.engine import make_url

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.gradebook import groups

EXPORTS = ("*-moodle.csv", "*-canvas.csv", "*-csv.csv")
REPORTS = "report"


class State(NamedTuple):
    """What tells whether a file is still as it was."""

    kind: int
    size: int
    modified: int
    changed: int
    """when, also where the time of modification was set back"""

    @classmethod
    def of(cls, path: Path) -> State:
        """Return the state of a file, or of a link itself. Raises OSError."""
        now = path.lstat()
        return cls(stat.S_IFMT(now.st_mode), now.st_size, now.st_mtime_ns, now.st_ctime_ns)

    @property
    def is_regular(self) -> bool:
        """Whether it is a file, no link or pipe."""
        return stat.S_ISREG(self.kind)

    def is_under_another_name(self, other: State) -> bool:
        """Return whether the two are of one file, as renaming it changes nothing else."""
        return self[:3] == other[:3]


def gradebook_file(course_folder: CourseFolder) -> Path | None:
    """Return the gradebook's file, None where there is none. Raises CourseError where it is on a server."""
    url = make_url(course_folder.course.db_url)
    if url.drivername != "sqlite":
        raise CourseError(
            f"the gradebook is on a server, {url.render_as_string()}: archive it there (`pg_dump`), set "
            "COURSE_DB_URL to an empty database, and archive the rest with COURSE_DB_URL unset"
        )
    path = Path(url.database or "")
    return path if path.is_file() else None


def parts(course_folder: CourseFolder) -> list[Path]:
    """Return the places of a term's work that are there: folders and files, without the gradebook."""
    root, folders = course_folder.root, course_folder.folders
    names = (folders.submitted, folders.autograded, folders.feedback, REPORTS, groups.FILE)
    exports = [path for pattern in EXPORTS for path in sorted(root.glob(pattern))]
    return [path for path in [*(root / name for name in names), *exports] if path.exists()]


def files_in(places: Sequence[Path]) -> Iterator[Path]:
    """Yield all files and links in these places. Raises OSError for a folder that cannot be read."""

    def fail(error: OSError) -> None:
        raise error

    for place in places:
        if not place.is_dir():
            yield place
            continue
        for folder, folders, names in os.walk(place, onerror=fail):
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            yield from (Path(folder) / name for name in sorted(names + links))
