"""Makes one function of a formula in which every part can be switched to what is taken for it.

All wrong variants are one compiled function, with a dictionary of what is switched: thousands are tried in
the time that compiling them would take.
"""

from __future__ import annotations

import ast
import inspect
import operator
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import numpy as np

from mlp_ref.slips import alternatives as of
from mlp_ref.slips import vocabulary
from mlp_ref.slips.vocabulary import TAKEN_FOR
from mlp_ref.slips.words import written

Function = Callable[..., Any]
Site = int | str
NOT_VARIED = ("steps",)
"""what is no number of the formula"""
IN_ONE_PLACE = {f"{text}, in one place": made for text, made in {**of.VALUE, **of.RARE_VALUE}.items()}
FACTORS = ("N", "eta", "beta", "lam")
"""what may be a factor where none belongs"""
OPERATORS: dict[type[ast.operator], Function] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.MatMult: operator.matmul,
}


@dataclass(frozen=True)
class Slip:
    """One thing that may be wrong in a formula."""

    site: Site
    """where: several slips of one place exclude each other"""
    text: str
    function: Function
    """of the values at this place, what stands there"""
    kind: Any
    """the same for the same slip at other places"""
    rank: int
    """how many others are more common at this place"""
    rare: bool = False
    of_one: bool = False
    """whether one value stands at this place, so that two slips can come one after the other"""
    exchanged: bool = False
    """whether another value of the formula stands here"""


@dataclass
class Switched:
    """A formula and its slips."""

    function: Function
    slips: list[Slip]
    on: dict[Site, Function]
    """what is switched to something else"""
    places: list[Function]
    """what stands in each place now"""

    def __call__(self, args: tuple[Any, ...], *slips: Slip) -> Any:
        """Return what the formula with these slips makes of the arguments."""
        self.on.clear()
        self.on.update((slip.site, slip.function) for slip in slips)
        usual = {k: self.places[k] for k in self.on if isinstance(k, int)}
        try:
            for k in usual:
                self.places[k] = self.on[k]
            return self.function(*args)
        finally:
            for k, function in usual.items():
                self.places[k] = function

    def computed(self, args: tuple[Any, ...]) -> int:
        """Return how many places the right formula computes, for the arguments."""
        count = 0

        def counting(function: Function) -> Function:
            def counted(*values: Any) -> Any:
                nonlocal count
                count += 1
                return function(*values)

            return counted

        usual = list(self.places)
        self.places[:] = map(counting, usual)
        try:
            self(args)
        finally:
            self.places[:] = usual
        return count + 1


