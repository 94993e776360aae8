"""The rule that says which files of a problem set students receive, in a release and in the sandbox."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from nbformat import NotebookNode

from course.grading.errors import NotebookError
from course.grading.problem_sets import notebooks

# fmt: off
DATA = frozenset({
    ".bib", ".csv", ".dat", ".db", ".gif", ".gz", ".h5", ".hdf5", ".html", ".ini", ".jpeg", ".jpg", ".json",
    ".jsonl", ".mat", ".md", ".npy", ".npz", ".parquet", ".pdf", ".pkl", ".png", ".sqlite", ".svg", ".tex",
    ".toml", ".tsv", ".txt", ".wav", ".webp", ".xlsx", ".xml", ".yaml", ".yml", ".zip",
})
# fmt: on
"""Endings of files that are released without being listed."""
LEFTOVERS = (
    ".*",
    "*~",
    "#*#",
    "*.bak",
    "*.orig",
    "*.rej",
    "*.sw[op]",
    "*.tmp",
    "*-checkpoint.*",
    "*-Copy[0-9]*",
    "Untitled*",
)
"""Names of files and folders that are never released: hidden ones, and what editors and Jupyter leave."""
_HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.DOTALL)
_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Contents:
    """The files in a problem set's folder, by their paths in it."""

    released: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    """with the reason"""
    missing: list[str] = field(default_factory=list)
    """what a notebook lists and the folder does not hold"""


def released_files(folder: Path) -> dict[str, bytes]:
    """Return the files in the folder of a problem set that students receive, by their paths in it.

    These are its notebooks; data, which `DATA` tells by their endings; Python modules that a cell imports
    which students receive; and whatever a notebook's metadata list as `course.files`, by names or patterns.
    Left out are `LEFTOVERS`, links, notebooks in subfolders,
    and data named after a solution unless they are listed. A folder that does not exist holds nothing.

    Raises NotebookError when the list cannot be read.
    """
    return {name: (folder / name).read_bytes() for name in contents(folder).released}


def contents(folder: Path) -> Contents:
    """Return which files of a problem set's folder are released, and why others are not.

    Raises NotebookError when the list of its files cannot be read.
    """
    listed, imported = _wanted(folder)
    result = Contents()
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        reason = _reason(path, name, listed, imported)
        if reason is None:
            result.released.append(name)
        else:
            result.left_out[name] = reason
    result.missing.extend(
        pattern
        for pattern in listed
        if not any(fnmatchcase(name, pattern) for name in (*result.released, *result.left_out))
    )
    return result


def is_leftover(name: str) -> bool:
    """Say whether a path names a hidden file or what an editor leaves, or something in such a folder."""
    return any(fnmatchcase(part, pattern) for part in PurePosixPath(name).parts for pattern in LEFTOVERS)


def _reason(path: Path, name: str, listed: Sequence[str], imported: Collection[str]) -> str | None:
    """Return why a file is left out; None for one that is released."""
    place = PurePosixPath(name)
    if path.is_symlink() or not path.is_file():
        return "it is a link, or no regular file"
    if is_leftover(name):
        return "it is a hidden file, a backup or a scratch copy"
    if place.suffix == ".ipynb":
        return None if len(place.parts) == 1 else "nbgrader makes no release of a notebook in a subfolder"
    if any(fnmatchcase(name, pattern) for pattern in listed):
        return None
    if place.suffix == ".py" and place.with_suffix("").parts[0] in imported:
        return None
    if place.suffix.lower() not in DATA:
        return (
            "it is neither data nor a module that a cell imports; what students need is listed as "
            "course.files in the notebook's metadata"
        )
    if "solution" in name.lower():
        return (
            "its name speaks of a solution; list it as course.files in the notebook's metadata if it is none"
        )
    return None


def _wanted(folder: Path) -> tuple[list[str], set[str]]:
    """Return the patterns that the notebooks of a folder list, and the modules that they import.

    Raises NotebookError.
    """
    patterns: list[str] = []
    modules: set[str] = set()
    for path in sorted(folder.glob("*.ipynb")):
        if path.is_symlink() or is_leftover(path.name):
            continue
        notebook = notebooks.read(path)
        names = notebook.metadata.get("course", {}).get("files", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise NotebookError(f"{path}: course.files in its metadata is not a list of names and patterns")
        patterns += names
        modules.update(*map(_imported, notebook.cells))
    return patterns, modules


def _imported(cell: NotebookNode) -> list[str]:
    """Return the modules that a cell imports outside of solutions and hidden tests."""
    if cell.cell_type != "code" or cell.metadata.get("nbgrader", {}).get("solution"):
        return []
    return _IMPORT.findall(_HIDDEN.sub("", cell.source))


def _files(folder: Path) -> list[Path]:
    """Return everything under a folder but folders, links to folders included; no link is followed."""
    paths: list[Path] = []
    for above, folders, names in os.walk(folder):
        paths += (Path(above, name) for name in names)
        paths += (Path(above, name) for name in folders if Path(above, name).is_symlink())
    return sorted(paths)
