"""Finds the functions that the cells of a lecture define."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from .reachable import Function, Walk


def lecture_functions(path: Path) -> list[Function]:
    """Return the functions that the cells of the notebook at `path` define.

    Of the cells only definitions are run: imports, functions, and what is written down without computing.
    """
    walk = Walk(str(path))
    namespace: dict[str, Any] = {"__name__": path.stem}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            for statement in ast.parse("".join(cell["source"])).body:
                _define(statement, namespace, str(path))
    for name, value in list(namespace.items()):
        if name != "__builtins__":
            walk.visit(value, f"{name} in the lecture {path.stem}")
    return walk.functions


def _define(statement: ast.stmt, namespace: dict[str, Any], filename: str) -> None:
    if not _is_definition(statement):
        return
    try:
        exec(compile(ast.Module([statement], []), filename, "exec"), namespace)
    except Exception:  # it needs what the lecture has computed before
        return


def _is_definition(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Assign):
        kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
        return isinstance(statement, kinds)
    value = list(ast.walk(statement.value))
    calls = [ast.unparse(node.func) for node in value if isinstance(node, ast.Call)]
    return any(isinstance(node, ast.Lambda) for node in value) or all(
        name.startswith("np.") for name in calls
    )
