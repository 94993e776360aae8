"""Which code grades: a version that changes with every change that could change a verdict."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import sys
import sysconfig
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from nbformat import NotebookNode

COURSE = "course"


def own_packages(skeleton: NotebookNode) -> tuple[str, ...]:
    """Return the packages that grading needs of the course's own: `course`, and what its tests import."""
    found = {COURSE}
    for cell in skeleton.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("locked"):
            found |= {name for name in _imported(cell.source) if _folder(name) is not None}
    return tuple(sorted(found))


def grader_version(packages: Iterable[str]) -> str:
    """Return the version of the course's code: its number, and a digest of the sources of `packages`.

    Raises ModuleNotFoundError for a package that is not there.
    """
    return f"{metadata.version('mlp-course')}+{_digest(tuple(sorted(packages)))}"


@functools.cache
def _digest(packages: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"there is no package {name}")
        origin = Path(spec.origin)
        folder = origin.parent
        for path in sorted(folder.rglob("*.py")) if origin.name == "__init__.py" else [origin]:
            digest.update(f"{name}/{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _imported(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def _folder(name: str) -> Path | None:
    """Return the folder of a module that is neither Python's nor installed."""
    if name in sys.stdlib_module_names:
        return None
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    installed = [Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib", "stdlib")]
    return None if any(place in folder.parents for place in installed) else folder
