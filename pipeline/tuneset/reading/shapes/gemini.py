"""Conversations as Gemini has them: `contents` of `parts`, for requests and for tuning lines.

Source: Gemini API, `Content`, and Vertex AI supervised tuning (as of 2026-11). Keys are taken in both spellings that
its clients write, `functionCall` and `function_call`.
"""

from __future__ import annotations

from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import (
    ASK,
    REPLY,
    WORSE,
    Message,
    Record,
    Shape,
    Shaped,
    ShapeError,
    json_of,
    kind,
    others,
)
from tuneset.reading.shapes.blocks import (
    Block,
    Call,
    Given,
    Image,
    Text,
    Thought,
    Turn,
    messages_from,
    named,
    objects,
    text_in,
    tool_from,
)

_ROLES = {"user": "user", "model": "assistant", "function": "tool", "tool": "tool", "system": "system"}
_SYSTEM = ("systemInstruction", "system_instruction")


def turns_of(contents: JsonValue) -> list[Turn]:
    """The turns of `contents`. Raises ShapeError where a part says something that no chat message can hold."""
    found = json_of(contents)
    if type(found) is str:
        return [("user", [Text(found)])]
    if type(found) is dict:
        found = [found]
    if type(found) is not list:
        raise ShapeError(f"contents is {kind(found)}; a list is needed")
    return [_turn(content) for content in found]


def _turn(content: Any) -> Turn:  # noqa: ANN401  any JSON value
    parts = content.get("parts") if type(content) is dict else None
    if type(parts) is dict:
        parts = [parts]
    if type(parts) is not list:
        raise ShapeError("contents: a content has no list of parts")
    said_by = content.get("role", "user")
    role = _ROLES.get(said_by) if type(said_by) is str else None
    if role is None:
        raise ShapeError("contents: a content has no role that Gemini knows", "CNV001")
    return role, [_part(part) for part in parts]


def _part(part: Any) -> Block:  # noqa: ANN401  any JSON value
    if type(part) is str:
        return Text(part)
    if type(part) is not dict:
        raise ShapeError("contents: a part is no object")
    call, given = _either(part, "functionCall"), _either(part, "functionResponse")
    inline, file = _either(part, "inlineData"), _either(part, "fileData")
    if type(part.get("text")) is str:
        return Thought(part["text"]) if part.get("thought") is True else Text(part["text"])
    if type(call) is dict:
        return Call(call.get("id"), named(call, "name", "a functionCall"), call.get("args"))
    if type(given) is dict:
        return Given(given.get("id"), text_in(_response(given.get("response"))))
    if type(inline) is dict and str(_either(inline, "mimeType")).startswith("image/"):
        return Image(f"data:{_either(inline, 'mimeType')};base64,{named(inline, 'data', 'inlineData')}")
    if type(file) is dict and str(_either(file, "fileUri")).startswith(("http://", "https://")):
        return Image(str(_either(file, "fileUri")))
    raise ShapeError("contents: a part is of a kind that no chat message can hold")


def _response(value: JsonValue) -> JsonValue:
    """What a tool gave: an object, of which `output` alone stands for all of it.

    >>> _response({"output": "18 C"}), _response({"output": "18 C", "error": ""})
    ('18 C', {'output': '18 C', 'error': ''})
    """
    return value["output"] if type(value) is dict and value.keys() == {"output"} else value


def _either(value: dict[str, Any], key: str) -> JsonValue:
    """What an object has under a key in either of its spellings.

    >>> _either({"function_call": 1}, "functionCall")
    1
    """
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
    return value.get(key, value.get(snake))


def tools_of(value: JsonValue) -> list[Message]:
    """The functions that Gemini's tools declare, with the types of JSON Schema in small letters."""
    found = json_of(value)
    tools = objects([found] if type(found) is dict else found, "tools")
    declared = [one for tool in tools for one in objects(_either(tool, "functionDeclarations") or [], "tools")]
    return [tool_from(one.get("name"), one.get("description"), _schema(one.get("parameters"))) for one in declared]


def _schema(value: JsonValue) -> JsonValue:
    if type(value) is list:
        return [_schema(inner) for inner in value]
    if type(value) is not dict:
        return value
    return {
        key: inner.lower() if key == "type" and type(inner) is str else _schema(inner) for key, inner in value.items()
    }


def read_gemini(record: Record) -> Shaped:
    """The conversation with its system instruction and tools."""
    turns = turns_of(record["contents"])
    for key in _SYSTEM:
        if record.get(key):
            instruction = json_of(record[key])
            if type(instruction) is str:
                instruction = {"parts": [{"text": instruction}]}
            turns = [("system", turn[1]) for turn in turns_of(instruction)] + turns
    example: dict[str, Any] = {"messages": messages_from(turns)}
    tools = tools_of(record["tools"]) if record.get("tools") else []
    if tools:
        example["tools"] = tools
    return example, others(record, ("contents", *_SYSTEM, *(["tools"] if tools else [])))


def _fits(record: Record) -> bool:
    contents = json_of(record["contents"])
    return type(contents) is list and bool(contents) and all(type(one) is dict and "parts" in one for one in contents)


GEMINI = Shape(
    "gemini",
    "sft",
    frozenset(("contents",)),
    read_gemini,
    raw={
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": ASK["content"]}]},
            {"role": "model", "parts": [{"text": REPLY["content"]}]},
        ],
    },
    example={"messages": [{"role": "system", "content": "Be brief."}, ASK, REPLY]},
    fits=_fits,
)


def read_gemini_pair(record: Record) -> Shaped:
    """A preference line: `contents` that ask, and `completions` with a score each, of which the higher is preferred."""
    example, rest = read_gemini({key: value for key, value in record.items() if key != "completions"})
    scored = objects(record["completions"], "completions")
    scores = [one.get("score") for one in scored]
    if len(scored) != 2 or scores[0] == scores[1] or not all(type(score) in (int, float) for score in scores):
        raise ShapeError("completions are not two with a score each of which one is higher", "SHP009")
    better, worse = sorted(scored, key=lambda one: float(one["score"]), reverse=True)
    outputs = [messages_from([_turn(one.get("completion"))]) for one in (better, worse)]
    return {"input": example, "preferred_output": outputs[0], "non_preferred_output": outputs[1]}, rest


GEMINI_PAIR = Shape(
    "gemini_pair",
    "dpo",
    frozenset(("contents", "completions")),
    read_gemini_pair,
    raw={
        "contents": [{"role": "user", "parts": [{"text": ASK["content"]}]}],
        "completions": [
            {"score": score, "completion": {"role": "model", "parts": [{"text": answer["content"]}]}}
            for score, answer in ((1, REPLY), (0, WORSE))
        ],
    },
    example={"input": {"messages": [ASK]}, "preferred_output": [REPLY], "non_preferred_output": [WORSE]},
    fits=_fits,
)
