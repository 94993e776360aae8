"""Finds the assignment's notebooks among the files of a submission."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from course.grading.lms.archive import casefolded
from course.grading.lms.work import ReleasedNotebooks, is_notebook
from course.grading.submissions.notebook import LARGEST

_ENDINGS = re.compile(r"\.ipynb(?:-\d+| ?\(\d+\))?\.(?:txt|json)$|\.(?:txt|json)$", re.IGNORECASE)
"""that a browser gives to notebooks, Canvas's and its own numbers for another version included"""
PICK = "--pick STUDENT=FILE says which"


class Refused(Exception):
    """A submission that is not taken; the message says why."""


@dataclass(frozen=True)
class SubmittedFile:
    """A file of a submission, not yet read from its archive."""

    path: PurePosixPath
    size: int
    """in bytes"""
    time: datetime | None
    """when it was last changed, in UTC"""
    read: Callable[[], bytes]
    version: tuple[int, int] | None = None
    """of two files with the same path, the newer has the greater one"""
    problem: str = ""
    """why the submission cannot be taken: this file is a link, say"""
    notebook: str = ""
    """what the notebook is called that this file is, though it has another ending"""


def notebooks_of(files: Sequence[SubmittedFile]) -> list[SubmittedFile]:
    """Return those of the files that are notebooks by their names, or are known to be."""
    return [file for file in files if file.notebook or file.path.suffix.lower() == ".ipynb"]


def recognised(files: Sequence[SubmittedFile], notebooks: Collection[str]) -> list[SubmittedFile]:
    """Return the files, with the names of notebooks restored: browsers save ps1.ipynb.txt or ps1.json.

    Beside a notebook, a file that is not called as one is data.
    """
    is_alone = not notebooks_of(files)
    names = set(map(casefolded, notebooks))
    result = []
    for file in files:
        name = _ENDINGS.sub("", file.path.name)
        is_called = is_alone or ".ipynb" in file.path.name.lower() or casefolded(name) in names
        if name != file.path.name and is_called and file.size <= LARGEST and is_notebook(file.read()):
            file = replace(file, notebook=name)
        result.append(file)
    return result


def picked_notebooks(
    files: list[SubmittedFile], notebooks: Collection[str], picked: str
) -> dict[str, SubmittedFile]:
    """Return the file that the instructor has picked, for its notebook. Raises Refused."""
    wanted = casefolded(picked)
    matches = [file for file in files if casefolded(file.path) == wanted]
    matches = matches or [file for file in files if casefolded(file.path.name) == wanted]
    if len(matches) != 1:
        raise Refused(f"holds {listed(files)}: --pick one of these, with its folder, instead of {picked}")
    by_name = {name: _called(files, name) for name in notebooks}
    name = next((name for name, named in by_name.items() if matches[0] in named), None)
    if name is None and len(notebooks) > 1:
        raise Refused(f"{picked} is called like none of {', '.join(notebooks)}: rename it in the archive")
    chosen = {other: named[0] for other, named in by_name.items() if named}
    return chosen | {name or next(iter(notebooks)): matches[0]}


def chosen_notebooks(
    files: list[SubmittedFile], notebooks: Collection[str], released: ReleasedNotebooks
) -> dict[str, SubmittedFile]:
    """Return the file for each of the assignment's notebooks. Raises Refused where it is not clear."""
    if len(files) == 1 and len(notebooks) == 1:
        return {next(iter(notebooks)): files[0]}
    by_name = {name: _called(files, name) for name in notebooks}
    others = [file for file in files if not any(file in named for named in by_name.values())]
    chosen = {name: _best(name, named, others, released) for name, named in by_name.items()}
    if not any(chosen.values()):
        names = " or ".join(f"{name}.ipynb" for name in notebooks)
        raise Refused(
            f"holds {listed(files)}: none is called {names}, and which is meant is not clear; {PICK}"
        )
    return {name: file for name, file in chosen.items() if file}


def _called(files: list[SubmittedFile], name: str) -> list[SubmittedFile]:
    return [file for file in files if casefolded(file.notebook or file.path.stem) == casefolded(name)]


def _best(
    name: str, named: list[SubmittedFile], others: list[SubmittedFile], released: ReleasedNotebooks
) -> SubmittedFile | None:
    """Return the file of those called `name`, or else of the `others`, in which the student has worked.

    JupyterLab calls a copy ps1-Copy1.ipynb, a browser a second download ps1 (1).ipynb. Returns None where
    there is none. Raises Refused where several may be meant.
    """
    if len(named) == 1 and not others:
        return named[0]

    def work(file: SubmittedFile) -> bool | None:
        return released.has_work(name, file.read()) if file.size <= LARGEST else None

    worked_in = {file: work(file) for file in named}
    if not any(worked_in.values()):
        worked_in |= {file: work(file) for file in others}
    elif len(named) == 1:
        return named[0]
    best = [file for file, work in worked_in.items() if work]
    unclear = [file for file, work in worked_in.items() if work is None]
    if not best and len(named) < 2:
        return named[0] if named else None
    candidates = best or named
    if unclear or len({file.read() for file in candidates}) > 1:
        raise Refused(f"holds {listed(candidates + unclear)}: which is meant is not clear; {PICK}")
    return candidates[0]


def listed(files: Sequence[SubmittedFile]) -> str:
    """Return the paths of files for a message, the first of them."""
    names = sorted(str(file.path) for file in files)
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
