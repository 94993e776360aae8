"""A course folder, and stock nbgrader's commands in it: release, autograde, feedback, scores."""

from __future__ import annotations

import errno
import os
import re
import shutil
import traceback
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any

from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets import TraitError
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from course.grading.errors import CourseError
from course.grading.folders import Folders
from course.text import printable

CONFIG = "nbgrader_config.py"
# how SQLite and the system say in nbgrader's log that a disk is full
_FULL = ("database or disk is full", os.strerror(errno.ENOSPC))

# what nbgrader raises besides what is wrong
_EMPTY_WORDS = ("Notebook failed to validate", "Please see the")
_LONGEST = 500


@contextmanager
def _quiet() -> Iterator[None]:
    # nbgrader's dependencies warn about nbgrader, which no caller can change
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _settings_errors(path: Path) -> Iterator[None]:
    """Raise CourseError, with the place, where the settings in `path` cannot be read or are none."""
    try:
        yield
    except CourseError:
        raise
    except Exception as error:  # the settings are code, which may raise anything
        reason, line = " ".join(str(error).split()), None
        for frame in traceback.extract_tb(error.__traceback__):
            line = frame.lineno if frame.filename == str(path) else line
        if isinstance(error, SyntaxError) and error.filename == str(path):
            reason, line = error.msg, error.lineno
        where = f"line {line}, " if line else ""
        raise CourseError(
            f"the settings in {path} cannot be used: {where}{type(error).__name__}: {reason}; correct the "
            "file, then try again"
        ) from error


def refused_setting(error: Exception, root: Path) -> CourseError | None:
    """Return the error for a value of the course's settings that whoever uses it refuses.

    None where `error` is another one, or where the settings of the course in `root` do not set this.
    """
    match = re.search(
        r"'(\w+)' trait of (?:an? |<[\w.]*\.)(\w+) (?:object at \w+> )?instance (.*)", str(error), re.DOTALL
    )
    if not isinstance(error, TraitError) or match is None or not (root / CONFIG).is_file():
        return None
    name, owner, reason = match.groups()
    text = (root / CONFIG).read_text(encoding="utf-8", errors="replace")
    lines = [
        (found[1], number)
        for number, line in enumerate(text.splitlines(), 1)
        if (found := re.match(rf"[^#]*?\b(\w+)\.{name}\s*=(?!=)", line))
    ]
    if not lines:
        return None
    # it may be set for a class that this one extends; the last of several counts
    section, number = max(lines, key=lambda place: (place[0] == owner, place[1]))
    return CourseError(
        f"the settings in {root / CONFIG} cannot be used: line {number}, c.{section}.{name} "
        f"{' '.join(reason.split()).rstrip('.')}; correct the file, then try again"
    )


def unknown_assignment(assignment: str, known: Iterable[str]) -> CourseError:
    """Return the error for an assignment that is not among a course's, `known`."""
    names = ", ".join(sorted(known))
    hint = f"there is: {names}" if names else "the course holds no assignments"
    return CourseError(f"there is no assignment {assignment!r}; {hint}")


def read_folders(root: Path) -> Folders:
    """Return the names of the folders of the course in `root`: nbgrader's own where it has no settings."""
    return CourseFolder(root).folders if (root / CONFIG).is_file() else Folders()


