"""Reduces answers to what is compared: without what was released, own names, comments and layout."""

from __future__ import annotations

import builtins
import io
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
NAME, TEXT = "name", "text"


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
    own_statements = list(_statements(source))
    statements = [statement for text in code for statement in _statements(text)]
    imported = {
        token.string
        for statement in statements
        if statement[0].string in ("import", "from")
        for token in statement
        if token.type == tokenize.NAME
    }
    return ReleasedQuestion(
        frozenset(_words(statement) for statement in own_statements),
        frozenset(_defined(own_statements)),
        frozenset(imported | set(_defined(statements))),
    )


def normalise(source: str, question: ReleasedQuestion, kind: str) -> NormalisedAnswer:
    """Return what is compared of an answer of this `kind`, code or markdown. It may be any text."""
    words = list(_code(source, question) if kind == "code" else _text(source, question))
    return NormalisedAnswer(tuple(word for word, _ in words), tuple(line for _, line in words))


def _text(source: str, question: ReleasedQuestion) -> Iterator[tuple[str, int]]:
    for number, words in _lines_of_words(source):
        if words not in question.statements:
            yield from ((word, number) for word in words)


def _lines_of_words(source: str) -> Iterator[tuple[int, Words]]:
    for number, line in enumerate(source.splitlines()):
        yield number, tuple(re.findall(r"\w+", line.casefold()))


def _code(source: str, question: ReleasedQuestion) -> Iterator[tuple[str, int]]:
    arguments: dict[str, str] = {}
    for statement in _statements(source):
        body: Sequence[TokenInfo] = statement
        if _function(statement) in question.functions:
            arguments, body = _signature(statement)
        if _words(body) in question.statements or all(token.type == tokenize.STRING for token in body):
            continue
        depth = 0
        for place, token in enumerate(body):
            depth += (token.string in _OPEN) - (token.string in _CLOSED)
            before = body[place - 1].string if place else ""
            after = body[place + 1].string if place + 1 < len(body) else ""
            is_fixed = before == "." or (depth > 0 and before in ("(", ",") and after == "=")
            yield _word(token, is_fixed, arguments, question.names), token.start[0] - 1


def _word(token: TokenInfo, is_fixed: bool, arguments: dict[str, str], names: frozenset[str]) -> str:
    """Return the word for a token; `is_fixed` for attributes and keywords, which nobody can rename."""
    text = token.string
    if token.type == tokenize.STRING:
        return TEXT
    if token.type != tokenize.NAME or is_fixed:
        return text
    return arguments.get(text) or (text if text in _PYTHONS_NAMES or text in names else NAME)


def _statements(source: str) -> Iterator[list[TokenInfo]]:
    """Yield the tokens of each logical line, up to the first that is not valid Python."""
    statement: list[TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NEWLINE:
                if statement:
                    yield statement
                statement = []
            elif token.type not in _LAYOUT and token.string.strip():
                statement.append(token)
    # Python 3.12 and later encode the source, in which there may be a lone surrogate
    except (tokenize.TokenError, SyntaxError, UnicodeEncodeError):
        pass
    if statement:
        yield statement


def _words(statement: Sequence[TokenInfo]) -> Words:
    return tuple(token.string for token in statement)


def _function(statement: Sequence[TokenInfo]) -> str:
    is_function = len(statement) > 2 and statement[0].string == "def"
    return statement[1].string if is_function else ""


def _defined(statements: Iterable[Sequence[TokenInfo]]) -> Iterator[str]:
    return filter(None, map(_function, statements))


def _signature(statement: Sequence[TokenInfo]) -> tuple[dict[str, str], Sequence[TokenInfo]]:
    """Return the positions of a function's arguments by name, and what follows its head on the same line."""
    arguments: dict[str, str] = {}
    depth = 0
    for place, token in enumerate(statement):
        depth += (token.string in _OPEN) - (token.string in _CLOSED)
        is_named = depth == 1 and statement[place - 1].string in _BEFORE_ARGUMENT
        if is_named and token.type == tokenize.NAME:
            arguments.setdefault(token.string, f"argument {len(arguments)}")
        if depth == 0 and token.string == ":":
            return arguments, statement[place + 1 :]
    return arguments, ()
