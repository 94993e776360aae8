"""Selects the files of a submission that are collected, and the paths they get."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath

from course.grading.errors import ArchiveError
from course.grading.lms.archive import Archive, ArchiveEntry, casefolded
from course.grading.lms.candidates import (
    Refused,
    SubmittedFile,
    chosen_notebooks,
    listed,
    notebooks_of,
    picked_notebooks,
    recognised,
)
from course.grading.lms.work import ReleasedNotebooks
from course.grading.submissions.notebook import LARGEST, LARGEST_FILE, needed
from course.grading.submissions.other_files import MOST_BYTES, MOST_FILES
from course.grading.submissions.times import TIMESTAMP
from course.grading.submissions.unreadable import Unreadable

_DEEPEST, _LONGEST_PATH = 20, 1000
"""folders and bytes of a path; the system's longest, with the course's folders before it, has 4096"""


@dataclass(frozen=True)
class Selection:
    """The files of a submission that are collected."""

    files: tuple[SubmittedFile, ...]
    """with their paths under `submitted/STUDENT/PS/`"""
    remarks: tuple[str, ...]
    """what was left out, and why"""

    @property
    def time(self) -> datetime | None:
        """When the newest of the files was last changed, in UTC."""
        return max((file.time for file in self.files if file.time), default=None)


def select_files(
    files: Sequence[SubmittedFile],
    notebooks: Collection[str],
    released: ReleasedNotebooks,
    picked: str | None = None,
) -> Selection:
    """Return the `files` of a submission that are collected for an assignment with these `notebooks`.

    A single notebook may have any name. Of several the one with work in it is taken, or the file `picked`.
    Files beside it, or in folders beside it, are collected too. If there is no notebook, but a zip archive,
    its files are taken. Raises Refused, ArchiveError, OSError.
    """
    _check_size(files)
    for problem in filter(None, (file.problem for file in files)):
        raise Refused(problem)
    files, remarks = _newest(files)
    files = recognised(files, notebooks)
    if not notebooks_of(files):
        files = _unpacked(files, notebooks)
        _check_size(files)
        files, _ = _newest(files)
        files = recognised(files, notebooks)
    candidates = notebooks_of(files)
    chosen = (
        picked_notebooks(candidates, notebooks, picked)
        if picked
        else chosen_notebooks(candidates, notebooks, released)
    )
    for file in chosen.values():
        _check_notebook(file)
    left = [file for file in notebooks_of(files) if file not in chosen.values()]
    remarks += [
        f"{file.path} is a notebook, and taken for {name}.ipynb"
        for name, file in chosen.items()
        if file.notebook
    ]
    if left:
        names = ", ".join(str(file.path) for file in chosen.values())
        remarks.append(f"of several notebooks {names} is taken, not {listed(left)}")
    missing = sorted(set(notebooks) - set(chosen))
    if missing:
        remarks.append(f"{', '.join(f'{name}.ipynb' for name in missing)} is missing")
    selected = [replace(file, path=PurePosixPath(f"{name}.ipynb")) for name, file in sorted(chosen.items())]
    folder = next(iter(chosen.values())).path.parent
    others, unusable = _others(files, folder, {casefolded(file.path) for file in selected})
    if unusable:
        remarks.append(f"left out, for its name or place: {listed(unusable)}")
    return Selection((*selected, *others), tuple(remarks))


def most_bytes(entry: ArchiveEntry) -> int:
    """Return how much of an archive's entry is read: a notebook may have much output."""
    return LARGEST_FILE if entry.path.suffix.lower() == ".ipynb" else MOST_BYTES


def _check_size(files: Sequence[SubmittedFile]) -> None:
    if len(files) > MOST_FILES:
        raise Refused(f"holds more than {MOST_FILES} files")
    if sum(file.size for file in files if file.path.suffix.lower() != ".ipynb") > MOST_BYTES:
        raise Refused(f"holds more than {MOST_BYTES >> 20} MiB")


