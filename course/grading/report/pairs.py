"""Pairs of students whose answers are alike, and in a way that is rare in the class."""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from course.grading.report.reading import Reading
from course.grading.report.records import Key

PASSAGE = 5
"""words in a row that are looked for in other answers"""
SHORTEST = 12
"""words of an answer that can tell anything"""
ALIKE = 0.8
"""share of words that two answers must have in common, in order"""
COMMON = 100
"""students who share a passage that is nobody's own"""
MOST_TRIED = 1000
"""pairs that are compared word for word, of each question"""
MOST_COUNTED = 1_000_000
"""pairs whose common passages are counted, of each question: the rarest passages first"""

Two = tuple[str, str]


@dataclass(frozen=True)
class Match:
    """Two answers to one question."""

    question: Key
    similarity: float
    """share of words in common, in order: 1 is the same but for names, comments and layout"""
    weight: float
    """how much that is rare they share, in nats"""
    same: tuple[frozenset[int], frozenset[int]]
    """lines, from 0, of either in which something is found in the other"""


@dataclass(frozen=True)
class Pair:
    """Two students."""

    students: Two
    matches: tuple[Match, ...]
    """their answers that are alike, the most telling first"""

    @property
    def weight(self) -> float:
        """How much that is rare they share in all answers that are alike."""
        return sum(match.weight for match in self.matches)


def similar(answers: Mapping[Key, Mapping[str, Reading]], most: int) -> list[Pair]:
    """Return the pairs who share most that is rare in their class, at most so many, in a fixed order.

    A passage that few have counts as log(n / how many), the self-information of meeting it. Every answer to a
    question is not compared with every other: only who shares a rare passage is.
    """
    found: dict[Two, list[Match]] = defaultdict(list)
    for question, readings in answers.items():
        telling = {name: reading for name, reading in readings.items() if len(reading.words) >= SHORTEST}
        weights = _in_common(telling)
        likely = heapq.nsmallest(MOST_TRIED, weights.items(), key=lambda item: (-item[1], item[0]))
        for pair, weight in likely:
            match = _match(question, telling[pair[0]], telling[pair[1]], weight)
            if match is not None:
                found[pair].append(match)
    pairs = (
        Pair(two, tuple(sorted(matches, key=lambda match: (-match.weight, match.question))))
        for two, matches in found.items()
    )
    return heapq.nsmallest(most, pairs, key=lambda pair: (-pair.weight, pair.students))


def _in_common(readings: Mapping[str, Reading]) -> dict[Two, float]:
    """Return how much that is rare each two of these students share."""
    who: dict[int, list[str]] = defaultdict(list)
    for student in sorted(readings):
        words = readings[student].words
        # An integer for a passage: those of a large class would not fit into memory.
        for passage in {hash(words[i : i + PASSAGE]) for i in range(len(words) - PASSAGE + 1)}:
            who[passage].append(student)
    # Who has the same answer shares many passages with the same others: counted once, with their number.
    most = _rare(len(readings))
    groups = Counter(tuple(students) for students in who.values() if 1 < len(students) <= most)
    weights: dict[Two, float] = defaultdict(float)
    room = MOST_COUNTED
    for students, count in sorted(groups.items(), key=lambda group: (len(group[0]), group[0])):
        room -= math.comb(len(students), 2)
        if room < 0:
            break
        weight = count * math.log((len(readings) + 1) / len(students))
        for place, one in enumerate(students):
            for other in students[place + 1 :]:
                weights[one, other] += weight
    return weights


def _rare(students: int) -> int:
    return min(max(2, students // 4), COMMON)


def _match(question: Key, one: Reading, other: Reading, weight: float) -> Match | None:
    # a cheap bound first: most pairs fail it
    similarity = Indel.normalized_similarity(one.words, other.words, score_cutoff=ALIKE)
    if similarity < ALIKE:
        return None
    blocks = [block for block in Indel.opcodes(one.words, other.words) if block.tag == "equal"]
    return Match(
        question,
        similarity,
        weight,
        (
            _lines(one.lines, [(block.src_start, block.src_end) for block in blocks]),
            _lines(other.lines, [(block.dest_start, block.dest_end) for block in blocks]),
        ),
    )


def _lines(lines: Sequence[int], blocks: Sequence[tuple[int, int]]) -> frozenset[int]:
    """Return the lines of which no word is outside these blocks."""
    equal = {place for begin, end in blocks for place in range(begin, end)}
    other = {line for place, line in enumerate(lines) if place not in equal}
    return frozenset(lines) - other
