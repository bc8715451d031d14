"""Reinforcement prompts, their columns, and the grader of the job, which is never run."""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import functools
import re
from collections.abc import Iterator
from typing import Any

import orjson

from tuneset.line_schemas import read_schema
from tuneset.rules.accessors import Object, conversation
from tuneset.rules.context import Context
from tuneset.rules.issue import Issue, issue, show
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import ANSWER, ASK, GOOD_PROMPT, RFT_MODEL, chat, turn
from tuneset.rules.schema_errors import schema_errors

_RFT_GUIDE = "OpenAI reinforcement fine-tuning guide and grader reference"
_SEEN = dt.date(2026, 11, 20)
_GRADER = {"type": "string_check", "name": "capital", "operation": "eq", "input": "{{sample.output_text}}"}


def _grader(**more: object) -> bytes:
    return orjson.dumps({**_GRADER, **more})


_GOOD_GRADED = dataclasses.replace(GOOD_PROMPT, grader=_grader(reference="{{item.reference_answer}}"))

_REACHABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_TEMPLATE_NAMES = frozenset({"item", "sample"})
_RESERVED = frozenset({"messages", "tools"})

RULES = (
    Rule(
        "RFT001", "last-message-not-user", "error", "A reinforcement prompt does not end with the user's message.",
        "The model writes the answer itself, and the grader judges it.",
        "Azure reinforcement fine-tuning documentation", _SEEN,
        Sample(chat(ASK, ANSWER, reference_answer="Paris"), path="$.messages[1].role", format="rft",
               profile="azure", model=RFT_MODEL),
        GOOD_PROMPT,
    ),
    Rule(
        "RFT002", "unreachable-column", "warning", "A column's name cannot be written in a grader's {{item.NAME}}.",
        "Templates take letters, digits and _; `item` and `sample` are the templates' own names.",
        _RFT_GUIDE, _SEEN,
        Sample(chat(ASK, **{"reference answer": "Paris"}), path="$['reference answer']", format="rft",
               profile="azure", model=RFT_MODEL),
        GOOD_PROMPT,
    ),
    Rule(
        "RFT003", "missing-grader-column", "error", "The grader refers to a column that the line does not have.",
        "The grader fails on every such line, and the job with it.",
        _RFT_GUIDE, _SEEN,
        dataclasses.replace(GOOD_PROMPT, path="$", grader=_grader(reference="{{item.capital}}")), _GOOD_GRADED,
    ),
    Rule(
        "RFT004", "invalid-grader", "error", "The grader's definition has not the form of one.",
        "The job is refused when it is created.",
        "OpenAI API specification, GraderStringCheck to GraderMulti", dt.date(2026, 8, 21),
        dataclasses.replace(GOOD_PROMPT, line=0, path="$.reference", grader=_grader()), _GOOD_GRADED,
    ),
    Rule(
        "RFT005", "no-reference-answer", "warning", "A reinforcement prompt has no reference_answer.",
        "The grader is given it to judge by; where it needs none, switch the rule off.",
        "Amazon Bedrock documentation, preparing data for open-weight models", _SEEN,
        Sample(chat(ASK, task="geography"), path="$.reference_answer", format="rft", profile="bedrock",
               model="openai.gpt-oss-20b"),
        Sample(chat(turn("system", "Answer in one word."), ASK, reference_answer={"city": "Paris"}), format="rft",
               profile="bedrock", model="openai.gpt-oss-20b"),
        optional=True,
    ),
)  # fmt: skip


def reinforcement_issues(example: Object, context: Context) -> Iterator[Issue]:
    """Yield what is wrong with a reinforcement prompt and its columns."""
    messages = conversation(example, "rft")
    if messages and messages[-1][1].get("role") in ("developer", "assistant", "tool"):
        path, last = messages[-1]
        said = f"the last message is of role {show(last['role'])}; allowed: user"
        yield issue("RFT001", (*path, "role"), said, "move the answer into a column of its own for the grader")
    for key in example:
        if key not in _RESERVED and (key in _TEMPLATE_NAMES or not _REACHABLE.fullmatch(key)):
            said = "the column's name cannot be written in a template"
            yield issue("RFT002", (key,), said, "rename it, with letters, digits and _ alone")
    if context.on("RFT005") and "reference_answer" not in example:
        yield issue("RFT005", ("reference_answer",), "reference_answer is missing", "add what the answer is judged by")
    for column in context.grader_columns:
        if column not in example:
            said = f"the grader refers to {{{{item.{column}}}}}, and the line has no such column"
            yield issue("RFT003", (), said, f"add the column {column}, or correct the grader")


# --- the grader ---

_ITEM = re.compile(r"\{\{\s*item\.([A-Za-z_][A-Za-z0-9_]*)")
_HINT = "see the grader reference: string_check, text_similarity, python, score_model and multi"


def grader_issues(grader: Any, path: tuple[str | int, ...] = ()) -> Iterator[Issue]:  # noqa: ANN401  any JSON value
    """Yield what is wrong with a grader's definition, and with those within a multi grader."""
    for error in schema_errors(_validator(), grader):
        place = (*path, *error.absolute_path)
        if error.validator == "required":
            for key in error.validator_value:
                if key not in error.instance:
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


def _formula_issues(formula: Any, names: set[str], path: tuple[str | int, ...]) -> Iterator[Issue]:  # noqa: ANN401  any JSON
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
