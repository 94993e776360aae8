"""Finds the pairs of students who share passages that are rare in the class."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

PASSAGE = 5
"""length of a passage, in words"""
COMMON = 100
"""number of students from which a passage counts as common, however large the class is"""
MOST_COUNTED = 1_000_000
"""pairs whose common passages are counted: those with the rarest passages"""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""odd, with ones and zeros all over: products with it are good digests"""

StudentIds = tuple[str, str]
Integers = NDArray[np.signedinteger[Any]]
Digests = NDArray[np.uint64]


def likely_pairs(answers: Mapping[str, str], most: int) -> list[tuple[StudentIds, float]]:
    """Return the `most` pairs of students who share the most, in rare passages, each with its weight.

    `answers` has the words of each student's answer, a character for each. A passage that k of n students
    have weighs log((n + 1) / k) nats, the information in meeting it. The order is fixed.
    """
    students = sorted(answers)
    pairs, weights = _weighed(*_passages([answers[student] for student in students]), len(students))
    if len(weights) > most:
        is_heavy = weights >= np.partition(weights, -most)[-most]
        pairs, weights = pairs[is_heavy], weights[is_heavy]
    order = np.lexsort((pairs, -weights))[:most]
    left, right = np.divmod(pairs[order], max(1, len(students)))
    return [
        ((students[i], students[j]), float(weight))
        for i, j, weight in zip(left, right, weights[order], strict=True)
    ]


def _passages(texts: list[str]) -> tuple[Digests, Integers]:
    """Return the digests of all passages and the place of the text that has each, sorted, each once."""
    characters = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.uint64)
    owners = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    last = len(characters) - PASSAGE + 1
    if last <= 0:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    digests = np.zeros(last, np.uint64)
    for place in range(PASSAGE):
        digests = (digests ^ characters[place : place + last]) * _FACTOR
        digests ^= digests >> np.uint64(32)
    is_within = owners[:last] == owners[PASSAGE - 1 :]  # a text, not from one into the next
    digests, owners = digests[is_within], owners[:last][is_within]
    order = np.lexsort((owners, digests))
    digests, owners = digests[order], owners[order]
    is_new = np.ones(len(digests), bool)
    is_new[1:] = (digests[1:] != digests[:-1]) | (owners[1:] != owners[:-1])
    return digests[is_new], owners[is_new]


def _weighed(digests: Digests, owners: Integers, students: int) -> tuple[Integers, NDArray[np.float64]]:
    """Return the pairs who share rare passages, as left * students + right, and the weight of each."""
    starts = np.flatnonzero(np.r_[True, digests[1:] != digests[:-1]][: len(digests)])
    sizes = np.diff(np.r_[starts, len(digests)])
    is_rare = (sizes > 1) & (sizes <= min(max(2, students // 4), COMMON))
    starts, sizes = starts[is_rare], sizes[is_rare]
    pairs, weights, left = [np.empty(0, np.int64)], [np.empty(0)], MOST_COUNTED
    for size in np.unique(sizes):
        # Students with the same answer share many passages: each group is counted once, with their number.
        groups, counts = np.unique(
            owners[starts[sizes == size][:, None] + np.arange(size)], axis=0, return_counts=True
        )
        several = math.comb(size, 2)
        groups, counts = groups[: left // several], counts[: left // several]
        left -= len(groups) * several
        first, second = np.triu_indices(size, 1)
        pairs.append((groups[:, first] * students + groups[:, second]).ravel())
        weights.append(np.repeat(counts * math.log((students + 1) / size), several))
    shared, places = np.unique(np.concatenate(pairs), return_inverse=True)
    # Rounded, since the sums of the same numbers in another order may differ.
    return shared, np.round(np.bincount(places, np.concatenate(weights), len(shared)), 9)
