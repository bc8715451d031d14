"""How many tokens an example has, as the chat format is billed.

Text is counted by `tiktoken_tokenizer`. Around it stands the overhead of the chat format, after OpenAI's cookbook ("How to count tokens with tiktoken", read 2026-11-20):

    every message     3, and the tokens of its role
    a name            1, and its tokens
    the example       3, which prime the reply
    tools             per function, per property and per enum item, see `count_tools`

Not documented and therefore an assumption: a tool call counts 3 and the tokens of its name and arguments; an image
counts 85 where its detail is `low`, else 765 (one of 1024 x 1024 pixels), because its size is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tuneset.targets.tiktoken_tokenizer import counter

TOKENS_PER_MESSAGE = 3
TOKENS_PER_NAME = 1
TOKENS_PER_REPLY = 3
TOKENS_PER_TOOL_CALL = 3
TOKENS_PER_LOW_IMAGE = 85  # OpenAI vision fine-tuning guide, 2026-11-20
TOKENS_PER_IMAGE = 765  # OpenAI vision guide: 85 and 170 for each of four tiles

# For gpt-4o and newer, and for older models (o200k and cl100k encodings); the same cookbook, section 7.
_FUNCTION_START = {"o200k_base": 7, "o200k_harmony": 7, "cl100k_base": 10}
_PROPERTIES_START = 3
_PROPERTY = 3
_ENUM_START = -3
_ENUM_ITEM = 3
_FUNCTIONS_END = 12


def count_texts(texts: Sequence[str], encoding_name: str) -> list[int]:
    """Tokens of each text alone. Special tokens in a text count as the plain text they are.

    >>> count_texts(["hello world", "<|endoftext|>"], "o200k_base")
    [2, 7]
    """
    return counter(encoding_name).count(texts)


def count_text(text: str, encoding_name: str) -> int:
    """Tokens of one text."""
    return count_texts([text], encoding_name)[0]


def count_message(message: Mapping[str, Any], encoding_name: str) -> int:
    """Tokens of one message in the chat format.

    >>> count_message({"role": "user", "content": "hello world"}, "o200k_base")
    6
    """
    texts = [_text(message.get("role")), _text(message.get("name"))]
    total = TOKENS_PER_MESSAGE + (TOKENS_PER_NAME if message.get("name") else 0)
    content = message.get("content")
    if isinstance(content, list):
        for part in content:
            if isinstance(part, dict) and part.get("type") == "image_url":
                image = part.get("image_url")
                low = isinstance(image, dict) and image.get("detail") == "low"
                total += TOKENS_PER_LOW_IMAGE if low else TOKENS_PER_IMAGE
            elif isinstance(part, dict):
                texts.append(_text(part.get("text") or part.get("refusal")))
    else:
        texts.append(_text(content))
    calls = message.get("tool_calls")
    functions = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    functions.append(message.get("function_call"))
    for function in functions:
        if isinstance(function, dict):
            total += TOKENS_PER_TOOL_CALL
            texts += [_text(function.get("name")), _text(function.get("arguments"))]
    return total + sum(count_texts(texts, encoding_name))


def count_tools(tools: Sequence[Any], encoding_name: str) -> int:
    """Tokens that tool definitions add to an example.

    The documented formula knows flat properties; the schema of a nested one is counted as its JSON text.
    """
    if not tools:
        return 0
    total = _FUNCTIONS_END
    texts: list[str] = []
    for tool in tools:
        wrapped = tool.get("function", tool) if isinstance(tool, dict) else {}
        function = wrapped if isinstance(wrapped, dict) else {}
        total += _FUNCTION_START[encoding_name]
        texts.append(f"{_text(function.get('name'))}:{_text(function.get('description')).removesuffix('.')}")
        parameters = function.get("parameters")
        properties = parameters.get("properties") if isinstance(parameters, dict) else None
        if not isinstance(properties, dict) or not properties:
            continue
        total += _PROPERTIES_START
        for name, schema in properties.items():
            entry = schema if isinstance(schema, dict) else {}
            total += _PROPERTY
            choices = entry.get("enum")
            if isinstance(choices, list):
                total += _ENUM_START + _ENUM_ITEM * len(choices)
                texts += [_text(choice) for choice in choices]
            texts.append(f"{name}:{_text(entry.get('type'))}:{_text(entry.get('description')).removesuffix('.')}")
            texts += [_text(entry[key]) for key in ("properties", "items", "anyOf") if key in entry]
    return total + sum(count_texts(texts, encoding_name))


def count_example(example: Mapping[str, Any], encoding_name: str) -> int:
    """Tokens of one line of any format: its messages, its tools, and for preference pairs both outputs.

    >>> count_example({"messages": [{"role": "user", "content": "hello world"}]}, "o200k_base")
    9
    """
    prompt = example.get("input") if isinstance(example.get("input"), dict) else example
    assert prompt is not None
    total = TOKENS_PER_REPLY
    for messages in (
        prompt.get("messages"),
        example.get("preferred_output"),
        example.get("non_preferred_output"),
    ):
        if isinstance(messages, list):
            total += sum(count_message(m, encoding_name) for m in messages if isinstance(m, dict))
    tools = [*_list(prompt.get("tools")), *_list(prompt.get("functions"))]
    return total + count_tools(tools, encoding_name)


def _text(value: object) -> str:
    """A value as the text that is counted: itself, nothing for null, JSON for anything else.

    >>> _text("a"), _text(None), _text({"b": 1})
    ('a', '', '{"b":1}')
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an integer beyond 64 bits, as in a tool's `maximum`
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
