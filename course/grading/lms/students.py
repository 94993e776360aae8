"""Whose the files in an archive are. Where that is not clear they are nobody's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from course.grading.errors import ArchiveError
from course.grading.lms.archive import Archive, same
from course.grading.lms.contents import File, Refused
from course.grading.lms.names import CONVENTIONS, LOOKS, Part, unwrapped
from course.grading.lms.rosters import Roster, is_id, words
from course.grading.lms.summary import Summary
from course.grading.submissions.other_files import MOST_BYTES


@dataclass(frozen=True)
class Submission:
    """All an archive holds of one student."""

    key: str
    name: str
    is_late: bool
    files: tuple[File, ...]

    @property
    def title(self) -> str:
        """What messages call it."""
        return self.key if self.name in ("", self.key) else f"{self.name} ({self.key})"


def submissions(
    archive: Archive, system: str, notebooks: Sequence[str], people: Roster | None, summary: Summary
) -> Iterator[Submission]:
    """Yield the submissions in an archive. Raises ArchiveError when it is none of the system's."""
    paths = [entry.path for entry in archive.entries]
    if not paths:
        raise ArchiveError(f"{archive.name} is empty: nobody has handed in, or it is not the right file")
    known = people.keys(system) if people else {}
    convention = CONVENTIONS[system]
    parts = convention(paths, notebooks, known)
    if not any(parts):
        # some unpack an archive and pack it again, with a folder around everything
        parts = convention(unwrapped(paths), notebooks, known)
    if not any(parts):
        raise ArchiveError(
            f"{archive.name} holds nothing of the form {LOOKS[system]}; it holds "
            f"{', '.join(map(str, paths[:3]))[:200]}: is it another system's? --from says which"
        )
    groups: dict[str, list[tuple[Part, File]]] = {}
    strangers = []
    for entry, part in zip(archive.entries, parts, strict=True):
        if isinstance(part, str):
            name, _, reason = part.partition(": ")
            summary.refused.append((name, reason))
        elif part is None:
            strangers.append(str(entry.path))
        else:
            read = partial(archive.read, entry, MOST_BYTES)
            file = File(part.path, entry.size, entry.time, read, part.version)
            groups.setdefault(part.key, []).append((part, file))
    if strangers:
        summary.remarks.append((archive.name, f"{len(strangers)} other files, as {strangers[0]}, left out"))
    for key, group in groups.items():
        late = any(part.is_late for part, _ in group)
        names = {part.name for part, _ in group}
        if len(names) > 1:
            both = " and ".join(sorted(names))
            summary.refused.append((key, f"has two names, {both}: whose it is cannot be told"))
            continue
        yield Submission(key, group[0][0].name, late, tuple(file for _, file in group))


def students(
    found: list[Submission], people: Roster | None, system: str, summary: Summary
) -> Iterator[tuple[str, Submission]]:
    """Yield each submission with its student's id. Whose it is not clear is refused, never guessed."""
    find = _by_roster(people, system) if people else (lambda submission: submission.key)
    named: dict[str, list[tuple[str, Submission]]] = {}
    for submission in found:
        try:
            student = find(submission)
            if not is_id(student):
                raise Refused("is no name for a folder: rename it in the archive, or give a --roster")
            named.setdefault(same(student), []).append((student, submission))
        except Refused as error:
            summary.refused.append((submission.title, str(error)))
    for group in named.values():
        if len(group) == 1:
            yield group[0]
            continue
        alike = " and ".join(sorted(submission.title for _, submission in group))
        for student, submission in group:
            summary.refused.append((submission.title, f"is one of several for {student}: {alike}"))


def _by_roster(people: Roster, system: str) -> Callable[[Submission], str]:
    """Return what finds a submission's student: by what the system knows them by, else by a unique name."""
    keys, names = people.keys(system), people.names()
    only_keys = system == "canvas" or (system == "moodle" and bool(keys))
    hint = ": Moodle's grading worksheet as --roster tells them apart" if system == "moodle" else ""

    def find(submission: Submission) -> str:
        key = same(submission.key)
        if key in keys:
            return keys[key].student
        if only_keys:
            raise Refused(f"is not in {people.file}: add the student, or take the roster of this course")
        fitting = names.get(words(submission.name), [])
        if not fitting:
            raise Refused(f"is not in {people.file}, by name: add the student, or correct the name")
        if len(fitting) > 1:
            raise Refused(f"shares a name with somebody else{hint}")
        return fitting[0].student

    return find
