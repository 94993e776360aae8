"""An assignment as grading needs it, and the one way to load it."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode

from course.grading.errors import CourseError, NotebookError
from course.grading.folders import Folders
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.magics import without_display_magics
from course.grading.problem_sets.names import bound_names
from course.grading.problem_sets.release_rule import released_files
from course.grading.problem_sets.sources import read_source

IN_KERNEL = "in-kernel"
"""tag of a test cell that runs in the student's process, where students can forge its verdict"""
AUTOTEST = "AUTOTEST"
"""nbgrader's mark of a line from which `generate_assignment` makes tests"""
ROLES = ("grade", "solution", "locked", "task")


def is_in_kernel(cell: NotebookNode) -> bool:
    """Return whether the instructor wants a test to run in the student's process."""
    return IN_KERNEL in cell.metadata.get("tags", ())


class GeneratedCell(NamedTuple):
    """A cell as nbgrader saved it in the gradebook when the assignment was generated."""

    source: str
    """with hidden tests; of a solution cell the stub"""
    points: float | None
    """None where the cell gives none"""


@dataclass(frozen=True)
class Assignment:
    """A notebook of an assignment, with stubs for solutions and hidden tests, and the files beside it."""

    name: str
    """the notebook's"""
    skeleton: NotebookNode
    answers: frozenset[str]
    """names that solution cells bind"""
    files: dict[str, bytes] = field(default_factory=dict)
    has_kernel: bool = True
    """whether the instructor's notebook names the kernel; where it does not, nbgrader takes the student's"""
    hidden: tuple[str, ...] = ()
    """modules of the course that this assignment's answers cannot import"""
    notice: str = ""
    """for the instructor: what differs between source and what is graded with, and the command to type"""
    solutions: Mapping[str, str] | None = None
    """the instructor's own answers, by `grade_id`; None without `source/`. They decide nobody's verdict."""
    may_run_inside: bool = False
    """whether tests that pass only in the student's process run there, as if they had the tag IN_KERNEL"""
    ids: Mapping[str, str] = field(default_factory=dict)
    """the `grade_id` of each named cell, by the cell id that it has in the release"""

    @cached_property
    def version(self) -> str:
        """A short digest of all that decides a verdict."""
        digest = hashlib.sha256(notebooks.dumps(self.skeleton).encode())
        for name in sorted(self.files):
            digest.update(name.encode() + b"\0" + self.files[name])
        if self.may_run_inside:
            digest.update(IN_KERNEL.encode())
        return digest.hexdigest()[:16]


def load(
    root: Path,
    assignment: str,
    notebook: str | None = None,
    generated: Mapping[str, GeneratedCell] | None = None,
    folders: Folders | None = None,
) -> Assignment:
    """Return a notebook of `assignment` in the course at `root`, by default the one of the same name.

    `folders` are those of the course, where they are not called as in stock nbgrader.

    `release/` gives the order of the cells, their metadata, the stubs, and the files beside the notebook.
    It holds only what is meant for students. The text of all other cells, hidden tests included, and
    their points are what the instructor generated: `generated`, the gradebook's cells by `grade_id`,
    where the gradebook knows the assignment, and `source/` where it does not. An edit of `source/` counts
    as soon as the assignment is generated again, as in stock nbgrader; until then `notice` names it,
    as it does each file of `release/` that is not what `source/` gives. With `generated`, either folder
    may be missing.

    Raises NotebookError for a notebook that is missing or cannot be read, and CourseError where the
    gradebook and `release/` have different cells, or where only generating makes the tests.
    """
    name, folders = notebook or assignment, folders or Folders()
    released_path = root / folders.release / assignment / f"{name}.ipynb"
    source_path = root / folders.source / assignment / f"{name}.ipynb"
    generate = f"`nbgrader generate_assignment {assignment} --force`"
    source = None
    if source_path.is_file() or generated is None:
        source = read_source(root, assignment, name, folders)
    if generated is None or source is None or released_path.is_file():
        released = notebooks.read(released_path)
    else:
        released = _with_stubs(source, generated)
        if _data_of(source_path.parent):
            raise NotebookError(
                f"{released_path} and the data files beside it are missing: {generate} makes them"
            )
    if generated is not None and generated.keys() != _known_to_nbgrader(released):
        raise CourseError(f"{released_path} has other cells than the gradebook: run {generate}")
    result = with_tests(name, released, source, generated, _data_of(released_path.parent), assignment)
    notices = []
    if source and generated and (cells := list(_edited_cells(source, generated))):
        notices.append(
            f"{source_path.parent} was edited after {assignment} was generated ({', '.join(cells)}), and it "
            f"is graded as generated: run {generate} to use the new version"
        )
    if released_path.is_file() and (names := _differing(result.files, source_path.parent)):
        # either may have been edited: the gradebook has no files
        notices.append(
            f"{released_path.parent} has other files than {source_path.parent} gives ({', '.join(names)}), "
            f"and {assignment} is graded with what {released_path.parent} holds: {generate} replaces it"
        )
    return replace(result, notice="; ".join(notices))


