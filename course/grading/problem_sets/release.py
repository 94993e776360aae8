"""What students receive, generated from `source/` exactly as stock nbgrader generates it."""

from __future__ import annotations

import difflib
import tempfile
from pathlib import Path

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.problem_sets import notebooks
from course.grading.replacing import PendingFolder, Replacement, replace_file

PREFIX = ".course-release-"


def assignments(root: Path) -> list[str]:
    """Return the names of the problem sets of the course in `root`."""
    return sorted(path.parent.name for path in (root / "source").glob("*/*.ipynb"))


def sources(root: Path) -> list[Path]:
    """Return the notebooks an instructor writes."""
    return sorted(
        path for path in (root / "source").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
    )


def tidy(root: Path) -> list[Path]:
    """Bring the source notebooks into canonical form; return those that were not. Raises CourseError."""
    changed = []
    for path in sources(root):
        notebook = notebooks.canonical(notebooks.read(path))
        if path.read_text(encoding="utf-8") != notebooks.dumps(notebook):
            replace_file(path, notebooks.dumps(notebook).encode())
            changed.append(path)
    return changed


def generate(root: Path, assignment: str) -> dict[str, bytes]:
    """Return the files of the release of `assignment`, by name, leaving the course in `root` as it is.

    Raises CourseError when there is no such problem set, or nbgrader refuses it.
    """
    if assignment not in assignments(root):
        known = ", ".join(assignments(root)) or "none"
        raise CourseError(f"source/{assignment} holds no notebook; the problem sets are: {known}")
    with tempfile.TemporaryDirectory() as folder:
        release = CourseFolder.copy_of(root, Path(folder)).generate(assignment)
        return files(release)


def write(root: Path, assignment: str) -> None:
    """Replace `release/<assignment>` by what `source/` gives now.

    Raises CourseError; then it stays as it was.
    """
    generated = generate(root, assignment)
    target = root / "release" / assignment
    try:
        _put(generated, target)
    except OSError as error:
        raise CourseError(
            f"{target} cannot be written: {error.strerror}; make room there, or make it writable, and "
            "release again"
        ) from error


def _put(generated: dict[str, bytes], target: Path) -> None:
    """Write the files beside what is there, then let them take its place. Raises OSError."""
    waiting = PendingFolder(target.parent, PREFIX)
    try:
        staged = Replacement(waiting.path / "new", target, waiting.path / "old")
        for name, content in generated.items():
            path = waiting.path / "new" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            staged.swap()
        except OSError:
            staged.undo()
            raise
    finally:
        waiting.close()


def difference(root: Path, assignment: str) -> str:
    """Return how `release/<assignment>` differs from what `source/` gives: a unified diff, or nothing."""
    committed, current = files(root / "release" / assignment), generate(root, assignment)
    parts = []
    for name in sorted(committed.keys() | current.keys()):
        old, new = committed.get(name, b""), current.get(name, b"")
        if name in committed and name in current and old == new:
            continue
        lines = difflib.unified_diff(
            old.decode(errors="replace").splitlines(keepends=True),
            new.decode(errors="replace").splitlines(keepends=True),
            f"release/{assignment}/{name} (there)",
            f"release/{assignment}/{name} (from source)",
        )
        parts.append(
            "".join(lines)
            or f"release/{assignment}/{name} should {'' if name in current else 'not '}be there\n"
        )
    return "".join(parts)


def files(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder, by their paths in it."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in found
        if ".ipynb_checkpoints" not in path.parts
    }
