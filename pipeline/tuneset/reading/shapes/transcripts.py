"""Conversations written down as one text, each turn after the name of who speaks: `User: ...`, `Assistant: ...`.

A text is taken apart only where the names account for all of it: it begins with who asks, the two take turns, and each
is written in one way throughout. A line that begins otherwise goes on with the turn before it; where every line is a
name with what belongs to it, the text is a form or settings. Beside a column that may be what is to be made of it, such
as a summary, a transcript is what is asked about, and no conversation to learn.
"""

from __future__ import annotations

import itertools
import re

from tuneset.reading.shapes.base import Message, Record
from tuneset.reading.shapes.dialects import is_alone
from tuneset.reading.verdicts import verdict
from tuneset.roles import AGENTS, OTHER_NAMES, SYSTEM_ROLES

_ASKED = {"q": "a", "question": "answer"}
"""Names of a question, each with that of its answer: they go together, and with no other."""
_ROLES = {
    **{name: role for name, role in OTHER_NAMES.items() if name != "model"},
    **dict.fromkeys(AGENTS, "assistant"),
    **{name: name for name in ("system", "user", "assistant")},
    **dict.fromkeys(_ASKED, "user"),
    **dict.fromkeys(_ASKED.values(), "assistant"),
}
_NAMES = "|".join(sorted(_ROLES, key=len, reverse=True))
_MARK = re.compile(
    rf"(?:\A|(?<=\n)|(?<=</s>))[ \t]*((?:\*\*|<|\[)?({_NAMES})(?:\*\*|>|\])?:(?:\*\*)?)(?=\s|\Z)[ \t]*", re.IGNORECASE
)
_OTHER = re.compile(r"^[ \t]*(?:\*\*)?([A-Z][\w .'-]{0,24}):(?=\s|\Z)", re.MULTILINE)
"""A line that begins as a turn does, of somebody whose name is not known."""
_FIELD = re.compile(r"[ \t]*[^\W\d][\w .'-]{0,24}:(?=\s|\Z)")
_MADE_OF_IT = frozenset(
    {
        "summary",
        "summaries",
        "label",
        "labels",
        "target",
        "reply",
        "result",
        "translation",
        "reference",
        "expected_output",
    }
)
"""Columns of what is made of a text, beside those of answers."""
_OF_TOOLS = frozenset(
    {"tool", "tool call", "tool response", "tool result", "function", "function call", "function response", "action",
     "action input", "observation", "thought", "context", "narrator"}
)  # fmt: skip
_CALL = "<functioncall>"
_ENDS = ("</s>", "<|endoftext|>")
_BEGINS = re.compile(rf"(?:\*\*|<|\[)?(?:{_NAMES})(?:\*\*|>|\])?:", re.IGNORECASE)
_LONGEST_BEGIN = max(map(len, _ROLES)) + len("**") + len("**:")


def begins(text: str) -> bool:
    r"""Whether a text begins with the name of somebody who speaks.

    >>> begins("\n\nHuman: Hi"), begins("**User:** Hi"), begins("Usage: hours")
    (True, True, False)
    """
    said = text.lstrip()
    return ":" in said[:_LONGEST_BEGIN] and _BEGINS.match(said) is not None


def transcript_of(text: str, *, questions: bool = True) -> list[Message] | None:
    r"""The turns of a text that is a transcript; None for any other. An empty turn of the user's at its end is none.

    Without `questions` those of `Q:` and `A:` stay: in a prompt they are examples that it gives.

    >>> transcript_of("Human: Hi\n\nAI: Ho\n\nHuman:")
    [{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Ho'}]
    >>> transcript_of("AI: Ho\nHuman: Hi") is None, transcript_of("User: Hi\nUser: Ho") is None
    (True, True)
    """
    before, *spoken = _MARK.split(text)
    marks, names, texts = spoken[::3], [name.casefold() for name in spoken[1::3]], spoken[2::3]
    if before.strip() or not names or (not questions and not set(_ASKED).isdisjoint(names)):
        return None
    roles = [_ROLES[name] for name in names]
    if len(set(marks)) != len(set(roles)) or _mixes(set(names)) or _has_others(text) or _is_form(text, names):
        return None
    turns = [{"role": role, "content": _bare(said)} for role, said in zip(roles, texts, strict=True)]
    if turns[-1] == {"role": "user", "content": ""}:
        turns.pop()
    said = [turn["role"] for turn in turns]
    said = said[1:] if said[:1] == ["system"] else said
    takes_turns = said[:1] == ["user"] and all(one != other for one, other in itertools.pairwise(said))
    is_whole = all(turn["content"] for turn in turns[:-1])
    return turns if takes_turns and is_whole and not set(said).intersection(SYSTEM_ROLES) else None


def is_asked_about(record: Record, column: str) -> bool:
    """Whether another column may be what is to be made of a text: an answer, a summary, a class that is no verdict.

    >>> is_asked_about({"text": "", "summary": "They greet."}, "text"), is_asked_about({"text": "", "id": "7"}, "text")
    (True, False)
    >>> is_asked_about({"text": "", "label": "greeting"}, "text"), is_asked_about({"text": "", "label": "good"}, "text")
    (True, False)
    """
    held = {name.strip().casefold(): value for name, value in record.items() if value not in (None, "", [])}
    made = _MADE_OF_IT.intersection(held)
    return not is_alone(held, (column,)) or any(verdict({name: held[name]}) is None for name in made)


def _is_form(text: str, names: list[str]) -> bool:
    r"""Whether a text is all lines of a name and what belongs to it, none of them twice and some of nobody who speaks.

    >>> _is_form("Client: Acme\nAgent: Bo\nDay: 3", ["client", "agent"]), _is_form("User: Hi\nAI: H", ["user", "ai"])
    (True, False)
    """
    lines = [line for line in text.splitlines() if line.strip()]
    return len(set(names)) == len(names) < len(lines) and all(map(_FIELD.match, lines))


def _has_others(text: str) -> bool:
    r"""Whether somebody or something else may speak in a text: a tool, or a name that begins more than one line.

    >>> _has_others("User: Hi\nTool: 7"), _has_others("User: Hi\nBo: Ho\nBo: Hm"), _has_others("User: Hi\nNote: x")
    (True, True, False)
    """
    names = [name.casefold() for name in _OTHER.findall(text)]
    unknown = [name for name in names if name not in _ROLES]
    return _CALL in text or len(set(unknown)) < len(unknown) or not _OF_TOOLS.isdisjoint(unknown)


def _mixes(names: set[str]) -> bool:
    """Whether a name of a question or an answer stands without its counterpart.

    >>> _mixes({"q", "a"}), _mixes({"q", "assistant"}), _mixes({"user", "ai"}), _mixes({"q"})
    (False, True, False, False)
    """
    kinds = [each for each in _ASKED.items() if not names.isdisjoint(each)]
    return bool(kinds) and (len(kinds) > 1 or not names <= {*kinds[0], "system"})


def _bare(text: str) -> str:
    """What was said, without the blanks around it and a mark of its end."""
    said = text.strip()
    for end in _ENDS:
        said = said.removesuffix(end).rstrip()
    return said
