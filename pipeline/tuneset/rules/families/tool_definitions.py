"""Tool definitions: names, numbers, and parameters that are JSON Schemas."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import orjson

from tuneset.rules.accessors import PROMPTS, Object, Step
from tuneset.rules.context import Context
from tuneset.rules.issue import Issue, issue, kind, show
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import (
    ANSWER,
    ASK,
    ASK_WEATHER,
    GOOD_TOOLS,
    TELL_WEATHER,
    WEATHER_TOOL,
    chat,
    tool_chat,
)

_SPEC = "OpenAI API specification, ChatCompletionTool and ChatCompletionMessageToolCall"
_SPEC_DAY = dt.date(2025, 5, 20)
_SEEN = dt.date(2026, 11, 20)


def _tool(**more: object) -> dict[str, object]:
    return {"type": "function", "function": {**WEATHER_TOOL["function"], **more}}


def _used(tool: dict[str, object]) -> bytes:
    return tool_chat(ASK_WEATHER, TELL_WEATHER, tool=tool)


_TWO_TOOLS = chat(ASK_WEATHER, TELL_WEATHER, tools=[WEATHER_TOOL, WEATHER_TOOL])
_MANY = [_tool(name=f"tool_{number}") for number in range(129)]

RULES = (
    Rule(
        "TOL001", "invalid-tool-definition", "error", "A tool definition has not the form of one.",
        "A definition is {type: function, function: {name, description, parameters, strict}} and nothing else.",
        _SPEC, _SPEC_DAY,
        Sample(_used({"type": "function", "function": {"description": "Weather"}}), path="$.tools[0].function.name"),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL002", "invalid-tool-name", "error", "A function's name has characters that are not allowed, or too many.",
        "Names have 1 to 64 of the characters a-z A-Z 0-9 _ -.",
        _SPEC, _SPEC_DAY,
        Sample(_used(_tool(name="get weather")), path="$.tools[0].function.name"), GOOD_TOOLS,
    ),
    Rule(
        "TOL003", "duplicate-tool-name", "error", "Two tools have the same name.",
        "A call cannot say which one it means.",
        _SPEC, _SPEC_DAY,
        Sample(_TWO_TOOLS, path="$.tools[1].function.name"), GOOD_TOOLS,
    ),
    Rule(
        "TOL004", "invalid-parameters-schema", "error", "A tool's parameters are not a valid JSON Schema of an object.",
        "The server compiles them; a typing mistake such as type: 'str' fails the job.",
        "JSON Schema, Draft 2020-12; OpenAI function calling guide", _SEEN,
        Sample(_used(_tool(parameters={"type": "object", "properties": {"city": {"type": "str"}}})),
               path="$.tools[0].function.parameters.properties.city.type"),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL018", "too-many-tools", "error", "The example declares more tools than the provider takes.",
        "A request takes 128 functions at most.",
        "OpenAI API specification, CreateChatCompletionRequest.tools and .functions", _SPEC_DAY,
        Sample(chat(ASK, ANSWER, tools=_MANY), path="$.tools"), GOOD_TOOLS,
    ),
)  # fmt: skip


def definition_issues(definitions: list[tuple[Step, Object]], example: Object, context: Context) -> Iterator[Issue]:
    """Yield what is wrong with the definitions of an example, which `accessors.tool_definitions` gives."""
    seen: set[str] = set()
    for path, function in definitions:
        name = function.get("name")
        # An example may define the same function as a tool and as a legacy function; TOL014 says so.
        if isinstance(name, str) and name in seen and path[0] != "functions":
            yield issue("TOL003", (*path, "name"), f"a second tool is called {show(name)}", "give each its own name")
        seen.add(str(name))
        parameters = function.get("parameters")
        if isinstance(parameters, dict):
            for place, said in schema_faults(orjson.dumps(parameters)):
                hint = "write the parameters as a JSON Schema of type object"
                yield issue("TOL004", (*path, "parameters", *place), said, hint)
    limit = context.profile.limit("tools")
    tools = example.get("tools")
    if limit and isinstance(tools, list) and len(tools) > limit:
        said = f"{len(tools)} tools; allowed: at most {limit:.0f}"
        yield issue("TOL018", (*PROMPTS[context.format][:-1], "tools"), said, "leave out tools that are not called")


@functools.lru_cache(maxsize=1024)
def schema_faults(parameters: bytes) -> tuple[tuple[Step, str], ...]:
    """What is wrong with a tool's parameters (JSON text) as a JSON Schema: places and what was found there.

    >>> schema_faults(b'{"type": "array"}')
    ((('type',), 'parameters are of type "array"; allowed: object'),)
    """
    schema = orjson.loads(parameters)
    faults = {tuple(error.absolute_path): f"{kind(error.instance)} where JSON Schema allows none such"
              for error in _meta_validator().iter_errors(schema)}  # fmt: skip
    for place in faults:
        if place and place[-1] == "type":
            faults[place] = f"{show(_at(schema, place))} is no JSON Schema type"
    if not faults and schema.get("type", "object") != "object":
        faults[("type",)] = f"parameters are of type {show(schema['type'])}; allowed: object"
    if not faults and compiled_parameters(parameters) is None:
        faults[()] = "the schema has a reference or a pattern that cannot be resolved"
    return tuple(faults.items())


@functools.cache
def _meta_validator() -> Any:  # noqa: ANN401  jsonschema ships no types
    import jsonschema  # noqa: PLC0415  0.1 s that files without tools do without

    return jsonschema.Draft202012Validator(jsonschema.Draft202012Validator.META_SCHEMA)


@functools.lru_cache(maxsize=1024)
def compiled_parameters(parameters: bytes) -> Any:  # noqa: ANN401  a validator of jsonschema_rs, or None
    """A compiled validator for a tool's parameters (JSON text); None where they cannot be compiled. No network."""
    try:
        return jsonschema_rs.Draft202012Validator(orjson.loads(parameters), offline=True)
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
        return None


def _at(document: Any, place: Step) -> Any:  # noqa: ANN401  any JSON value
    for part in place:
        document = document[part]
    return document
