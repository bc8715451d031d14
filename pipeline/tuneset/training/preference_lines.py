"""A line of preference: what is wrong with it in the protocol's words, and the two conversations that it stands for.

Keys after OpenAI's guide on direct preference optimization (2026-11-20): `input`, `preferred_output` and
`non_preferred_output`; each output is one assistant message, and everything is text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuneset.training.chat_lines import KEY_LENGTH, count_images, message_fault, special_token_fault

OUTPUTS = ("preferred_output", "non_preferred_output")
LINE_KEYS = ("input", *OUTPUTS)
INPUT_KEYS = ("messages", "tools", "parallel_tool_calls")


def preference_fault(example: Mapping[str, Any]) -> str | None:
    """What is wrong with a line, as it follows on `Example N`, or None.

    >>> preference_fault({"messages": []})
    " is missing key 'input'."
    """
    for key in LINE_KEYS:
        if key not in example:
            return f" is missing key '{key}'."
    for key in example:
        if key not in LINE_KEYS:
            return f' contains an extra "{key[:KEY_LENGTH]}".'
    fault = _input_fault(example["input"])
    if fault is not None:
        return fault
    for key in OUTPUTS:
        fault = _output_fault(example[key])
        if fault is not None:
            return f", {key} {fault}"
    conversations = conversation_pair(example)
    if any(count_images(conversation) for conversation in conversations):
        return ": images are not supported with the method 'dpo'."
    return special_token_fault(message for conversation in conversations for message in conversation["messages"])


def conversation_pair(example: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A valid line as two chat examples, the preferred one first, of which the output alone is to be learned."""
    prompt = [
        message | {"weight": 0} if message["role"] == "assistant" else message
        for message in example["input"]["messages"]
    ]
    preferred, other = (
        {"messages": [*prompt, *({**message, "weight": 1} for message in example[key])]} for key in OUTPUTS
    )
    return preferred, other


def _input_fault(prompt: object) -> str | None:
    if not isinstance(prompt, dict):
        return ": input must be a dictionary."
    if "messages" not in prompt:
        return ", input is missing key 'messages'."
    for key in prompt:
        if key not in INPUT_KEYS:
            return f', input contains an extra "{key[:KEY_LENGTH]}".'
    messages = prompt["messages"]
    if not isinstance(messages, list) or not messages:
        return ": input must have a non-empty list of messages."
    for number, message in enumerate(messages, start=1):
        fault = message_fault(message)
        if fault is not None:
            return f", input message {number} {fault}"
    if not isinstance(prompt.get("tools", []), list):
        return ": input tools must be a list."
    return None


def _output_fault(output: object) -> str | None:
    """What is wrong with one of the outputs, or None."""
    if not isinstance(output, list) or len(output) != 1:
        return "must be a list of one assistant message"
    fault = message_fault(output[0])
    if fault is not None:
        return f"message 1 {fault}"
    return None if output[0]["role"] == "assistant" else "must be a list of one assistant message"
