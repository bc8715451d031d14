"""Rules on tool definitions, tool calls and their answers."""

from __future__ import annotations

import datetime as dt

from tuneset.rules.rule import (  # fmt: skip
    ANSWER,
    ASK,
    ASK_WEATHER,
    GOOD_TOOLS,
    TELL_WEATHER,
    TOOL_RESULT,
    WEATHER_TOOL,
    Rule,
    Sample,
    call,
    chat,
    message,
    tool_chat,
)

_SPEC = "OpenAI API specification, ChatCompletionTool and ChatCompletionMessageToolCall"
_SPEC_DAY = dt.date(2025, 5, 20)
_SEEN = dt.date(2026, 11, 20)
_PARIS = '{"city": "Paris"}'


def _tool(**more: object) -> dict[str, object]:
    return {"type": "function", "function": {**WEATHER_TOOL["function"], **more}}


def _used(tool: dict[str, object]) -> bytes:
    return tool_chat(ASK_WEATHER, TELL_WEATHER, tool=tool)


_TWO_TOOLS = chat(ASK_WEATHER, TELL_WEATHER, tools=[WEATHER_TOOL, WEATHER_TOOL])
_LEGACY_CALL = {"role": "assistant", "function_call": {"name": "weather", "arguments": _PARIS}}
_LEGACY_RESULT = message("function", "12 degrees", name="weather")
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
        "TOL005", "arguments-not-json", "error", "The arguments of a call are not JSON.",
        "The model learns to write calls that no program can read.",
        _SPEC, _SPEC_DAY,
        Sample(tool_chat(ASK_WEATHER, call("{city: Paris}")), path="$.messages[1].tool_calls[0].function.arguments"),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL006", "arguments-not-an-object", "error", "The arguments of a call are JSON, but not an object.",
        "Parameters are passed by name.",
        _SPEC, _SPEC_DAY,
        Sample(tool_chat(ASK_WEATHER, call('["Paris"]')), path="$.messages[1].tool_calls[0].function.arguments"),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL007", "arguments-encoded-twice", "error", "The arguments of a call are JSON text within JSON text.",
        "The model learns to answer with a string instead of an object; the third line of OpenAI's own drone example "
        "does it.",
        "openai-cookbook, fine-tuning for function calling", _SEEN,
        Sample(tool_chat(ASK_WEATHER, call('"{\\"city\\": \\"Paris\\"}"')),
               path="$.messages[1].tool_calls[0].function.arguments"),
        GOOD_TOOLS, fixable=True,
    ),
    Rule(
        "TOL008", "arguments-not-a-string", "error", "The arguments of a call are not a string.",
        "The protocol carries arguments as JSON text, not as an object.",
        _SPEC, _SPEC_DAY,
        Sample(tool_chat(ASK_WEATHER, call({"city": "Paris"})), path="$.messages[1].tool_calls[0].function.arguments"),
        GOOD_TOOLS, fixable=True,
    ),
    Rule(
        "TOL009", "arguments-against-schema", "warning",
        "The arguments of a call break the tool's declared parameters.",
        "The model learns to call the tool in a way that the tool refuses.",
        "OpenAI function calling guide", _SEEN,
        Sample(tool_chat(ASK_WEATHER, call('{"town": "Paris"}')),
               path="$.messages[1].tool_calls[0].function.arguments"),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL010", "undeclared-tool", "warning", "A call names a tool that the example does not declare.",
        "The model learns to invent tools; in use it is given the declared ones.",
        "OpenAI function calling guide", _SEEN,
        Sample(tool_chat(ASK_WEATHER, call(_PARIS, name="wether")), path="$.messages[1].tool_calls[0].function.name"),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL011", "unanswered-call", "error", "A tool call is followed by other messages, but by no answer to it.",
        "'An assistant message with tool_calls must be followed by tool messages responding to each tool_call_id.'",
        "OpenAI chat API error text", _SEEN,
        Sample(tool_chat(ASK_WEATHER, call(_PARIS), message("user", "Well?"), TELL_WEATHER),
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
            tool_chat(ASK_WEATHER, call(_PARIS), TOOL_RESULT, TELL_WEATHER, message("user", "And in Lyon?"),
                      call('{"city": "Lyon"}')),
            path="$.messages[5].tool_calls[0].id",
        ),
        GOOD_TOOLS,
    ),
    Rule(
        "TOL014", "mixed-legacy-functions", "error", "Tools and the deprecated functions stand in one example.",
        "The two cannot be rendered together.",
        _SPEC, _SPEC_DAY,
        Sample(chat(ASK_WEATHER, call(_PARIS), TOOL_RESULT, TELL_WEATHER, tools=[WEATHER_TOOL],
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
        Sample(tool_chat(ASK_WEATHER, call(_PARIS), TOOL_RESULT, TELL_WEATHER), profile="mistral",
               path="$.messages[1].tool_calls[0].id"),
        Sample(tool_chat(ASK_WEATHER, call(_PARIS, call_id="callParis"),
                         {**TOOL_RESULT, "tool_call_id": "callParis"}, TELL_WEATHER), profile="mistral"),
        optional=True,
    ),
    Rule(
        "TOL017", "ends-with-tool-call", "error", "The last message is a tool call and not an answer.",
        "Nebius takes a natural-language answer as the last message only; OpenAI's own examples end with a call.",
        "Nebius Token Factory documentation, datasets", _SEEN,
        Sample(tool_chat(ASK_WEATHER, call(_PARIS)), profile="nebius", path="$.messages[1].tool_calls"),
        GOOD_TOOLS, optional=True,
    ),
    Rule(
        "TOL018", "too-many-tools", "error", "The example declares more tools than the provider takes.",
        "A request takes 128 functions at most.",
        "OpenAI API specification, CreateChatCompletionRequest.tools and .functions", _SPEC_DAY,
        Sample(chat(ASK, ANSWER, tools=_MANY), path="$.tools"), GOOD_TOOLS,
    ),
)  # fmt: skip
