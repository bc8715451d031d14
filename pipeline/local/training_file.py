"""Whether a training or validation file can be used, and what is wrong with it in the protocol's words.

As the protocol's own servers do, it names the first fault alone: examples count from 1 and blank lines do not count,
messages count from 1. The whole of what is wrong with a file is the business of `tuneset check`, not of an endpoint.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

MAX_LINE = 32 << 20
"""Bytes of a line, so that a file without line ends does not fill the memory."""

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

SPECIAL_TOKENS = ("<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|endofprompt|>")
"""Texts that stand for control tokens in the encodings cl100k_base and o200k_base; tiktoken 0.14."""


@dataclasses.dataclass(frozen=True)
class JobFault:
    """Why a job fails, as the `error` of a job object."""

    code: str
    message: str
    param: str | None


class UnreadableFileError(Exception):
    """A line that is no JSON object; the text is the protocol's, without the line's content."""


def read_examples(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the JSON object of each line that is not blank. Raises UnreadableFileError at the first that is none."""
    number = 0
    with path.open("rb") as handle:
        for line_number, line in enumerate(iter(lambda: handle.readline(MAX_LINE + 1), b""), start=1):
            if not line.strip():
                continue
            number += 1
            try:
                example = orjson.loads(line)
            except orjson.JSONDecodeError:
                reason = "longer than 32 MiB" if len(line) > MAX_LINE else _json_fault(line)
                message = (
                    f"Invalid file format. Example {number} cannot be parsed. "
                    f"Error: line contains invalid json: {reason} (line {line_number})"
                )
                raise UnreadableFileError(message) from None
            if not isinstance(example, dict):
                message = (
                    "Expected file to have JSONL format, where every line is a valid JSON dictionary. "
                    f"Line {line_number} is not a dictionary."
                )
                raise UnreadableFileError(message)
            yield example


def check_lines(path: Path) -> str | None:
    """The check at upload: why the file is not JSON lines, or None where it is."""
    try:
        for _ in read_examples(path):
            pass
    except UnreadableFileError as error:
        return str(error)
    return None


def check_training(path: Path, file_id: str, least: int) -> JobFault | None:
    """The check before a supervised job: the first fault of the training file, or None. It needs `least` examples."""
    fault, examples = _first_fault(path, file_id, "training")
    if fault is None and examples < least:
        message = f"Training file has {examples} example(s), but must have at least {least} examples"
        return JobFault("invalid_n_examples", message, "training_file")
    return fault


def check_validation(path: Path, file_id: str) -> JobFault | None:
    """The same for the validation file, which needs one example."""
    fault, examples = _first_fault(path, file_id, "validation")
    if fault is None and examples == 0:
        message = "Validation file has 0 example(s), but must have at least 1 examples"
        return JobFault("invalid_n_examples", message, "validation_file")
    return fault


def _first_fault(path: Path, file_id: str, side: str) -> tuple[JobFault | None, int]:
    """The first fault of a file, and how many examples were read until there."""
    param = f"{side}_file"
    number = 0
    try:
        for number, example in enumerate(read_examples(path), start=1):
            if "preferred_output" in example or "non_preferred_output" in example:
                message = (
                    f"The job failed due to an invalid {side} file. Invalid file format. Input file {file_id} is in "
                    "the fine-tune-preference format, but the specified fine-tuning job is not using 'dpo' as the "
                    "training method (provided method=supervised)."
                )
                return JobFault(f"invalid_{param}", message, param), number
            fault = example_fault(example)
            if fault is not None:
                message = (
                    f"The job failed due to a file format error in the {side} file. "
                    f"Invalid file format. Example {number}{fault}"
                )
                return JobFault("invalid_file_format", message, param), number
    except UnreadableFileError as error:
        return JobFault(f"invalid_{param}", f"The job failed due to an invalid {side} file. {error}", param), number
    return None, number


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
        fault = _message_fault(message)
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
    for token in SPECIAL_TOKENS:
        if any(token in text for message in messages for text in message_texts(message)):
            return f" message contains an invalid token: {token}."
    return None


def _message_fault(message: object) -> str | None:
    """What is wrong with one message, or None."""
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
    if "weight" in message and (isinstance(message["weight"], bool) or message["weight"] not in (0, 1)):
        return "weight must be 0 or 1"
    calls = message.get("tool_calls")
    if calls is not None and not _are_tool_calls(calls):
        return "tool_calls must be a list of function calls, each with an id, a name and arguments as a string"
    legacy = message.get("function_call")
    if legacy is not None and not _is_function(legacy):
        return "function_call must have a name and arguments as a string"
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        return "is missing key 'tool_call_id'."
    if not isinstance(message.get("refusal"), str | None):
        return "refusal must be a string"
    content = message.get("content")
    if content is None:
        if role == "assistant" and (calls or legacy or message.get("refusal")):
            return None
        return "is missing key 'content'."
    if isinstance(content, str) or (isinstance(content, list) and all(_is_part(part, role) for part in content)):
        return None
    return "content must be a string or a list of content parts"


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


def _json_fault(line: bytes) -> str:
    """Python's own description of what is wrong with a line of JSON; it names a place and quotes nothing."""
    try:
        json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        return str(error)
    except RecursionError:
        return "nested too deeply"
    return "a number or a character that JSON does not have"
