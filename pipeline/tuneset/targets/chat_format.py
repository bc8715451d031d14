"""The chat format as it is billed: which texts of an example are counted, and the tokens that stand around them.

The overhead is that of OpenAI's cookbook ("How to count tokens with tiktoken", read 2026-11-20):

    every message     3, and the tokens of its role
    a name            1, and its tokens
    the example       3, which prime the reply
    tools             per function, per property and per enum item, see `_add_tools`

An image in the line counts by its size and the rule of its model (`image_tokens.py`). Not documented and therefore an
assumption: a tool call counts 3 and the tokens of its name and arguments; an image on the web, whose size is not known
here, counts as one of 1024 x 1024 pixels; where a model has no rule for images, that of gpt-4o holds. Texts are taken
apart here and counted by a tokenizer, of which nothing is known here.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from tuneset.profile import ImageTokens
from tuneset.targets.image_size import Size, image_size
from tuneset.targets.image_tokens import image_tokens


@dataclass(frozen=True)
class ChatFormat:
    """What a chat format adds to the tokens of its texts, in tokens."""

    message: int = 3
    name: int = 1
    reply: int = 3
    tool_call: int = 3
    images: ImageTokens | None = None  # where the model has a rule of its own
    function: int = 7  # for gpt-4o and newer; this and the next five: the same cookbook, section 7
    properties: int = 3
    one_property: int = 3
    enum: int = -3
    enum_item: int = 3
    functions_end: int = 12
    assumed: str = ""  # why what it adds is an estimate


USUAL_IMAGES = ImageTokens(
    rule="tiles",
    base=85,
    each=170,
    low=85,
    source="OpenAI images and vision guide, gpt-4o",
    as_of=dt.date(2026, 11, 26),
)
"""What an image is taken to cost where no rule is known."""
UNKNOWN_SIZE = Size(1024, 1024)
"""The size that an image on the web is taken to have."""

HARMONY = "what gpt-oss adds is counted as gpt-4o's; its own template, by --target, makes it exact"
_NEWER = ChatFormat()
_CHAT_FORMATS = {"cl100k_base": ChatFormat(function=10), "o200k_harmony": ChatFormat(assumed=HARMONY)}
"""The models before gpt-4o, which have the older vocabulary, and gpt-oss, whose format has channels and a system
message of its own (OpenAI cookbook, "OpenAI harmony response format", 2026-11-26)."""

UNDOCUMENTED_CALL = "what a tool call costs is not documented"
UNDOCUMENTED_REASONING = "how reasoning beside an answer is rendered is not documented"
UNDOCUMENTED_IMAGE = "what an image costs depends on its size, which is not known here"
UNDOCUMENTED_IMAGE_RULE = "what an image costs at the model is not documented"
NESTED_SCHEMA = "what a nested schema costs is not documented"
"""Why the tokens of an example are an estimate, whatever its model."""


@dataclass
class Parts:
    """What of an example is counted: `texts`, and `overhead` tokens; why that is assumed, or nothing."""

    overhead: int
    texts: list[str] = field(default_factory=list)
    assumed: str = ""


@functools.cache
def chat_format(encoding: str, images: ImageTokens | None = None) -> ChatFormat:
    """The chat format of the models that have this vocabulary and this rule for images."""
    return replace(_CHAT_FORMATS.get(encoding, _NEWER), images=images)


def example_parts(example: Mapping[str, Any], chat: ChatFormat) -> Parts:
    """What is counted of one line of any format: its messages, its tools, and for preference pairs both outputs.

    >>> example_parts({"messages": [{"role": "user", "content": "hello"}]}, ChatFormat())
    Parts(overhead=6, texts=['user', 'hello'], assumed='')
    """
    prompt = example.get("input") if isinstance(example.get("input"), dict) else example
    assert prompt is not None
    parts = Parts(chat.reply, assumed=chat.assumed)
    for messages in (
        prompt.get("messages"),
        example.get("preferred_output"),
        example.get("non_preferred_output"),
    ):
        for message in _list(messages):
            if isinstance(message, dict):
                _add_message(parts, message, chat)
    _add_tools(parts, [*_list(prompt.get("tools")), *_list(prompt.get("functions"))], chat)
    parts.texts = [text for text in parts.texts if text]
    return parts


def _add_message(parts: Parts, message: Mapping[str, Any], chat: ChatFormat) -> None:
    """Add one message."""
    parts.overhead += chat.message + (chat.name if message.get("name") else 0)
    parts.texts += [_text(message.get("role")), _text(message.get("name"))]
    content = message.get("content")
    if isinstance(content, list):
        for part in content:
            _add_part(parts, part, chat)
    else:
        parts.texts.append(_text(content))
    reasoning = _text(message.get("reasoning_content") or message.get("reasoning"))
    if reasoning:
        parts.assumed = UNDOCUMENTED_REASONING
        parts.texts.append(reasoning)
    functions = [call.get("function") for call in _list(message.get("tool_calls")) if isinstance(call, dict)]
    for function in [*functions, message.get("function_call")]:
        if isinstance(function, dict):
            parts.overhead += chat.tool_call
            parts.assumed = UNDOCUMENTED_CALL
            parts.texts += [_text(function.get("name")), _text(function.get("arguments"))]


def _add_part(parts: Parts, part: object, chat: ChatFormat) -> None:
    """Add one part of a content that is a list."""
    if not isinstance(part, dict):
        return
    if part.get("type") == "image_url":
        image = part.get("image_url")
        _add_image(parts, image if isinstance(image, dict) else {}, chat)
    else:
        parts.texts.append(_text(part.get("text") or part.get("refusal")))


def _add_image(parts: Parts, image: Mapping[str, Any], chat: ChatFormat) -> None:
    """Add one image, by its detail and size."""
    rule = chat.images or USUAL_IMAGES
    if chat.images is None:
        parts.assumed = UNDOCUMENTED_IMAGE_RULE
    if image.get("detail") == "low" and rule.low is not None:
        parts.overhead += rule.low
        return
    url = image.get("url")
    size = image_size(url) if isinstance(url, str) else None
    if size is None:
        parts.assumed = UNDOCUMENTED_IMAGE
    parts.overhead += image_tokens(size or UNKNOWN_SIZE, rule)


def _add_tools(parts: Parts, tools: Sequence[Any], chat: ChatFormat) -> None:
    """Add tool definitions.

    The documented formula knows flat properties; the schema of a nested one is counted as its JSON text.
    """
    if not tools:
        return
    parts.overhead += chat.functions_end
    for tool in tools:
        wrapped = tool.get("function", tool) if isinstance(tool, dict) else {}
        function = wrapped if isinstance(wrapped, dict) else {}
        parts.overhead += chat.function
        parts.texts.append(f"{_text(function.get('name'))}:{_text(function.get('description')).removesuffix('.')}")
        parameters = function.get("parameters")
        properties = parameters.get("properties") if isinstance(parameters, dict) else None
        if not isinstance(properties, dict) or not properties:
            continue
        parts.overhead += chat.properties
        for name, schema in properties.items():
            _add_property(parts, name, schema if isinstance(schema, dict) else {}, chat)


def _add_property(parts: Parts, name: str, schema: Mapping[str, Any], chat: ChatFormat) -> None:
    """Add one property of a function's parameters."""
    parts.overhead += chat.one_property
    choices = schema.get("enum")
    if isinstance(choices, list):
        parts.overhead += chat.enum + chat.enum_item * len(choices)
        parts.texts += [_text(choice) for choice in choices]
    parts.texts.append(f"{name}:{_text(schema.get('type'))}:{_text(schema.get('description')).removesuffix('.')}")
    for key in ("properties", "items", "anyOf"):
        if key in schema:
            parts.assumed = NESTED_SCHEMA
            parts.texts.append(_text(schema[key]))


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
