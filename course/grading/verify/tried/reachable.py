"""Finds the functions that can be reached from modules: in classes, containers, closures, and code."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

PACKAGE = "course"
_PLAIN = (str, bytes, int, float, np.ndarray, np.generic, types.ModuleType, type(None))


class Function(NamedTuple):
    """A function that is tried."""

    function: Callable[..., Any]
    name: str
    place: str


class Walk:
    """Collects the functions whose code is in a folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.functions: list[Function] = []
        self._seen: dict[int, Any] = {}

    def visit(self, value: Any, name: str = "") -> None:
        """Collect what can be reached from `value`; a function is called `name` or by its own."""
        if id(value) in self._seen or isinstance(value, _PLAIN):
            return
        self._seen[id(value)] = value
        if isinstance(value, types.FunctionType):
            self._visit_function(value, name)
        elif isinstance(value, type):
            self._visit_class(value)
        elif isinstance(value, dict):
            self._visit_all(value.values())
        elif isinstance(value, (list, tuple, set, frozenset)):
            self._visit_all(value)
        elif isinstance(value, (staticmethod, classmethod)):
            self.visit(value.__func__)
        elif isinstance(value, property):
            self.visit(value.fget)
        elif isinstance(value, functools.cached_property):
            self.visit(value.func)
        elif isinstance(value, functools.partial):
            self._note(value, value.func, name)
            self._visit_all((value.func, *value.args, *value.keywords.values()))
        elif hasattr(value, "__wrapped__"):
            self.visit(value.__wrapped__)
        elif type(value).__module__.partition(".")[0] == PACKAGE:
            self._visit_instance(value)

    def _visit_all(self, values: Any) -> None:
        for value in list(values):
            self.visit(value)

    def _visit_function(self, function: types.FunctionType, name: str) -> None:
        if not self._note(function, function, name):
            return
        for cell in function.__closure__ or ():
            try:
                self.visit(cell.cell_contents)
            except ValueError:  # nothing is in it yet
                continue
        self._visit_all((*(function.__defaults__ or ()), *vars(function).values()))
        self._visit_inner(function.__code__, function)

    def _visit_inner(self, code: types.CodeType, outer: types.FunctionType) -> None:
        """Collect functions that a function defines; of its variables they see only such functions."""
        parts = [part for part in code.co_consts if isinstance(part, types.CodeType)]
        cells = {part.co_name: types.CellType() for part in parts}
        for part in parts:
            self._visit_inner(part, outer)
            is_comprehension = part.co_name.startswith("<") and part.co_name != "<lambda>"
            if is_comprehension or not part.co_flags & inspect.CO_OPTIMIZED:  # the latter: a class
                continue
            closure = tuple(cells.get(name, types.CellType()) for name in part.co_freevars)
            inner = types.FunctionType(part, outer.__globals__, part.co_name, None, closure)
            cells[part.co_name].cell_contents = inner
            self._note(inner, inner, f"{outer.__module__}.{part.co_qualname}")

    def _visit_class(self, kind: type) -> None:
        if kind.__module__.partition(".")[0] != PACKAGE:
            return
        self._visit_all(vars(kind).values())
        if is_dataclass(kind) and all(
            field.default is not MISSING or field.default_factory is not MISSING for field in fields(kind)
        ):
            self._visit_instance(kind())

    def _visit_instance(self, value: Any) -> None:
        for name, part in vars(type(value)).items():
            if isinstance(part, types.FunctionType) and not name.startswith("__"):
                self._note(getattr(value, name), part, "")
        self._visit_all(getattr(value, "__dict__", {}).values())

    def _note(self, function: Callable[..., Any], home: Any, name: str) -> bool:
        """Collect `function`, whose code is that of `home`, if it is in the folder; return whether it is."""
        code = getattr(home, "__code__", None)
        if code is None or not code.co_filename.startswith(self.folder):
            return False
        place = f"line {code.co_firstlineno} of {Path(code.co_filename).name}"
        self.functions.append(Function(function, name or f"{home.__module__}.{home.__qualname__}", place))
        return True


def package_functions(folder: Path) -> list[Function]:
    """Return the functions of the package in `folder`, of which all modules are imported."""
    walk = Walk(str(folder))
    package = importlib.import_module(PACKAGE)
    modules = [package]
    for found in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        modules.append(importlib.import_module(found.name))
    for module in modules:
        walk.visit(vars(module))
    return walk.functions
