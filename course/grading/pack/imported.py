"""Finds the packages that released notebooks import, which students install besides the course's own."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path, PurePosixPath

import nbformat
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course.grading.pack.wheel import LAB, PROJECT
from course.grading.problem_sets.names import imported_modules


def requirements(files: Mapping[str, bytes], checkout: Path, constraints: bytes) -> list[str]:
    """Return what `pip` shall install for the notebooks and modules among a release's files.

    What the course's package installs is left out, and what is not installed here: of a module alone nobody
    knows which package it is. Without a version in `constraints` it is the version that is installed here.
    """
    project = tomllib.loads((checkout / PROJECT).read_text(encoding="utf-8"))["project"]
    theirs = [*project["dependencies"], *project["optional-dependencies"][LAB], project["name"]]
    dependencies = {canonicalize_name(Requirement(text).name) for text in theirs}
    constraint_names = {
        canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", constraints.decode(), re.M)
    }
    neighbours = {PurePosixPath(name).parts[0].removesuffix(".py") for name in files}
    modules = {module for source in _sources(files) for module in imported_modules(source)} - neighbours
    distributions = metadata.packages_distributions()
    names = {
        canonicalize_name(name)
        for module in modules - sys.stdlib_module_names
        for name in distributions.get(module, ())
    }
    return [
        name if name in constraint_names else f"{name}=={metadata.version(name)}"
        for name in sorted(names - dependencies)
    ]


def _sources(files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the code in a release's notebooks and modules."""
    for name, content in files.items():
        if name.endswith(".py"):
            yield content.decode("utf-8", "replace")
        elif name.endswith(".ipynb"):
            notebook = nbformat.reads(content.decode(), as_version=4)
            yield from (cell.source for cell in notebook.cells if cell.cell_type == "code")
