"""Tool calls and their arguments, and the answers to them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import orjson

from tuneset.rules.accessors import Object, Step, all_messages, calls, conversation, tool_definitions
from tuneset.rules.context import Context
from tuneset.rules.families.tool_definitions import compiled_parameters, definition_issues
from tuneset.rules.issue import Issue, issue, json_path, kind, show
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import (
    ASK_WEATHER,
    GOOD_TOOLS,
    TELL_WEATHER,
    TOOL_RESULT,
    WEATHER_TOOL,
    call_turn,
    chat,
    tool_chat,
    turn,
)

_SPEC = "OpenAI API specification, ChatCompletionTool and ChatCompletionMessageToolCall"
_SPEC_DAY = dt.date(2025, 5, 20)
_SEEN = dt.date(2026, 11, 20)
_PARIS = '{"city": "Paris"}'


_LEGACY_CALL = {"role": "assistant", "function_call": {"name": "weather", "arguments": _PARIS}}
_LEGACY_RESULT = turn("function", "12 degrees", name="weather")

RULES = (
    Rule(
        "TOL005", "arguments-not-json", "error", "The arguments of a call are not JSON.",
        "The model learns to write calls that no program can read.",
        _SPEC, _SPEC_DAY,
        Sample(tool_chat(ASK_WEATHER, call_turn("{city: Paris}")),
               path="$.messages[1].tool_calls[0].function.arguments"),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL006", "arguments-not-an-object", "error", "The arguments of a call are JSON, but not an object.",
        "Parameters are passed by name.",
        _SPEC, _SPEC_DAY,
        Sample(tool_chat(ASK_WEATHER, call_turn('["Paris"]')), path="$.messages[1].tool_calls[0].function.arguments"),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL007", "arguments-encoded-twice", "error", "The arguments of a call are JSON text within JSON text.",
        "The model learns to answer with a string instead of an object; the third line of OpenAI's own drone example "
        "does it.",
        "openai-cookbook, fine-tuning for function calling", _SEEN,
        Sample(tool_chat(ASK_WEATHER, call_turn('"{\\"city\\": \\"Paris\\"}"')),
               path="$.messages[1].tool_calls[0].function.arguments"),
        GOOD_TOOLS, fixable=True,
    ),
    Rule(
        "TOL008", "arguments-not-a-string", "error", "The arguments of a call are not a string.",
        "The protocol carries arguments as JSON text, not as an object.",
        _SPEC, _SPEC_DAY,
        Sample(tool_chat(ASK_WEATHER, call_turn({"city": "Paris"})),
               path="$.messages[1].tool_calls[0].function.arguments"),
        GOOD_TOOLS, fixable=True,
    ),
    Rule(
        "TOL009", "arguments-against-schema", "warning",
        "The arguments of a call break the tool's declared parameters.",
        "The model learns to call the tool in a way that the tool refuses.",
        "OpenAI function calling guide", _SEEN,
        Sample(tool_chat(ASK_WEATHER, call_turn('{"town": "Paris"}')),
               path="$.messages[1].tool_calls[0].function.arguments"),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL010", "undeclared-tool", "warning", "A call names a tool that the example does not declare.",
        "The model learns to invent tools; in use it is given the declared ones.",
        "OpenAI function calling guide", _SEEN,
        Sample(tool_chat(ASK_WEATHER, call_turn(_PARIS, name="wether")),
               path="$.messages[1].tool_calls[0].function.name"),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL011", "unanswered-call", "error", "A tool call is followed by other messages, but by no answer to it.",
        "'An assistant message with tool_calls must be followed by tool messages responding to each tool_call_id.'",
        "OpenAI chat API error text", _SEEN,
        Sample(tool_chat(ASK_WEATHER, call_turn(_PARIS), turn("user", "Well?"), TELL_WEATHER),
               path="$.messages[1].tool_calls[0].id"),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL012", "answer-without-call", "error", "A tool message answers no call before it.",
        "'Messages with role tool must be a response to a preceding message with tool_calls.'",
        "OpenAI chat API error text", _SEEN,
        Sample(tool_chat(ASK_WEATHER, TOOL_RESULT, TELL_WEATHER), path="$.messages[1].tool_call_id"), GOOD_TOOLS,
    ),
    Rule(
        "TOL013", "duplicate-call-id", "error", "Two calls of the example have the same id.",
        "An answer cannot say which call it answers.",
        _SPEC, _SPEC_DAY,
        Sample(
            tool_chat(ASK_WEATHER, call_turn(_PARIS), TOOL_RESULT, TELL_WEATHER, turn("user", "And in Lyon?"),
                      call_turn('{"city": "Lyon"}')),
            path="$.messages[5].tool_calls[0].id",
        ),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL014", "mixed-legacy-functions", "error", "Tools and the deprecated functions stand in one example.",
        "The two cannot be rendered together.",
        _SPEC, _SPEC_DAY,
        Sample(chat(ASK_WEATHER, call_turn(_PARIS), TOOL_RESULT, TELL_WEATHER, tools=[WEATHER_TOOL],
                    functions=[WEATHER_TOOL["function"]]), path="$.functions"),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL015", "legacy-functions", "info", "The example uses the deprecated functions in place of tools.",
        "They still train, but newer models are called with tools.",
        _SPEC, _SPEC_DAY,
        Sample(chat(ASK_WEATHER, _LEGACY_CALL, _LEGACY_RESULT, TELL_WEATHER, functions=[WEATHER_TOOL["function"]]),
               path="$.functions"),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL016", "call-id-form", "error", "A call's id has not the form that the provider's template asks for.",
        "Mistral's template takes ids of exactly nine letters and digits.",
        "mistral-common, request validation", _SEEN,
        Sample(tool_chat(ASK_WEATHER, call_turn(_PARIS), TOOL_RESULT, TELL_WEATHER), profile="mistral",
               path="$.messages[1].tool_calls[0].id"),
        Sample(tool_chat(ASK_WEATHER, call_turn(_PARIS, call_id="callParis"),
                         {**TOOL_RESULT, "tool_call_id": "callParis"}, TELL_WEATHER), profile="mistral"),
        optional=True,
    ),
    Rule(
        "TOL017", "ends-with-tool-call", "error", "The last message is a tool call and not an answer.",
        "Nebius takes a natural-language answer as the last message only; OpenAI's own examples end with a call.",
        "Nebius Token Factory documentation, datasets", _SEEN,
        Sample(tool_chat(ASK_WEATHER, call_turn(_PARIS)), profile="nebius", path="$.messages[1].tool_calls"),
        GOOD_TOOLS, optional=True,
    ),
)  # fmt: skip


def tool_issues(example: Object, context: Context) -> Iterator[Issue]:
    """Yield what is wrong with the tools, calls and answers of an example."""
    definitions = tool_definitions(example, context.format)
    yield from definition_issues(definitions, example, context)
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
