"""One example against all rules that judge it by itself: a fast pass that says clean or suspect, then the exact one.

`check_example` first asks `is_clean`, which may say no to a clean example but never yes to one that has an issue
(a property test holds it to that); only suspects take the exact path, which costs some hundred times as much.
Raw bytes, whole files and what spans examples are not looked at here.
"""

from __future__ import annotations

from typing import Any

from tuneset.rules.accessors import Object
from tuneset.rules.context import Context
from tuneset.rules.families.reinforcement import reinforcement_issues
from tuneset.rules.issue import Issue
from tuneset.rules.passes.exact import exact_issues, exact_private_issues, looks_for_private_text

_SIMPLE_MESSAGE = 2
"""Keys of a message that has a role and a content and nothing else."""

_LABELLED_KEYS = 2
"""Keys of an unpaired preference line without tools: its messages and its label."""


def check_example(example: Object, context: Context) -> list[Issue]:
    """Every issue of one example; none for a clean one.

    Issues of rules that are off, or of families that the context leaves out, are not in the list. Secrets and
    personal data are looked for only where the context has the family EGR.
    """
    issues = [] if is_clean(example, context) else exact_issues(example, context)
    if looks_for_private_text(context):
        issues += exact_private_issues(example, context)
    return issues


def is_clean(example: Object, context: Context) -> bool:
    """Whether an example surely has no issue of any family but EGR, by the cheapest means.

    Plain conversations (role and string content alone) are judged here; all others are suspects.
    """
    if not context.shape.is_valid(example):
        return False
    if context.format == "sft":
        return len(example) == 1 and _plain_chat(example["messages"], context)
    if context.format == "dpo":
        return _plain_pair(example, context)
    if context.format == "kto":
        return len(example) == _LABELLED_KEYS and _plain_chat(example["messages"], context)
    return _plain_columns(example, context) and _plain_prompt(example["messages"], context)


def _plain_chat(messages: list[Any], context: Context) -> bool:
    before = ""
    asked = False
    texts = []
    for message in messages:
        role = message["role"]
        if role == "user":
            asked = True
            if before == "user" and context.on("CNV012"):
                return False
        elif role == "assistant":
            if before == "assistant":
                return False
        elif role != "system" or before not in ("", "system"):
            return False
        if len(message) != _SIMPLE_MESSAGE or "content" not in message:
            return False
        texts.append(message["content"])
        before = role
    return asked and before == "assistant" and not context.text.mind(texts)


def _plain_pair(example: Object, context: Context) -> bool:
    """A pair whose input is text that ends with the user's message, and whose outputs differ."""
    preferred, other = example["preferred_output"], example["non_preferred_output"]
    messages = example["input"]["messages"]
    if len(example["input"]) != 1 or len(preferred) != 1 or len(other) != 1 or preferred == other:
        return False
    return (
        messages[-1]["role"] == "user"
        and preferred[0]["role"] == other[0]["role"] == "assistant"
        and _plain_chat([*messages, preferred[0]], context)
        and len(other[0]) == _SIMPLE_MESSAGE
        and not context.text.mind([other[0].get("content")])
    )


def _plain_columns(example: Object, context: Context) -> bool:
    return "tools" not in example and not any(True for _ in reinforcement_issues(example, context))


def _plain_prompt(messages: list[Any], context: Context) -> bool:
    before = ""
    texts = []
    for message in messages:
        role = message["role"]
        if role != "user" and (role != "developer" or before not in ("", "developer")):
            return False
        if role == before == "user" and context.on("CNV012"):
            return False
        if len(message) != _SIMPLE_MESSAGE or "content" not in message:
            return False
        texts.append(message["content"])
        before = role
    return before == "user" and not context.text.mind(texts)
