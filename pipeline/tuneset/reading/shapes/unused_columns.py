"""Which of the columns that are left over hold text that the example does not say: what is told as unused."""

from __future__ import annotations

import functools
import re
import string

from tuneset.example_tables import Example
from tuneset.json_text import dumps
from tuneset.reading.prose import is_prose
from tuneset.reading.shapes.base import Shaped
from tuneset.reading.shapes.companions import COMPANIONS, LETTERED

_ALWAYS_TOLD = COMPANIONS | {
    "suffix", "text", "document", "documents", "article", "background", "evidence", "knowledge", "premise",
    "hypothesis", "source_text", "reference_text", "input_text", "abstract", "facts", "retrieved_docs",
    "retrieved_documents", "retrieved_context", "reading", "persona", "instructions", "preamble", "developer",
    "role_description", "meta_prompt", "bot_instructions", "systeminstruction", "candidates", "endings", "distractors",
    "apis", "api_list", "error", "errors", "exception", "error_message",
    "gizmo_id", "previous_messages", "prior_messages", "chat_history", "conversation_history", "previous_turns",
}  # fmt: skip
"""Columns that say something even where their text is shorter than prose is."""
_LEFT_OUT = (" (said aside)", " (sources)", " (data of the app)", " (further answers)")
"""How shapes call what they have left out of a column of messages, with a count of it."""
_WRONG_ONES = re.compile(r"(?:ending|distractor|candidate)[_ ]?[a-h0-9]", re.IGNORECASE)  # the right one may be missing
_PLAIN_KEYS = 2  # a role and a content


def unused(shaped: Shaped) -> list[str]:
    """The columns among those left over that hold text which the example does not say.

    >>> unused(({"messages": []}, {"id": "a-1", "note": "Handle with care.", "suffix": "}", "context": ""}))
    ['note', 'suffix']
    """
    example, rest = shaped
    found: list[str] = []
    told = _told_names(tuple(rest or ()))
    for name, value in (rest or {}).items():
        if is_prose(value):
            if type(value) is not str or not _is_said(value.strip(), example):
                found.append(name)
        elif name in told and value:
            found.append(name)
    return found


@functools.lru_cache(maxsize=4096)
def _told_names(names: tuple[str, ...]) -> frozenset[str]:
    """The names that say something whatever they hold."""
    plain = {name: name.strip().casefold() for name in names}
    told = {
        name
        for name, called in plain.items()
        if called in _ALWAYS_TOLD or _WRONG_ONES.fullmatch(called) or called.endswith(_LEFT_OUT)
    }
    return frozenset(told.union(name for name in names if _is_lettered(name)))


def _is_lettered(name: str) -> bool:
    parts = LETTERED.fullmatch(name)
    return parts is not None and (parts[1] is not None or name in string.ascii_uppercase)


def _is_said(text: str, example: Example) -> bool:
    """Whether a text stands in an example, as a prompt does beside its messages."""
    if len(example) == 1:
        for message in example["messages"]:
            content = message.get("content")
            if len(message) != _PLAIN_KEYS or type(content) is not str:
                break
            if text in content:
                return True
        else:
            return False
    return dumps(text)[1:-1] in dumps(example)