@lru_cache(maxsize=100)
def switched(form: Function) -> Switched:
    """Return a formula with switches."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(form)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    writer = _Writer([a.arg for a in definition.args.args if a.arg not in NOT_VARIED])
    definition.body = [*writer.prologue(), *map(writer.statement, definition.body)]
    definition.returns = None
    for argument in definition.args.args:
        argument.annotation = None
    namespace: dict[str, Any] = {**form.__globals__, "_places": writer.usual, "_on": writer.on}
    exec(compile(ast.fix_missing_locations(tree), "<formula>", "exec"), namespace)
    return Switched(namespace[definition.name], writer.slips, writer.on, writer.usual)


@dataclass
class _Writer:
    """Writes switches into the statements of a function."""

    names: list[str]
    slips: list[Slip] = field(default_factory=list)
    on: dict[Site, Function] = field(default_factory=dict)
    usual: list[Function] = field(default_factory=list)

    def prologue(self) -> list[ast.stmt]:
        return [
            ast.Assign([ast.Name(name, ast.Store())], self._value(ast.Name(name, ast.Load()), written(name)))
            for name in self.names
        ]

    def statement(self, node: ast.stmt) -> ast.stmt:
        match node:
            case ast.For():
                items = ast.Call(ast.Name("list", ast.Load()), [node.iter], [])
                loop = self._place(_same, [items], {"the loop over " + written(node.target): of.LOOPS})
                return ast.For(node.target, loop, [*map(self.statement, node.body)], [])
            case ast.Assign():
                target = node.targets[0]
                value = self.expression(node.value)
                if isinstance(target, ast.Name) and not isinstance(node.value, ast.List):
                    if target.id not in self.names:
                        self.names.append(target.id)
                    if not isinstance(node.value, ast.Name):
                        value = self._value(value, written(target))
                elif isinstance(target, ast.Subscript):
                    value = self._value(value, "the entry")
                return ast.Assign(node.targets, value)
            case ast.Expr(ast.Call(func, args)):
                return ast.Expr(ast.Call(func, [*map(self.expression, args)], []))
            case ast.Return(value) if value is not None:
                return ast.Return(self._result(value))
        return node

    def _result(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Tuple):
            return ast.Tuple([self._one_result(item, written(item)) for item in node.elts], ast.Load())
        return self._one_result(node, "the result")

    def _one_result(self, node: ast.expr, text: str) -> ast.expr:
        value = self.expression(node)
        return self._place(_same, [value], {text: {**of.VALUE, **of.RESULT}}, {text: of.RARE_VALUE})

    def _value(self, node: ast.expr, text: str) -> ast.expr:
        return self._place(_same, [node], {text: of.VALUE}, {text: of.RARE_VALUE}, each=True)

    def expression(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.BinOp(left, ast.Div(), ast.BinOp(a, ast.Mult(), b)):
                parts = [left, a, b]
                texts = [written(part) for part in parts]
                return self._place(
                    lambda l, a, b: l / (a * b),
                    [*map(self.expression, parts)],
                    {tuple(texts): of.BY_PRODUCT},
                    {
                        (texts[0], written(node.right)): {
                            text: lambda l, a, b, made=made: made(l, a * b)
                            for text, made in of.BINARY[ast.Div][0].items()
                        }
                    },
                )
            case ast.BinOp():
                sides = written(node.left), written(node.right)
                common, rare = of.BINARY[type(node.op)]
                operands = [self.expression(node.left), self.expression(node.right)]
                return self._place(OPERATORS[type(node.op)], operands, {sides: common}, {sides: rare})
            case ast.UnaryOp(ast.USub(), operand) if not isinstance(operand, ast.Constant):
                reversed_sign = {"the minus before {} missing": _same}
                return self._place(
                    operator.neg, [self.expression(operand)], {written(operand): reversed_sign}
                )
            case ast.Call(ast.Name(name)) if name in TAKEN_FOR:
                text = written(node)
                usual = len if name == "len" else _usual(self.on, name)
                place = self._place(usual, [*map(self.expression, node.args)], {text: TAKEN_FOR[name]})
                if name != "len" and not any(slip.site == name for slip in self.slips):
                    for rank, (text, function) in enumerate(TAKEN_FOR[name].items()):
                        self.slips.append(Slip(name, text.format("the slope"), function, function, rank))
                return place
            case ast.Call(func, args):
                return ast.Call(func, [*map(self.expression, args)], node.keywords)
            case ast.Attribute(value, "T"):
                text = written(value)
                return self._place(
                    np.transpose, [self.expression(value)], {text: {"{} not transposed": _same}}
                )
            case ast.Subscript(value, key):
                return self._item(value, key)
            case ast.Name(name) if name in self.names:
                return self._name(name)
            case ast.Constant(value) if isinstance(value, (int, float)):
                return self._place(_same, [node], {}, {(str(value), str(value + 1)): of.NUMBERS})
        return node

    def _item(self, value: ast.expr, key: ast.expr) -> ast.expr:
        text = written(ast.Subscript(value, key, ast.Load()))
        base = self._others(value.id) if isinstance(value, ast.Name) else value
        if any(isinstance(part, ast.Slice) for part in ast.walk(key)):
            index = ast.Subscript(
                ast.Attribute(ast.Name("np", ast.Load()), "s_", ast.Load()), key, ast.Load()
            )
            return self._place(operator.getitem, [base, index], {text: of.SLICES})
        return self._place(
            operator.getitem, [base, key], {text: {f"{made} for {{}}": f for made, f in of.INDICES.items()}}
        )

    def _name(self, name: str) -> ast.expr:
        """Write a name so that its value may be another one, or spoilt here alone."""
        return self._place(
            _same,
            [self._others(name)],
            {},
            {written(name): IN_ONE_PLACE},
            each=True,
        )

    def _others(self, name: str) -> ast.expr:
        k = len(self.usual)
        self.usual.append(_same)
        for other in self.names:
            if other != name:
                text = f"{written(other)} in place of {written(name)}"
                self.slips.append(Slip(k, text, partial(_taken, other), (k, other), 5, exchanged=True))
            if other != name and other in FACTORS:
                text = f"a factor {written(other)} too many in {written(name)}"
                self.slips.append(Slip(k, text, partial(_times, other), ("factor", other), 5, rare=True))
        here = ast.parse(f"({name} if {k} not in _on else _on[{k}]({name}, locals()))", mode="eval")
        return here.body

    def _place(
        self,
        usual: Function,
        values: list[ast.expr],
        common: dict[Any, of.Alternatives],
        rare: dict[Any, of.Alternatives] | None = None,
        each: bool = False,
    ) -> ast.expr:
        """Write a place whose values are given, and enter its slips."""
        k = len(self.usual)
        self.usual.append(usual)
        for group, is_rare in ((common, False), (rare or {}, True)):
            for operands, alternatives in group.items():
                texts = operands if isinstance(operands, tuple) else (operands,)
                for rank, (text, function) in enumerate(alternatives.items()):
                    made = of.each(function) if each else function
                    self.slips.append(
                        Slip(k, text.format(*texts), made, function, rank, is_rare, usual is _same)
                    )
        here = ast.Subscript(ast.Name("_places", ast.Load()), ast.Constant(k), ast.Load())
        return ast.Call(here, values, [])


def _same(value: Any, *_: Any) -> Any:
    return value


def _taken(other: str, _: Any, names: Mapping[str, Any]) -> Any:
    return names[other]


def _times(other: str, value: Any, names: Mapping[str, Any]) -> Any:
    return value * names[other]


def _usual(on: dict[Site, Function], name: str) -> Function:
    """Return what is meant by a word of the vocabulary, which may be wrong wherever it occurs."""
    right: Function = getattr(vocabulary, name)

    def usual(*values: Any) -> Any:
        return (on.get(name) or right)(*values)

    return usual
