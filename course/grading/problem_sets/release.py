"""What students receive, generated from their sources exactly as stock nbgrader generates it."""

from __future__ import annotations

import difflib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import partial
from pathlib import Path, PurePosixPath

from nbformat import NotebookNode

from course.grading.course_folder import CourseFolder, read_folders
from course.grading.errors import CourseError
from course.grading.problem_sets import copies, leaks, notebooks
from course.grading.problem_sets.release_rule import (
    LEFTOVERS,
    contents,
    is_leftover,
    is_named_after_answers,
)
from course.grading.problem_sets.saved_cells import SavedNotebook, collected
from course.grading.replacing import PendingFolder, Replacement, replace_file

PREFIX = ".course-release-"


@dataclass(frozen=True)
class Release:
    """The files that students receive of a problem set, made from its source."""

    assignment: str
    files: dict[str, bytes]
    """by their paths"""
    left_out: dict[str, str]
    """files of the source that are not released, with the reason"""
    cells: dict[str, SavedNotebook] = field(default_factory=dict)
    """what a gradebook keeps of its notebooks"""


def assignments(root: Path) -> list[str]:
    """Return the names of the problem sets of the course in `root`: folders with cells of nbgrader.

    Raises NotebookError.
    """
    top = root / read_folders(root).source
    return sorted(
        {
            path.parent.name
            for path in _notebooks(top)
            if path.parent.parent == top and any(map(notebooks.grade_id, notebooks.read(path).cells))
        }
    )


def notebook_names(root: Path, assignment: str) -> list[str]:
    """Return the names of the notebooks of a problem set, those with cells of nbgrader that are released.

    Raises NotebookError, and CourseError where there are none.
    """
    folder = root / read_folders(root).source / assignment
    paths = [folder / name for name in contents(folder).released if name.endswith(".ipynb")]
    names = [path.stem for path in paths if any(map(notebooks.grade_id, notebooks.read(path).cells))]
    if not names:
        known = ", ".join(assignments(root)) or "none; run this in the root of the course"
        raise CourseError(f"there is no assignment {assignment!r} under {folder.parent}; there are: {known}")
    return names


def sources(root: Path) -> list[Path]:
    """Return the notebooks an instructor writes."""
    return _notebooks(root / read_folders(root).source)


def _notebooks(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.rglob("*.ipynb") if not is_leftover(path.relative_to(folder).as_posix())
    )


def tidy(root: Path) -> list[Path]:
    """Bring the source notebooks into canonical form; return those that were not. Raises CourseError.

    A cell's id is none of the header's or footer's, with which its notebook is put together.
    """
    folders, own = read_folders(root), sources(root)
    shared = [root / name for name in (folders.header, folders.footer) if name and (root / name).is_file()]
    changed: list[Path] = []
    taken: set[str] = set()
    for path in dict.fromkeys((*shared, *own)):
        notebook = notebooks.canonical(notebooks.read(path), taken)
        if path in shared:
            taken |= {cell["id"] for cell in notebook.cells}
        if path in own and path.read_text(encoding="utf-8") != notebooks.dumps(notebook):
            replace_file(path, notebooks.dumps(notebook).encode())
            changed.append(path)
    return changed


def generate(root: Path, assignment: str) -> Release:
    """Return the release of `assignment`, leaving the course in `root` as it is.

    Raises CourseError when there is no such problem set, a file it lists is missing, or nbgrader refuses it.
    """
    top = read_folders(root).source
    if assignment not in assignments(root):
        known = ", ".join(assignments(root)) or "none"
        raise CourseError(f"{top}/{assignment} holds no notebook; the problem sets are: {known}")
    source = contents(root / top / assignment)
    if source.missing:
        raise CourseError(
            f"{top}/{assignment} holds no {source.missing[0]}, which its notebook lists as course.files: "
            "put it there, or take it from the list"
        )
    with tempfile.TemporaryDirectory() as folder:
        try:
            copy = CourseFolder.copy_of(root, Path(folder), ignored=LEFTOVERS)
            # what is not for students is left out, or refused, by the caller
            copy.config.GenerateAssignment.pop("post_convert_hook", None)
            copy.course.db_url = f"sqlite:///{folder}/gradebook.db"
        except OSError as error:
            # shutil's own error lists those of the files: source, copy, reason
            reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error
            raise CourseError(
                f"{root / top} cannot be copied to {folder}: {reason}; "
                "make room there, and let its files be read"
            ) from error
        generated = all_files(copy.generate(assignment))
        ignored = copy.course.ignore
    return Release(
        assignment,
        {name: content for name, content in generated.items() if name in source.released},
        {name: reason for name, reason in source.left_out.items() if not is_ignored(name, ignored)},
        collected(assignment),
    )


def is_ignored(name: str, patterns: list[str]) -> bool:
    """Say whether nbgrader's own settings leave a file out."""
    return any(fnmatch(part, pattern) for part in PurePosixPath(name).parts for pattern in patterns)