def _newest(files: Sequence[SubmittedFile]) -> tuple[list[SubmittedFile], list[str]]:
    """Return the files without older versions, and remarks. Raises Refused where versions are not known."""
    groups: dict[str, list[SubmittedFile]] = {}
    for file in files:
        groups.setdefault(casefolded(file.path), []).append(file)
    remarks = []
    for group in groups.values():
        if len(group) > 1:
            if any(file.version is None for file in group) or len({str(file.path) for file in group}) > 1:
                names = ", ".join(sorted({str(file.path) for file in group}))
                raise Refused(f"holds {names} more than once")
            group.sort(key=lambda file: file.version or (0, 0))
            remarks.append(f"the last of {len(group)} versions of {group[-1].path} is taken")
    return [group[-1] for group in groups.values()], remarks


def _check_notebook(file: SubmittedFile) -> None:
    """Raise Refused where a notebook is large, and not only by its outputs."""
    if file.size > LARGEST:
        try:
            needed(io.BytesIO(file.read()))
        except Unreadable as error:
            raise Refused(
                f"{file.path} is larger than {LARGEST >> 20} MiB, and is not taken: {error}"
            ) from None


def _unpacked(files: Sequence[SubmittedFile], notebooks: Collection[str]) -> list[SubmittedFile]:
    """Return the files, with those in the one archive among them instead of it. Raises Refused."""
    archives = [file for file in files if file.path.suffix.lower() == ".zip"]
    if not archives:
        raise Refused(f"holds no notebook, but {listed(files)}" if files else "is empty")
    if len(archives) > 1:
        raise Refused(f"holds no notebook, but several archives: {listed(archives)}")
    packed = archives[0]
    content = packed.read()
    try:
        archive = Archive(io.BytesIO(content), str(packed.path), MOST_FILES)
    except ArchiveError as error:
        raise Refused(str(error)) from None
    inside = [
        SubmittedFile(packed.path.parent / entry.path, entry.size, entry.time, partial(_read, archive, entry))
        for entry in archive.entries
    ]
    if not notebooks_of(recognised(inside, notebooks)):
        raise Refused(f"holds no notebook: {packed.path} holds {listed(inside) or 'nothing'}")
    return [*(file for file in files if file is not packed), *inside]


def _read(archive: Archive, entry: ArchiveEntry) -> bytes:
    try:
        return archive.read(entry, most_bytes(entry))
    except ArchiveError as error:
        raise Refused(str(error)) from None


def _others(
    files: Sequence[SubmittedFile], folder: PurePosixPath, notebooks: Collection[str]
) -> tuple[list[SubmittedFile], list[SubmittedFile]]:
    """Return the other files in the notebooks' folder, with paths relative to it, and those left out.

    `notebooks` are the paths that the notebooks will have.
    """
    others: list[SubmittedFile] = []
    unusable: list[SubmittedFile] = []
    are_notebooks = notebooks_of(files)
    for file in files:
        # The student's own timestamp.txt is left out: it would tell when the submission was handed in.
        if file in are_notebooks or casefolded(file.path.name) == TIMESTAMP:
            continue
        path = file.path.relative_to(folder) if file.path.is_relative_to(folder) else None
        # nothing can be in a folder where a file is to be
        if path and _is_usable(path) and not {*map(casefolded, path.parents)} & {TIMESTAMP, *notebooks}:
            others.append(replace(file, path=path))
        else:
            unusable.append(file)
    folders = {casefolded(above) for file in others for above in file.path.parents}
    unusable += [file for file in others if casefolded(file.path) in folders]
    return [file for file in others if file not in unusable], unusable


def _is_usable(path: PurePosixPath) -> bool:
    """Return whether a path can be a file's in the course's folders, on any system."""
    return (
        len(path.parts) <= _DEEPEST
        and len(unicodedata.normalize("NFD", str(path)).encode("utf-8", "replace")) <= _LONGEST_PATH
        and all(map(_is_usable_name, path.parts))
    )


def _is_usable_name(part: str) -> bool:
    return (
        part.isprintable()
        and part == part.strip(" .")
        and not set(part) & set(':*?"<>|')
        and len(unicodedata.normalize("NFD", part).encode("utf-8", "replace")) <= 200
    )
