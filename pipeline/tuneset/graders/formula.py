"""The formula of a grader `multi`: numbers, names of graders, + - * / ^ and a few functions. It runs no code."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": min, "max": max, "abs": abs, "floor": math.floor, "ceil": math.ceil, "exp": math.exp, "sqrt": math.sqrt,
    "log": math.log,
}  # fmt: skip
"""OpenAI's guide to graders (multigraders), 2026-11-20."""

MAX_CHARACTERS = 10_000
"""Of a formula: no person writes a longer one."""

_BINARY: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: math.pow,
}  # fmt: skip


class FormulaError(Exception):
    """A formula is none, or has no value for these scores; the text holds no score."""


def names(formula: str) -> set[str]:
    """The graders that a formula names. Raises FormulaError where it is none.

    >>> sorted(names("0.5 * first + max(second, first)"))
    ['first', 'second']
    """
    tree = _parsed(formula)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}


def calculate(formula: str, scores: Mapping[str, float]) -> float:
    """The value of a formula. `^` is a power, as in the protocol. Raises FormulaError where it has none.

    >>> calculate("min(a, b) + 2 ^ 3", {"a": 1.0, "b": 0.5})
    8.5
    """
    try:
        value = _value(_parsed(formula), scores)
    except (ArithmeticError, ValueError, TypeError) as error:
        raise FormulaError(f"calculate_output has no value here ({type(error).__name__})") from None
    if not math.isfinite(value):
        raise FormulaError("calculate_output has no value here")
    return value


def _parsed(formula: str) -> ast.expr:
    if len(formula) > MAX_CHARACTERS:
        raise FormulaError("calculate_output is too long")
    try:
        # Python's ^ binds looser than +, a power binds tighter.
        return ast.parse(formula.strip().replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError("calculate_output is no formula") from None


def _value(node: ast.expr, scores: Mapping[str, float]) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in scores:
        return scores[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _BINARY[type(node.op)](_value(node.left, scores), _value(node.right, scores))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _value(node.operand, scores)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        function = FUNCTIONS.get(node.func.id)
        if function is not None:
            return float(function(*(_value(argument, scores) for argument in node.args)))
    raise FormulaError("calculate_output holds what is no sum of graders")
