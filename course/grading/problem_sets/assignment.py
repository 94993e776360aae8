"""An assignment as grading needs it: the skeleton every submission is rebuilt on."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from course.grading.problem_sets import notebooks
from course.grading.problem_sets.names import bound_names

IN_KERNEL = "in-kernel"
"""tag of a test cell that opts out of being judged outside the student's kernel"""


@dataclass(frozen=True)
class Assignment:
    """The instructor's notebook with stubs for solutions and with hidden tests, and the files beside it."""

    name: str
    skeleton: NotebookNode
    answers: frozenset[str]
    """names that solution cells bind"""
    files: dict[str, bytes] = field(default_factory=dict)
    has_kernel: bool = True
    """whether the instructor's notebook names the kernel; where it does not, nbgrader takes the student's"""
    hidden: tuple[str, ...] = ()
    """modules of the course that this assignment's answers cannot import"""

    @property
    def version(self) -> str:
        """A short digest of all that decides a verdict."""
        digest = hashlib.sha256(notebooks.dumps(self.skeleton).encode())
        for name in sorted(self.files):
            digest.update(name.encode() + b"\0" + self.files[name])
        return digest.hexdigest()[:16]


def load(root: Path, name: str) -> Assignment:
    """Return assignment `name` of the course in `root`: tests from `source/`, the rest from `release/`.

    Raises NotebookError when either notebook is missing or unreadable.
    """
    source = notebooks.read(root / "source" / name / f"{name}.ipynb")
    released = notebooks.read(root / "release" / name / f"{name}.ipynb")
    folder = root / "release" / name
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".ipynb" and not path.is_symlink()
    }
    hidden = source.metadata.get("course", {}).get("hidden", ())
    return assignment(name, source, released, files, tuple(hidden))


def assignment(
    name: str,
    source: NotebookNode,
    released: NotebookNode,
    files: dict[str, bytes] | None = None,
    hidden: tuple[str, ...] = (),
) -> Assignment:
    """Return the assignment made of an instructor's notebook and of what students received."""
    originals = {notebooks.grade_id(cell): cell for cell in source.cells}
    skeleton = notebooks.canonical(released)
    for cell in skeleton.cells:
        grade_id = notebooks.grade_id(cell)
        original = originals.get(grade_id) if grade_id else None
        if original is None:
            continue
        if not cell.metadata.nbgrader.solution:
            cell.source = original.source
    return Assignment(name, skeleton, bound_in(source) | bound_in(released), files or {}, hidden=hidden)


def bound_in(notebook: NotebookNode) -> frozenset[str]:
    """Return the names that the solution cells of a notebook bind."""
    found: set[str] = set()
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            found |= _bound(cell.source)
    return frozenset(found)


def _bound(source: str) -> set[str]:
    try:
        return bound_names(ast.parse(source))
    except SyntaxError:  # a magic, say
        return set()
