"""Finds the names that a cell binds, those that it only reads, and the modules that it imports."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

_IMPORT = re.compile(r"^[ \t]*(?:import[ \t]+([^#;\n]+)|from[ \t]+(\w+))", re.MULTILINE)


@lru_cache(maxsize=256)
def free_names(source: str) -> frozenset[str]:
    """Return the names a cell reads and does not bind itself at its top level."""
    tree = ast.parse(source)
    read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return frozenset(read - bound_names(tree))


def bound_names(tree: ast.Module) -> set[str]:
    """Return the names that the statements of a module bind at its top level."""
    bound: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            bound.add(statement.name)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
        else:
            stores = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
            bound |= {n.id for n in stores if isinstance(n.ctx, ast.Store)}
    return bound


def imported_modules(source: str) -> set[str]:
    """Return the modules that a source imports, without what follows a dot in their names.

    Of a source that is not Python, such as a cell with magics, these are the modules its lines import.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        parts = [part for match in _IMPORT.findall(source) for part in (match[0] or match[1]).split(",")]
        return {name for part in parts if (name := part.strip().partition(" ")[0].partition(".")[0])}
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}
