"""A question, tools, and the calls that answer it: `{"query": "...", "tools": [...], "answers": [{"name": "..."}]}`.

xLAM's and APIGen's sets have it. Their tools describe each parameter by a type of Python's (`"List[int], optional"`),
which becomes a JSON Schema; the calls get ids from their places. Salesforce/xlam-function-calling-60k, seen 2026-11.
"""

from __future__ import annotations

import re
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ASK, Record, Shape, Shaped, ShapeError, json_of, others, text_of
from tuneset.reading.shapes.companions import arguments_of

_TYPES = {
    "str": "string", "string": "string", "int": "integer", "integer": "integer", "float": "number", "number": "number",
    "bool": "boolean", "boolean": "boolean", "list": "array", "array": "array", "tuple": "array", "set": "array",
    "dict": "object", "object": "object",
}  # fmt: skip
_BEGIN = re.compile(r"[A-Za-z]+")
_USED = ("query", "answers", "tools")


def read_query(record: Record) -> Shaped:
    """The question, and the calls as the assistant's answer."""
    calls = _calls(record)
    if calls is None:
        raise ShapeError("answers is no list of calls with a `name` and `arguments`", "TOL005")
    said = {
        "role": "assistant",
        "tool_calls": [
            {
                "id": f"call_{place}",
                "type": "function",
                "function": {"name": call["name"], "arguments": arguments_of(call)},
            }
            for place, call in enumerate(calls, 1)
        ],
    }
    example: dict[str, Any] = {"messages": [{"role": "user", "content": text_of(record, "query")}, said]}
    tools = json_of(record.get("tools"))
    if type(tools) is list and tools and all(type(tool) is dict and type(tool.get("name")) is str for tool in tools):
        return {**example, "tools": [_tool(tool) for tool in tools]}, others(record, _USED)
    return example, others(record, _USED[:2])


def _calls(record: Record) -> list[dict[str, Any]] | None:
    found = json_of(record["answers"])
    if type(found) is not list or not found:
        return None
    fine = all(type(call) is dict and type(call.get("name")) is str for call in found)
    return found if fine and all("arguments" in call or "parameters" in call for call in found) else None


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool as the chat format has it.

    >>> _tool({"name": "f", "parameters": {"n": {"type": "int"}}})["function"]["parameters"]
    {'type': 'object', 'properties': {'n': {'type': 'integer'}}, 'required': ['n']}
    """
    given = tool.get("parameters")
    if type(given) is not dict or _is_schema(given):
        return {"type": "function", "function": tool}
    properties = {name: _property(described) for name, described in given.items()}
    needed = [name for name, described in given.items() if not _is_optional(described)]
    schema = {"type": "object", "properties": properties, **({"required": needed} if needed else {})}
    return {"type": "function", "function": {**tool, "parameters": schema}}


def _is_schema(given: dict[str, Any]) -> bool:
    """Whether parameters are a JSON Schema already; one of Python's may be called `properties` or `type` itself.

    >>> _is_schema({"type": "object"}), _is_schema({"properties": {"type": "dict"}, "type": {"type": "str"}})
    (True, False)
    """
    parts = given.get("properties")
    return given.get("type") == "object" or (type(parts) is dict and all(type(part) is dict for part in parts.values()))


def _property(described: JsonValue) -> JsonValue:
    """What JSON Schema says of a parameter; a type that it does not know is said in the description alone.

    >>> _property({"type": "List[int], optional", "description": "n"}), _property({"type": "Callable"})
    ({'type': 'array', 'description': 'n'}, {})
    """
    if type(described) is not dict:
        return {"description": described} if type(described) is str else {}
    begin = _BEGIN.match(described["type"].strip()) if type(described.get("type")) is str else None
    known = _TYPES.get(begin.group().lower()) if begin else None
    rest = {key: value for key, value in described.items() if key not in ("type", "required", "optional")}
    return {**({"type": known} if known else {}), **rest}


def _is_optional(described: JsonValue) -> bool:
    if type(described) is not dict:
        return False
    said = described.get("type")
    return (type(said) is str and "optional" in said.lower()) or "default" in described


QUERY_CALLS = Shape(
    "query_calls",
    "sft",
    frozenset(("query", "answers")),
    read_query,
    raw={
        "query": ASK["content"],
        "tools": '[{"name": "hours", "parameters": {"day": {"type": "str"}}}]',
        "answers": '[{"name": "hours", "arguments": {"day": "today"}}]',
    },
    example={
        "messages": [
            ASK,
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "hours", "arguments": '{"day":"today"}'},
                    }
                ],
            },
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "hours",
                    "parameters": {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]},
                },
            }
        ],
    },
    fits=lambda record: _calls(record) is not None,
)
