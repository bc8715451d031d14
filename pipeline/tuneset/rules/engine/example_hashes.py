"""Hashes of examples, by which duplicates, contradictions and overlaps are found.

What is made of them is not decided here.
"""

from __future__ import annotations

from typing import Any

import orjson
from xxhash import xxh3_64_intdigest

from tuneset.rules.accessors import Object
from tuneset.terms import Format

_ANSWER_START = b'{"role":"assistant","content":"'
"""What the last answer of a plain line without spaces begins with; strings cannot hold it, their quotes are escaped."""


def example_hashes(example: Object, line_format: Format) -> tuple[int, int]:
    """64-bit hashes of the whole example and of its prompt: what stands before the last answer.

    Examples that differ in white space, escapes or the order of keys alone have the same hashes. An example that has
    no prompt shares it with none: the hash of the whole stands for it.
    """
    messages = example.get("messages")
    if line_format == "sft" and len(example) == 1 and isinstance(messages, list) and len(messages) > 1:
        ordered = [_role_first(message) for message in messages]
        if None not in ordered and messages[-1]["role"] == "assistant":
            return text_hashes(orjson.dumps({"messages": ordered}))
    whole = xxh3_64_intdigest(orjson.dumps(example, option=orjson.OPT_SORT_KEYS))
    prompt = _prompt(example, line_format)
    return whole, xxh3_64_intdigest(orjson.dumps(prompt, option=orjson.OPT_SORT_KEYS)) if prompt else whole


def _prompt(example: Object, line_format: Format) -> Any:  # noqa: ANN401  any JSON value
    """What an example asks; nothing where it asks nothing.

    >>> _prompt({"text": "Once"}, "sft"), _prompt({"messages": [{"role": "assistant"}]}, "sft")
    (None, None)
    """
    if line_format == "dpo":
        return example.get("input")
    messages = example.get("messages")
    if line_format == "rft" or not isinstance(messages, list):
        return messages
    return [messages[:-1], example.get("tools")] if len(messages) > 1 else None


def _role_first(message: Any) -> Object | None:  # noqa: ANN401  any JSON value
    """A message of role and text alone with its keys in the order of plain lines; None for any other message.

    >>> _role_first({"content": "Hi", "role": "user"}), _role_first({"role": "user"})
    ({'role': 'user', 'content': 'Hi'}, None)
    """
    if not isinstance(message, dict) or message.keys() != {"role", "content"}:
        return None
    if not isinstance(message["role"], str) or not isinstance(message["content"], str):
        return None
    return {"role": message["role"], "content": message["content"]}


def text_hashes(compact: bytes) -> tuple[int, int]:
    """What `example_hashes` gives for a plain line as orjson writes it, whose last message is the answer."""
    return xxh3_64_intdigest(compact), xxh3_64_intdigest(compact[: compact.rfind(_ANSWER_START)])
