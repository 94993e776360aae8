"""Runs the instructor's cells beside the files that students receive, as a notebook runs beside them."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType


@contextlib.contextmanager
def beside(files: Mapping[str, bytes]) -> Iterator[None]:
    """Work in a new folder with the released `files`, and import from it; then leave nothing of it behind.

    No file of a submission is ever in the folder, nor one that a student's code has written.
    """
    if not files:
        yield
        return
    before, search, modules = Path.cwd(), sys.path[:], set(sys.modules)
    with tempfile.TemporaryDirectory(prefix="course-released-") as folder:
        for name, content in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
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
            for entry in [entry for entry in sys.path_importer_cache if entry.startswith(folder)]:
                del sys.path_importer_cache[entry]


def _is_in(folder: str, module: ModuleType) -> bool:
    spec = getattr(module, "__spec__", None)
    places = [spec.origin or "", *(spec.submodule_search_locations or ())] if spec else []
    return any(place.startswith(folder + os.sep) for place in places)
