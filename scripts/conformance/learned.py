"""What a trainer learned of a row, and what the dataset says that it should: turns, compared as what they say."""

from __future__ import annotations

import json
import re
from typing import Any

END = "<|im_end|>"
_CALL = re.compile(r"<tool_call>\n(.*?)\n</tool_call>", re.DOTALL)
Turn = tuple[str, tuple[tuple[str, str], ...]]
"""A text and the calls of tools, each a name and its arguments as JSON text of one spelling."""


def turns_of(learned: str) -> list[Turn]:
    """The turns in the text of the tokens that are learned.

    Raises ValueError where a call is no JSON, or its arguments are no object.
    """
    return [_turn(part) for part in learned.split(END) if part.strip()]


def _turn(text: str) -> Turn:
    calls = []
    for found in _CALL.findall(text):
        call = json.loads(found)
        if not isinstance(call["arguments"], dict):
            raise ValueError("the arguments of a call are no object")  # noqa: TRY004  one error for all that is wrong
        calls.append((str(call["name"]), _spelled(call["arguments"])))
    return _CALL.sub("", text).strip(), tuple(calls)


def wanted(lines: list[dict[str, Any]]) -> list[Turn]:
    """The answers of some chat lines that are to be learned, in order."""
    found: list[Turn] = []
    for line in lines:
        for message in line["messages"]:
            if message["role"] == "assistant" and message.get("weight") != 0:
                functions = [call["function"] for call in message.get("tool_calls", [])]
                calls = tuple((one["name"], _spelled(json.loads(one["arguments"]))) for one in functions)
                found.append(((message.get("content") or "").strip(), calls))
    return found


def _spelled(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True)
