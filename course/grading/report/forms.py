"""Reduces answers to the form in which those of a class are compared: quick to compare, and small to keep."""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from course.grading.gradebook.class_record import CellKey, ClassRecord
from course.grading.report.normalise import NormalisedAnswer, ReleasedQuestion, normalise, released_question


class AnswerForm(NamedTuple):
    """What is compared of an answer."""

    digest: str
    """of the text, without layout at the ends of lines"""
    length: int
    """words of the text"""
    compact: str
    """the normalised answer, a character for each word"""


Forms = Mapping[CellKey, Mapping[str, AnswerForm]]
"""by question and student"""
Questions = Mapping[CellKey, tuple[ReleasedQuestion, str]]
"""what students received, and its kind: code or markdown"""


def released_questions(record: ClassRecord) -> Questions:
    """Return what students received with each question."""
    code: dict[str, list[str]] = defaultdict(list)
    for cell in record.released:
        if cell.kind == "code":
            code[cell.notebook].append(cell.source)
    return {
        cell.key: (released_question(cell.source, tuple(code[cell.notebook]), cell.kind), cell.kind)
        for cell in record.released
        if cell.is_answer
    }


def form_of(source: str, question: ReleasedQuestion, kind: str) -> AnswerForm:
    """Return the form of an answer."""
    return AnswerForm(digest_of(source), len(source.split()), compact(normalise(source, question, kind)))


def digest_of(source: str) -> str:
    """Return a digest of a text, without layout at the ends of lines."""
    text = "\n".join(line.rstrip() for line in source.strip().splitlines())
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def compact(answer: NormalisedAnswer) -> str:
    """Return an answer with one character in place of each word."""
    return "".join(map(_character, answer.words))


@lru_cache(1 << 16)
def _character(word: str) -> str:
    """Return one of a million characters: it is unlikely that two words of a question have the same."""
    return chr(0x10000 + zlib.crc32(word.encode("utf-8", "replace")) % 0x100000)
