"""The two sides of a logged call of a model, whatever API it was: what was asked, and what was answered.

Both are looked for in the forms that OpenAI's chat completions, Responses, Anthropic, Bedrock's Converse, Gemini and
LangChain have, also where a log wraps them in a `body`. A side without one of these forms is no side of a call.
"""

from __future__ import annotations

from typing import Any

from tuneset.example_tables import REASONING
from tuneset.json_text import JsonValue
from tuneset.reading.containers.envelopes import is_message
from tuneset.reading.shapes import anthropic, bedrock, gemini, langchain, responses_items
from tuneset.reading.shapes.base import Message, by_index, json_of
from tuneset.reading.shapes.blocks import messages_from
from tuneset.reading.shapes.langchain import is_langchain
from tuneset.reading.shapes.streamed import is_stream, whole
from tuneset.roles import SYSTEM_ROLES

_MOST_WRAPPINGS = 8
"""Ours: a batch answer in a log has four, a generation of LangChain five."""
_ASKED_KEYS = ("messages", "contents", "input", "prompt", "question", "query", "input_messages")
_ANSWERED_KEYS = (
    "choices",
    "candidates",
    "generations",
    "message",
    "messages",
    "answer",
    "text",
    "completion",
    "response",
    "content",
)
_SEVERAL = ("choices", "candidates")
_OF_A_CHOICE = frozenset(("finish_reason", "finishReason", "message", "index"))
"""Keys of one answer of several, of which one at least each has."""
_ANSWERING = ("text", "tool_use", "thinking", "redacted_thinking")
"""The blocks of an answer of Anthropic's."""
_WRAPPINGS = ("body", "kwargs", "request", "response", "output", "result", "inputBodyJson", "outputBodyJson")
_SETTINGS = frozenset(
    (
        "model_parameters", "modelparameters", "invocation_params", "invocation_parameters", "optional_params",
        "request_params", "parameters", "params", "extra", "metadata", "proxy_server_request", "config",
    )
)  # fmt: skip
"""Objects beside a call in which logs keep what it was given besides its messages, in small letters."""
_THOUGHT = ("reasoning", "reasoning_content", "thinking")
"""Keys of a thought that stands beside the text of an answer."""


def asked(value: JsonValue, levels: int = _MOST_WRAPPINGS) -> list[Message] | None:
    """The messages that a request holds, or None.

    >>> asked({"body": {"messages": [{"role": "user", "content": "?"}]}}), asked({"page": 1})
    ([{'role': 'user', 'content': '?'}], None)
    """
    found = json_of(value)
    if type(found) is str:
        return [{"role": "user", "content": found}] if found.strip() else None
    if type(found) is list:
        return _list_of_messages(found)
    if type(found) is not dict or levels == 0:
        return None
    if is_message(found) or is_langchain(found):
        return _list_of_messages([found])
    if "contents" in found:
        return _with_instruction(found, gemini.read_gemini({**found})[0]["messages"])
    for key in _ASKED_KEYS:
        if key in found:
            messages = asked(found[key], levels - 1)
            if messages is None:
                return None
            responses_items.refuse_half(found, messages)
            return _with_instruction(found, messages)
    for key in _WRAPPINGS:
        if type(json_of(found.get(key))) is dict:
            return asked(found[key], levels - 1)
    return None


def answered(value: JsonValue, levels: int = _MOST_WRAPPINGS) -> list[Message] | None:
    """The messages that a response holds, or None; of several choices the first.

    >>> answered({"choices": [{"message": {"role": "assistant", "content": "!"}}]}), answered({"error": "late"})
    ([{'role': 'assistant', 'content': '!'}], None)
    """
    found = json_of(value)
    if type(found) in (str, list) and is_stream(found):
        found = whole(found)
    if type(found) is str:
        return [{"role": "assistant", "content": found}] if found.strip() else None
    if type(found) is list:
        return _answers_in(found, levels)
    if type(found) is not dict or levels == 0:
        return None
    if type(found.get("parts")) is list:
        return messages_from([("assistant", gemini.turns_of([found])[0][1])])
    if is_message(found) or is_langchain(found):
        return _list_of_messages([found])
    if responses_items.is_output(found.get("output")):
        return messages_from(responses_items.turns_of(found["output"], "output"))
    for key in (*_ANSWERED_KEYS, *_WRAPPINGS):
        messages = answered(found[key], levels - 1) if found.get(key) else None
        if messages is not None:
            return _with_thought(found, messages)
    return None


def further_answers(value: JsonValue, levels: int = _MOST_WRAPPINGS) -> int:
    """How many answers a response holds beside the one that is read, where a model was asked for several.

    >>> further_answers({"body": {"choices": [{"message": {}}, {"message": {}}]}}), further_answers({"text": "!"})
    (1, 0)
    """
    found = json_of(value)
    if type(found) is list:
        are_choices = all(type(one) is dict and not _OF_A_CHOICE.isdisjoint(one) for one in found)
        return len(found) - 1 if found and are_choices else 0
    if type(found) is not dict or levels == 0:
        return 0
    for key in (*_SEVERAL, *_WRAPPINGS):
        held = json_of(found.get(key))
        if type(held) is list and key in _SEVERAL and held:
            return len(held) - 1
        if type(held) is dict and (count := further_answers(held, levels - 1)):
            return count
    return 0


