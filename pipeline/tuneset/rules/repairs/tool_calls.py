"""Tool calls and their answers: arguments that are no text, calls without id or type, answers that name their tool.

An id says nothing but which answer belongs to which call. One is given where only one answer can be meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tuneset.rules.accessors import Object, all_messages, calls, conversation, objects_at, tool_definitions
from tuneset.rules.repairs.repair import Example, Look, Repair
from tuneset.rules.samples import ASK_WEATHER, TELL_WEATHER, TOOL_RESULT, WEATHER_TOOL, call_turn
from tuneset.terms import Format

_TEXT = r'"(?:[^"\\]|\\.)*"'
_CALL = rf'\{{"id":"[^"\\]+","type":"function","function":\{{"name":{_TEXT},"arguments":"\{{(?:[^"\\]|\\.)*"\}}\}}'
_WELL_FORMED = rf"^\[{_CALL}(?:,{_CALL})*\]$"
"""Calls as the protocol has them, their keys in its order; others are looked at one by one."""
_LEGACY = r'"arguments":\s*(?:\{|"(?:\s|\\[nrt])*\\")'
"""Arguments of the deprecated `function_call` that are an object, or text within text."""
_PARIS = '{"city":"Paris"}'


def _chat(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [ASK_WEATHER, *messages, TELL_WEATHER], "tools": [WEATHER_TOOL]}


# --- arguments -----------------------------------------------------------------------------------------------------


def _functions(example: Example, line_format: Format) -> Iterator[Object]:
    """Every function that is called, the deprecated ones too."""
    for path, message in all_messages(example, line_format):
        yield from (function for _, _, function in calls(path, message))
        if isinstance(message.get("function_call"), dict):
            yield message["function_call"]


def _arguments_as_text(example: Example, line_format: Format) -> bool:
    changed = False
    declared: dict[str, Object] | None = None
    for function in _functions(example, line_format):
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            if declared is None:
                declared = _declared(example, line_format)
            meant = _without_filled(arguments, declared.get(str(function.get("name"))))
            function["arguments"] = json.dumps(meant, ensure_ascii=False)
            changed = True
    return changed


def _declared(example: Example, line_format: Format) -> dict[str, Object]:
    """The parameters of each tool that has properties, by its name."""
    found = {}
    for _, function in tool_definitions(example, line_format):
        parameters = function.get("parameters")
        properties = parameters.get("properties") if isinstance(parameters, dict) else None
        if isinstance(properties, dict):
            found[str(function.get("name"))] = properties
    return found


def _without_filled(arguments: Object, properties: Object | None) -> Object:
    """Arguments without the nulls that a table wrote for the parameters of other tools.

    >>> _without_filled({"city": "Paris", "zone": None}, {"city": {"type": "string"}})
    {'city': 'Paris'}
    """
    if properties is None:
        return arguments
    return {name: value for name, value in arguments.items() if value is not None or properties.get(name) is not None}


ARGUMENTS_AS_OBJECT = Repair(
    "REP003", "arguments-as-object",
    "A call's arguments that are an object become its JSON text, without nulls for parameters that the tool has not.",
    "The protocol carries arguments as text; the object is the same.",
    ("TOL008",),
    _chat(call_turn({"city": "Paris", "zone": None}), TOOL_RESULT),
    _chat(call_turn('{"city": "Paris"}'), TOOL_RESULT),
    _arguments_as_text,
    (Look("tool_calls", unless=_WELL_FORMED), Look("extra", _LEGACY)),
)  # fmt: skip


def _decode_arguments(example: Example, line_format: Format) -> bool:
    changed = False
    for function in _functions(example, line_format):
        arguments = function.get("arguments")
        if isinstance(arguments, str) and arguments.lstrip().startswith('"'):
            inner = _json_or_none(arguments)
            if isinstance(inner, str) and isinstance(_json_or_none(inner), dict):
                function["arguments"] = inner
                changed = True
    return changed


def _json_or_none(text: str) -> Any:  # noqa: ANN401  any JSON value
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


ARGUMENTS_ENCODED_TWICE = Repair(
    "REP004", "arguments-in-quotes",
    "A call's arguments that are JSON text within JSON text are decoded once.",
    "What is inside is the object that the tool takes.",
    ("TOL007",),
    _chat(call_turn('"{\\"city\\":\\"Paris\\"}"'), TOOL_RESULT),
    _chat(call_turn(_PARIS), TOOL_RESULT),
    _decode_arguments,
    (Look("tool_calls", unless=_WELL_FORMED), Look("extra", _LEGACY)),
)  # fmt: skip

# --- calls and answers ---------------------------------------------------------------------------------------------


def _complete_calls(example: Example, line_format: Format) -> bool:
    """Wrap bare functions, give calls their type, and an id where they have none."""
    changed = False
    used = {str(call.get("id")) for _, message in all_messages(example, line_format) for _, call in _calls(message)}
    messages = [message for _, message in all_messages(example, line_format)]
    for place, message in enumerate(messages):
        own = [call for _, call in _calls(message)]
        for call in own:
            changed |= _complete(call)
        nameless = [call for call in own if isinstance(call.get("function"), dict) and not call.get("id")]
        if nameless:
            for call, known in zip(nameless, _ids(messages, place, len(nameless), own, used), strict=True):
                _put_first(call, "id", known)
                used.add(known)
            changed = True
    return changed


def _calls(message: Object) -> list[tuple[tuple[str | int, ...], Object]]:
    return objects_at(message, ("tool_calls",)) if message.get("role") == "assistant" else []


def _complete(call: Object) -> bool:
    if "function" not in call and isinstance(call.get("name"), str) and "arguments" in call:
        call["function"] = {"name": call.pop("name"), "arguments": call.pop("arguments")}
        call["type"] = "function"
        return True
    if isinstance(call.get("function"), dict) and call.get("type") in (None, ""):
        call["type"] = "function"
        return True
    return False


def _ids(messages: list[Object], place: int, wanted: int, own: list[Object], used: set[str]) -> list[str]:
    """Ids for the calls of a message: those that its answers name already, where they are for these, else new ones."""
    named = [
        str(answer["tool_call_id"])
        for answer in _answers(messages, place)
        if isinstance(answer.get("tool_call_id"), str) and answer["tool_call_id"]
    ]
    if len(named) == wanted == len(own) and len({*named}) == wanted and used.isdisjoint(named):
        return named
    found: list[str] = []
    number = 1
    while len(found) < wanted:
        candidate = f"call_{place}_{number}"
        number += 1
        if candidate not in used:
            found.append(candidate)
    return found


def _answers(messages: list[Object], place: int) -> Iterator[Object]:
    """The tool messages that follow a message."""
    for message in messages[place + 1 :]:
        if message.get("role") != "tool":
            return
        yield message


def _put_first(holder: Object, key: str, value: str) -> None:
    rest = {name: inner for name, inner in holder.items() if name != key}
    holder.clear()
    holder.update({key: value, **rest})


def _bare_call() -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": [{"function": {"name": "weather", "arguments": _PARIS}}]}


INCOMPLETE_CALL = Repair(
    "REP005", "incomplete-call",
    "A tool call gets the id and the type that it lacks; a function that stands alone is wrapped as a call.",
    "Only functions can be called, and an id is any text that no other call has: that of the answer, where it has one.",
    ("SHP003", "SHP004", "SHP009", "SHP002"),
    _chat(_bare_call(), TOOL_RESULT),
    _chat(call_turn(_PARIS), TOOL_RESULT),
    _complete_calls,
    (Look("tool_calls", unless=_WELL_FORMED),),
)  # fmt: skip


def _tie_answers(example: Example, line_format: Format) -> bool:
    """Give tool messages the id of the call that they answer."""
    changed = False
    messages = [message for _, message in conversation(example, line_format)]
    for place, message in enumerate(messages):
        ids = [(str(call["id"]), str(f.get("name"))) for _, call, f in calls((), message) if call.get("id")]
        answers = list(_answers(messages, place)) if ids else []
        loose = [answer for answer in answers if answer.get("tool_call_id") in (None, "")]
        taken = {answer.get("tool_call_id") for answer in answers}
        still_open = [(call_id, name) for call_id, name in ids if call_id not in taken]
        for answer, call_id in _pairs(loose, still_open):
            answer["tool_call_id"] = call_id
            changed = True
    return changed


def _pairs(loose: list[Object], still_open: list[tuple[str, str]]) -> list[tuple[Object, str]]:
    """Answers and the ids of their calls, where there is no doubt.

    Either the names of the tools tell, each of which was called once, or there are as many answers as calls and no name
    speaks against their order.
    """
    names = [name for _, name in still_open]
    said = [answer.get("name") for answer in loose]
    if len(loose) == len(still_open) and all(told in (None, "", name) for told, name in zip(said, names, strict=True)):
        return [(answer, call_id) for answer, (call_id, _) in zip(loose, still_open, strict=True)]
    by_name = {name: call_id for call_id, name in still_open if names.count(name) == 1}
    return [(answer, by_name[told]) for answer, told in zip(loose, said, strict=True)
            if isinstance(told, str) and told in by_name and said.count(told) == 1]  # fmt: skip


ANSWER_WITHOUT_ID = Repair(
    "REP006", "answer-without-id",
    "A tool's answer gets the id of its call: of the tool that it names, or of the call at its place.",
    "Given only where one call alone can be meant.",
    ("SHP003", "SHP004", "SHP009", "TOL011", "TOL012"),
    _chat(call_turn(_PARIS), {"role": "tool", "content": TOOL_RESULT["content"]}),
    _chat(call_turn(_PARIS), TOOL_RESULT),
    _tie_answers,
    (Look("role", "^tool$", without="tool_call_id"), Look("tool_call_id", "^$")),
)  # fmt: skip


def _drop_answer_names(example: Example, line_format: Format) -> bool:
    """Remove the name of the tool from an answer, where the call that it answers says the same."""
    changed = False
    called: dict[str, object] = {}
    for path, message in conversation(example, line_format):
        called |= {str(call.get("id")): function.get("name") for _, call, function in calls(path, message)}
        known = called.get(str(message.get("tool_call_id")))
        if message.get("role") == "tool" and "name" in message and known and message["name"] == known:
            del message["name"]
            changed = True
    return changed


NAME_ON_ANSWER = Repair(
    "REP007", "name-on-answer",
    "The name of the tool is removed from its answer.",
    "The call with the same id says it; a tool message has no name.",
    ("SHP002",),
    _chat(call_turn(_PARIS), {**TOOL_RESULT, "name": "weather"}),
    _chat(call_turn(_PARIS), TOOL_RESULT),
    _drop_answer_names,
    (Look("name", role="^tool$"),),
)  # fmt: skip
