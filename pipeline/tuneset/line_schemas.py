"""The JSON Schemas of the line formats, with every reference resolved.

The `.schema.json` files are the single source for the shape of a line; this file only loads them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import orjson

from tuneset.terms import Format

REASONING_KEYS = ("reasoning_content", "reasoning")
"""The keys of an assistant message under which providers that take reasoning take it; the first one is written."""
_ANSWERS = ("assistantMessage", "outputAnswer")


@functools.cache
def schemas_folder() -> Path:
    """The folder of the `.schema.json` files: inside the installed package, or at the top of a checkout.

    >>> sorted(path.name.removesuffix(".schema.json") for path in schemas_folder().glob("*.json"))
    ['dpo', 'grader', 'kto', 'messages', 'rft', 'sft']
    """
    package = Path(str(resources.files("tuneset")))
    inside = package / "schemas"
    return inside if inside.is_dir() else package.parents[1] / "schemas"


class LineKeys(NamedTuple):
    """Which keys a line may have beyond those of the schema files; `tuneset.profile.Lines` says what each means."""

    reasoning: bool = False
    weight_on: tuple[str, ...] = ("assistant",)
    sample_weight: bool = False
    reinforcement_system: bool = False


PLAIN_KEYS = LineKeys()
"""Those of the schema files alone."""


@functools.cache
def line_schema(line_format: Format, keys: LineKeys = PLAIN_KEYS) -> dict[str, Any]:
    """The Draft 2020-12 schema of one line, self-contained, with the further keys that it may have.

    References are inlined because Python's validator spends five times as long when it has to follow them.
    """
    schema = read_schema(line_format)
    messages = read_schema("messages")
    for wanted, widen in _WIDENED:
        if wanted(keys):
            widen(schema, messages["$defs"], keys)
    schema["$defs"] = {**schema.get("$defs", {}), "messages": messages}
    resolved: dict[str, Any] = jsonschema_rs.dereference(schema)
    return {key: value for key, value in resolved.items() if key != "$defs"}


def _take_reasoning(_: dict[str, Any], messages: dict[str, Any], __: LineKeys) -> None:
    for name in _ANSWERS:
        messages[name]["properties"] |= {key: {"type": "string"} for key in REASONING_KEYS}


def _take_weights(_: dict[str, Any], messages: dict[str, Any], keys: LineKeys) -> None:
    for role in keys.weight_on:
        messages[f"{role}Message"]["properties"]["weight"] = {"$ref": "urn:tuneset:messages#/$defs/weight"}


def _take_sample_weight(schema: dict[str, Any], _: dict[str, Any], __: LineKeys) -> None:
    schema["properties"]["weight"] = {
        "type": "number",
        "minimum": 0,
        "x-code": "CNV006",
        "x-allowed": "a number of 0 or more, by which the example's loss is multiplied",
        "x-hint": "write a number such as 0.5, or remove the key",
    }


def _take_system_prompts(_: dict[str, Any], messages: dict[str, Any], __: LineKeys) -> None:
    prompt = messages["promptMessage"]
    prompt["properties"]["role"]["enum"].append("system")
    prompt["properties"]["role"] |= {"x-allowed": "system, developer, user, assistant or tool", "x-hint": "rename it"}
    is_system = {"properties": {"role": {"const": "system"}}, "required": ["role"]}
    prompt["allOf"].append({"if": is_system, "then": {"$ref": "urn:tuneset:messages#/$defs/systemMessage"}})


_Widening = Callable[[dict[str, Any], dict[str, Any], LineKeys], None]
_WIDENED: tuple[tuple[Callable[[LineKeys], bool], _Widening], ...] = (
    (lambda keys: keys.reasoning, _take_reasoning),
    (lambda keys: keys.weight_on != PLAIN_KEYS.weight_on, _take_weights),
    (lambda keys: keys.sample_weight, _take_sample_weight),
    (lambda keys: keys.reinforcement_system, _take_system_prompts),
)
"""When a schema is widened, and how: functions of the line's schema and of the messages' definitions."""


def read_schema(name: str) -> dict[str, Any]:
    """One schema file as it stands, such as `grader`."""
    schema: dict[str, Any] = orjson.loads(schemas_folder().joinpath(f"{name}.schema.json").read_bytes())
    return schema