def _with_thought(held: dict[str, Any], messages: list[Message]) -> list[Message]:
    """An answer with the thought that stands beside its text; one of several parts has its own.

    >>> _with_thought({"completion": "!", "reasoning": "Hm."}, [{"role": "assistant", "content": "!"}])
    [{'role': 'assistant', 'content': '!', 'reasoning_content': 'Hm.'}]
    """
    thought = next((held[key] for key in _THOUGHT if type(held.get(key)) is str and held[key].strip()), None)
    if thought is None or len(messages) != 1 or messages[0].keys() != {"role", "content"}:
        return messages
    return [{**messages[0], REASONING: thought}]


def tools_beside(record: dict[str, Any]) -> list[Message]:
    """The tools among the settings that a log keeps beside a call.

    >>> tools_beside({"modelParameters": {"tools": [{"type": "function", "function": {"name": "hours"}}]}})
    [{'type': 'function', 'function': {'name': 'hours'}}]
    """
    for key, value in record.items():
        held = json_of(value) if key.casefold() in _SETTINGS else None
        if type(held) is dict and (found := tools(held) or tools_beside(held)):
            return found
    return []


def tools(value: JsonValue, levels: int = _MOST_WRAPPINGS) -> list[Message]:
    """The tools that a request names, as the chat format has them."""
    found = json_of(value)
    if type(found) is not dict or levels == 0:
        return []
    if type(found.get("toolConfig")) is dict:
        return bedrock.tools_of(found["toolConfig"])
    listed = json_of(found.get("tools"))
    if type(listed) is list and listed and all(type(tool) is dict for tool in listed):
        if any("functionDeclarations" in tool or "function_declarations" in tool for tool in listed):
            return gemini.tools_of(listed)
        return responses_items.tools_of(anthropic.tools_of(listed))
    for key in _WRAPPINGS:
        if type(json_of(found.get(key))) is dict:
            return tools(found[key], levels - 1)
    return []


def _with_instruction(request: dict[str, Any], messages: list[Message]) -> list[Message]:
    """A system text beside the messages of a request goes first; Anthropic calls it system, Responses instructions."""
    if messages and messages[0].get("role") in SYSTEM_ROLES:
        return messages
    for key in ("system", "instructions"):
        blocks = request.get(key)
        if type(blocks) is list and responses_items.is_input(blocks):
            return [*messages_from(responses_items.turns_of(blocks, key)), *messages]
        if type(blocks) is list and bedrock.is_blocks(blocks):
            return [*messages_from(bedrock.turns_of([{"role": "system", "content": blocks}])), *messages]
        if blocks and type(blocks) in (str, list):
            return [*messages_from([("system", anthropic.blocks_of(blocks))]), *messages]
    return messages


def _answers_in(found: list[Any], levels: int) -> list[Message] | None:
    """What a list holds: messages, items, or choices of which the first counts; LangChain nests lists."""
    if not found or levels == 0:
        return None
    if responses_items.is_output(found):
        return messages_from(responses_items.turns_of(found, "output"))
    messages = _list_of_messages(found)
    if messages is not None:
        return messages
    found = list(by_index(found))
    if all(type(block) is dict and block.get("type") in _ANSWERING for block in found):
        return messages_from([("assistant", anthropic.blocks_of(found))])
    is_one = type(found[0]) in (dict, list) or (type(found[0]) is str and len(found) == 1)
    return answered(found[0], levels - 1) if is_one else None


def _list_of_messages(found: list[Any]) -> list[Message] | None:
    """A list of messages of any of the APIs as chat messages, or None where an entry is no message."""
    if len(found) == 1 and type(found[0]) is list:
        return _list_of_messages(found[0])
    if not found or not all(type(one) is dict for one in found):
        return None
    is_anthropic = any(type(one.get("content")) is list and _has_blocks(one["content"]) for one in found)
    if not is_anthropic and any(one.get("type") in responses_items.ITEMS for one in found):
        return messages_from(responses_items.turns_of(found, "items"))
    if any(is_langchain(one) for one in found) and all(is_langchain(one) or "role" in one for one in found):
        return messages_from(langchain.turns_of(found))
    if not all(is_message(one) and "role" in one for one in found):
        return None
    if bedrock.is_converse(found):
        return messages_from(bedrock.turns_of(found))
    if is_anthropic:  # whose answers say that they are a `message`, as items of Responses do
        return messages_from(anthropic.turns_of(found))
    if any(type(one.get("content")) is list and _has_items(one["content"]) for one in found):
        return messages_from(responses_items.turns_of(found, "items"))
    return [_with_text(one) for one in found]


def _with_text(message: dict[str, Any]) -> dict[str, Any]:
    """A message whose content is a single part of text, with that text.

    >>> _with_text({"role": "assistant", "content": [{"type": "text", "text": "!"}]})
    {'role': 'assistant', 'content': '!'}
    """
    content = message.get("content")
    if type(content) is not list or len(content) != 1 or type(content[0]) is not dict:
        return message
    part = content[0]
    is_text = part.keys() == {"type", "text"} and part["type"] == "text" and type(part["text"]) is str
    return {**message, "content": part["text"]} if is_text else message


def _has_blocks(content: list[Any]) -> bool:
    return any(type(part) is dict and part.get("type") in anthropic.OWN_BLOCKS for part in content)


def _has_items(content: list[Any]) -> bool:
    return any(type(part) is dict and part.get("type") in ("input_text", "output_text") for part in content)
