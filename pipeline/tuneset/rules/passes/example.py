"""One example against all rules that judge it by itself: a fast pass that says clean or suspect, and the exact one.

`check_example` first asks `is_clean`, which may say no to a clean example but never yes to one that has an issue
(a property test holds it to that); only suspects take the exact path, which costs some hundred times as much.
Raw bytes, whole files and what spans examples are not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tuneset.rules.accessors import Object
from tuneset.rules.context import Context
from tuneset.rules.families.conversation import conversation_issues
from tuneset.rules.families.preference import preference_issues
from tuneset.rules.families.private_data import COMMON_CODES, private_issues
from tuneset.rules.families.reinforcement import reinforcement_issues
from tuneset.rules.families.shape import shape_issues
from tuneset.rules.families.text import (
    LONGEST_MISSING_VALUE,
    MOJIBAKE_HINT,
    PLACEHOLDER,
    has_placeholder,
    is_missing_value,
    is_mojibake,
    text_issues,
)
from tuneset.rules.families.tool_calls import tool_issues
from tuneset.rules.families.vision import vision_issues
from tuneset.rules.issue import Issue

_SIMPLE_MESSAGE = 2
"""Keys of a message that has a role and a content and nothing else."""


def check_example(example: Object, context: Context) -> list[Issue]:
    """Every issue of one example; none for a clean one.

    Issues of rules that are off, or of families that the context leaves out, are not in the list. Secrets and
    personal data are looked for only where the context has the family EGR.
    """
    issues = [] if is_clean(example, context) else exact_issues(example, context)
    if not context.severity.keys().isdisjoint(COMMON_CODES):
        issues += exact_private_issues(example, context)
    return issues


def exact_issues(example: Object, context: Context) -> list[Issue]:
    """As `check_example`, without the fast pass before it, and without secrets and personal data."""
    return _decided(_all_issues(example, context), context)


def exact_private_issues(example: Object, context: Context) -> list[Issue]:
    """Secrets and personal data in one example."""
    return _decided(private_issues(example, context), context)


def _decided(issues: Iterable[Issue], context: Context) -> list[Issue]:
    """The issues of rules that hold, each once a place."""
    found: dict[tuple[str, str, str], Issue] = {}
    for issue in issues:
        if context.on(issue.code):
            # One text may hold several kinds of secrets, so that the message counts as well.
            key = (issue.code, issue.path, issue.message if issue.code in COMMON_CODES else "")
            found.setdefault(key, issue)
    return list(found.values())


def _all_issues(example: Object, context: Context) -> Iterator[Issue]:
    shape = [] if context.shape.is_valid(example) else list(shape_issues(example, context.format))
    yield from shape
    if any(issue.code in ("SHP001", "PRF005") for issue in shape):
        return
    yield from conversation_issues(example, context)
    yield from tool_issues(example, context)
    yield from vision_issues(example, context)
    if context.format == "dpo":
        yield from preference_issues(example, context)
    if context.format == "rft":
        yield from reinforcement_issues(example, context)
    yield from text_issues(example, context)


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
    return asked and before == "assistant" and _plain_texts(texts, context)


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
        and _plain_texts([other[0].get("content")], context)
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
    return before == "user" and _plain_texts(texts, context)


def _plain_texts(texts: list[Any], context: Context) -> bool:
    """Whether contents are text with nothing in it that a rule might mind."""
    for text in texts:
        if type(text) is not str or not text or text.isspace():
            return False
        if len(text) <= LONGEST_MISSING_VALUE and is_missing_value(text):
            return False
    # What is left is looked for in all texts at once; a line end keeps them apart.
    joined = "\n".join(texts)
    if "{" in joined and PLACEHOLDER.search(joined) and any(has_placeholder(text) for text in texts):
        return False
    for start in context.special_starts:
        # A single character is searched for several times as fast as two.
        if start[0] in joined and start in joined and context.special_tokens.search(joined):
            return False
    if joined.isascii() or not MOJIBAKE_HINT.search(joined):
        return True
    return "\ufffd" not in joined and not any(is_mojibake(text) for text in texts)
