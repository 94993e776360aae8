"""Which files of a submission are taken, and under which names."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath

from course.grading.errors import ArchiveError
from course.grading.lms.archive import Archive, Entry, same
from course.grading.submissions.notebook import LARGEST
from course.grading.submissions.other_files import MOST_BYTES, MOST_FILES, TIMESTAMP


class Refused(Exception):
    """A submission that is not taken; the message says why."""


@dataclass(frozen=True)
class File:
    """A file of a submission, still in its archive."""

    path: PurePosixPath
    size: int
    time: datetime | None
    read: Callable[[], bytes]
    version: tuple[int, int] | None = None
    """which of two with the same path is the newer"""


@dataclass(frozen=True)
class Contents:
    """What is taken of a submission."""

    files: tuple[File, ...]
    """their paths are those under `submitted/STUDENT/PS/`"""
    remarks: tuple[str, ...]
    """what was left out, and why"""

    @property
    def time(self) -> datetime | None:
        """When the newest of the files was written."""
        return max((file.time for file in self.files if file.time), default=None)


def taken(files: Sequence[File], notebooks: Collection[str]) -> Contents:
    """Return what of a submission's `files` is taken for an assignment with these `notebooks`.

    A lone notebook may have any name. What lies beside it, or in folders beside it, comes along; a zip
    archive is looked into. Raises Refused, and what reading the archive raises.
    """
    _check_size(files)
    files, remarks = _newest(files)
    if not _notebooks(files):
        files = _unpacked(files)
        _check_size(files)
        files, _ = _newest(files)
    chosen = _chosen(_notebooks(files), notebooks)
    for file in chosen.values():
        if file.size > LARGEST:
            raise Refused(f"{file.path} is larger than {LARGEST >> 20} MiB")
    left = [file for file in _notebooks(files) if file not in chosen.values()]
    if left:
        taken_ = ", ".join(str(file.path) for file in chosen.values())
        remarks.append(f"of several notebooks {taken_} is taken, not {_listed(left)}")
    missing = sorted(set(notebooks) - set(chosen))
    if missing:
        remarks.append(f"{', '.join(f'{name}.ipynb' for name in missing)} is missing")
    result = [replace(file, path=PurePosixPath(f"{name}.ipynb")) for name, file in sorted(chosen.items())]
    around = next(iter(chosen.values())).path.parent
    others, strange = _others(files, around)
    if strange:
        remarks.append(f"left out, for its name or place: {_listed(strange)}")
    return Contents((*result, *others), tuple(remarks))


def _check_size(files: Sequence[File]) -> None:
    if len(files) > MOST_FILES:
        raise Refused(f"holds more than {MOST_FILES} files")
    if sum(file.size for file in files) > MOST_BYTES:
        raise Refused(f"holds more than {MOST_BYTES >> 20} MiB")


def _newest(files: Sequence[File]) -> tuple[list[File], list[str]]:
    """Return the files without older versions. Raises Refused where nothing tells which is the older."""
    found: dict[str, list[File]] = {}
    for file in files:
        found.setdefault(same(file.path), []).append(file)
    remarks = []
    for group in found.values():
        if len(group) > 1:
            if any(file.version is None for file in group) or len({str(file.path) for file in group}) > 1:
                names = ", ".join(sorted({str(file.path) for file in group}))
                raise Refused(f"holds {names} more than once")
            group.sort(key=lambda file: file.version or (0, 0))
            remarks.append(f"the last of {len(group)} versions of {group[-1].path} is taken")
    return [group[-1] for group in found.values()], remarks


def _notebooks(files: Sequence[File]) -> list[File]:
    return [file for file in files if file.path.suffix.lower() == ".ipynb"]


def _unpacked(files: Sequence[File]) -> list[File]:
    """Return the files with those of the one archive among them, instead of it."""
    archives = [file for file in files if file.path.suffix.lower() == ".zip"]
    if not archives:
        raise Refused(f"holds no notebook, but {_listed(files)}" if files else "is empty")
    if len(archives) > 1:
        raise Refused(f"holds no notebook, but several archives: {_listed(archives)}")
    packed = archives[0]
    content = packed.read()
    try:
        archive = Archive(io.BytesIO(content), str(packed.path), MOST_FILES)
    except ArchiveError as error:
        raise Refused(str(error)) from None
    inside = [
        File(packed.path.parent / entry.path, entry.size, entry.time, partial(_read, archive, entry))
        for entry in archive.entries
    ]
    if not _notebooks(inside):
        raise Refused(f"holds no notebook: {packed.path} holds {_listed(inside) or 'nothing'}")
    return [*(file for file in files if file is not packed), *inside]


def _read(archive: Archive, entry: Entry) -> bytes:
    try:
        return archive.read(entry, MOST_BYTES)
    except ArchiveError as error:
        raise Refused(str(error)) from None


def _chosen(there: list[File], notebooks: Collection[str]) -> dict[str, File]:
    """Return the file for each of the assignment's notebooks. Raises Refused where that is not clear."""
    if len(there) == 1 and len(notebooks) == 1:
        return {next(iter(notebooks)): there[0]}
    chosen = {}
    for name in notebooks:
        fitting = [file for file in there if same(file.path.stem) == same(name)]
        if len(fitting) > 1:
            raise Refused(f"holds {_listed(fitting)}: which is meant is not clear")
        if fitting:
            chosen[name] = fitting[0]
    if not chosen:
        wanted = " or ".join(f"{name}.ipynb" for name in notebooks)
        raise Refused(f"holds {_listed(there)}: none is called {wanted}, and which is meant is not clear")
    return chosen


def _others(files: Sequence[File], around: PurePosixPath) -> tuple[list[File], list[File]]:
    """Return the files beside the notebooks by their paths from there, and those that do not come along."""
    others: list[File] = []
    strange: list[File] = []
    for file in files:
        if file.path.suffix.lower() == ".ipynb" or same(file.path.name) == TIMESTAMP:
            continue  # when it was handed in is not for the student to say
        inside = file.path.is_relative_to(around)
        if inside and all(map(_is_name, file.path.relative_to(around).parts)):
            others.append(replace(file, path=file.path.relative_to(around)))
        else:
            strange.append(file)
    folders = {same(above) for file in others for above in file.path.parents}
    strange += [file for file in others if same(file.path) in folders]
    return [file for file in others if file not in strange], strange


def _is_name(part: str) -> bool:
    return (
        part.isprintable()
        and part == part.strip(" .")
        and not set(part) & set(':*?"<>|')
        and len(unicodedata.normalize("NFD", part).encode("utf-8", "replace")) <= 200
    )


def _listed(files: Sequence[File]) -> str:
    names = sorted(str(file.path) for file in files)
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
