"""Lets a test cell read the files that it names and that the student's code has written."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from course.grading.judging.beside_files import one_at_a_time

Files = Mapping[str, bytes]

_NAME = re.compile(r"[^\n\0/][^\n\0]{0,200}\.\w{1,8}")
_IMPORTABLE = {".py", ".pyc", ".pyw", ".so", ".pyd", ".pth", ".zip", ".egg", ".whl"}
_reading = threading.local()


@lru_cache(maxsize=256)
def named_files(source: str) -> frozenset[str]:
    """Return the texts of a test that may be the name of a file, such as "out.txt"; none of a module."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # told when the test is run
        return frozenset()
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return frozenset(
        text
        for text in texts
        if isinstance(text, str) and _NAME.fullmatch(text) and Path(text).suffix.lower() not in _IMPORTABLE
    )


class WrittenFiles:
    """Where the tests of one notebook find the files that the student's code has written, each on its own.

    Close it at the end. A folder that a test leaves empty serves the next one: to remove a folder takes
    milliseconds on some disks, and many a test names something that only might be a file.
    """

    def __init__(self, released: Files) -> None:
        self._released = released
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Remove the folder."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _empty_folder(self) -> str:
        try:
            is_ready = (
                self._folder is not None
                and not any(Path(self._folder.name).iterdir())
                and os.access(self._folder.name, os.W_OK)
            )
        except OSError:  # a test has removed it
            is_ready = False
        if self._folder is None or not is_ready:
            self.close()
            self._folder = tempfile.TemporaryDirectory(prefix="course-written-")
        return self._folder.name

    @contextlib.contextmanager
    def beside(self, names: Collection[str]) -> Iterator[Callable[[Files], None]]:
        """Work in an empty folder with the released files; yield what adds a student's, those in `names`.

        Nothing is imported from the folder, and no pickle, which could run a student's code here, is read.
        """
        _refuse_pickles()
        with one_at_a_time:
            folder = self._empty_folder()
            before, search = Path.cwd(), sys.path[:]

            def put(files: Files) -> None:
                for name in files.keys() & names - self._released.keys():
                    _write(Path(folder, name), files[name])

            for name, content in self._released.items():
                _write(Path(folder, name), content)
            # an empty entry stands for the working folder
            sys.path[:] = map(os.path.abspath, search)
            os.chdir(folder)
            _reading.files = True
            try:
                yield put
            finally:
                _reading.files = False
                os.chdir(before)
                sys.path[:] = search


def _write(path: Path, content: bytes) -> None:
    # the test may have put something else in its place
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@lru_cache(maxsize=1)
def _refuse_pickles() -> None:
    def hook(event: str, _: object) -> None:
        if event == "pickle.find_class" and getattr(_reading, "files", False):
            raise ValueError("A pickle that a student's code may have written is not read in the grader.")

    sys.addaudithook(hook)
