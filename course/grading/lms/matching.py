"""Groups the files of an archive to submissions, and finds their students; it refuses what is not clear."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from course.grading.errors import ArchiveError
from course.grading.lms.archive import Archive, casefolded
from course.grading.lms.candidates import Refused, SubmittedFile
from course.grading.lms.conventions import CONVENTIONS, FORMS, AmbiguousName, ParsedName, unwrapped
from course.grading.lms.rosters import Roster, is_id, name_words
from course.grading.lms.selection import most_bytes
from course.grading.lms.summary import CollectSummary


@dataclass(frozen=True)
class ArchivedSubmission:
    """All that an archive holds of one student."""

    key: str
    """by which the system identifies a student"""
    name: str
    """the student's name, as far as the archive has it"""
    is_late: bool
    files: tuple[SubmittedFile, ...]

    @property
    def title(self) -> str:
        """Name and key, for messages."""
        return self.key if self.name in ("", self.key) else f"{self.name} ({self.key})"


def archived_submissions(
    archive: Archive, system: str, notebooks: Sequence[str], people: Roster | None, summary: CollectSummary
) -> Iterator[ArchivedSubmission]:
    """Yield the submissions in an archive. Raises ArchiveError when it is not one of the system's."""
    paths = [entry.path for entry in archive.entries]
    if not paths:
        raise ArchiveError(f"{archive.name} is empty: nobody has handed in, or it is not the right file")
    known_keys = people.keys(system) if people else {}
    convention = CONVENTIONS[system]
    names = convention(paths, notebooks, known_keys)
    if not any(names):
        # Instructors unpack an archive and pack it again, with a folder around everything.
        names = convention(unwrapped(paths), notebooks, known_keys)
    if not any(names):
        raise ArchiveError(
            f"{archive.name} holds nothing of the form {FORMS[system]}; it holds "
            f"{', '.join(map(str, paths[:3]))[:200]}: is it another system's? --from says which"
        )
    groups: dict[str, list[tuple[ParsedName, SubmittedFile]]] = {}
    others = []
    for entry, name in zip(archive.entries, names, strict=True):
        if isinstance(name, AmbiguousName):
            summary.refused.append((str(name.path), name.reason))
        elif name is None:
            others.append(str(entry.path))
        else:
            read = partial(archive.read, entry, most_bytes(entry))
            file = SubmittedFile(name.path, entry.size, entry.time, read, name.version, entry.problem)
            groups.setdefault(name.key, []).append((name, file))
    if others:
        summary.remarks.append((archive.name, f"{len(others)} other files, as {others[0]}, left out"))
    for key, group in groups.items():
        is_late = any(name.is_late for name, _ in group)
        students = {name.name for name, _ in group}
        if len(students) > 1:
            both = " and ".join(sorted(students))
            summary.refused.append((key, f"has two names, {both}: whose it is cannot be told"))
            continue
        yield ArchivedSubmission(key, group[0][0].name, is_late, tuple(file for _, file in group))


def match_students(
    submissions: list[ArchivedSubmission], people: Roster | None, system: str, summary: CollectSummary
) -> Iterator[tuple[str, ArchivedSubmission]]:
    """Yield each submission with its student's id; one whose student is not clear is refused."""
    find = _by_roster(people, system) if people else (lambda submission: submission.key)
    by_student: dict[str, list[tuple[str, ArchivedSubmission]]] = {}
    for submission in submissions:
        try:
            student = find(submission)
            if not is_id(student):
                raise Refused("is no name for a folder: rename it in the archive, or give a --roster")
            by_student.setdefault(casefolded(student), []).append((student, submission))
        except Refused as error:
            summary.refused.append((submission.title, str(error)))
    for group in by_student.values():
        if len(group) == 1:
            yield group[0]
            continue
        alike = " and ".join(sorted(submission.title for _, submission in group))
        for student, submission in group:
            summary.refused.append((submission.title, f"is one of several for {student}: {alike}"))


def _by_roster(people: Roster, system: str) -> Callable[[ArchivedSubmission], str]:
    """Return a function that finds a submission's student by the system's key, else by a unique name."""
    keys, names = people.keys(system), people.by_name()
    only_keys = system == "canvas" or (system == "moodle" and bool(keys))
    hint = ": Moodle's grading worksheet as --roster tells them apart" if system == "moodle" else ""

    def find(submission: ArchivedSubmission) -> str:
        key = casefolded(submission.key)
        if key in keys:
            return keys[key].student
        if only_keys:
            raise Refused(f"is not in {people.file}: add the student, or take the roster of this course")
        namesakes = names.get(name_words(submission.name), [])
        if not namesakes:
            raise Refused(f"is not in {people.file}, by name: add the student, or correct the name")
        if len(namesakes) > 1:
            raise Refused(f"shares a name with somebody else{hint}")
        return namesakes[0].student

    return find
