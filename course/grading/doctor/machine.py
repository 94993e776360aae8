"""Checks what grading needs of a machine besides a sandbox: versions, room on disks, TMPDIR, the locale."""

from __future__ import annotations

import locale
import os
import platform
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from course.grading import requirements
from course.grading.errors import CourseError

LEAST_ROOM = 200 << 20
"""bytes that the results of a class may take, with what is temporary meanwhile"""
LEAST_FILES = 1000


def check_versions() -> str:
    """Return the versions of Python and Linux. Raises CourseError for a library that cannot be used."""
    requirements.require()
    return f"Python {platform.python_version()} ({sys.executable}), Linux {platform.release()}"


def check_disks(root: Path) -> Iterator[str]:
    """Yield the room in the course's folder, and in the one for temporary files. Raises CourseError."""
    for folder in dict.fromkeys([root.resolve(), Path(tempfile.gettempdir())]):
        system = os.statvfs(folder)
        free = system.f_bavail * system.f_frsize
        if free < LEAST_ROOM:
            raise CourseError(
                f"the disk of {folder} is full: {free >> 20} MiB are free, and grading needs "
                f"{LEAST_ROOM >> 20}. To see what takes most",
                f"du -xh {shlex.quote(str(folder))} | sort -h | tail",
            )
        if system.f_files and system.f_favail < LEAST_FILES:
            raise CourseError(
                f"the disk of {folder} can hold {system.f_favail} more files only. To see where most are",
                f"du -x --inodes {shlex.quote(str(folder))} | sort -n | tail",
            )
        yield f"{free / (1 << 30):.1f} GiB free in {folder}"


def check_temporary_folder() -> str:
    """Return the folder for temporary files. Raises CourseError where TMPDIR names none that can be written.

    Python takes another one then, and says nothing; other programs fail.
    """
    named = os.environ.get("TMPDIR", "")
    folder = named or tempfile.gettempdir()
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        cause = f"TMPDIR is {named}, where no file can be made ({error.strerror})"
        command = "unset TMPDIR" if Path(folder).exists() else f"mkdir -p {shlex.quote(named)}"
        raise CourseError(cause, command) from None
    return folder


def check_locale() -> str:
    """Return the encoding of texts and names of files. Raises CourseError if it is not UTF-8.

    Names of students and files may have any letters.
    """
    command = "export LC_ALL=C.UTF-8"
    try:
        locale.setlocale(locale.LC_CTYPE, "")
    except locale.Error:
        name = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG")
        raise CourseError(f"the locale {name} is not installed", command) from None
    encodings = {sys.getfilesystemencoding(), sys.stdout.encoding, locale.getpreferredencoding(False)}
    others = sorted({name for name in encodings if name.lower().replace("-", "") != "utf8"})
    if others:
        raise CourseError(
            f"the locale's encoding is {', '.join(others)}, not UTF-8: letters that it lacks are lost where "
            "they are printed, and files with such names may not be found",
            command,
        )
    return "UTF-8"