def write(root: Path, *names: str, save: Callable[[Release], None] = lambda _: None) -> list[Release]:
    """Replace the released folders of these problem sets by what their sources give now, and return that.

    `save` is called with each when it has taken its place; if it raises, what was there comes back.
    Raises CourseError, also for a release that would give something away; nothing is written then.
    """
    folders = read_folders(root)
    releases = [generate(root, name) for name in names]
    given_away = [
        f"{folders.source}/{release.assignment}/{name} is not for students: {reason}; take it out "
        "(nothing was written)"
        for release in releases
        for name, reason in leaking_files(root / folders.source, release.assignment, release.files)
    ]
    if given_away:
        raise CourseError("\n".join(given_away))
    for release in releases:
        target = root / folders.release / release.assignment
        try:
            _put(release.files, target, partial(save, release))
        except OSError as error:
            raise CourseError(
                f"{target} cannot be written: {error.strerror}; make room there, or make it writable, and "
                "release again"
            ) from error
    return releases


def _put(files: Mapping[str, bytes], target: Path, save: Callable[[], None]) -> None:
    """Write the files beside what is there, let them take its place, then save. Raises OSError."""
    pending = PendingFolder(target.parent, PREFIX)
    try:
        replacement = Replacement(pending.path / "new", target, pending.path / "old")
        for name, content in files.items():
            path = pending.path / "new" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            replacement.swap()
            save()
        except BaseException:
            replacement.undo()
            raise
    finally:
        pending.close()


def difference(root: Path, assignment: str) -> str:
    """Return how what is released of a problem set differs from what its source gives: a unified diff."""
    folder = f"{read_folders(root).release}/{assignment}"
    committed, current = all_files(root / folder), generate(root, assignment).files
    parts = []
    for name in sorted(committed.keys() | current.keys()):
        path = f"{folder}/{name}"
        if name not in committed or name not in current:
            parts.append(f"{path} should {'' if name in current else 'not '}be there\n")
        elif committed[name] != current[name]:
            old, new = (files[name].decode(errors="replace") for files in (committed, current))
            parts += difflib.unified_diff(
                old.splitlines(keepends=True),
                new.splitlines(keepends=True),
                f"{path} (there)",
                f"{path} (from source)",
            )
            parts += [] if old != new else [f"{path} should hold other bytes\n"]
    return "".join(parts)


def changed_files(root: Path, assignment: str, current: Mapping[str, bytes]) -> set[str]:
    """Return the released files that are not as in `current`, which the source gives."""
    committed = all_files(root / read_folders(root).release / assignment)
    names = committed.keys() | current.keys()
    return {name for name in names if committed.get(name) != current.get(name)}


def problems(root: Path, assignment: str) -> Iterator[str]:
    """Yield a line for each released file that is not for students: every file is looked at.

    Raises NotebookError.
    """
    folder = read_folders(root).release
    for name, reason in sorted(not_for_students(root, assignment).items()):
        yield f"{folder}/{assignment}/{name} is not for students: {reason}"


def not_for_students(root: Path, assignment: str) -> dict[str, str]:
    """Return the released files that are not for students, and why. Raises NotebookError."""
    folders = read_folders(root)
    source, folder = root / folders.source, root / folders.release / assignment
    here = contents(folder)
    strangers = {
        name: f"{folders.source}/{assignment} holds no such notebook"
        for name in here.released
        if name.endswith(".ipynb") and not (source / assignment / name).is_file()
    }
    leaking = dict(leaking_files(source, assignment, all_files(folder)))
    return leaking | strangers | here.left_out


def leaking_files(source: Path, assignment: str, files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield each file that gives away an answer or a test of any problem set in `source`, and how.

    Raises NotebookError.
    """
    written = {path: notebooks.read(path) for path in _notebooks(source)}
    secrets = _secrets(source, written)
    for name, content in files.items():
        original = written.get(source / assignment / name)
        reasons: list[str] = []
        if original is not None:
            reasons += leaks.leaks_in_notebook(original, notebooks.reads(content, name))
        reasons += leaks.leaks_in_file(secrets, content)
        if reasons:
            yield name, reasons[0]


def _secrets(source: Path, written: Mapping[Path, NotebookNode]) -> dict[str, str]:
    """Return what none of the notebooks under `source` may show of another one, and what each text is.

    What a solved copy shows is no less secret, nor what a notebook shows of another one beside it.
    """
    books = {
        path: notebook
        for path, notebook in written.items()
        if any(map(notebooks.grade_id, notebook.cells))
        and not is_named_after_answers(path.relative_to(source).as_posix())
    }
    copied = copies.originals({path.as_posix(): book for path, book in books.items()}, "")
    books = {path: book for path, book in books.items() if path.as_posix() not in copied}
    secrets: dict[str, str] = {}
    for path, book in books.items():
        elsewhere = [other for place, other in books.items() if place.parent != path.parent]
        secrets |= leaks.secrets(book, elsewhere)
    return secrets


def all_files(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder, by their paths in it, Jupyter's checkpoints excepted."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in paths
        if ".ipynb_checkpoints" not in path.parts
    }
