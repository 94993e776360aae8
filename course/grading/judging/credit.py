"""Tells a number that a test computes, which is partial credit, from one that it shows of a student's."""

from __future__ import annotations

import ast
from collections.abc import Collection

_PASSED_ON = {"abs", "complex", "float", "int", "max", "min", "pow", "round", "sum"}
"""builtins whose result is as much the student's as their argument"""


def is_an_answer(source: str, answers: Collection[str]) -> bool:
    """Say whether the last expression of a test is a value of the student: a call, data, arithmetic on them.

    A comparison is the grader's, and so is what a function of the instructor's makes of an answer.
    """
    body = ast.parse(source).body
    theirs = set(answers)
    for statement in body[:-1]:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                (theirs.add if _shows(value, theirs) else theirs.discard)(name)
            case ast.AugAssign(target=ast.Name(id=name), value=value) if _shows(value, theirs):
                theirs.add(name)
    return bool(body) and isinstance(body[-1], ast.Expr) and _shows(body[-1].value, theirs)


def _shows(expression: ast.expr, theirs: Collection[str]) -> bool:
    match expression:
        case ast.Name(id=name):
            return name in theirs
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in _PASSED_ON:
            return any(_shows(argument, theirs) for argument in arguments)
        case ast.Call(func=function):
            return _shows(function, theirs)
        case ast.Compare() | ast.Lambda():
            return False
        case ast.UnaryOp(op=ast.Not()):
            return False
        case ast.IfExp(body=body, orelse=orelse):
            return _shows(body, theirs) or _shows(orelse, theirs)
    children = ast.iter_child_nodes(expression)
    return any(_shows(child, theirs) for child in children if isinstance(child, ast.expr))
