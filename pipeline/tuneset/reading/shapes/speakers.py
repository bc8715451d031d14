"""Who speaks in a turn, and how the turns of many exports say it.

Speakers are translated by a closed list, whatever their capitals and the white space around them: one that is unknown
is never guessed, because a turn that is passed over or given to another would change what the model learns.
"""

from __future__ import annotations

import re

from tuneset.json_text import JsonValue

SPEAKERS = {
    "system": "system",
    "developer": "developer",
    "human": "user",
    "user": "user",
    "prompter": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "function_call": "assistant",
    "tool_call": "assistant",
    "observation": "tool",
    "function_response": "tool",
    "tool_response": "tool",
    "tool": "tool",
}
"""ShareGPT's speakers with those of its descendants (FastChat, LLaMA-Factory, axolotl), of OASST and LangChain."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,24}")


def plain_speaker(speaker: JsonValue) -> JsonValue:
    """A speaker in the form in which the list has it; what is no text stays as it is.

    >>> plain_speaker("Human "), plain_speaker(7)
    ('human', 7)
    """
    return speaker.strip().casefold() if type(speaker) is str else speaker


def role_of(speaker: JsonValue) -> str | None:
    """The role that a speaker has, or None where the list does not know it.

    >>> role_of("GPT"), role_of("narrator"), role_of(None)
    ('assistant', None, None)
    """
    return SPEAKERS.get(plain_speaker(speaker)) if type(speaker) is str else None


def unknown_speaker(speaker: JsonValue) -> str:
    """What is said of a speaker: its label where it is one word, as a label is and a person's full name is not.

    >>> unknown_speaker("narrator"), unknown_speaker("Anna Example")
    ('an unknown speaker (narrator)', 'an unknown speaker')
    """
    is_label = type(speaker) is str and _NAME.fullmatch(speaker) is not None
    return f"an unknown speaker ({speaker})" if is_label else "an unknown speaker"
