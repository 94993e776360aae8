"""Which code grades: a version that changes with what can change a verdict, and not with a report's wording.

A digest is made of the packages that the tests import (the reference), whole, and of these parts of `course`:
the checks, the helpers that students and checks call, and the rooms of the grader from an assignment and a
submission to its verdicts. Other parts only draw, show, save or send what is there: the explorer, lectures,
figures, the gradebook, reports, commands. `nbgrader_steps` and `whole_class` are left out too: they hand a
submission over and its verdicts on, and what decides a verdict does not belong there.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from nbformat import NotebookNode

from course.grading.problem_sets.names import imported_modules

COURSE = "course"
DECIDING = (
    "__init__.py",
    "activations.py",
    "checking",
    "data.py",
    "foreign.py",
    "gradcheck.py",
    "judged.py",
    "grading/guest",
    "grading/judging",
    "grading/problem_sets",
    "grading/sandbox",
    "grading/submissions",
    "text.py",
    "values.py",
)
"""The parts of `course` that can change a verdict, or what is recorded with it."""
NOT_DECIDING = (
    "grading/judging/control.py",
    "grading/judging/remedies.py",
    "grading/problem_sets/copies.py",
    "grading/problem_sets/file_texts.py",
    "grading/problem_sets/leaks.py",
    "grading/problem_sets/pdf_texts.py",
    "grading/problem_sets/png_texts.py",
    "grading/problem_sets/plain_texts.py",
    "grading/problem_sets/release.py",
    "grading/problem_sets/release_rule.py",
    "grading/problem_sets/saved_cells.py",
    "grading/sandbox/causes.py",
    "grading/problem_sets/stubs.py",
)
"""Modules in these parts that cannot: they refuse to grade anybody, refuse a release, or say which files it
holds, and the files themselves are in the assignment's version."""


def own_packages(skeleton: NotebookNode) -> tuple[str, ...]:
    """Return the packages that grading needs of the course's own: `course`, and what its cells import."""
    packages = {COURSE}
    for cell in skeleton.cells:
        if cell.cell_type == "code":
            packages |= {name for name in imported_modules(cell.source) if _is_own(name)}
    return tuple(sorted(packages))


def grader_version(packages: Iterable[str]) -> str:
    """Return the version of the course's code: its number, and a digest of what `packages` decide.

    It is the same for a checkout and for a wheel made of it. Raises ModuleNotFoundError for a package, or a
    part of the course, that is not there.
    """
    return _version(tuple(sorted(packages)))


@functools.cache
def _version(packages: tuple[str, ...]) -> str:
    origins = {}
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"there is no package {name}")
        origins[name] = Path(spec.origin)
    return f"{metadata.version('mlp-course')}+{digest(origins)}"


def digest(origins: Mapping[str, Path]) -> str:
    """Return a digest of the source files of packages that can change a verdict.

    `origins` are the packages' `__init__.py`, or modules that are no packages, by name. Raises
    ModuleNotFoundError for a part of the course that is missing.
    """
    result = hashlib.sha256()
    for name, origin in sorted(origins.items()):
        folder = origin.parent
        if name == COURSE:
            others = {folder / module for module in NOT_DECIDING}
            files = [path for part in DECIDING for path in _sources(folder / part) if path not in others]
        else:
            files = sorted(folder.rglob("*.py")) if origin.name == "__init__.py" else [origin]
        for path in files:
            place = f"{name}/{path.relative_to(folder).as_posix()}"
            result.update(f"{place}\0".encode() + path.read_bytes())
    return result.hexdigest()[:12]


def _sources(part: Path) -> list[Path]:
    if not part.exists():
        raise ModuleNotFoundError(f"there is no {part}, which decides verdicts")
    return sorted(part.rglob("*.py")) if part.is_dir() else [part]


def _is_own(name: str) -> bool:
    """Say whether a module is neither Python's nor installed."""
    if name in sys.stdlib_module_names:
        return False
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return False
    installed = [Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib", "stdlib")]
    return not any(place in Path(spec.origin).parents for place in installed)
