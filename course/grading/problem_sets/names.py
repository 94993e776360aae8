"""Finds the names that a cell binds, and those that it only reads."""

from __future__ import annotations

import ast
from functools import lru_cache


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
