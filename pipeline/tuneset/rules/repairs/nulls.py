"""Nulls that a table wrote into absent keys: of lines, messages, parts and calls, and of tool definitions.

Arrow and pandas give every row the keys of all rows and fill them with null. A key that may be absent and has no value
says nothing, so that it can go. `content` stays: null is its own answer to the question what was said.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tuneset.rules.accessors import PROMPTS, Object, all_messages, objects_at, tool_definitions
from tuneset.rules.repairs.repair import Example, Look, Repair
from tuneset.rules.samples import ANSWER, ASK, ASK_WEATHER, TELL_WEATHER, WEATHER_TOOL
from tuneset.terms import Format

_NEEDED = frozenset({"role", "content", "messages", "label", "input", "preferred_output", "non_preferred_output"})
_CALL_NEEDS = frozenset({"id", "type", "function", "name", "arguments"})
_TOOL_NEEDS = frozenset({"type", "function", "name", "parameters"})
_LISTS = ("tool_calls", "functions")
"""Lists that may be absent and must not be empty."""
_NULL = r":\s*null"
_NULL_CONTENT = r'^\{"content":null(?:,"refusal":null)?\}$'
"""What a message beside a call has: there null is the usual content."""


def _without_nulls(holder: Object, needed: Collection[object]) -> bool:
    gone = [key for key, value in holder.items() if value is None and key not in needed]
    for key in gone:
        del holder[key]
    return bool(gone)


def _remove_nulls(example: Example, line_format: Format) -> bool:
    # A grader reads the columns of a reinforcement line, null or not.
    changed = False
    if line_format == "rft":
        if example.get("tools", ...) is None:
            del example["tools"]
            changed = True
    else:
        changed = _without_nulls(example, _NEEDED)
    if line_format == "dpo" and isinstance(example.get("input"), dict):
        changed |= _without_nulls(example["input"], _NEEDED)
    for holder in (example, *(message for _, message in all_messages(example, line_format))):
        for key in _LISTS:
            if holder.get(key) == [] and (line_format != "rft" or holder is not example):
                del holder[key]
                changed = True
    for _, message in all_messages(example, line_format):
        changed |= _message_without_nulls(message)
    for _, tool in objects_at(example, (*PROMPTS[line_format][:-1], "tools")):
        changed |= _without_nulls(tool, _TOOL_NEEDS)
    for _, function in tool_definitions(example, line_format):
        changed |= _without_nulls(function, {"name"})
    return changed


def _message_without_nulls(message: Object) -> bool:
    # An assistant's `refusal: null` is what the format itself has.
    needed = {*_NEEDED, "refusal"} if message.get("role") == "assistant" else _NEEDED
    changed = _without_nulls(message, needed)
    for _, part in objects_at(message, ("content",)):
        # The key that a part needs is named like its type.
        changed |= _without_nulls(part, ("type", part.get("type")))
        if isinstance(part.get("image_url"), dict):
            changed |= _without_nulls(part["image_url"], ("url",))
    for _, call in objects_at(message, ("tool_calls",)):
        changed |= _without_nulls(call, _CALL_NEEDS)
        if isinstance(call.get("function"), dict):
            changed |= _without_nulls(call["function"], _CALL_NEEDS)
    return changed


NULL_VALUE = Repair(
    "REP001", "null-key",
    "A key that may be absent and whose value is null is removed, and an empty list of calls or functions.",
    "A table fills absent keys with null; without the key the line says the same.",
    ("SHP006", "SHP009", "TOL001", "SHP005"),
    {"messages": [{**ASK, "name": None}, {**ANSWER, "weight": None}], "tools": None, "parallel_tool_calls": None},
    {"messages": [ASK, ANSWER]},
    _remove_nulls,
    (
        Look("extra", _NULL, unless=_NULL_CONTENT), Look("parts", _NULL), Look("tool_calls", _NULL),
        Look("tool_calls", r"^\[\]$"), Look("examples.extra", _NULL), Look("examples.extra", r'"functions":\s*\[\]'),
        Look("examples.tools", _NULL),
    ),
)  # fmt: skip

# --- tool definitions ----------------------------------------------------------------------------------------------

_VALUES = frozenset({"const", "default", "example", "examples", "enum"})
"""Keywords whose value may be any JSON, null as well; of `enum` a null in the list."""
_SCHEMAS_BY_NAME = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SCHEMA = (
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedProperties",
)  # fmt: skip


def _remove_schema_nulls(example: Example, line_format: Format) -> bool:
    changed = False
    for _, function in tool_definitions(example, line_format):
        if isinstance(function.get("parameters"), dict):
            changed |= _schema_without_nulls(function["parameters"])
    return changed


def _schema_without_nulls(schema: Any) -> bool:  # noqa: ANN401  any JSON value
    """Remove the keywords and properties of a JSON Schema that are null, all the way down.

    A property that is null and yet required stays: what it should have been is not known.
    """
    if not isinstance(schema, dict):
        return False
    changed = _without_nulls(schema, _VALUES - {"enum"})
    required = schema.get("required")
    kept = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    inner = [schema.get(keyword) for keyword in _SCHEMA]
    for keyword in _SCHEMAS_BY_NAME:
        named = schema.get(keyword)
        if isinstance(named, dict):
            changed |= _without_nulls(named, kept if keyword == "properties" else ())
            inner += named.values()
    for keyword in _SCHEMA_LISTS:
        listed = schema.get(keyword)
        inner += listed if isinstance(listed, list) else ()
    for one in inner:
        changed |= _schema_without_nulls(one)
    return changed


def _filled_tool() -> dict[str, Any]:
    function = WEATHER_TOOL["function"]
    properties = {"city": {"type": "string", "enum": None}, "zone": None}
    return {
        **WEATHER_TOOL,
        "function": {**function, "parameters": {**function["parameters"], "properties": properties}},
    }


NULL_FILLED_SCHEMA = Repair(
    "REP002", "null-filled-schema",
    "Properties and keywords of a tool's parameters whose value is null are removed.",
    "Null is no JSON Schema; a table gave each tool the parameters of all tools.",
    ("TOL004", "TOL009"),
    {"messages": [ASK_WEATHER, TELL_WEATHER], "tools": [_filled_tool()]},
    {"messages": [ASK_WEATHER, TELL_WEATHER], "tools": [WEATHER_TOOL]},
    _remove_schema_nulls,
    (Look("examples.tools", _NULL), Look("examples.extra", _NULL)),
)  # fmt: skip
