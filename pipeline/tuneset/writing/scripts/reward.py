"""The reward of an answer, by the grader in `grader.json` beside this file; needs nothing but Python.

The grader is one of the protocol's: `string_check`, `python`, or `multi` of these. Those that compare meanings
(`text_similarity`, `score_model`) need a service and are refused; put a function of your own in the place of `grade`.
As at the protocol's servers an answer that cannot be graded, such as one that is no JSON where that is looked into, has
the score 0; the first one of each reason is told. A column that a row does not have ends the training.

Below stand the forms in which trainers and services call it: TRL (`reward`), ms-swift (`tuneset_grader`), verl
(`compute_score`), and a Lambda of Amazon Bedrock (`lambda_handler`).
"""

import ast
import functools
import json
import math
import operator
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PLACE = re.compile(r"\{\{\s*(item|sample)\.([^{}]+?)\s*\}\}")
STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: math.pow, ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min, "max": max, "abs": abs, "floor": math.floor, "ceil": math.ceil, "exp": math.exp, "sqrt": math.sqrt,
    "log": math.log,
}  # fmt: skip


class NotGradedError(Exception):
    """An answer that the grader has no score for."""


@functools.cache
def grader() -> dict[str, Any]:
    """The grader's definition."""
    path = Path(__file__).resolve().parent / "grader.json"
    if not path.is_file():
        raise SystemExit(f"{path}: is not there; write the grader's definition into it, or export with --grader FILE")
    definition: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return definition


def grade(definition: dict[str, Any], sample: dict[str, Any], item: dict[str, Any]) -> float:
    """The score of one answer: `sample` has `output_text`, `item` the columns of the row."""
    try:
        return score_of(definition, sample, item)
    except NotGradedError as error:
        tell(str(error))
        return 0.0


@functools.cache
def tell(reason: str) -> None:
    """Say a reason once."""
    print(f"reward.py: an answer has the score 0, since {reason}", file=sys.stderr)


def score_of(definition: dict[str, Any], sample: dict[str, Any], item: dict[str, Any]) -> float:
    """The same. Raises NotGradedError where there is no score."""
    kind = definition["type"]
    if kind == "string_check":
        found, wanted = (filled(definition[name], sample, item) for name in ("input", "reference"))
        checks = {
            "eq": found == wanted,
            "ne": found != wanted,
            "like": wanted in found,
            "ilike": wanted.casefold() in found.casefold(),
        }
        return float(checks[definition["operation"]])
    if kind == "python":
        try:
            score = float(compiled(definition["source"])(sample, item))
        except (Exception, SystemExit) as error:
            raise NotGradedError(f"its function raised {type(error).__name__}") from error
        if not math.isfinite(score):
            raise NotGradedError("its function gave no finite number")
        return score
    if kind == "multi":
        scores = {name: score_of(one, sample, item) for name, one in definition["graders"].items()}
        formula = ast.parse(definition["calculate_output"].strip().replace("^", "**"), mode="eval").body
        try:
            value = float(calculated(formula, scores))
        except (ArithmeticError, ValueError, TypeError) as error:
            raise NotGradedError(f"calculate_output has no value ({type(error).__name__})") from error
        if not math.isfinite(value):
            raise NotGradedError("calculate_output has no value")
        return value
    raise SystemExit(f"grader.json: a grader of the type {kind} cannot be run here")


def filled(template: str, sample: dict[str, Any], item: dict[str, Any]) -> str:
    """A template with what its places name."""

    def value(found: re.Match[str]) -> str:
        where: Any = {"sample": sample, "item": item}[found[1]]
        for name, number in STEP.findall(found[2]):
            if isinstance(where, dict) and name in where:
                where = where[name]
            elif isinstance(where, list) and number and int(number) < len(where):
                where = where[int(number)]
            elif found[1] == "item":
                raise SystemExit(f"grader.json: a row has no {found[1]}.{found[2]}")
            else:
                raise NotGradedError(f"it has no {found[1]}.{found[2]}")
        return where if isinstance(where, str) else json.dumps(where, ensure_ascii=False)

    return PLACE.sub(value, template)


@functools.cache
def compiled(source: str) -> Any:
    """The function `grade(sample, item)` of a grader's own source."""
    names: dict[str, Any] = {}
    exec(compile(source, "grader.json", "exec"), names)
    return names["grade"]


def calculated(node: ast.AST, scores: dict[str, float]) -> Any:
    """The value of a `calculate_output`: numbers, names of graders, + - * / ** and a few functions."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name) and node.id in scores:
        return scores[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](calculated(node.left, scores), calculated(node.right, scores))
    if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](calculated(node.operand, scores))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
        return FUNCTIONS[node.func.id](*(calculated(argument, scores) for argument in node.args))
    raise SystemExit("grader.json: calculate_output holds what is no sum of graders")


def sample_of(answer: Any) -> dict[str, Any]:
    """What a grader sees of an answer: its text, that as JSON where it is an object or a list, its calls of tools."""
    said = {"content": answer} if isinstance(answer, str) else answer[-1]
    text = said.get("content") or ""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    seen = {"output_text": text, "output_tools": said.get("tool_calls") or [], "choices": []}
    return {**seen, "output_json": value} if isinstance(value, dict | list) else seen


def reward(completions: list[Any], **columns: Any) -> list[float]:
    """For TRL: the scores of some answers, whose rows' columns are lists beside them."""
    rows = [
        {
            name: values[n]
            for name, values in columns.items()
            if isinstance(values, list) and len(values) > n and values[n] is not None  # a table fills what a row lacks
        }
        for n in range(len(completions))
    ]
    return [grade(grader(), sample_of(answer), row) for answer, row in zip(completions, rows, strict=True)]


def compute_score(
    data_source: str, solution_str: str, ground_truth: Any, extra_info: dict[str, Any] | None = None
) -> float:
    """For verl: the score of one answer; the row's columns stand in `extra_info`."""
    item = {"reference_answer": ground_truth, "data_source": data_source, **(extra_info or {})}
    columns = item.pop("columns", None)
    return grade(grader(), sample_of(solution_str), item | (json.loads(columns) if columns else {}))


def lambda_handler(event: Any, context: Any) -> list[dict[str, Any]]:
    """For a Lambda of Amazon Bedrock: an array of answers with the columns of their rows."""
    answered = event["trajectories"] if isinstance(event, dict) else event
    return [
        {
            "id": row.get("id", str(place)),
            "aggregate_reward_score": grade(grader(), sample_of(row["messages"]), row),
            "metrics_list": [],
        }
        for place, row in enumerate(answered)
    ]


try:
    from swift.rewards.orm import ORM, orms
except ImportError:
    pass
else:

    class TunesetGrader(ORM):
        """For ms-swift: `--external_plugins reward.py --reward_funcs tuneset_grader`."""

        def __call__(self, completions: list[Any], **columns: Any) -> list[float]:
            """The scores of some answers."""
            return reward(completions, **columns)

    orms["tuneset_grader"] = TunesetGrader
