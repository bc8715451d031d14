"""The conversation of a chat line: order of roles, the last message, weights."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from tuneset.rules.accessors import Object, Step, conversation
from tuneset.rules.engine.check_context import Context
from tuneset.rules.issue import Issue, issue, show


def conversation_issues(example: Object, context: Context) -> Iterator[Issue]:
    """Yield what is wrong with the order and the weights of the messages."""
    messages = conversation(example, context.format)
    if not messages:
        return
    yield from _order(messages)
    if context.on("CNV012"):
        yield from _alternation(messages)
    if context.format == "sft":
        yield from _training(messages)
    if not any(message.get("role") == "user" for _, message in messages):
        yield issue("CNV011", messages[0][0][:-1], "no message is the user's", "add the request that is answered")


def _order(messages: list[tuple[Step, Object]]) -> Iterator[Issue]:
    for (_, before), (path, message) in itertools.pairwise(messages):
        role = message.get("role")
        if role in ("system", "developer") and before.get("role") not in ("system", "developer"):
            hint = "move it to the start, or make it part of the user's message"
            yield issue("CNV003", (*path, "role"), f"a {role} message follows other messages", hint)
        if role == before.get("role") == "assistant":
            hint = "join the two, or put what was said between them back in"
            yield issue("CNV009", (*path, "role"), "an assistant message follows an assistant message", hint)


def _alternation(messages: list[tuple[Step, Object]]) -> Iterator[Issue]:
    """User and assistant must take turns; system and tool messages stand outside the turns."""
    before = ""
    for path, message in messages:
        role = message.get("role")
        if role == before and role in ("user", "assistant"):
            said = f"a second {role} message in a row; allowed: user and assistant in turns"
            yield issue("CNV012", (*path, "role"), said, "join the two messages")
        if role in ("user", "assistant", "tool"):
            before = str(role)


def _training(messages: list[tuple[Step, Object]]) -> Iterator[Issue]:
    assistants = [(path, message) for path, message in messages if message.get("role") == "assistant"]
    if not assistants:
        hint = "add the answer; prompts without answers are reinforcement lines (--format rft)"
        yield issue("CNV005", messages[0][0][:-1], "no message is the assistant's", hint)
        return
    path, last = messages[-1]
    if last.get("role") in ("system", "user", "tool", "function"):
        said = f"the last message is of role {show(last['role'])}; allowed: assistant"
        yield issue("CNV002", (*path, "role"), said, "remove what follows the last answer, or add the answer")
    for path, message in assistants:
        if isinstance(message.get("weight"), float) and message["weight"] in (0.0, 1.0):
            said = f"weight is {show(message['weight'])}; allowed: the integer 0 (not trained) or 1 (trained)"
            yield issue("CNV006", (*path, "weight"), said, "write it as an integer")
    if all(_is_zero(message.get("weight")) for _, message in assistants):
        hint = "give one of them weight 1, or drop the example"
        yield issue("CNV004", messages[0][0][:-1], "every assistant message has weight 0", hint)


def _is_zero(weight: object) -> bool:
    return isinstance(weight, int | float) and not isinstance(weight, bool) and weight == 0
