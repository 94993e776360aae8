"""Reduces answers to what is compared: without what was released, own names, comments and layout."""

from __future__ import annotations

import builtins
import functools
import keyword
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from tokenize import TokenInfo

Words = tuple[str, ...]

_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
_PYTHONS_NAMES = {*keyword.kwlist, *dir(builtins)}
_OPEN, _CLOSED = ("(", "[", "{"), (")", "]", "}")
_BEFORE_ARGUMENT = ("(", ",", "*", "**")
_TEXT_OR_COMMENT = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*"""|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}'''
    r"""|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\#.*"""
)
NAME, TEXT = "name", "text"
LONGEST_LINE = 300
"""characters of a line that may be known already"""


@dataclass(frozen=True)
class NormalisedAnswer:
    """What is compared of an answer."""

    words: Words
    """of code its tokens, with `name` for each name that the student chose; of a text its words"""
    lines: tuple[int, ...]
    """the line of each word, from 0"""


@dataclass(frozen=True)
class ReleasedQuestion:
    """What students received with a question, which does not count when two answers share it."""

    statements: frozenset[Words]
    """the cell's statements or, in a text, its lines"""
    functions: frozenset[str]
    """those that the cell defines; their arguments are named by position"""
    names: frozenset[str]
    """those that the notebook imports or defines; they are not replaced"""


def released_question(source: str, code: Iterable[str], kind: str) -> ReleasedQuestion:
    """Return what students received with a question.

    `source` is that of the question's cell, which is of this `kind`, code or markdown; `code` has the
    sources of all code cells of the released notebook.
    """
    if kind != "code":
        return ReleasedQuestion(
            frozenset(words for _, words in _lines_of_words(source)), frozenset(), frozenset()
        )
    statements = list(_statements(source))
    return ReleasedQuestion(
        frozenset(map(_words, statements)), frozenset(_defined(statements)), _names(tuple(code))
    )


@functools.cache  # it is the same for all questions of a notebook
def _names(code: tuple[str, ...]) -> frozenset[str]:
    """Return the names that a notebook imports or defines."""
    statements = [statement for text in code for statement in _statements(text)]
    imported = {
        token.string
        for statement in statements
        if statement[0].string in ("import", "from")
        for token in statement
        if token.type == tokenize.NAME
    }
    return frozenset(imported | set(_defined(statements)))


def normalise(source: str, question: ReleasedQuestion, kind: str) -> NormalisedAnswer:
    """Return what is compared of an answer of this `kind`, code or markdown. It may be any text."""
    return _code(source, question) if kind == "code" else _text(source, question)


def _text(source: str, question: ReleasedQuestion) -> NormalisedAnswer:
    own = [pair for pair in _lines_of_words(source) if pair[1] not in question.statements]
    lines = (number for number, words in own for _ in words)
    return NormalisedAnswer(tuple(word for _, words in own for word in words), tuple(lines))


def _lines_of_words(source: str) -> Iterator[tuple[int, Words]]:
    for number, line in enumerate(source.splitlines()):
        yield number, tuple(re.findall(r"\w+", line.casefold()))


def _code(source: str, question: ReleasedQuestion) -> NormalisedAnswer:
    words: list[str] = []
    numbers: list[int] = []
    arguments: tuple[str, ...] = ()
    lines = source.split("\n")
    place = 0
    while place < len(lines):
        whole = _words_of_line(lines[place].strip(), arguments, question)
        if whole is not None:
            of_line, arguments = whole
            words += of_line
            numbers += [place] * len(of_line)
            place += 1
        else:
            statement, count = _statement(lines[place:])
            body, arguments = _body(statement, arguments, question)
            words += _words_of(body, arguments, question)
            numbers += (place + token.start[0] - 1 for token in body)
            place += count
    return NormalisedAnswer(tuple(words), tuple(numbers))


