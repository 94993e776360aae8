"""Decides whether the number a test ends with is partial credit or just the student's value."""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import lru_cache

_PASSED_ON = {"abs", "complex", "float", "int", "max", "min", "pow", "round", "sum"}
"""builtins whose result counts as the student's value if an argument does"""


def ends_in_students_value(source: str, answers: Collection[str]) -> bool:
    """Return whether a test ends in a value of the student's: a call of an answer, data, arithmetic on them.

    A comparison is the test's own value, and so is what an instructor's function returns for an answer.
    """
    body = _parsed(source).body
    names = set(answers)
    for statement in body[:-1]:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                (names.add if _comes_from_student(value, names) else names.discard)(name)
            case ast.AugAssign(target=ast.Name(id=name), value=value) if _comes_from_student(value, names):
                names.add(name)
    return bool(body) and isinstance(body[-1], ast.Expr) and _comes_from_student(body[-1].value, names)


_parsed = lru_cache(maxsize=256)(ast.parse)


def _comes_from_student(expression: ast.expr, names: Collection[str]) -> bool:
    match expression:
        case ast.Name(id=name):
            return name in names
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in _PASSED_ON:
            return any(_comes_from_student(argument, names) for argument in arguments)
        case ast.Call(func=function):
            return _comes_from_student(function, names)
        case ast.Compare() | ast.Lambda():
            return False
        case ast.UnaryOp(op=ast.Not()):
            return False
        case ast.IfExp(body=body, orelse=orelse):
            return _comes_from_student(body, names) or _comes_from_student(orelse, names)
    children = ast.iter_child_nodes(expression)
    return any(_comes_from_student(child, names) for child in children if isinstance(child, ast.expr))
