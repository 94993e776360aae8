"""Runs the instructor's cells beside the files that students receive, as a notebook runs beside them."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import ModuleType

# The working folder, the path and the modules are the whole process's: threads take turns.
one_at_a_time = threading.RLock()


@contextlib.contextmanager
def beside(files: Mapping[str, bytes]) -> Iterator[None]:
    """Work in a new folder with the released `files`, and import from it; then leave nothing of it behind.

    No file of a submission is ever in the folder, nor one that a student's code has written; a test that
    names one of these finds it elsewhere (`students_files.py`). A module of the grader's with the name of a
    released one is set aside meanwhile, but for Python's own and the course's.
    """
    if not files:
        yield
        return
    with one_at_a_time, tempfile.TemporaryDirectory(prefix="course-released-") as made:
        folder = str(Path(made).resolve())
        for name, content in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        before, search, others = Path.cwd(), sys.path[:], _set_aside(_importable(files))
        modules = set(sys.modules)
        # an empty entry stands for the working folder, which is another now
        sys.path[:] = [folder, *map(os.path.abspath, search)]
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)
            sys.path[:] = search
            # another assignment may have a module of the same name
            for name in sys.modules.keys() - modules:
                if _is_in(folder, sys.modules[name]):
                    del sys.modules[name]
            sys.modules.update(others)
            # a relative entry, which a cell has put on the path, was one in the folder
            for entry in list(sys.path_importer_cache):
                if entry.startswith(folder) or not entry.startswith(os.sep):
                    del sys.path_importer_cache[entry]


def _importable(files: Mapping[str, bytes]) -> set[str]:
    """Return the names of the modules and packages among these files."""
    names = {PurePosixPath(name).with_suffix("").parts[0] for name in files if name.endswith(".py")}
    return names - {"__init__", "__main__"} - sys.stdlib_module_names - {"course"}


def _set_aside(names: set[str]) -> dict[str, ModuleType]:
    """Remove the modules of these names, and what is in them, from `sys.modules`, and return them."""
    modules = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in names}
    for name in modules:
        del sys.modules[name]
    return modules


def _is_in(folder: str, module: ModuleType) -> bool:
    spec = getattr(module, "__spec__", None)
    places = [spec.origin or "", *(spec.submodule_search_locations or ())] if spec else []
    return any(place.startswith(folder + os.sep) for place in places)
