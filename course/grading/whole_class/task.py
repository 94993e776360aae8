"""The pure task behind `course grade`: skeleton and submission in, JSON text out, on any machine."""

from __future__ import annotations

import base64
import contextlib
import faulthandler
import functools
import json
import os
import platform
import resource
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from course.grading.errors import ControlFailed, SandboxUnavailable
from course.grading.gradebook.entries import entries
from course.grading.judging import control
from course.grading.judging.grade import VARIABLES, grade
from course.grading.judging.versions import grader_version
from course.grading.problem_sets.assignment import Assignment
from course.grading.problem_sets.notebooks import dumps_fast
from course.grading.sandbox.limits import Limits
from course.grading.submissions.unreadable import Unreadable

# What grades uses its process as its own: output is dropped, and a sandbox lives as long as its thread.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class ClassSettings:
    """What the gradings of all submissions of an assignment share. It comes from the instructor alone."""

    assignment: str
    notebooks: tuple[str, ...]
    """the notebooks of the assignment, each as JSON text"""
    limits: Limits
    packages: tuple[str, ...]
    """the course's own packages"""
    grader: str
    """the version of these"""
    steps: tuple[str, ...]
    """nbgrader's steps on a notebook after it was run, by their full names"""
    config: Config
    """their configuration"""


def assignment_to_json(assignment: Assignment) -> str:
    """Return an assignment as JSON text."""
    return json.dumps(
        {
            "name": assignment.name,
            "skeleton": nbformat.writes(assignment.skeleton),
            "answers": sorted(assignment.answers),
            "files": {name: _packed(content) for name, content in assignment.files.items()},
            "hidden": assignment.hidden,
            "may_run_inside": assignment.may_run_inside,
            "solutions": None if assignment.solutions is None else dict(assignment.solutions),
            "ids": dict(assignment.ids),
        }
    )


@functools.lru_cache(maxsize=8)
def assignment_from_json(text: str) -> Assignment:
    """Return the assignment from the text that `assignment_to_json` made."""
    fields = json.loads(text)
    return Assignment(
        fields["name"],
        nbformat.reads(fields["skeleton"], as_version=4),
        frozenset(fields["answers"]),
        {name: unpacked(content) for name, content in fields["files"].items()},
        hidden=tuple(fields["hidden"]),
        solutions=fields["solutions"],
        may_run_inside=fields["may_run_inside"],
        ids=fields["ids"],
    )


def grade_submission(settings: ClassSettings, submission: dict[str, bytes | str], seed: int) -> str:
    """Return what grading a submission gives, as JSON text: plain data, whatever the student's code did.

    `submission` has the notebooks by name, or why one cannot be read. Where nothing can be graded, the
    text has a `refusal`; where this submission cannot, a `problem`.
    """
    limits = settings.limits
    # the control and the submission, each with a start
    longest = 2 * (limits.startup + limits.patience * limits.notebook)
    with _one_at_a_time, ended_after(longest):
        try:
            _require_same_code(settings)
            assignments = [
                control.check(assignment_from_json(text), settings.limits) for text in settings.notebooks
            ]
            outcome: dict[str, Any] = {
                "notebooks": [
                    _graded(settings, assignment, submission[assignment.name], seed)
                    for assignment in assignments
                    if assignment.name in submission
                ]
            }
        except (ControlFailed, SandboxUnavailable) as error:
            outcome = {"refusal": f"{platform.node()}: {error}"}
        except Exception as error:  # an exception would be pickled
            outcome = {"problem": f"{type(error).__name__}: {error}"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return json.dumps(outcome | {"worker": {"host": platform.node(), "process": os.getpid(), "peak": peak}})


@contextlib.contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """End this process if the block does not end in time: what an answer gives may keep a test busy for ever.

    No exception would reach a test that is busy in C (`2 ** answer()`).
    """
    with Path(os.devnull).open("w") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def _require_same_code(settings: ClassSettings) -> None:
    try:
        version = grader_version(settings.packages)
    except ModuleNotFoundError as error:
        version = str(error)
    if version != settings.grader:
        raise SandboxUnavailable(
            f"this worker has another version of the course ({version}, not {settings.grader}): "
            f"install the same there, with {', '.join(settings.packages)}, and start it anew"
        )


def _graded(
    settings: ClassSettings, assignment: Assignment, content: bytes | str, seed: int
) -> dict[str, Any]:
    submission = Unreadable(content) if isinstance(content, str) else content
    result = grade(assignment, submission, seed=seed, limits=settings.limits, variables=VARIABLES)
    outcome = {"name": assignment.name, **result.outcome()}
    if result.status == "graded" and result.notebook is not None:
        names = {"assignment": settings.assignment, "notebook": assignment.name}
        outcome["entries"] = [asdict(entry) for entry in entries(result.notebook, result.cells)]
        outcome["notebook"] = dumps_fast(after_run(result.notebook, settings.steps, settings.config, names))
        outcome["files"] = {name: _packed(data) for name, data in result.files.items()}
    return outcome


def after_run(
    notebook: NotebookNode, steps: tuple[str, ...], config: Config, names: dict[str, str]
) -> NotebookNode:
    """Return the notebook after these steps of nbgrader's."""
    resources: dict[str, Any] = {"nbgrader": names, "metadata": {}}
    for step in steps:
        notebook, resources = import_item(step)(config=config)(notebook, resources)
    return notebook


def _packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


def unpacked(content: str) -> bytes:
    """Return the bytes that were packed into JSON text."""
    return base64.b64decode(content)
