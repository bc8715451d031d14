"""What preference pairs and reinforcement prompts ask for beyond their shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuneset.rules.accessors import OUTPUTS, Object, all_messages, conversation, objects_at
from tuneset.rules.engine.check_context import Context
from tuneset.rules.issue import Issue, issue, show

_REACHABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_TEMPLATE_NAMES = frozenset({"item", "sample"})
_RESERVED = frozenset({"messages", "tools"})


def preference_issues(example: Object, context: Context) -> Iterator[Issue]:
    """Yield what is wrong with a preference pair."""
    limit = context.profile.limit("preference_output_messages")
    for branch in OUTPUTS:
        outputs = objects_at(example, (branch,))
        if limit and len(outputs) > limit:
            said = f"{len(outputs)} messages; allowed: {limit:.0f} assistant message"
            yield issue("PRF002", (branch,), said, "move all but the last turn to input.messages")
        roles = [message.get("role") for _, message in outputs]
        if limit and roles == ["tool"]:
            hint = "an output holds the assistant's answer alone; move earlier messages to input.messages"
            yield issue("PRF004", (branch, 0, "role"), 'role is "tool"; allowed: assistant', hint)
        elif outputs and not limit and all(role == "tool" for role in roles):
            yield issue("PRF002", (branch,), "no message is the assistant's", "give the assistant's answer")
    preferred, other = (example.get(branch) for branch in OUTPUTS)
    if preferred and preferred == other:
        hint = "drop the pair, or give two different answers"
        yield issue("PRF003", (OUTPUTS[1],), "the same as preferred_output", hint)
    for path, message in all_messages(example, "dpo"):
        for place, part in objects_at(message, ("content",)):
            if part.get("type") == "image_url" and message.get("role") == "user":
                yield issue("PRF006", (*path, *place), "an image; allowed: text alone", "leave the image out")
    messages = conversation(example, "dpo")
    if messages and messages[-1][1].get("role") == "assistant":
        said = "the input ends with an assistant message; allowed: a message that the outputs answer"
        yield issue("PRF007", (*messages[-1][0], "role"), said, "end the input with the user's message")


def reinforcement_issues(example: Object, context: Context) -> Iterator[Issue]:
    """Yield what is wrong with a reinforcement prompt and its columns."""
    messages = conversation(example, "rft")
    if messages and messages[-1][1].get("role") in ("developer", "assistant", "tool"):
        path, last = messages[-1]
        said = f"the last message is of role {show(last['role'])}; allowed: user"
        yield issue("RFT001", (*path, "role"), said, "move the answer into a column of its own for the grader")
    for key in example:
        if key not in _RESERVED and (key in _TEMPLATE_NAMES or not _REACHABLE.fullmatch(key)):
            said = "the column's name cannot be written in a template"
            yield issue("RFT002", (key,), said, "rename it, with letters, digits and _ alone")
    for column in context.grader_columns:
        if column not in example:
            said = f"the grader refers to {{{{item.{column}}}}}, and the line has no such column"
            yield issue("RFT003", (), said, f"add the column {column}, or correct the grader")