def with_in_kernel(assignment: Assignment, names: Collection[str]) -> Assignment:
    """Return the assignment with the tag IN_KERNEL on the test cells of these names."""
    if not names:
        return assignment
    skeleton = nbformat.from_dict(assignment.skeleton)
    for cell in skeleton.cells:
        if notebooks.grade_id(cell) in names:
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), IN_KERNEL]
    return replace(assignment, skeleton=skeleton)


def with_tests(
    name: str,
    released: NotebookNode,
    source: NotebookNode | None = None,
    generated: Mapping[str, GeneratedCell] | None = None,
    files: dict[str, bytes] | None = None,
    assignment: str = "",
) -> Assignment:
    """Return the assignment of a released notebook whose tests are those of `generated`, else of `source`.

    `assignment` is what the notebook belongs to, where that has another name. Raises CourseError where a
    test is made by generating, and `generated` is not given.
    """
    originals = {notebooks.grade_id(cell): cell.source for cell in source.cells} if source else {}
    skeleton = notebooks.canonical(released)
    for cell in skeleton.cells:
        grade_id = notebooks.grade_id(cell)
        if grade_id is None:
            continue
        settings = cell.metadata.nbgrader
        original = originals.get(grade_id, cell.source)
        if generated is not None and grade_id in generated:
            original, points = generated[grade_id]
            if points is not None and "points" in settings:
                settings["points"] = points
        elif cell.cell_type == "code" and AUTOTEST in original and not settings.solution:
            raise CourseError(
                f"nbgrader makes the tests of {grade_id} from its line of {AUTOTEST}: "
                f"`nbgrader generate_assignment {assignment or name} --force` has to do so before they "
                "can be used"
            )
        if not settings.solution:
            cell.source = original
    return Assignment(
        name,
        skeleton,
        names_in_solutions(released) | (names_in_solutions(source) if source else frozenset()),
        files or {},
        has_kernel="kernelspec" in released.metadata,
        hidden=tuple(released.metadata.get("course", {}).get("hidden", ())),
        solutions=_solutions(source) if source else None,
        ids={
            cell["id"]: known
            for cell in released.cells
            if "id" in cell and (known := notebooks.grade_id(cell))
        },
    )


def names_in_solutions(notebook: NotebookNode) -> frozenset[str]:
    """Return the names that the solution cells of a notebook bind."""
    return _names(notebook, lambda role: role.get("solution", False))


def names_in_plain_cells(notebook: NotebookNode) -> frozenset[str]:
    """Return the names that cells bind which are neither locked, nor a solution, nor a test."""
    return _names(notebook, lambda role: not any(map(role.get, ("solution", "locked", "grade"))))


def _names(notebook: NotebookNode, is_meant: Callable[[Mapping[str, Any]], bool]) -> frozenset[str]:
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    meant = [cell for cell in codes if is_meant(cell.metadata.get("nbgrader", {}))]
    return frozenset().union(*(_bound(cell.source) for cell in meant))


def _solutions(source: NotebookNode) -> dict[str, str]:
    """Return the texts of the solution cells of a source notebook."""
    named = ((notebooks.grade_id(cell), cell) for cell in source.cells)
    return {name: cell.source for name, cell in named if name and cell.metadata.nbgrader.get("solution")}


def _bound(source: str) -> set[str]:
    try:
        return bound_names(ast.parse(without_display_magics(source)))
    except SyntaxError:  # another magic, say
        return set()


def _known_to_nbgrader(notebook: NotebookNode) -> set[str]:
    """Return the names of the cells of a released notebook that nbgrader saves in the gradebook."""
    named = ((notebooks.grade_id(cell), cell.metadata.get("nbgrader", {})) for cell in notebook.cells)
    return {name for name, settings in named if name and any(settings.get(role) for role in ROLES)}


def _with_stubs(source: NotebookNode, generated: Mapping[str, GeneratedCell]) -> NotebookNode:
    """Return a source notebook with the gradebook's stubs for its solutions."""
    result = nbformat.from_dict(source)
    for cell in result.cells:
        stub = generated.get(notebooks.grade_id(cell) or "")
        if stub is not None:
            cell.source = stub.source
    return result


def _data_of(folder: Path) -> dict[str, bytes]:
    """Return what students receive beside the notebooks, by paths in the folder. Raises NotebookError."""
    return {name: data for name, data in released_files(folder).items() if not name.endswith(".ipynb")}


def _edited_cells(source: NotebookNode, generated: Mapping[str, GeneratedCell]) -> Iterator[str]:
    """Yield the names of the cells that `source/` does not have as they were generated: text, points, all."""
    yield from sorted(_known_to_nbgrader(source) ^ generated.keys())
    for cell in source.cells:
        name = notebooks.grade_id(cell)
        if name is None or name not in generated or AUTOTEST in cell.source:
            continue
        settings, known = cell.metadata.nbgrader, generated[name]
        is_edited = not settings.get("solution") and cell.source != known.source
        if is_edited or (known.points is not None and float(settings.get("points", 0)) != known.points):
            yield name


def _differing(files: Mapping[str, bytes], folder: Path) -> list[str]:
    """Return the names of the released files that are not what `folder`, if it is there, gives."""
    if not folder.is_dir():
        return []
    given = _data_of(folder)
    return sorted(name for name, content in files.items() if given.get(name) != content)
