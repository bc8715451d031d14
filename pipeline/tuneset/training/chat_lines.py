"""A line of chat: what is wrong with it, and the texts that are in it.

It plays the provider's own validator, in its words and as narrow-minded: it names the first fault alone, messages count
from 1. It shares no code with the rules of `tuneset check`, so that one can be held against the other. What a job does
with a fault is the business of `training_file`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tuneset.targets.encodings import SPECIAL_TOKENS

EXAMPLE_KEYS = frozenset({"messages", "tools", "parallel_tool_calls", "functions"})
_NAMED_TEXT = frozenset({"role", "content", "name"})
MESSAGE_KEYS: Mapping[str, frozenset[str]] = {
    "system": _NAMED_TEXT,
    "user": _NAMED_TEXT,
    "assistant": _NAMED_TEXT | {"refusal", "audio", "tool_calls", "function_call", "weight"},
    "tool": frozenset({"role", "content", "tool_call_id"}),
    "function": _NAMED_TEXT,
}
"""The keys of each role's message. OpenAI API specification of 2025-05-20 (FineTuneChatRequestInput)."""

KEY_LENGTH = 64
"""How much of an unknown key an error repeats, in characters: a key is a name, but it might be anything."""


def example_fault(example: Mapping[str, Any]) -> str | None:
    """What is wrong with a chat example, as it follows on `Example N`, or None.

    >>> example_fault({"messages": [{"content": "Hello"}]})
    ", message 1 Discriminator 'role' is missing in value"
    """
    if "messages" not in example:
        return " is missing key 'messages'."
    for key in example:
        if key not in EXAMPLE_KEYS:
            return f' contains an extra "{key[:KEY_LENGTH]}".'
    messages = example["messages"]
    if not isinstance(messages, list) or not messages:
        return " must have a non-empty list of messages."
    for number, message in enumerate(messages, start=1):
        fault = message_fault(message)
        if fault is not None:
            return f", message {number} {fault}"
    learned = [message for message in messages if message["role"] == "assistant" and message.get("weight") != 0]
    if not learned:
        return " has no assistant message to learn from."
    if messages[-1]["role"] != "assistant":
        return ": the last message must be from the assistant."
    for key in ("tools", "functions"):
        if key in example and not isinstance(example[key], list):
            return f": {key} must be a list."
    return special_token_fault(messages)


def message_fault(message: object) -> str | None:
    """What is wrong with one message, or None; as it follows on `message N`."""
    if not isinstance(message, dict):
        return "is not a dictionary"
    if "role" not in message:
        return "Discriminator 'role' is missing in value"
    role = message["role"]
    if not isinstance(role, str) or role not in MESSAGE_KEYS:
        tags = ", ".join(f"'{known}'" for known in MESSAGE_KEYS)
        return f"Input tag found using 'role' does not match any of the expected tags: {tags}"
    for key in message:
        if key not in MESSAGE_KEYS[role]:
            return f'contains an extra "{key[:KEY_LENGTH]}".'
    return next((told for is_faulty, told in _MESSAGE_FAULTS if is_faulty(message)), None)


def special_token_fault(messages: Iterable[Mapping[str, Any]]) -> str | None:
    """The first text of a special token in valid messages, as it follows on `Example N`, or None."""
    texts = [text for message in messages for text in message_texts(message)]
    for token in SPECIAL_TOKENS:
        if any(token in text for text in texts):
            return f" message contains an invalid token: {token}."
    return None


def message_texts(message: Mapping[str, Any]) -> list[str]:
    """The texts of a valid message in their order: content, refusal, names and arguments of calls.

    >>> message_texts({"content": [{"type": "text", "text": "a"}], "refusal": "b"})
    ['a', 'b']
    """
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    texts = [content] if isinstance(content, str) else [part.get("text") or part.get("refusal") for part in parts]
    texts.append(message.get("refusal"))
    functions = [call["function"] for call in message.get("tool_calls") or []]
    for function in [*functions, message.get("function_call")]:
        if function:
            texts += [function["name"], function["arguments"]]
    return [text for text in texts if text]


def count_images(example: Mapping[str, Any]) -> int:
    """How many images a valid example shows."""
    contents = [message.get("content") for message in example["messages"]]
    return sum(part["type"] == "image_url" for content in contents if isinstance(content, list) for part in content)


def _are_tool_calls(calls: object) -> bool:
    return isinstance(calls, list) and all(
        isinstance(call, dict)
        and isinstance(call.get("id"), str)
        and call.get("type") == "function"
        and _is_function(call.get("function"))
        for call in calls
    )


def _is_function(function: object) -> bool:
    return (
        isinstance(function, dict)
        and isinstance(function.get("name"), str)
        and isinstance(function.get("arguments"), str)
    )


def _is_part(part: object, role: str) -> bool:
    """Whether a content part is one that this role may have."""
    if not isinstance(part, dict):
        return False
    kind = part.get("type")
    if kind == "text" or (kind == "refusal" and role == "assistant"):
        return isinstance(part.get(kind), str)
    image = part.get("image_url")
    return kind == "image_url" and role == "user" and isinstance(image, dict) and isinstance(image.get("url"), str)


def _has_wrong_weight(message: Mapping[str, Any]) -> bool:
    weight = message.get("weight", 0)
    return isinstance(weight, bool) or weight not in (0, 1)


def _has_wrong_calls(message: Mapping[str, Any]) -> bool:
    calls = message.get("tool_calls")
    return calls is not None and not _are_tool_calls(calls)


def _has_wrong_legacy_call(message: Mapping[str, Any]) -> bool:
    legacy = message.get("function_call")
    return legacy is not None and not _is_function(legacy)


def _lacks_call_id(message: Mapping[str, Any]) -> bool:
    return message["role"] == "tool" and not isinstance(message.get("tool_call_id"), str)


def _has_wrong_refusal(message: Mapping[str, Any]) -> bool:
    return not isinstance(message.get("refusal"), str | None)


def _lacks_content(message: Mapping[str, Any]) -> bool:
    """Whether there is no content, and nothing that stands for it in an assistant's message."""
    instead = message["role"] == "assistant" and any(map(message.get, ("tool_calls", "function_call", "refusal")))
    return message.get("content") is None and not instead


def _has_wrong_content(message: Mapping[str, Any]) -> bool:
    content = message.get("content")
    if isinstance(content, list):
        return not all(_is_part(part, message["role"]) for part in content)
    return not isinstance(content, str | None)


_MESSAGE_FAULTS: tuple[tuple[Callable[[Mapping[str, Any]], bool], str], ...] = (
    (_has_wrong_weight, "weight must be 0 or 1"),
    (
        _has_wrong_calls,
        "tool_calls must be a list of function calls, each with an id, a name and arguments as a string",
    ),
    (_has_wrong_legacy_call, "function_call must have a name and arguments as a string"),
    (_lacks_call_id, "is missing key 'tool_call_id'."),
    (_has_wrong_refusal, "refusal must be a string"),
    (_lacks_content, "is missing key 'content'."),
    (_has_wrong_content, "content must be a string or a list of content parts"),
)
"""What can be wrong with a message of a known role that has no key too many, in the order in which it is told."""
