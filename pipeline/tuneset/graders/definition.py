"""What is wrong with a grader's definition, so that a job or an evaluation is refused before it costs anything."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from tuneset.graders.formula import FUNCTIONS, FormulaError, names
from tuneset.line_schemas import read_schema

MAX_SOURCE = 256 << 10
"""Bytes of a Python grader's source. OpenAI's guide to graders (Python), 2026-11-20."""


def definition_fault(definition: object, *, judged: bool) -> str | None:
    """Why a grader cannot be used, with the place in it; None where it can. Its values are not repeated.

    Args:
        definition: the grader, any JSON value.
        judged: whether there is a server that the models of `score_model` graders can be asked at.

    >>> definition_fault({"type": "python", "name": "a", "source": "x = 1"}, judged=False)
    'source: it has no function grade(sample, item)'
    """
    for error in _validator().iter_errors(definition):
        place = ".".join(str(step) for step in error.instance_path)
        return f"{place or 'grader'}: not as the grader reference of the protocol has it"
    assert isinstance(definition, Mapping)
    return _FAULTS[definition["type"]](definition, judged)


@functools.cache
def _validator() -> Any:  # noqa: ANN401  the library's types are not public
    return jsonschema_rs.validator_for(read_schema("grader"))


def _none(_definition: Mapping[str, Any], _judged: bool) -> None:
    return None


def _similarity_fault(definition: Mapping[str, Any], _judged: bool) -> str | None:
    if definition["evaluation_metric"] == "cosine":
        return "evaluation_metric: cosine needs a model of embeddings, which is not here; fuzzy_match and others are"
    return None


def _python_fault(definition: Mapping[str, Any], _judged: bool) -> str | None:
    source = definition["source"]
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE:
        return f"source: it has more than {MAX_SOURCE:,} bytes"
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"source: it is no Python, at line {getattr(error, 'lineno', None) or 1}"
    if not any(isinstance(node, ast.FunctionDef) and node.name == "grade" for node in tree.body):
        return "source: it has no function grade(sample, item)"
    return None


def _judge_fault(_definition: Mapping[str, Any], judged: bool) -> str | None:
    return None if judged else "type: no server is named at which the model of a score_model grader can be asked"


def _multi_fault(definition: Mapping[str, Any], judged: bool) -> str | None:
    for name, one in definition["graders"].items():
        fault = definition_fault(one, judged=judged)
        if fault is None and one["type"] == "multi":
            fault = "type: a multi grader holds no other"
        if fault is not None:
            return f"graders.{name}.{fault}"
    try:
        unknown = names(definition["calculate_output"]) - set(definition["graders"]) - set(FUNCTIONS)
    except FormulaError as error:
        return f"calculate_output: {error}"
    return "calculate_output: it names what is no grader of this one" if unknown else None


_FAULTS = {
    "string_check": _none,
    "text_similarity": _similarity_fault,
    "python": _python_fault,
    "score_model": _judge_fault,
    "multi": _multi_fault,
}
