"""Sizes that follow from an input's: integers with the expression that torch has for them.

The expressions are sympy's, as text: `(s0//2) + 1` of a live program, `Add(FloorDiv(Symbol('s0'), Integer(2)), …)` of a
file. Nothing of them is run but the operators and functions listed here.
"""

from __future__ import annotations

import ast
import operator
from functools import reduce
from math import ceil, floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Self

OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Add": lambda *terms: sum(terms),
    "Mul": lambda *terms: reduce(operator.mul, terms, 1),
    "FloorDiv": operator.floordiv,
    "CleanDiv": operator.floordiv,
    "IntTrueDiv": operator.truediv,
    "FloatTrueDiv": operator.truediv,
    "Mod": operator.mod,
    "PythonMod": operator.mod,
    "Max": max,
    "Min": min,
    "ToFloat": float,
    "TruncToInt": int,
    "FloorToInt": floor,
    "CeilToInt": ceil,
    "floor": floor,
    "ceiling": ceil,
    "Integer": int,
    "Rational": operator.truediv,
}


class Size(int):
    """A size at the export, and how it follows from the symbols of the program."""

    text: str

    @classmethod
    def of(cls, value: int, text: str) -> Self:
        """A size with its expression."""
        size = cls(value)
        size.text = text
        return size

    @property
    def name(self) -> str:
        """The symbol that it is, or its expression."""
        return symbol_of(ast.parse(self.text, mode="eval").body) or self.text


def at(value: Any, symbols: Mapping[str, int]) -> Any:
    """A value, or nested lists of them, with every size as it is for these symbols."""
    if isinstance(value, Size):
        return evaluate(value.text, symbols)
    if type(value) in (list, tuple):
        return type(value)([at(item, symbols) for item in value])
    return value


def evaluate(text: str, symbols: Mapping[str, int]) -> int:
    """The value of an expression. Raises ValueError for one of other parts than those known here."""
    value = of_node(ast.parse(text, mode="eval").body, symbols)
    if value != int(value):
        raise ValueError(f"{text} is no whole number here")
    return int(value)


def symbol_of(node: ast.expr) -> str:
    """The name in Symbol('s0', …); nothing for any other part."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Symbol" and node.args:
        first = node.args[0]
        return str(first.value) if isinstance(first, ast.Constant) else ""
    return ""


def of_node(node: ast.expr, symbols: Mapping[str, int]) -> Any:
    """The value of one part of an expression."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.Name) and node.id in symbols:
        return symbols[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -of_node(node.operand, symbols)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](of_node(node.left, symbols), of_node(node.right, symbols))
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return OPERATORS[type(node.ops[0])](of_node(node.left, symbols), of_node(node.comparators[0], symbols))
    if isinstance(node, ast.BoolOp):
        truths = [of_node(value, symbols) for value in node.values]
        return all(truths) if isinstance(node.op, ast.And) else any(truths)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if (name := symbol_of(node)) in symbols:
            return symbols[name]
        if node.func.id in FUNCTIONS:
            return FUNCTIONS[node.func.id](*[of_node(argument, symbols) for argument in node.args])
    raise ValueError(f"{ast.unparse(node)} is no size that is known here")
