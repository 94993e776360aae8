"""What is changed in a solution to make a wrong variant of it: for each kind of node, what may stand there.

An operator takes a node and yields what replaces it; a statement is dropped by `pass`. Replacements may share
nodes with the original, which is only ever written out.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

Operator = Callable[[ast.AST], Iterator[ast.AST]]

ARITHMETIC: dict[type[ast.operator], Sequence[type[ast.operator]]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add, ast.MatMult),
    ast.Div: (ast.Mult, ast.Sub),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult, ast.Div),
    ast.Mod: (ast.FloorDiv,),
}
NOT_COMMUTATIVE = (ast.Sub, ast.Div, ast.MatMult, ast.Pow)
COMPARISONS: dict[type[ast.cmpop], Sequence[type[ast.cmpop]]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
CALLED = {
    "sum": ("mean", "max", "prod"),
    "mean": ("sum", "max"),
    "max": ("min",),
    "min": ("max",),
    "argmax": ("argmin",),
    "argmin": ("argmax",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "all": ("any",),
    "any": ("all",),
    "log": ("log2", "log1p", "exp"),
    "log1p": ("log",),
    "exp": ("expm1", "log"),
    "expm1": ("exp",),
    "tanh": ("sin",),
    "sin": ("cos",),
    "cos": ("sin",),
    "zeros": ("ones",),
    "ones": ("zeros",),
    "zeros_like": ("ones_like",),
    "ones_like": ("zeros_like",),
    "hstack": ("vstack",),
    "vstack": ("hstack",),
    "logaddexp": ("maximum",),
    "isfinite": ("isnan", "isinf"),
    "insert": ("append",),
}
"""Functions and methods, by the last part of their names, and what they are taken for."""
AXES: tuple[int | None, ...] = (0, 1, None)


def arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    """Another operator, the operands the other way round, one operand alone."""
    if isinstance(node, ast.BinOp):
        for other in ARITHMETIC.get(type(node.op), ()):
            yield ast.BinOp(node.left, other(), node.right)
        if isinstance(node.op, NOT_COMMUTATIVE):
            yield ast.BinOp(node.right, node.op, node.left)
        yield node.left
        yield node.right
    if isinstance(node, ast.AugAssign):
        for other in ARITHMETIC.get(type(node.op), ()):
            yield ast.AugAssign(node.target, other(), node.value)
        yield ast.Assign([node.target], node.value, lineno=node.lineno)


def signs(node: ast.AST) -> Iterator[ast.AST]:
    """A minus dropped, and one in front of an operand."""
    if isinstance(node, ast.UnaryOp):
        yield node.operand
    if isinstance(node, ast.BinOp):
        for side in ("left", "right"):
            operands = {"left": node.left, "right": node.right}
            operands[side] = ast.UnaryOp(ast.USub(), operands[side])
            yield ast.BinOp(operands["left"], node.op, operands["right"])


def constants(node: ast.AST) -> Iterator[ast.AST]:
    """Other numbers, the other truth, another text."""
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield from map(ast.Constant, (value + 1, value - 1, 2 * value, -value, 0))
    elif isinstance(value, float):
        yield from map(ast.Constant, (value * 1.01, value / 2, 2 * value, -value, value + 1, 10 * value))
    elif isinstance(value, str):
        yield ast.Constant(f"{value}_")


def transposes(node: ast.AST) -> Iterator[ast.AST]:
    """A transpose dropped, and an operand transposed."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    if isinstance(node, ast.BinOp):
        yield ast.BinOp(_transposed(node.left), node.op, node.right)
        yield ast.BinOp(node.left, node.op, _transposed(node.right))


def _transposed(node: ast.expr) -> ast.expr:
    return ast.Attribute(node, "T", ast.Load())


def calls(node: ast.AST) -> Iterator[ast.AST]:
    """Another function, its argument alone, it twice, arguments swapped or left out, another axis."""
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Attribute):
        for other in CALLED.get(node.func.attr, ()):
            yield _call(node, func=ast.Attribute(node.func.value, other, ast.Load()))
        if not _is_module(node.func.value):
            yield node.func.value
    if isinstance(node.func, ast.Name):
        for other in CALLED.get(node.func.id, ()):
            yield _call(node, func=ast.Name(other, ast.Load()))
    if node.args:
        yield node.args[0]
        yield _call(node, args=[_call(node), *node.args[1:]])
        yield _call(node, args=node.args[:-1])
    for k in range(len(node.args) - 1):
        yield _call(node, args=[*node.args[:k], node.args[k + 1], node.args[k], *node.args[k + 2 :]])
    for k, keyword in enumerate(node.keywords):
        rest = [*node.keywords[:k], *node.keywords[k + 1 :]]
        yield _call(node, keywords=rest)
        if keyword.arg == "axis":
            yield from (_call(node, keywords=[*rest, ast.keyword("axis", ast.Constant(a))]) for a in AXES)


def _call(
    node: ast.Call,
    func: ast.expr | None = None,
    args: list[ast.expr] | None = None,
    keywords: list[ast.keyword] | None = None,
) -> ast.Call:
    return ast.Call(
        func or node.func,
        node.args if args is None else args,
        node.keywords if keywords is None else keywords,
    )


def _is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "numpy", "math", "scipy")


