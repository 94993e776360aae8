"""nbgrader's exchange, where one submission that is not as expected does not stop a whole class."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.apps.api import NbGraderAPI
from nbgrader.exchange import ExchangeError
from nbgrader.exchange.default import ExchangeCollect, ExchangeList, ExchangeReleaseFeedback

from course.grading.globbing import glob_literally
from course.grading.submissions.times import TIMESTAMP, UnclearTime, course_zone, parse_time

SECRET = "submission_secret.txt"
"""tells a student's feedback from that of others in the exchange; `nbgrader submit` makes it"""


class List(ExchangeList):  # type: ignore[misc]  # nbgrader has no types
    """Lists the exchange. Where there is none, only `nbgrader list` fails with a message."""

    def fail(self, msg: str) -> None:
        """Raise ExchangeError, without a message where an `NbGraderAPI` lists it, asked or not."""
        if isinstance(self.parent, NbGraderAPI):
            raise ExchangeError(msg)
        super().fail(msg)


class Collect(ExchangeCollect):  # type: ignore[misc]  # nbgrader has no types
    """Collects submissions also where the zone in the name of one has a plus sign, or is not known."""

    def _path_to_record(self, path: str) -> dict[str, Any]:
        """Return whose a folder in the exchange is, its name, and when it was handed in, in UTC."""
        assignment = re.escape(self.coursedir.assignment_id)
        match = re.fullmatch(rf"(.+)\+{assignment}\+(.+)", Path(path).name)
        if match is None:
            return dict(super()._path_to_record(path))
        student, text = match.groups()
        time = self._time(student, text, Path(path))
        return {"username": student, "filename": Path(path).name, "timestamp": time}

    def _time(self, student: str, text: str, path: Path) -> datetime:
        zone = course_zone(self.timezone)
        # a text of random letters may follow the time
        without_random = text.rpartition("+")[0] or text
        with suppress(UnclearTime):
            return parse_time(text, zone).replace(tzinfo=None)
        try:
            return parse_time(without_random, zone).replace(tzinfo=None)
        except UnclearTime as error:
            message = "%s: of several submissions the one whose folder was written last is the newest: %s"
            self.log.warning(message, student, error)
            return datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)


class ReleaseFeedback(ExchangeReleaseFeedback):  # type: ignore[misc]  # nbgrader has no types
    """Releases the feedback of everybody who handed in through the exchange, and names the others."""

    def copy_files(self) -> None:
        """Copy the pages of feedback to the exchange."""
        excluded = self.coursedir.student_id_exclude
        others = list(self._without_secret())
        self._add_times()
        self.coursedir.student_id_exclude = ",".join(filter(None, (excluded, *others)))
        try:
            super().copy_files()
        finally:
            self.coursedir.student_id_exclude = excluded

    def _folders(self) -> Iterator[tuple[str, Path]]:
        """Yield the students with feedback, and the folder of each."""
        course = self.coursedir
        pattern = course.format_path(
            course.feedback_directory, "(?P<student>.*)", course.assignment_id, escape=True
        )
        for folder in glob_literally(self.src_path):
            if match := re.fullmatch(pattern, folder):
                yield match["student"], Path(folder)

    def _without_secret(self) -> Iterator[str]:
        """Yield the students whose feedback the exchange cannot have, and name them in the log."""
        for student, folder in self._folders():
            if not (folder / SECRET).is_file():
                self.log.warning(
                    "%s: not released, the submission did not come through the exchange (it has no %s): "
                    "give the pages in %s to the student",
                    student,
                    SECRET,
                    os.path.relpath(folder),
                )
                yield student

    def _add_times(self) -> None:
        """Give each folder for the exchange the timestamp that nbgrader looks for."""
        for _, folder in self._folders():
            if (folder / SECRET).is_file() and not (folder / TIMESTAMP).exists():
                (folder / TIMESTAMP).touch()
