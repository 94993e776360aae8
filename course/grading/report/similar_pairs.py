"""Finds pairs of students whose answers are alike in a way that is rare in the class."""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from course.grading.gradebook.class_record import CellKey
from course.grading.report.normalise import NormalisedAnswer

PASSAGE = 5
"""length of a passage, in words"""
SHORTEST = 12
"""shortest answer that is compared, in words"""
ALIKE = 0.8
"""share of words that two answers must have in common, in the same order"""
COMMON = 100
"""number of students from which a passage counts as common, however large the class is"""
MOST_TRIED = 1000
"""pairs that are compared word for word, for each question"""
MOST_COUNTED = 1_000_000
"""pairs whose common passages are counted, for each question: those with the rarest passages"""

StudentIds = tuple[str, str]


@dataclass(frozen=True)
class Match:
    """Two answers to one question."""

    question: CellKey
    similarity: float
    """share of words in common, in order: 1 is the same except for names, comments and layout"""
    weight: float
    """information in the passages that both have, in nats: the rarer, the more"""
    same: tuple[frozenset[int], frozenset[int]]
    """lines of each answer, from 0, whose words the other has too"""


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


def similar_pairs(answers: Mapping[CellKey, Mapping[str, NormalisedAnswer]], most: int) -> list[Pair]:
    """Return the `most` pairs with the greatest weight, from the answers by question and student.

    A passage that k of n students have weighs log((n + 1) / k): the information in meeting it. Only those
    who share a rare passage are compared word for word. The order is fixed.
    """
    matches: dict[StudentIds, list[Match]] = defaultdict(list)
    for question, by_student in answers.items():
        long_enough = {
            student: answer for student, answer in by_student.items() if len(answer.words) >= SHORTEST
        }
        weights = _weights(long_enough)
        likely = heapq.nsmallest(MOST_TRIED, weights.items(), key=lambda item: (-item[1], item[0]))
        for (left, right), weight in likely:
            match = _match(question, long_enough[left], long_enough[right], weight)
            if match is not None:
                matches[left, right].append(match)
    pairs = (
        Pair(students, tuple(sorted(group, key=lambda match: (-match.weight, match.question))))
        for students, group in matches.items()
    )
    return heapq.nsmallest(most, pairs, key=lambda pair: (-pair.weight, pair.students))


def _weights(answers: Mapping[str, NormalisedAnswer]) -> dict[StudentIds, float]:
    """Return the weight of the rare passages that each two of these students share."""
    owners: dict[int, list[str]] = defaultdict(list)
    for student in sorted(answers):
        words = answers[student].words
        # An integer for a passage: those of a large class would not fit into memory.
        for passage in {hash(words[i : i + PASSAGE]) for i in range(len(words) - PASSAGE + 1)}:
            owners[passage].append(student)
    # Students with the same answer share many passages: each group is counted once, with their number.
    most = _most_owners(len(answers))
    groups = Counter(tuple(students) for students in owners.values() if 1 < len(students) <= most)
    weights: dict[StudentIds, float] = defaultdict(float)
    pairs_left = MOST_COUNTED
    for students, count in sorted(groups.items(), key=lambda group: (len(group[0]), group[0])):
        pairs_left -= math.comb(len(students), 2)
        if pairs_left < 0:
            break
        weight = count * math.log((len(answers) + 1) / len(students))
        for pair in itertools.combinations(students, 2):
            weights[pair] += weight
    return weights


def _most_owners(students: int) -> int:
    """Return how many students at most may have a passage that counts as rare."""
    return min(max(2, students // 4), COMMON)


def _match(question: CellKey, left: NormalisedAnswer, right: NormalisedAnswer, weight: float) -> Match | None:
    # A cheap bound first: most pairs fail it.
    similarity = Indel.normalized_similarity(left.words, right.words, score_cutoff=ALIKE)
    if similarity < ALIKE:
        return None
    blocks = [block for block in Indel.opcodes(left.words, right.words) if block.tag == "equal"]
    return Match(
        question,
        similarity,
        weight,
        (
            _lines_within(left.lines, [(block.src_start, block.src_end) for block in blocks]),
            _lines_within(right.lines, [(block.dest_start, block.dest_end) for block in blocks]),
        ),
    )


def _lines_within(lines: Sequence[int], blocks: Sequence[tuple[int, int]]) -> frozenset[int]:
    """Return the lines with all their words inside these blocks; `lines` has the line of each word."""
    inside = {place for begin, end in blocks for place in range(begin, end)}
    return frozenset(lines) - {line for place, line in enumerate(lines) if place not in inside}
