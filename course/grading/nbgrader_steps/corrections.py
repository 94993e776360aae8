"""Corrects functions of nbgrader for all its commands.

They read times, patterns of paths, the formgrader's lists and the version of a new gradebook's tables,
remove a release that failed, and choose the kernel of a validation.
nbgrader has no setting for them. A test finds every module of nbgrader that uses one.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager, NoSuchKernel
from nbgrader import api, dbutil
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.apps.dbapp import DbAssignmentAddApp, DbAssignmentImportApp
from nbgrader.apps.validateapp import ValidateApp
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from traitlets.config import Config

from course.grading import encoding
from course.grading.globbing import glob_literally
from course.grading.nbgrader_steps import submission_lists
from course.grading.nbgrader_steps.generate import keeping_releases, taking_turns
from course.grading.submissions.times import UnclearTime, course_zone, parse_time, read_hand_in

USE_PARSE_UTC = ("utils", "coursedir", "apps.api", "apps.zipcollectapp", "exchange.default.collect")
USE_GLOB = (
    "utils",
    "apps.api",
    "apps.validateapp",
    "converters.base",
    "exchange.default.collect",
    "exchange.default.exchange",
    "exchange.default.fetch_feedback",
    "exchange.default.list",
    "exchange.default.release_feedback",
)
"""modules of nbgrader that import these names"""
_VALIDATE = ValidateApp.start
_CONVERT = BaseConverter.convert_notebooks
_STARTS = {app: app.start for app in (DbAssignmentAddApp, DbAssignmentImportApp)}
"""what runs the commands that are told a due date"""


def correct(config: Config) -> None:
    """Correct nbgrader in this process; the time zone of a course is the `Exchange.timezone` of `config`."""
    if any(Path(part).name in ("nbgrader", "nbgrader.py") for part in sys.orig_argv[:4]):
        # one of its commands, not a server
        encoding.use_utf8()
        encoding.replace_what_cannot_be_shown()
    logging.setLogRecordFactory(encoding.TextRecord)

    def zone() -> tzinfo | None:  # it may be set further down in the file
        return course_zone(config.Exchange.get("timezone"))

    def parse_utc(time: datetime | str | None) -> datetime | None:
        """Return a time in UTC, without a zone. Raises UnclearTime for a text that may mean several times."""
        if isinstance(time, str):
            time = parse_time(time, zone())
        return time.astimezone(UTC).replace(tzinfo=None) if time and time.tzinfo else time

    def get_existing_timestamp(course: CourseDirectory, folder: str) -> datetime | None:
        """Return when a submission was handed in; a time that is not clear is none: grading tells of it."""
        return read_hand_in(Path(folder), zone()).time

    def get_submitted_timestamp(api: NbGraderAPI, assignment: str, student: str) -> datetime | None:
        course = api.coursedir
        folder = course.format_path(course.submitted_directory, student, assignment)
        return get_existing_timestamp(course, folder)

    for name in USE_PARSE_UTC:
        importlib.import_module(f"nbgrader.{name}").parse_utc = parse_utc  # type: ignore[attr-defined]  # the module is known by name only
    for name in USE_GLOB:
        module: Any = importlib.import_module(f"nbgrader.{name}")
        module.glob = SimpleNamespace(glob=glob_literally)
    CourseDirectory.get_existing_timestamp = get_existing_timestamp
    NbGraderAPI.get_submitted_timestamp = get_submitted_timestamp
    NbGraderAPI.get_submitted_students = submission_lists.get_submitted_students
    NbGraderAPI.get_autograded_students = submission_lists.get_autograded_students
    api.get_alembic_version = newest_tables
    Gradebook.submission_dicts = submission_lists.submission_dicts
    Gradebook.notebook_submission_dicts = submission_lists.notebook_submission_dicts
    Gradebook.notebook_submissions = submission_lists.notebook_submissions
    Execute.create_kernel_manager = _create_kernel_manager
    GenerateAssignment.convert_notebooks = keeping_releases(_CONVERT)
    # whole notebooks come and go in `gradebook.migration`
    GenerateAssignment._clean_old_notebooks = _keep_notebooks
    Autograde.convert_notebooks = taking_turns(_CONVERT)
    for app, start in _STARTS.items():
        app.start = _failing_in_one_line(start)
    ValidateApp.start = _validate_what_is_there


def newest_tables() -> str | None:
    """Return the version of a gradebook's tables, for which nbgrader starts a command that takes seconds."""
    from alembic.script import ScriptDirectory  # late: only a new gradebook needs it

    return ScriptDirectory(dbutil.ALEMBIC_DIR).get_current_head()


def _keep_notebooks(converter: GenerateAssignment, assignment: str, student: str) -> None:
    """Leave the gradebook as it is until the assignment is generated."""


def _failing_in_one_line(start: Callable[[Any], None]) -> Callable[[Any], None]:
    def guarded_start(app: Any) -> None:
        try:
            start(app)
        except UnclearTime as error:
            app.fail(f"nothing was changed: {error}")

    return guarded_start


def _validate_what_is_there(app: ValidateApp) -> None:
    """Validate notebooks; fail where there is none of a name, which nbgrader passes over in silence."""
    missing = [name for name in app.extra_args if not glob_literally(name)]
    if missing:
        app.fail(f"there is no {', '.join(missing)}")
    _VALIDATE(app)


def _create_kernel_manager(execute: Execute) -> Any:
    """Return what starts a notebook's kernel: Python's, where a validated notebook names one not known here.

    Editors and conda write the names of their own kernels into a notebook.
    """
    kernelspec = execute.nb.metadata.get("kernelspec", {})
    name = execute.kernel_name or kernelspec.get("name", NATIVE_KERNEL_NAME)
    if "NBGRADER_VALIDATING" in os.environ and kernelspec.get("language", "python") == "python":
        try:
            KernelSpecManager().get_kernel_spec(name)
        except NoSuchKernel:
            execute.kernel_name = NATIVE_KERNEL_NAME
    return super(Execute, execute).create_kernel_manager()
