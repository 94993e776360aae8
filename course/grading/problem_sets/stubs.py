"""Tells a stub, in a place for an answer, from an answer: a source may have stubs only."""

from __future__ import annotations

import ast
import textwrap

TEXT_STUB = "YOUR ANSWER HERE"
STUB_LINES = frozenset({TEXT_STUB, "# YOUR CODE HERE", "raise NotImplementedError()"})
"""what nbgrader puts in the place of answers"""


def is_stub(text: str, *, is_code: bool) -> bool:
    """Say whether the text of a solution answers nothing: it only raises NotImplementedError, say."""
    if not is_code:
        return text.strip() in ("", TEXT_STUB)
    try:
        tree = ast.parse(textwrap.dedent(text))
    except SyntaxError:  # a magic, say
        return False
    return all(map(_does_nothing, tree.body))


def _does_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.FunctionDef(body=body) | ast.ClassDef(body=body):
            return all(map(_does_nothing, body))
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            return name == "NotImplementedError"
    return False
