"""Tools: definitions and their parameter schemas, calls and their arguments, answers and the calls they belong to."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import orjson

from tuneset.rules.accessors import PROMPTS, Object, Step, all_messages, calls, conversation, tool_definitions
from tuneset.rules.engine.check_context import Context
from tuneset.rules.issue import Issue, issue, json_path, kind, show


def tool_issues(example: Object, context: Context) -> Iterator[Issue]:
    """Yield what is wrong with the tools, calls and answers of an example."""
    definitions = tool_definitions(example, context.format)
    yield from _definitions(definitions, example, context)
    declared = {str(function.get("name")): function.get("parameters") for _, function in definitions}
    for path, message in all_messages(example, context.format):
        for place, call, function in calls(path, message):
            yield from _call((*place, "function"), function, declared)
            yield from _id_form((*place, "id"), call.get("id"), context)
        legacy = message.get("function_call")
        if isinstance(legacy, dict):
            yield from _call((*path, "function_call"), legacy, declared)
    messages = conversation(example, context.format)
    yield from _answers(messages)
    yield from _legacy(example, messages)
    if context.on("TOL017") and messages and messages[-1][1].get("tool_calls") and not messages[-1][1].get("content"):
        said = "the last message calls a tool; allowed: an answer in words"
        hint = "go on to the answer, or drop the example"
        yield issue("TOL017", (*messages[-1][0], "tool_calls"), said, hint)


# --- definitions ---------------------------------------------------------------------------------------------------


def _definitions(definitions: list[tuple[Step, Object]], example: Object, context: Context) -> Iterator[Issue]:
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


# --- calls ---------------------------------------------------------------------------------------------------------


def _call(path: Step, function: Object, declared: Object) -> Iterator[Issue]:
    name, arguments = function.get("name"), function.get("arguments")
    if isinstance(name, str) and name not in declared:
        said = f"{show(name)} is not declared; declared: {_names(declared)}"
        yield issue("TOL010", (*path, "name"), said, "declare the tool, or correct the name")
    if not isinstance(arguments, str):
        return
    place = (*path, "arguments")
    try:
        value = orjson.loads(arguments)
    except orjson.JSONDecodeError as error:
        yield issue("TOL005", place, f"not JSON (column {error.colno} of the text)", "write a JSON object as text")
        return
    if isinstance(value, str) and is_object_text(value):
        yield issue("TOL007", place, "JSON text within JSON text", "encode the object once")
    elif not isinstance(value, dict):
        yield issue("TOL006", place, f"{kind(value)}; allowed: a JSON object", "pass the parameters by name")
    elif isinstance(name, str) and isinstance(declared.get(name), dict):
        yield from _against_schema(place, value, declared[name])


def is_object_text(text: str) -> bool:
    """Whether a text is a JSON object.

    >>> is_object_text('{"city": "Paris"}'), is_object_text("Paris")
    (True, False)
    """
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _against_schema(place: Step, value: Object, parameters: Object) -> Iterator[Issue]:
    validator = compiled_parameters(orjson.dumps(parameters))
    if validator is None or validator.is_valid(value):
        return
    faults = [_fault(error, value) for error in validator.iter_errors(value)]
    said = "; ".join(dict.fromkeys(faults[:3])) + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")
    yield issue("TOL009", place, said, "correct the arguments, or the tool's parameters")


def _fault(error: jsonschema_rs.ValidationError, value: Object) -> str:
    """One violation of a tool's parameters, without the value, which may be private."""
    where = json_path(error.instance_path)
    about = error.kind.as_dict()
    if error.kind.name == "required":
        return f"{where}: {show(about['property'])} is missing"
    if error.kind.name == "additionalProperties":
        return f"{where}: unknown {', '.join(show(key) for key in about['unexpected'])}"
    found = _at(value, tuple(error.instance_path))
    return f"{where}: {kind(found)} that {error.kind.name} does not allow"


def _names(declared: Object) -> str:
    """The declared tools, as a finding lists them.

    >>> _names({"weather": {}}), _names({})
    ('weather', 'none')
    """
    shown = [show(name).strip('"') for name in list(declared)[:5]]
    return ", ".join([*shown, "…"] if len(declared) > 5 else shown) or "none"


def _id_form(path: Step, call_id: object, context: Context) -> Iterator[Issue]:
    length = context.profile.limit("tool_call_id_characters")
    if length and isinstance(call_id, str) and not re.fullmatch(rf"[A-Za-z0-9]{{{length:.0f}}}", call_id):
        said = f"the id has {len(call_id)} characters; allowed: {length:.0f} letters and digits"
        yield issue("TOL016", path, said, "rename the id, in the call and in its answer")


# --- answers -------------------------------------------------------------------------------------------------------


def _answers(messages: list[tuple[Step, Object]]) -> Iterator[Issue]:
    """Every call is answered before anybody else speaks; a conversation may end with a call."""
    open_calls: dict[str, Step] = {}
    open_function = ""
    seen: set[str] = set()
    for path, message in messages:
        role = message.get("role")
        if role == "tool":
            call_id = message.get("tool_call_id")
            if isinstance(call_id, str) and open_calls.pop(call_id, None) is None:
                hint = "put the call before it, or remove the answer"
                yield issue("TOL012", (*path, "tool_call_id"), f"no open call has the id {show(call_id)}", hint)
            continue
        if role == "function":
            if message.get("name") != open_function:
                hint = "put the call before it, or remove the answer"
                yield issue("TOL012", (*path, "name"), f"no open call of {show(message.get('name'))}", hint)
            continue
        yield from _unanswered(open_calls)
        open_calls, open_function = {}, ""
        for place, call, _ in calls(path, message):
            call_id = call.get("id")
            if not isinstance(call_id, str):
                continue
            if call_id in seen:
                yield issue("TOL013", (*place, "id"), f"a second call has the id {show(call_id)}", "number the calls")
            seen.add(call_id)
            open_calls[call_id] = (*place, "id")
        if isinstance(message.get("function_call"), dict):
            open_function = str(message["function_call"].get("name"))
    if messages and messages[-1][1].get("role") == "tool":
        yield from _unanswered(open_calls)


def _unanswered(open_calls: dict[str, Step]) -> Iterator[Issue]:
    for call_id, path in open_calls.items():
        hint = "add the tool's answer after the call, or end the conversation with the call"
        yield issue("TOL011", path, f"no tool message answers the call {show(call_id)}", hint)


def _legacy(example: Object, messages: list[tuple[Step, Object]]) -> Iterator[Issue]:
    functions: list[Step] = [("functions",)] if "functions" in example else []
    functions += [(*path, "function_call") for path, message in messages if "function_call" in message]
    tools = "tools" in example or any("tool_calls" in message for _, message in messages)
    if functions and tools:
        yield issue("TOL014", functions[0], "functions beside tools", "use tools and tool_calls throughout")
    elif functions:
        yield issue("TOL015", functions[0], "deprecated functions", "write tools and tool_calls instead")
