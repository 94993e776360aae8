"""Finds pairs of students whose answers are alike in a way that is rare in the class."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from course.grading.gradebook.class_record import CellKey
from course.grading.report.normalise import NormalisedAnswer
from course.grading.report.passages import StudentIds, likely_pairs

SHORTEST = 12
"""shortest answer that is compared, in words"""
ALIKE = 0.8
"""share of words that two answers must have in common, in the same order"""
MOST_TRIED = 1000
"""pairs that are compared word for word, for each question"""


@dataclass(frozen=True)
class Match:
    """Two answers to one question."""

    question: CellKey
    similarity: float
    """share of words in common, in order: 1 is the same except for names, comments and layout"""
    weight: float
    """information in the passages that both have, in nats: the rarer, the more"""


@dataclass(frozen=True)
class Pair:
    """Two students with answers that are alike."""

    students: StudentIds
    matches: tuple[Match, ...]
    """those answers, the greatest weight first"""

    @property
    def weight(self) -> float:
        """Weight of all their matches together."""
        return sum(match.weight for match in self.matches)


def similar_pairs(answers: Mapping[CellKey, Mapping[str, str]], most: int) -> list[Pair]:
    """Return the `most` pairs with the greatest weight, from the answers by question and student.

    An answer is its words, a character for each (`AnswerForm.compact`). Only students who share a rare
    passage are compared word for word. The order is fixed.
    """
    matches: dict[StudentIds, list[Match]] = defaultdict(list)
    for question, by_student in answers.items():
        long_enough = {student: words for student, words in by_student.items() if len(words) >= SHORTEST}
        for (left, right), weight in likely_pairs(long_enough, MOST_TRIED):
            similarity = Indel.normalized_similarity(
                long_enough[left], long_enough[right], score_cutoff=ALIKE
            )
            if similarity >= ALIKE:
                matches[left, right].append(Match(question, similarity, weight))
    pairs = (
        Pair(students, tuple(sorted(group, key=lambda match: (-match.weight, match.question))))
        for students, group in matches.items()
    )
    return heapq.nsmallest(most, pairs, key=lambda pair: (-pair.weight, pair.students))


def same_lines(left: NormalisedAnswer, right: NormalisedAnswer) -> tuple[frozenset[int], frozenset[int]]:
    """Return the lines of each answer, from 0, whose words the other has too, in the same order."""
    blocks = [block for block in Indel.opcodes(left.words, right.words) if block.tag == "equal"]
    return (
        _lines_within(left.lines, [(block.src_start, block.src_end) for block in blocks]),
        _lines_within(right.lines, [(block.dest_start, block.dest_end) for block in blocks]),
    )


def _lines_within(lines: Sequence[int], blocks: Sequence[tuple[int, int]]) -> frozenset[int]:
    """Return the lines with all their words inside these blocks; `lines` has the line of each word."""
    inside = {place for begin, end in blocks for place in range(begin, end)}
    return frozenset(lines) - {line for place, line in enumerate(lines) if place not in inside}