class CourseFolder:
    """The course folder `root`, which holds `nbgrader_config.py` and a folder of sources."""

    def __init__(self, root: Path, cell_seconds: int | None = None) -> None:
        """Open the course in `root`; `cell_seconds` overrides the time-out of a cell. Raises CourseError."""
        self.root = root.resolve()
        if not (self.root / CONFIG).is_file():
            raise CourseError(f"{root} is not a course: it holds no {CONFIG}; run this in the course's root")
        with _quiet(), _settings_errors(self.root / CONFIG):
            self.config: Config = PyFileConfigLoader(CONFIG, path=str(self.root)).load_config()
            if cell_seconds is not None:
                self.config.Execute.timeout = cell_seconds
            self.course = CourseDirectory(config=self.config, root=str(self.root))
            self._api = NbGraderAPI(self.course, config=self.config)
        self.folders = Folders.of(self.course)

    @classmethod
    def copy_of(
        cls,
        course: Path,
        root: Path,
        cell_seconds: int | None = None,
        ignored: Iterable[str] = (".ipynb_checkpoints",),
    ) -> CourseFolder:
        """Make `root` a course folder of its own, with the sources and the settings of `course`.

        So are the notebooks above and below all others, and nbgrader's templates of tests. `ignored` are
        patterns of names that are not copied.
        """
        folders = read_folders(course)
        source = folders.source
        if not (course / CONFIG).is_file() or not (course / source).is_dir():
            raise CourseError(f"{course} is not a course: it needs {CONFIG} and {source}/")
        shutil.copytree(course / source, root / source, ignore=shutil.ignore_patterns(*ignored))
        shutil.copy(course / CONFIG, root)
        copy = cls(root, cell_seconds)
        templates = copy.config.InstantiateTests.get("autotest_filename", "autotests.yml")
        for name in filter(None, (templates, folders.header, folders.footer)):
            is_inside = ".." not in PurePath(name).parts and not (root / name).exists()
            if is_inside and (course / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(course / name, root / name)
        return copy

    def notebooks(self, assignment: str) -> list[str]:
        """Return the names of an assignment's notebooks. Raises CourseError for an unknown one."""
        paths = list((self.root / self.folders.source).glob("*/*.ipynb"))
        if not any(path.parent.name == assignment for path in paths):
            raise unknown_assignment(assignment, {path.parent.name for path in paths})
        return sorted(path.stem for path in paths if path.parent.name == assignment)

    def generate(self, assignment: str) -> Path:
        """Generate what students receive, and return its folder. Raises CourseError, whose text is a line."""
        if log := self._failure("generate_assignment", assignment):
            place = f"{self.folders.source}/{assignment}"
            if converted := re.findall(r"Converting notebook (.*)", log):
                place += f"/{PurePath(converted[-1]).name}"
            reason = _reason(log).replace(f"{self.root}/", "").replace("/./", "/")
            raise CourseError(f"nothing is released of {assignment}: {place}: {reason}")
        return self.root / self.folders.release / assignment

    def autograde(self, assignment: str) -> None:
        """Grade everything that was handed in. Raises CourseError after grading what could be graded."""
        self._run("autograde", assignment, "*")

    def feedback(self, assignment: str) -> list[Path]:
        """Write the feedback pages, and return them. Raises CourseError."""
        self._run("generate_feedback", assignment)
        return sorted((self.root / self.folders.feedback).glob(f"*/{assignment}/*.html"))

    def _run(self, command: str, assignment: str, *arguments: str) -> None:
        if log := self._failure(command, assignment, *arguments):
            raise CourseError(f"{command} {assignment} failed in {self.root}:\n{log}")

    def _failure(self, command: str, assignment: str, *arguments: str) -> str:
        """Return what a command that fails says, nothing where it does not. Raises CourseError."""
        with _quiet():
            result: dict[str, Any] = getattr(self._api, command)(assignment, *arguments)
        if result["success"]:
            return ""
        log = "\n".join(filter(None, (result.get("log"), result.get("error")))).strip()
        if any(words in log for words in _FULL):
            reason = "No space left on device; make room there"
            raise CourseError(f"{command} {assignment} failed in {self.root}: {reason}")
        return log or "it says no reason"


def _reason(log: str) -> str:
    """Return in a line why nbgrader could not generate, by its log, and what to do."""
    raised = re.findall(r"^ *(?:\w+\.)*(\w*(?:Error|Exception|Violation)\b): (.*)", log, re.MULTILINE)
    told = [(name, text) for name, text in raised if not text.startswith(_EMPTY_WORDS)]
    if not told:
        errors = [text for text in re.findall(r"^\[ERROR\] (.*)", log, re.MULTILINE) if text.strip()]
        return printable(next(iter(errors), log.splitlines()[-1]), _LONGEST)
    name, reason = told[0]
    if name == "SchemaTooOldError":
        return f"{reason}; keep a copy, then `nbgrader update .`"
    if name not in ("ValidationError", "RuntimeError"):  # these nbgrader's steps raise, and word
        reason = f"{name}: {reason}"
    if match := re.search(r"On instance\['(\w+)'\]", log):
        reason = f"{match[1]} {reason}"
    if match := re.search(r"Cell contents are:\s*(.*)", log):
        reason = f"{reason}, in the cell that begins with {match[1]}"
    return f"{printable(reason, _LONGEST)}; correct it there"
