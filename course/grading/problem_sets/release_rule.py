"""The rule that says which files of a problem set students receive, in a release and in the sandbox."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from nbformat import NotebookNode

from course.grading.errors import NotebookError
from course.grading.problem_sets import copies, notebooks
from course.grading.problem_sets.names import imported_modules
from course.grading.problem_sets.notebooks import without_region

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
    "~$*",
    "Thumbs.db",
    "desktop.ini",
    "#*#",
    "*.bak",
    "*.orig",
    "*.rej",
    "*.sw[op]",
    "*.tmp",
    "*-checkpoint.*",
    "*-Copy[0-9]*",
    "* - Copy*",
    "* - Kopie*",
    "* ([0-9]).*",
    "* ([0-9][0-9]).*",
    "Copy of *",
    "Kopie von *",
    "Untitled*",
)
"""Names of files and folders that are never released: hidden ones, and what programs and systems leave."""
_ANSWERS = re.compile(
    r"solution|(?<![a-z])solved|l(?:ö|oe)sung|gel(?:ö|oe)st|answers|answer[ _-]?key|[ _-]keys?(?![a-z])"
    r"|(?<![a-z])sol\."
)
_LIST_IT = "add it to course.files in the notebook's metadata"
_ASIDE = frozenset({"archive", "backup", "old"})


@dataclass(frozen=True)
class Contents:
    """The files in a problem set's folder, by their paths in it."""

    released: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    """with the reason"""
    missing: list[str] = field(default_factory=list)
    """what a notebook lists and the folder does not hold"""


@dataclass
class _Wanted:
    """What the notebooks of a folder ask for."""

    notebooks: set[str] = field(default_factory=set)
    """the notebooks with cells of nbgrader"""
    copies: dict[str, str] = field(default_factory=dict)
    """those of them that are copies, and of which one"""
    listed: list[str] = field(default_factory=list)
    imported: set[str] = field(default_factory=set)


def released_files(folder: Path) -> dict[str, bytes]:
    """Return the files in the folder of a problem set that students receive, by their paths in it.

    These are its notebooks with cells of nbgrader; data, which `DATA` tells by their endings; Python modules
    that are imported by a cell which students receive, or by such a module; and whatever one of its notebooks
    lists in its metadata as `course.files`, by names or patterns. Left out are `LEFTOVERS`, links, notebooks
    in subfolders and, unless they are listed, notebooks and data named after a solution, copies of another
    notebook, and what is in a folder for old files. A folder that does not exist holds nothing.

    Raises NotebookError when the list cannot be read.
    """
    return {name: (folder / name).read_bytes() for name in contents(folder).released}


def contents(folder: Path) -> Contents:
    """Return which files of a problem set's folder are released, and why others are not.

    Raises NotebookError when the list of its files cannot be read.
    """
    wanted = _wanted(folder)
    listed = wanted.listed
    result = Contents()
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        reason = _reason(path, name, wanted)
        if reason is None:
            result.released.append(name)
        else:
            result.left_out[name] = reason
    result.missing.extend(
        pattern
        for pattern in listed
        if not any(_is_listed(name, [pattern]) for name in (*result.released, *result.left_out))
    )
    return result


def is_leftover(name: str) -> bool:
    """Say whether a path names a hidden file or what an editor leaves, or something in such a folder."""
    return any(
        fnmatchcase(part.lower(), pattern.lower())
        for part in PurePosixPath(name).parts
        for pattern in LEFTOVERS
    )


def is_named_after_answers(name: str) -> bool:
    """Say whether a path speaks of solutions, in English or German."""
    return _answer_word(name) is not None


def _answer_word(name: str) -> str | None:
    match = _ANSWERS.search(unicodedata.normalize("NFKC", name).lower())
    return match[0] if match else None


def _is_listed(name: str, listed: Sequence[str]) -> bool:
    return name in listed or any(fnmatchcase(name, pattern) for pattern in listed)


