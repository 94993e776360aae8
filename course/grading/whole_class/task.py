"""The pure task behind `course grade`: skeleton and submission in, JSON text out, on any machine."""

from __future__ import annotations

import base64
import functools
import json
import os
import platform
import resource
import threading
from dataclasses import asdict, dataclass
from typing import Any

import nbformat
from nbformat import NotebookNode
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from course.grading.errors import SandboxUnavailable
from course.grading.gradebook.entries import entries
from course.grading.judging.grade import grade
from course.grading.judging.results import Result, records
from course.grading.judging.versions import grader_version
from course.grading.nbgrader_steps.steps import SETTINGS, settings_of
from course.grading.problem_sets.assignment import Assignment
from course.grading.sandbox.limits import Limits
from course.grading.submissions.notebook import Unreadable

VARIABLES = {"NBGRADER_EXECUTION": "autograde"}
"""what nbgrader sets for the students' code"""

# What grades uses its process as its own: output is dropped, and a sandbox lives as long as its thread.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Order:
    """What all submissions of an assignment have in common. It comes from the instructor alone."""

    assignment: str
    skeletons: tuple[str, ...]
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


def dump(assignment: Assignment) -> str:
    """Return an assignment as JSON text."""
    return json.dumps(
        {
            "name": assignment.name,
            "skeleton": nbformat.writes(assignment.skeleton),
            "answers": sorted(assignment.answers),
            "files": {name: _packed(content) for name, content in assignment.files.items()},
            "hidden": assignment.hidden,
        }
    )


@functools.lru_cache(maxsize=8)
def load(text: str) -> Assignment:
    """Return the assignment that was dumped."""
    found = json.loads(text)
    return Assignment(
        found["name"],
        nbformat.reads(found["skeleton"], as_version=4),
        frozenset(found["answers"]),
        {name: unpacked(content) for name, content in found["files"].items()},
        hidden=tuple(found["hidden"]),
    )


def run(order: Order, submission: dict[str, bytes | str], seed: int) -> str:
    """Return what grading a submission gives, as JSON text: plain data, whatever the student's code did.

    `submission` has the notebooks by name, or why one cannot be read. Where nothing can be graded, the
    text has a `refusal`; where this submission cannot, a `problem`.
    """
    with _one_at_a_time:
        try:
            _require_same_code(order)
            outcome: dict[str, Any] = {
                "notebooks": [
                    _graded(order, assignment, submission[assignment.name], seed)
                    for assignment in map(load, order.skeletons)
                    if assignment.name in submission
                ]
            }
        except SandboxUnavailable as error:
            outcome = {"refusal": f"{platform.node()}: {error}"}
        except Exception as error:  # an exception would be pickled
            outcome = {"problem": f"{type(error).__name__}: {error}"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return json.dumps(outcome | {"worker": {"host": platform.node(), "process": os.getpid(), "peak": peak}})


def _require_same_code(order: Order) -> None:
    try:
        mine = grader_version(order.packages)
    except ModuleNotFoundError as error:
        mine = str(error)
    if mine != order.grader:
        raise SandboxUnavailable(
            f"this worker has another version of the course ({mine}, not {order.grader}): "
            f"install the same there, with {', '.join(order.packages)}, and start it anew"
        )


def _graded(order: Order, assignment: Assignment, content: bytes | str, seed: int) -> dict[str, Any]:
    given = Unreadable(content) if isinstance(content, str) else content
    result = grade(assignment, given, seed=seed, limits=order.limits, variables=VARIABLES)
    told: dict[str, Any] = {
        "name": assignment.name,
        "status": result.status,
        "seconds": result.seconds,
        "problem": result.problem,
        "repairs": result.repairs,
        "cells": records(result.cells),
    }
    if result.status == "graded" and result.notebook is not None:
        told["entries"] = [asdict(entry) for entry in entries(result.notebook, result.cells)]
        told["notebook"] = _finished(order, result)
        told["files"] = {name: _packed(data) for name, data in result.files.items()}
    return told


def _finished(order: Order, result: Result) -> str:
    notebook = result.notebook
    assert notebook is not None
    notebook.metadata[SETTINGS] = settings_of(result.seed, result.unreadable)
    names = {"assignment": order.assignment, "notebook": result.assignment}
    return written(after_run(notebook, order.steps, order.config, names))


def after_run(
    notebook: NotebookNode, steps: tuple[str, ...], config: Config, names: dict[str, str]
) -> NotebookNode:
    """Return the notebook after these steps of nbgrader's."""
    resources: dict[str, Any] = {"nbgrader": names, "metadata": {}}
    for step in steps:
        notebook, resources = import_item(step)(config=config)(notebook, resources)
    return notebook


def written(notebook: NotebookNode) -> str:
    """Return a notebook as nbgrader writes it."""
    text: str = nbformat.writes(notebook)
    return text if text.endswith("\n") else text + "\n"


def _packed(content: bytes) -> str:
    return base64.b64encode(content).decode()


def unpacked(content: str) -> bytes:
    """Return the bytes that were packed into JSON text."""
    return base64.b64decode(content)