@functools.lru_cache(1 << 16)  # students write the same lines
def _words_of_line(
    line: str, arguments: tuple[str, ...], question: ReleasedQuestion
) -> tuple[Words, tuple[str, ...]] | None:
    """Return what counts in a line, and the arguments' names after it; None if a statement has more lines."""
    if len(line) > LONGEST_LINE:
        return None
    code = _TEXT_OR_COMMENT.sub("", line)
    pairs = zip(_OPEN, _CLOSED, strict=True)
    if any(quote in code for quote in "\"'\\") or any(code.count(a) != code.count(b) for a, b in pairs):
        return None
    body, arguments = _body(_statement([line])[0], arguments, question)
    return tuple(_words_of(body, arguments, question)), arguments


def _body(
    statement: Sequence[TokenInfo], arguments: tuple[str, ...], question: ReleasedQuestion
) -> tuple[Sequence[TokenInfo], tuple[str, ...]]:
    """Return what counts of a statement, and the arguments' names after it."""
    if _function(statement) in question.functions:
        arguments, statement = _signature(statement)
    is_text = all(token.type == tokenize.STRING for token in statement)
    return () if is_text or _words(statement) in question.statements else statement, arguments


def _words_of(
    body: Sequence[TokenInfo], arguments: tuple[str, ...], question: ReleasedQuestion
) -> Iterator[str]:
    depth = 0
    for place, token in enumerate(body):
        depth += (token.string in _OPEN) - (token.string in _CLOSED)
        before = body[place - 1].string if place else ""
        after = body[place + 1].string if place + 1 < len(body) else ""
        is_fixed = before == "." or (depth > 0 and before in ("(", ",") and after == "=")
        yield _word(token, is_fixed, arguments, question.names)


def _word(token: TokenInfo, is_fixed: bool, arguments: tuple[str, ...], names: frozenset[str]) -> str:
    """Return the word for a token; `is_fixed` for attributes and keywords, which nobody can rename."""
    text = token.string
    if token.type == tokenize.STRING:
        return TEXT
    if token.type != tokenize.NAME or is_fixed:
        return text
    if text in arguments:
        return f"argument {arguments.index(text)}"
    return text if text in _PYTHONS_NAMES or text in names else NAME


def _statements(source: str) -> Iterator[list[TokenInfo]]:
    """Yield the tokens of each logical line, up to the first that is not valid Python."""
    lines = source.split("\n")
    while lines:
        statement, count = _statement(lines)
        if statement:
            yield statement
        lines = lines[count:]


def _statement(lines: Sequence[str]) -> tuple[list[TokenInfo], int]:
    """Return the first logical line, and how many lines it takes: all, where it is not valid Python."""
    statement: list[TokenInfo] = []
    rest = (f"{line}\n" for line in lines)
    try:
        for token in tokenize.generate_tokens(lambda: next(rest, "")):
            if token.type == tokenize.NEWLINE and statement:
                return statement, token.start[0]
            if token.type not in _LAYOUT and token.string.strip():
                statement.append(token)
    # Python 3.12 and later encode the source, in which there may be a lone surrogate
    except (tokenize.TokenError, SyntaxError, UnicodeEncodeError):
        pass
    return statement, len(lines)


def _words(statement: Sequence[TokenInfo]) -> Words:
    return tuple(token.string for token in statement)


def _function(statement: Sequence[TokenInfo]) -> str:
    is_function = len(statement) > 2 and statement[0].string == "def"
    return statement[1].string if is_function else ""


def _defined(statements: Iterable[Sequence[TokenInfo]]) -> Iterator[str]:
    return filter(None, map(_function, statements))


def _signature(statement: Sequence[TokenInfo]) -> tuple[tuple[str, ...], Sequence[TokenInfo]]:
    """Return the names of a function's arguments, and what follows its head on the same line."""
    arguments: list[str] = []
    depth = 0
    for place, token in enumerate(statement):
        depth += (token.string in _OPEN) - (token.string in _CLOSED)
        is_named = depth == 1 and statement[place - 1].string in _BEFORE_ARGUMENT
        if is_named and token.type == tokenize.NAME:
            arguments.append(token.string)
        if depth == 0 and token.string == ":":
            return tuple(arguments), statement[place + 1 :]
    return tuple(arguments), ()