def _reason(path: Path, name: str, wanted: _Wanted) -> str | None:
    """Return why a file is left out; None for one that is released."""
    place = PurePosixPath(name)
    if path.is_symlink() or not path.is_file():
        return "it is a link or not a regular file"
    if is_leftover(name):
        return "it is a hidden file, a backup or a scratch copy"
    is_notebook = place.suffix.lower() == ".ipynb"
    if is_notebook and len(place.parts) > 1:
        return "nbgrader does not release notebooks in subfolders"
    if _is_listed(name, wanted.listed):
        return None
    for part in place.parts[:-1]:
        if part.lower() in _ASIDE:
            return f"it is in a folder named {part}; if students need it, {_LIST_IT}"
    if place.suffix == ".py" and place.with_suffix("").parts[0] in wanted.imported:
        return None
    if not is_notebook and place.suffix.lower() not in DATA:
        return f"not a known kind of data, and no cell imports it; if students need it, {_LIST_IT}"
    if word := _answer_word(name):
        return f"its name contains {word!r}; if it is not one, {_LIST_IT}"
    if original := wanted.copies.get(name):
        return f"it is a copy of {original}, whose tests it has; if students need it, {_LIST_IT}"
    if is_notebook and name not in wanted.notebooks:
        return (
            "it has no cell of nbgrader; if students need it, add its name to course.files in the metadata "
            "of the notebook that has"
        )
    return None


def _wanted(folder: Path) -> _Wanted:
    """Return what the notebooks of a folder ask for. Raises NotebookError."""
    result = _Wanted()
    written: dict[str, NotebookNode] = {}
    for path in _own_files(folder, ".ipynb"):
        if path.parent != folder:
            continue
        notebook = notebooks.read(path)
        if not any(map(notebooks.grade_id, notebook.cells)):
            continue
        own = notebook.metadata.get("course", {})
        names = own.get("files", []) if isinstance(own, dict) else own
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise NotebookError(f"{path}: course.files in its metadata is not a list of names and patterns")
        if is_named_after_answers(path.name) and not _is_listed(path.name, names):
            continue
        written[path.name] = notebook
        result.listed += names
    result.copies = {
        name: original
        for name, original in copies.originals(written, f"{folder.name}.ipynb").items()
        if not _is_listed(name, result.listed)
    }
    result.notebooks = written.keys() - result.copies.keys()
    texts = [_shown_code(cell) for name in result.notebooks for cell in written[name].cells]
    modules = {path: path.relative_to(folder).with_suffix("").parts[0] for path in _own_files(folder, ".py")}
    texts += [
        path.read_text(encoding="utf-8", errors="replace")
        for path in modules
        if _is_listed(path.relative_to(folder).as_posix(), result.listed)
    ]
    while texts:
        new = imported_modules(texts.pop()) - result.imported
        result.imported |= new
        # what a module of students imports, they need too
        texts += [
            path.read_text(encoding="utf-8", errors="replace")
            for path, name in modules.items()
            if name in new
        ]
    return result


def _own_files(folder: Path, ending: str) -> list[Path]:
    """Return the files of a kind that are neither links nor leftovers."""
    return [
        path
        for path in _files(folder)
        if path.suffix == ending
        and path.is_file()
        and not path.is_symlink()
        and not is_leftover(path.relative_to(folder).as_posix())
    ]


def _shown_code(cell: NotebookNode) -> str:
    """Return the code of a cell outside of solutions and hidden tests."""
    if cell.cell_type != "code" or cell.metadata.get("nbgrader", {}).get("solution"):
        return ""
    return without_region(cell.source, "HIDDEN TESTS")


def _files(folder: Path) -> list[Path]:
    """Return everything under a folder but folders, links to folders included; no link is followed."""
    paths: list[Path] = []
    for above, folders, names in os.walk(folder):
        paths += (Path(above, name) for name in names)
        paths += (Path(above, name) for name in folders if Path(above, name).is_symlink())
    return sorted(paths)
