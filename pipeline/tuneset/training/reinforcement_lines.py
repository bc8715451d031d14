"""A line of reinforcement: what is wrong with it in the protocol's words.

Only `messages` and `tools` have a meaning; every other key is a column for the grader. The answer is the model's own,
so the last message is the user's. OpenAI API specification (FineTuneReinforcementRequestInput), 2025-05-20.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuneset.training.chat_lines import count_images, message_fault, special_token_fault


def reinforcement_fault(example: Mapping[str, Any]) -> str | None:
    """What is wrong with a line, as it follows on `Example N`, or None.

    >>> reinforcement_fault({"messages": [{"role": "assistant", "content": "Hi"}]})
    ': the last message must be from the user.'
    """
    if "messages" not in example:
        return " is missing key 'messages'."
    messages = example["messages"]
    if not isinstance(messages, list) or not messages:
        return " must have a non-empty list of messages."
    for number, message in enumerate(messages, start=1):
        fault = message_fault(_plain(message))
        if fault is not None:
            return f", message {number} {fault}"
    if messages[-1]["role"] != "user":
        return ": the last message must be from the user."
    if not isinstance(example.get("tools", []), list):
        return ": tools must be a list."
    if count_images(example):
        return ": images are not supported with the method 'reinforcement'."
    return special_token_fault(messages)


def _plain(message: object) -> object:
    """A message, where one of the developer's counts as the system's."""
    if isinstance(message, dict) and message.get("role") == "developer":
        return {**message, "role": "system"}
    return message
