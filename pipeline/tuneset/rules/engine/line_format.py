"""Which format a line has, by its keys and roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tuneset.roles import known_role
from tuneset.terms import Format

_PREFERENCE_KEYS = frozenset(
    {"preferred_output", "non_preferred_output", "preferred_completion", "non_preferred_completion"}
)
_CHAT_KEYS = frozenset({"messages", "tools", "functions", "parallel_tool_calls"})


def certain_format(example: dict[str, Any]) -> Format | None:
    """The format of a line where it can be no other, else None.

    A chat line that ends with the user's message may be a supervised example cut short or a reinforcement prompt;
    other keys, which only reinforcement lines have, decide. An answer with a `label` that is true or false is an
    unpaired preference.

    >>> certain_format({"messages": [{"role": "user"}], "reference_answer": 7})
    'rft'
    >>> certain_format({"messages": [{"role": "user"}]}) is None
    True
    """
    if not _PREFERENCE_KEYS.isdisjoint(example) or isinstance(example.get("input"), dict):
        return "dpo"
    messages = example.get("messages")
    if not isinstance(messages, list) or not messages:
        return None
    roles = [known_role(message.get("role")) for message in messages if isinstance(message, dict)]
    if roles and roles[-1] == "assistant":
        return "kto" if isinstance(example.get("label"), bool) else "sft"
    if "assistant" not in roles and ("developer" in roles or not _CHAT_KEYS.issuperset(example)):
        return "rft"
    return None


def detect_format(examples: Iterable[dict[str, Any]]) -> Format | None:
    """The format of most lines; None where no line has a format that is known.

    Lines that could be several decide only where no line is certain: those with an assistant message and no other keys
    are taken for supervised examples cut short, the others for reinforcement prompts, which may have turns before the
    question, and columns for the grader.

    >>> detect_format([{"messages": [{"role": "user"}]}]), detect_format([{"prompt": "Hi"}])
    ('rft', None)
    """
    certain: Counter[Format] = Counter()
    likely: Counter[Format] = Counter()
    for example in examples:
        found = certain_format(example)
        messages = example.get("messages")
        if found is not None:
            certain[found] += 1
        elif isinstance(messages, list):
            answers = any(isinstance(one, dict) and known_role(one.get("role")) == "assistant" for one in messages)
            columns = not _CHAT_KEYS.issuperset(example)
            likely["sft" if (answers and not columns) or not messages else "rft"] += 1
    votes = certain or likely
    return votes.most_common(1)[0][0] if votes else None
