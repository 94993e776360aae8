"""A folder with what students receive, in which the instructor's cells run in the grader's process."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import ModuleType

_one_at_a_time = threading.RLock()
"""The working folder, `sys.path` and `sys.modules` belong to the whole process."""


class ReleasedFolder:
    """The released files of an assignment, for one run of one notebook; nothing of a student's is in it.

    Use it as a context manager: it exists within the block.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._names = _importable(files)
        self._modules: dict[str, ModuleType] = {}
        """the released modules that were imported so far, by their full names"""
        self._path: list[str] | None = None
        """`sys.path` as the cells so far left it"""

    def __enter__(self) -> ReleasedFolder:
        self._folder = tempfile.TemporaryDirectory(prefix="course-released-")
        try:
            for name, content in self._files.items():
                path = Path(self._folder.name, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Work in the folder: its files open by their names, its modules can be imported.

        Afterwards the process is as it was. Modules of the grader that have the name of a released one are
        set aside meanwhile, but for Python's own and the course's.
        """
        with _one_at_a_time, self._imports(), contextlib.chdir(self._folder.name):
            yield

    @contextlib.contextmanager
    def _imports(self) -> Iterator[None]:
        path, folder = list(sys.path), self._folder.name
        own = {name for name in self._names if name not in sys.modules or name not in sys.stdlib_module_names}
        others = _taken_from_modules(own)
        sys.modules.update(self._modules)
        # an empty entry means the working folder, which is another one now
        released = [folder] if self._names else []
        sys.path[:] = self._path or [*released, *(entry or str(Path.cwd()) for entry in path)]
        try:
            yield
        finally:
            self._path = list(sys.path)
            sys.path[:] = path
            self._modules = _taken_from_modules(own)
            sys.modules.update(others)
            for entry in list(sys.path_importer_cache) if self._path != path else ():
                if entry.startswith(folder) or not entry.startswith(os.sep):
                    sys.path_importer_cache.pop(entry, None)


def _importable(files: Mapping[str, bytes]) -> frozenset[str]:
    """Return the names by which modules among these files, or the folders they are in, can be imported."""
    paths = [PurePosixPath(name).with_suffix("") for name in files if name.endswith(".py")]
    names = {part for path in paths for part in path.parts}
    return frozenset(name for name in names if name != "course" and not name.startswith("__"))


def _taken_from_modules(names: frozenset[str] | set[str]) -> dict[str, ModuleType]:
    """Remove the modules of these names, and what is in them, from `sys.modules`, and return them."""
    if not names:
        return {}
    modules = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in names}
    for name in modules:
        del sys.modules[name]
    return modules