def slices(node: ast.AST) -> Iterator[ast.AST]:
    """Bounds dropped or moved by one, the other end cut off, the whole subscript dropped."""
    if isinstance(node, ast.Slice):
        yield ast.Slice(None, node.upper, node.step)
        yield ast.Slice(node.lower, None, node.step)
        yield ast.Slice(node.lower, node.upper, None)
        if node.lower is None:
            yield ast.Slice(ast.Constant(1), node.upper, node.step)
        if node.upper is None:
            yield ast.Slice(node.lower, ast.UnaryOp(ast.USub(), ast.Constant(1)), node.step)
        if node.upper is not None and node.lower is None:
            yield ast.Slice(ast.Constant(1), None, node.step)
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield node.value
        yield ast.Call(_numpy("squeeze"), [node], [])


def comparisons(node: ast.AST) -> Iterator[ast.AST]:
    """Another comparison, and for or, a condition that always or never holds."""
    if isinstance(node, ast.Compare):
        for k, comparison in enumerate(node.ops):
            for other in COMPARISONS[type(comparison)]:
                yield ast.Compare(node.left, [*node.ops[:k], other(), *node.ops[k + 1 :]], node.comparators)
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
        yield from node.values
    if isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    if isinstance(node, (ast.If, ast.While)):
        for truth in (True, False):
            yield type(node)(ast.Constant(truth), node.body, node.orelse)
        yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def loops(node: ast.AST) -> Iterator[ast.AST]:
    """A loop that starts late, ends early, runs the other way, or once."""
    if isinstance(node, (ast.For, ast.comprehension)):
        items = ast.Call(ast.Name("list", ast.Load()), [node.iter], [])
        for part in (
            ast.Slice(ast.Constant(1)),
            ast.Slice(None, ast.UnaryOp(ast.USub(), ast.Constant(1))),
            ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1))),
            ast.Slice(None, ast.Constant(5)),
        ):
            other = ast.Subscript(items, part, ast.Load())
            if isinstance(node, ast.For):
                yield ast.For(node.target, other, node.body, node.orelse, lineno=node.lineno)
            else:
                yield ast.comprehension(node.target, other, node.ifs, node.is_async)
    if isinstance(node, ast.For):
        yield ast.For(node.target, node.iter, [*node.body, ast.Break()], node.orelse, lineno=node.lineno)


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """A statement dropped."""
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.Return, ast.Continue, ast.Break)):
        yield ast.Pass()
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
        yield ast.Pass()


def sequences(node: ast.AST) -> Iterator[ast.AST]:
    """Items of a tuple or list swapped, left out, the order reversed."""
    if isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Load) and node.elts:
        kind, items = type(node), node.elts
        for k in range(len(items)):
            yield kind([*items[:k], *items[k + 1 :]], ast.Load())
        for k in range(len(items) - 1):
            yield kind([*items[:k], items[k + 1], items[k], *items[k + 2 :]], ast.Load())


def results(node: ast.AST) -> Iterator[ast.AST]:
    """What is returned, or one item of it, with a factor, another sign, rounded, shifted, in another form."""
    if not isinstance(node, ast.Return) or node.value is None:
        return
    if isinstance(node.value, ast.Tuple):
        for k, item in enumerate(node.value.elts):
            for other in _spoilt(item):
                items = [*node.value.elts[:k], other, *node.value.elts[k + 1 :]]
                yield ast.Return(ast.Tuple(items, ast.Load()))
        return
    for other in _spoilt(node.value):
        yield ast.Return(other)


def _spoilt(value: ast.expr) -> Iterator[ast.expr]:
    yield ast.UnaryOp(ast.USub(), value)
    yield ast.BinOp(value, ast.Mult(), ast.Constant(2))
    yield ast.BinOp(value, ast.Div(), ast.Constant(2))
    yield ast.BinOp(value, ast.Add(), ast.Constant(1e-6))
    yield ast.BinOp(value, ast.Mult(), ast.Constant(1 + 1e-5))
    yield _transposed(value)
    yield ast.Call(_numpy("round"), [value, ast.Constant(6)], [])
    for function in ("abs", "ravel", "atleast_2d", "sum", "float32"):
        yield ast.Call(_numpy(function), [value], [])
    yield ast.Call(_numpy("clip"), [value, ast.Constant(-20), ast.Constant(20)], [])


def safeguards(node: ast.AST) -> Iterator[ast.AST]:
    """What is done against overflow and division by zero, where it changes the result."""
    small = ast.Constant(1e-8)
    if isinstance(node, ast.Call) and _last_name(node.func) in ("log", "sigmoid", "exp") and node.args:
        if _last_name(node.func) == "log":
            yield _call(node, args=[ast.BinOp(node.args[0], ast.Add(), small)])
        else:
            clipped = ast.Call(_numpy("clip"), [node.args[0], ast.Constant(-20), ast.Constant(20)], [])
            yield _call(node, args=[clipped])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield ast.BinOp(node.left, node.op, ast.BinOp(node.right, ast.Add(), small))


def _last_name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _numpy(function: str) -> ast.expr:
    return ast.Attribute(ast.Name("np", ast.Load()), function, ast.Load())


OPERATORS: dict[str, Operator] = {
    operator.__name__: operator
    for operator in (
        arithmetic,
        signs,
        constants,
        transposes,
        calls,
        slices,
        comparisons,
        loops,
        statements,
        sequences,
        results,
        safeguards,
    )
}
