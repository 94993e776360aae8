"""Writes out every variant of a solution that differs from it in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from course.grading.verify.mutants.operators import OPERATORS


@dataclass(frozen=True)
class Variant:
    """A solution with one thing changed."""

    operator: str
    """what kind of thing"""
    line: int
    """where, in the solution"""
    before: str
    after: str
    """the changed part, in one line each"""
    source: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.operator}: {self.before}  →  {self.after}"


def variants(source: str) -> Iterator[Variant]:
    """Yield the variants of a cell's source, each once. Raises SyntaxError where it is no Python."""
    tree = ast.parse(source)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    known = {ast.unparse(tree)}
    for function in functions:
        for slot in _slots(function):
            for operator, other in _replacements(function, slot.node):
                text = slot.with_(other, tree)
                if text not in known and _compiles(text):
                    known.add(text)
                    before, after = _line(slot.node), _line(other)
                    yield Variant(
                        operator, getattr(slot.node, "lineno", function.lineno), before, after, text
                    )


@dataclass(frozen=True)
class _Slot:
    """A place in a tree where a node stands."""

    parent: ast.AST
    field: str
    position: int | None
    """in a list, None where the field holds the node alone"""
    node: ast.AST

    def with_(self, other: ast.AST, tree: ast.Module) -> str:
        """Return `tree` written out with `other` in this place."""
        self._put(other)
        try:
            return ast.unparse(ast.fix_missing_locations(tree))
        finally:
            self._put(self.node)

    def _put(self, node: ast.AST) -> None:
        if self.position is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.position] = node


def _slots(function: ast.FunctionDef) -> list[_Slot]:
    """Return the places in the body of a function, but for its docstring and what annotates it."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    slots = [_Slot(function, "body", k, node) for k, node in enumerate(function.body) if node in body]
    slots += [_Slot(function.args, "defaults", k, node) for k, node in enumerate(function.args.defaults)]
    for slot in slots:
        slots.extend(_below(slot.node))
    return slots


def _below(node: ast.AST) -> Iterator[_Slot]:
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "ctx", "op", "ops"):
            continue
        if isinstance(value, ast.AST):
            yield _Slot(node, field, None, value)
        elif isinstance(value, list):
            yield from (_Slot(node, field, k, v) for k, v in enumerate(value) if isinstance(v, ast.AST))


def _replacements(function: ast.FunctionDef, node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for name, operator in OPERATORS.items():
        yield from ((name, other) for other in operator(node))
    yield from (("names", other) for other in _other_names(function, node))


def _other_names(function: ast.FunctionDef, node: ast.AST) -> Iterator[ast.AST]:
    """Yield the other names of the function's own, its parameters and variables."""
    names = [parameter.arg for parameter in function.args.args]
    stored = [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    own = dict.fromkeys([*names, *stored])
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in own:
        yield from (ast.Name(name, ast.Load()) for name in own if name != node.id)


def _compiles(text: str) -> bool:
    try:
        compile(text, "<variant>", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _line(node: ast.AST) -> str:
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split())
