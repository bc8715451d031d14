"""The grader of a reinforcement job: its structure, and the columns that its templates refer to. It is never run."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from typing import Any

import orjson

from tuneset.line_schemas import read_schema
from tuneset.rules.issue import Issue, issue, show

_ITEM = re.compile(r"\{\{\s*item\.([A-Za-z_][A-Za-z0-9_]*)")
_HINT = "see the grader reference: string_check, text_similarity, python, score_model and multi"


def grader_issues(grader: Any, path: tuple[str | int, ...] = ()) -> Iterator[Issue]:  # noqa: ANN401  any JSON value
    """Yield what is wrong with a grader's definition, and with those within a multi grader."""
    for error in _validator().iter_errors(grader):
        place = (*path, *error.absolute_path)
        if error.validator == "required":
            for key in error.validator_value:
                if key not in error.instance and repr(key) in error.message:
                    yield issue("RFT004", (*place, key), f"{key} is missing", _HINT)
        else:
            allowed = error.schema.get("enum") or error.schema.get("type") or error.validator
            shown = ", ".join(allowed) if isinstance(allowed, list) else allowed
            yield issue("RFT004", place, f"{show(error.instance)}; allowed: {shown}", _HINT)
    if not isinstance(grader, dict):
        return
    if grader.get("type") == "python" and isinstance(grader.get("source"), str):
        yield from _python_issues(grader["source"], path)
    inner = grader.get("graders")
    if grader.get("type") == "multi" and isinstance(inner, dict):
        for name, one in inner.items():
            yield from grader_issues(one, (*path, "graders", name))
        yield from _formula_issues(grader.get("calculate_output"), set(inner), path)


def item_columns(grader: Any) -> tuple[str, ...]:  # noqa: ANN401  any JSON value
    """The columns that a grader's templates refer to as {{item.NAME}}, sorted.

    >>> item_columns({"reference": "{{item.answer}} {{ item.unit }}"})
    ('answer', 'unit')
    """
    return tuple(sorted(set(_ITEM.findall(orjson.dumps(grader).decode()))))


def _python_issues(source: str, path: tuple[str | int, ...]) -> Iterator[Issue]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        yield issue("RFT004", (*path, "source"), f"no Python, at line {line or 1} of the source", "correct the source")
        return
    if not any(isinstance(node, ast.FunctionDef) and node.name == "grade" for node in tree.body):
        yield issue("RFT004", (*path, "source"), "no function grade(sample, item)", "define grade(sample, item)")


def _formula_issues(formula: Any, names: set[str], path: tuple[str | int, ...]) -> Iterator[Issue]:  # noqa: ANN401
    """A formula may only use the graders' names, and the functions min, max, abs, floor, ceil, exp, sqrt and log."""
    if not isinstance(formula, str):
        return
    place = (*path, "calculate_output")
    try:
        tree = ast.parse(formula, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield issue("RFT004", place, "no formula", "write one such as 0.5 * first + 0.5 * second")
        return
    known = names | {"min", "max", "abs", "floor", "ceil", "exp", "sqrt", "log"}
    for name in sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - known):
        yield issue("RFT004", place, f"{show(name)} is no grader of this one", f"known are {', '.join(sorted(names))}")


@functools.cache
def _validator() -> Any:  # noqa: ANN401  jsonschema ships no types
    import jsonschema  # noqa: PLC0415  0.1 s that most runs do without

    schema = read_schema("grader")
    return jsonschema.Draft202012Validator(schema)
