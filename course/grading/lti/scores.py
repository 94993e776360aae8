"""`course lti-grades`: sends the grades in the gradebook to the platform, or says what it would send."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError, LtiError
from course.grading.gradebook.book import snapshot
from course.grading.gradebook.class_record import ClassRecord
from course.grading.gradebook.lateness import bring_up_to_date
from course.grading.gradebook.reading import read_graded_class
from course.grading.lti.launches import Launches, read_launches
from course.grading.lti.service import GradeService, ScoreRefused
from course.grading.lti.settings import read_settings

_SMALLEST = 1e-5
"""the least that two grades differ by: Moodle keeps five decimal places"""


@dataclass(frozen=True)
class Score:
    """A student's grade, as a platform takes it."""

    student: str
    subject: str
    """the platform's id of the student"""
    points: float
    maximum: float
    waits_for: Sequence[str] = ()
    """questions that somebody has to grade before there is a total"""

    def body(self) -> dict[str, Any]:
        """Return what is sent; a score that is not final yet has no number."""
        points = {} if self.waits_for else {"scoreGiven": self.points, "scoreMaximum": self.maximum}
        return {
            "userId": self.subject,
            **points,
            "activityProgress": "Completed",
            "gradingProgress": "PendingManual" if self.waits_for else "FullyGraded",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            # Canvas would count each score as another attempt
            "https://canvas.instructure.com/lti/submission": {"new_submission": False},
        }

    def line(self) -> str:
        """Return what an instructor reads of it."""
        if self.waits_for:
            return (
                f"{self.student}: no score yet, PendingManual: {', '.join(self.waits_for)} wait for grading"
            )
        return f"{self.student}: {self.points:g} of {self.maximum:g}, FullyGraded"

    def is_there(self, parts: dict[str, float]) -> bool:
        """Return whether the platform has this score already, by its `GradeService.results`."""
        part = parts.get(self.subject)
        if self.waits_for or part is None:
            return False
        return math.isclose(part * self.maximum, self.points, rel_tol=0, abs_tol=_SMALLEST)


@dataclass
class Sending:
    """What was sent, or would be."""

    lines: list[str] = field(default_factory=list)
    is_complete: bool = True
    """whether everybody's score that can be sent was"""


def lti_grades(
    root: Path, assignment: str, settings_file: Path, *, send: bool, section: str | None = None
) -> Sending:
    """Send the scores of `assignment`, or without `send` say which, asking the platform nothing.

    Raises CourseError; with LtiError some scores may have been sent, and sending again sends the rest.
    """
    settings = read_settings(settings_file)
    launches = read_launches(settings.launches)
    course_folder = CourseFolder(root)
    course_folder.notebooks(assignment)
    bring_up_to_date(course_folder, assignment)
    with snapshot(course_folder.course, assignment) as session:
        record = read_graded_class(session, course_folder.course, assignment, section)
    if not record.graded:
        raise CourseError(f"nobody's {assignment} is graded: `course grade {assignment}` comes first")
    scores, left_out = list(_scores(record, launches)), list(_left_out(record, launches))
    if not send:
        lines = [
            f"would be sent to {settings.issuer}:",
            *(f"  {score.line()}" for score in scores),
            *left_out,
        ]
        return Sending([*lines, "nothing was sent: --send does it"])
    if not launches.lineitems:
        raise LtiError(
            f"{settings.launches} has no address for grades: let the tool read and make columns of grades at "
            "the platform, then follow its link to the Hub once"
        )
    service = GradeService(settings, launches.lineitems)
    sending = _send(service, record, scores)
    sending.lines += left_out
    return sending


def _scores(record: ClassRecord, launches: Launches) -> Iterator[Score]:
    for student in record.graded:
        subject = launches.subjects.get(student.id.lower())
        if subject is not None and not student.failures and len(_namesakes(record, launches, subject)) == 1:
            yield Score(student.id, subject, student.score, record.max_score, record.waiting(student))


def _namesakes(record: ClassRecord, launches: Launches, subject: str) -> list[str]:
    """Return the graded students who are all one user of the platform: renamed there, or in two cases."""
    return [student.id for student in record.graded if launches.subjects.get(student.id.lower()) == subject]


def _left_out(record: ClassRecord, launches: Launches) -> Iterator[str]:
    """Yield a line for each reason why students' scores are not sent."""
    failed = [student.id for student in record.graded if student.failures]
    if failed:
        yield (
            f"not sent, since the last grading failed for no fault of theirs: {', '.join(failed)}; "
            f"`course grade {record.assignment}` tries again"
        )
    unknown = [student.id for student in record.graded if student.id.lower() not in launches.subjects]
    if unknown:
        yield f"not sent, since they never came to the Hub from the platform: {', '.join(unknown)}"
    for subject in sorted(set(launches.subjects.values())):
        names = _namesakes(record, launches, subject)
        if len(names) > 1:
            yield (
                f"not sent, since they are one user of the platform: {', '.join(names)}; enter the score by "
                "hand there, or take those from the gradebook that are too many"
            )


def _send(service: GradeService, record: ClassRecord, scores: Sequence[Score]) -> Sending:
    item = service.line_item(f"{record.course}/{record.assignment}", record.assignment, record.max_score)
    there = service.results(item)
    sent, refused = [], defaultdict(list)
    changed = [score for score in scores if not score.is_there(there)]
    for score in changed:
        try:
            service.send(item, score.body())
            sent.append(score)
        except ScoreRefused as error:
            refused[str(error)].append(score.student)
        except LtiError as error:
            raise LtiError(f"{error}; {len(sent)} of {len(changed)} scores were sent before") from None
    waiting = sum(bool(score.waits_for) for score in sent)
    lines = [
        f"{record.assignment}: {len(sent)} sent, {waiting} of them without a score yet, "
        f"{len(scores) - len(changed)} there already"
    ]
    lines += [
        f"the platform does not take the scores of {', '.join(students)} ({words})"
        for words, students in refused.items()
    ]
    return Sending(lines, not refused)
