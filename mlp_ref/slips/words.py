"""Writes parts of formulas as the course does."""

from __future__ import annotations

import ast
import re

NAMES = {
    "y_hat": "ŷ",
    "eta": "η",
    "beta": "β",
    "lam": "λ",
    "theta": "θ",
    "velocity": "v",
    "gradient": "g",
    "delta": "δ",
    "deltas": "the δ",
    "delta_next": "δ_{l+1}",
    "delta_1": "δ_1",
    "delta_2": "δ_2",
    "delta_3": "δ_3",
    "W_next": "W_{l+1}",
    "back": "δ Wᵀ",
    "dC_dyhat": "∂C/∂ŷ",
    "dyhat_dO": "∂ŷ/∂O",
    "dO_dW2": "∂O/∂W2",
    "dO_dZ": "∂O/∂Z",
    "dZ_dH": "∂Z/∂H",
    "dH_dW1": "∂H/∂W1",
    "slope": "the slope of the output unit",
    "hidden": "the slope of the hidden units",
    "units": "the hidden units",
    "weights": "the weights of the hidden units",
    "loss": "the loss",
    "losses": "the losses",
    "powers": "e^z",
    "log_P": "log P",
}
CALLS = {
    "slope_at": "σ′({})",
    "slope_of": "the slope of σ",
    "tanh_slope": "the slope of tanh",
    "positive": "the slope of max(0, z)",
    "square": "{}²",
    "sigmoid": "σ({})",
    "shifted": "{}",
    "len": "N",
    "total": "the sum",
    "row_sums": "the sums",
    "moved": "{0} moved by {2}",
}
SIGNS = {ast.Add: " + ", ast.Sub: " − ", ast.Mult: "·", ast.Div: "/", ast.MatMult: " "}
LONGEST = 40


def written(node: ast.AST | str) -> str:
    """Return a part of a formula as text; a long one as three dots in brackets."""
    text = node if isinstance(node, str) else _text(node)
    text = NAMES.get(text, text)
    return text if len(text) <= LONGEST else "(…)"


def _text(node: ast.AST) -> str:
    match node:
        case ast.Name(name):
            return NAMES.get(name, name)
        case ast.Constant(value):
            return str(value)
        case ast.Attribute(value, "T"):
            return f"{_text(value)}ᵀ"
        case ast.UnaryOp(ast.USub(), operand):
            return f"−{_text(operand)}"
        case ast.BinOp(left, op, right):
            return f"{_bracketed(left, op)}{SIGNS[type(op)]}{_bracketed(right, op)}"
        case ast.Call(ast.Name(name), args):
            texts = [_text(arg) for arg in args]
            return CALLS[name].format(*texts) if name in CALLS else f"{name}({', '.join(texts)})"
        case ast.Subscript(value, ast.Slice() | ast.Tuple()):
            return f"{_text(value)} without its bias"
        case ast.Subscript(value, ast.Name(name)):
            return f"{re.sub('s$', '', _text(value))}_{name}"
    return ast.unparse(node)


def _bracketed(node: ast.AST, op: ast.operator) -> str:
    text = _text(node)
    sums = isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))
    return f"({text})" if sums and not isinstance(op, (ast.Add, ast.Sub)) else text
