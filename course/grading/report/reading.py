"""An answer as it is compared: what was given is taken out, and names, comments and layout do not count."""

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
_KEPT = {*keyword.kwlist, *dir(builtins)}
_OPEN, _CLOSED = ("(", "[", "{"), (")", "]", "}")
_BEFORE_ARGUMENT = ("(", ",", "*", "**")
NAME, TEXT = "name", "text"


@dataclass(frozen=True)
class Reading:
    """What is compared of an answer."""

    words: Words
    """its tokens, each name of the student's own as `name`; of a text, its words"""
    lines: tuple[int, ...]
    """the line of each, from 0"""


@dataclass(frozen=True)
class Given:
    """What students received: it proves nothing where two have it."""

    statements: frozenset[Words]
    """of the cell: its statements or, in a text, its lines"""
    functions: frozenset[str]
    """that the cell defines; their arguments are known by position"""
    names: frozenset[str]
    """that the notebook imports or defines: they stay what they are"""


def given(template: str, others: Iterable[str], kind: str) -> Given:
    """Return what a cell gives; `others` are the sources of all code cells that students received."""
    if kind != "code":
        return Given(frozenset(words for _, words in _lines_of_words(template)), frozenset(), frozenset())
    mine = list(_statements(template))
    statements = [statement for source in others for statement in _statements(source)]
    imported = {
        token.string
        for statement in statements
        if statement[0].string in ("import", "from")
        for token in statement
        if token.type == tokenize.NAME
    }
    return Given(
        frozenset(_words(statement) for statement in mine),
        frozenset(_defined(mine)),
        frozenset(imported | set(_defined(statements))),
    )


def read(source: str, given: Given, kind: str) -> Reading:
    """Return what is to be compared of an answer, whatever it holds; none of what is `given`."""
    found = _code(source, given) if kind == "code" else _text(source, given)
    pairs = list(found)
    return Reading(tuple(word for word, _ in pairs), tuple(line for _, line in pairs))


def _text(source: str, given: Given) -> Iterator[tuple[str, int]]:
    for number, words in _lines_of_words(source):
        if words not in given.statements:
            yield from ((word, number) for word in words)


def _lines_of_words(source: str) -> Iterator[tuple[int, Words]]:
    for number, line in enumerate(source.splitlines()):
        yield number, tuple(re.findall(r"\w+", line.casefold()))


def _code(source: str, given: Given) -> Iterator[tuple[str, int]]:
    arguments: dict[str, str] = {}
    for statement in _statements(source):
        body: Sequence[TokenInfo] = statement
        if _function(statement) in given.functions:
            arguments, body = _signature(statement)
        if _words(body) in given.statements or all(token.type == tokenize.STRING for token in body):
            continue
        depth = 0
        for place, token in enumerate(body):
            depth += (token.string in _OPEN) - (token.string in _CLOSED)
            before = body[place - 1].string if place else ""
            after = body[place + 1].string if place + 1 < len(body) else ""
            is_fixed = before == "." or (depth > 0 and before in ("(", ",") and after == "=")
            yield _normal(token, is_fixed, arguments, given.names), token.start[0] - 1


def _normal(token: TokenInfo, is_fixed: bool, arguments: dict[str, str], names: frozenset[str]) -> str:
    """Return what stands for a token; an attribute or a keyword argument is fixed by what it belongs to."""
    text = token.string
    if token.type == tokenize.STRING:
        return TEXT
    if token.type != tokenize.NAME or is_fixed:
        return text
    return arguments.get(text) or (text if text in _KEPT or text in names else NAME)


def _statements(source: str) -> Iterator[list[TokenInfo]]:
    """Yield the tokens of each logical line, up to where the source is no Python any more."""
    statement: list[TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NEWLINE:
                if statement:
                    yield statement
                statement = []
            elif token.type not in _LAYOUT and token.string.strip():
                statement.append(token)
    except (tokenize.TokenError, SyntaxError):
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
    """Return what a function's arguments are called by position, and what follows on its line."""
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
