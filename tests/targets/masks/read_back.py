"""Reads messages back out of a rendered text, for the templates of `tiny_models.py`: a grammar a style.

Only what the conversations of `conversations.py` hold is read: texts in which no token of a template stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from tests.targets.masks.conversations import Messages

_CALL = re.compile(r"\n<tool_call>(?P<name>\w+) (?P<arguments>.*?)</tool_call>", re.DOTALL)


def read_back(style: str, text: str) -> Messages:
    """The messages of a text that the template of a style made. Raises ValueError where it is not of that grammar."""
    return _READERS[style](text)


def _whole(pattern: str, text: str) -> list[re.Match[str]]:
    """The matches of a pattern, which have to be together the whole text."""
    found = list(re.finditer(pattern, text, re.DOTALL))
    if "".join(match[0] for match in found) != text:
        raise ValueError("the text is not of the grammar")
    return found


def _messages(pattern: str, text: str) -> Messages:
    named = {"model": "assistant", "User": "user", "Assistant": "assistant"}
    found = [(match["role"], match["content"]) for match in _whole(pattern, text)]
    return [{"role": named.get(role, role), "content": content} for role, content in found]


def _chatml(text: str) -> Messages:
    messages = _messages(r"<\|im_start\|>(?P<role>\w+)\n(?P<content>.*?)<\|im_end\|>\n", text)
    for message in messages:
        calls = _CALL.findall(message["content"])
        if calls:
            message["content"] = _CALL.sub("", message["content"])
            message["calls"] = [(name, json.loads(arguments)) for name, arguments in calls]
    return messages


def _llama(text: str) -> Messages:
    pattern = r"<\|start_header\|>(?P<role>\w+)<\|end_header\|>\n\n(?P<content>.*?)<\|eot\|>"
    first, *rest = _messages(pattern, text.removeprefix("<s>"))
    return [first, *rest] if first["content"] else rest


def _gemma(text: str) -> Messages:
    return _messages(r"<turn>(?P<role>\w+)\n(?P<content>.*?)<end_turn>\n", text.removeprefix("<s>"))


def _mistral(text: str) -> Messages:
    pattern = r"\[SYS\] (?P<system>.*?) \[/SYS\]|\[INST\] (?P<user>.*?) \[/INST\]| (?P<assistant>.*?)</s>"
    found = _whole(pattern, text.removeprefix("<s>"))
    return [{"role": str(match.lastgroup), "content": match[str(match.lastgroup)]} for match in found]


def _channels(text: str) -> Messages:
    pattern = r"<\|start\|>(?P<role>\w+)<\|channel\|>(?:in|final)<\|message\|>(?P<content>.*?)<\|(?:end|return)\|>"
    return _messages(pattern, text)


def _thinking(text: str) -> Messages:
    pattern = r"<\|im_start\|>(?P<role>\w+)\n(?:<think>\n\n</think>\n\n)?(?P<content>.*?)<\|im_end\|>\n"
    return _messages(pattern, text)


def _bars(text: str) -> Messages:
    system, mark, rest = text.removeprefix("<s>").partition("<|User|>")
    pattern = r"<\|(?P<role>User|Assistant)\|>(?P<content>.*?)(?:</s>|(?=<\|)|\Z)"
    return [*([{"role": "system", "content": system}] if system else []), *_messages(pattern, mark + rest)]


_READERS: dict[str, Callable[[str], Messages]] = {
    "chatml": _chatml,
    "llama": _llama,
    "gemma": _gemma,
    "mistral": _mistral,
    "channels": _channels,
    "thinking": _thinking,
    "bars": _bars,
}
