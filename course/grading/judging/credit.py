"""Decides whether a test ends in a number of its own, which is partial credit, or in a student's value."""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import lru_cache

_PASSED_ON = {"abs", "complex", "float", "int", "max", "min", "pow", "round", "sum"}
"""builtins whose result is as much the student's as their argument"""


def is_an_answer(source: str, answers: Collection[str]) -> bool:
    """Return whether a test ends in a value of the student's: a call of an answer, data, arithmetic on them.

    A comparison is the grader's value, and so is what an instructor's function returns for an answer.
    """
    body = _parsed(source).body
    student_names = set(answers)
    for statement in body[:-1]:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                (student_names.add if _shows(value, student_names) else student_names.discard)(name)
            case ast.AugAssign(target=ast.Name(id=name), value=value) if _shows(value, student_names):
                student_names.add(name)
    return bool(body) and isinstance(body[-1], ast.Expr) and _shows(body[-1].value, student_names)


_parsed = lru_cache(maxsize=256)(ast.parse)


def _shows(expression: ast.expr, student_names: Collection[str]) -> bool:
    match expression:
        case ast.Name(id=name):
            return name in student_names
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in _PASSED_ON:
            return any(_shows(argument, student_names) for argument in arguments)
        case ast.Call(func=function):
            return _shows(function, student_names)
        case ast.Compare() | ast.Lambda():
            return False
        case ast.UnaryOp(op=ast.Not()):
            return False
        case ast.IfExp(body=body, orelse=orelse):
            return _shows(body, student_names) or _shows(orelse, student_names)
    children = ast.iter_child_nodes(expression)
    return any(_shows(child, student_names) for child in children if isinstance(child, ast.expr))
