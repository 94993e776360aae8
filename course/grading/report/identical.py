"""Finds students whose answers are the same, word for word."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from course.grading.gradebook.class_record import CellKey, ClassRecord
from course.grading.report.forms import Forms, digest_of
from course.grading.report.similar_pairs import SHORTEST


@dataclass(frozen=True)
class Cluster:
    """Students with the same answers."""

    students: tuple[str, ...]
    """their ids"""
    answers: int
    """answers that are the same: all that are not as they were released"""


def identical_hand_ins(record: ClassRecord, answers: Forms) -> list[Cluster]:
    """Return the students who share all their answers, the largest cluster first.

    Layout at the ends of lines does not count, nor what is as it was released. Who handed in as a group is
    in a cluster only with others.
    """
    released = {cell.key: digest_of(cell.source) for cell in record.released if cell.is_answer}
    own: dict[str, dict[CellKey, str]] = defaultdict(dict)
    lengths: Counter[str] = Counter()
    for key, by_student in answers.items():
        for student, form in by_student.items():
            if form.digest != released.get(key):
                own[student][key] = form.digest
                lengths[student] += form.length
    clusters: dict[frozenset[tuple[CellKey, str]], list[str]] = defaultdict(list)
    for student, digests in own.items():
        if lengths[student] >= SHORTEST:
            clusters[frozenset(digests.items())].append(student)
    hand_ins = _hand_ins(record)
    found = [
        Cluster(tuple(sorted(students)), len(digests))
        for digests, students in clusters.items()
        if len({hand_ins.get(student, student) for student in students}) > 1
    ]
    return sorted(found, key=lambda cluster: (-len(cluster.students), cluster.students))


def _hand_ins(record: ClassRecord) -> Mapping[str, object]:
    """Return by student what tells hand-ins apart: a group's is graded once, so all have its seed."""
    return {
        student.id: frozenset((name, grading.seed) for name, grading in student.gradings.items())
        for student in record.graded
        if student.gradings
    }
