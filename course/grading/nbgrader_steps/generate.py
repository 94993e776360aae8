"""nbgrader's step that saves the cells of an assignment, replaced: they are saved together, at the end."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import SaveCells

from course.grading import locks
from course.grading.course_folder import CONFIG, CourseFolder
from course.grading.errors import CourseError
from course.grading.gradebook.book import Book
from course.grading.gradebook.migration import MigrationSummary, migrate
from course.grading.problem_sets import saved_cells
from course.grading.problem_sets.saved_cells import SavedNotebook
from course.grading.replacing import PendingFolder

PREFIX = ".course-before-"


class CollectCells(SaveCells):  # type: ignore[misc]  # nbgrader has no types
    """Keeps what is to be saved until all of the assignment is generated and may be released."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Collect the cells of `nb`; save them as nbgrader does where its settings are not the course's."""
        if not Path(CONFIG).is_file():  # nor can the hooks know the course
            return super().preprocess(nb, resources)
        info = resources["nbgrader"]
        saved_cells.collect(info["assignment"], info["notebook"], nb)
        return nb, resources


def save(
    course_folder: CourseFolder, assignment: str, notebooks: Mapping[str, SavedNotebook]
) -> MigrationSummary:
    """Save generated notebooks in the gradebook, in one transaction. Raises GradebookError."""
    if not notebooks:
        return MigrationSummary()
    course = course_folder.course
    present = {
        path.stem
        for path in Path(course.format_path(course.source_directory, ".", assignment)).glob("*.ipynb")
    }
    book = Book(course.db_url, course.course_id, assignment)
    try:
        return book.transact(lambda gradebook: migrate(gradebook, assignment, notebooks, present))
    finally:
        book.close()


def keeping_releases(convert: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a converter's `convert_notebooks` that, where it fails, leaves what was released before."""

    @wraps(convert)
    def guarded_convert(converter: Any) -> None:
        try:
            is_whole = converter.coursedir.notebook_id == "*"
            with locks.releasing(Path(converter.coursedir.root)), _kept(_targets(converter), is_whole):
                convert(converter)
        except CourseError as error:
            converter.log.error("%s", error)
            raise NbGraderException(str(error)) from error

    return guarded_convert


def taking_turns(convert: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a converter's `convert_notebooks` during which nothing is released."""

    @wraps(convert)
    def guarded_convert(converter: Any) -> None:
        with locks.grading(Path(converter.coursedir.root)):
            convert(converter)

    return guarded_convert


def _targets(converter: Any) -> list[Path]:
    folder = converter.coursedir
    names = [Path(path).name for path in converter.assignments]
    targets = (folder.format_path(folder.release_directory, ".", name) for name in names)
    return [path for path in map(Path, targets) if path.is_dir()]


@contextmanager
def _kept(folders: list[Path], is_whole: bool) -> Iterator[None]:
    """Put folders back when the block fails: those that nbgrader has removed since they cannot be made.

    When a single notebook is made, or the block is interrupted, it is all of them.
    """
    with ExitStack() as stack:
        copies = []
        for folder in folders:
            try:
                pending = PendingFolder(folder.parent, PREFIX)
                stack.callback(pending.close)
                copies.append((folder, shutil.copytree(folder, pending.path / "old", symlinks=True)))
            except OSError as error:
                raise CourseError(
                    f"nothing was released: {folder} cannot be kept: {error.strerror or error}; make room "
                    "there"
                ) from error
        try:
            yield
        except BaseException as error:
            is_told = is_whole and isinstance(error, (NbGraderException, SystemExit))
            for folder, copy in copies:
                if not (is_told and folder.exists()):
                    shutil.rmtree(folder, ignore_errors=True)
                    copy.rename(folder)
            raise
