"""Preference pairs: what they ask for beyond their shape."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import orjson

from tuneset.rules.accessors import OUTPUTS, Object, all_messages, conversation, objects_at
from tuneset.rules.context import Context
from tuneset.rules.issue import Issue, issue
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import ANSWER, ASK, GOOD_PAIR, chat, pair, turn

_DPO_GUIDE = "OpenAI direct preference optimization guide"
_SEEN = dt.date(2026, 11, 20)
_LYON = turn("assistant", "Lyon.")


_SEES = [{"type": "image_url", "image_url": {"url": "https://example.com/map.png"}}]

RULES = (
    Rule(
        "PRF001", "wrong-output-key", "error", "The outputs are called preferred_completion, not preferred_output.",
        "The published schema and clients generated from it have the wrong name; the server takes _output.",
        _DPO_GUIDE, _SEEN,
        Sample(
            orjson.dumps({"input": {"messages": [ASK]}, "preferred_completion": [ANSWER],
                          "non_preferred_output": [_LYON]}),
            path="$.preferred_completion",
        ),
        GOOD_PAIR, fixable=True,
    ),
    Rule(
        "PRF002", "output-count", "error", "An output is not exactly one assistant message.",
        "Only the last turn is compared; earlier turns belong to input.messages.",
        _DPO_GUIDE, _SEEN,
        Sample(pair([ANSWER, ANSWER], [_LYON]), path="$.preferred_output"), GOOD_PAIR,
    ),
    Rule(
        "PRF003", "identical-outputs", "error", "The preferred output is the same as the one that is not preferred.",
        "A pair without a difference teaches nothing.",
        _DPO_GUIDE, _SEEN,
        Sample(pair([ANSWER], [ANSWER]), path="$.non_preferred_output"), GOOD_PAIR,
    ),
    Rule(
        "PRF004", "output-not-assistant", "error", "An output is not the assistant's message.",
        "What is compared is what the model says.",
        _DPO_GUIDE, _SEEN,
        Sample(pair([turn("user", "Paris.")], [_LYON]), path="$.preferred_output[0].role"), GOOD_PAIR,
    ),
    Rule(
        "PRF005", "method-mismatch", "error", "The lines have another format than the method that was asked for.",
        "'Input file is in the fine-tune-chat format, but the specified fine-tuning job is not using supervised.'",
        "OpenAI error text (invalid_training_file)", _SEEN,
        Sample(chat(ASK, ANSWER), path="$", format="dpo"), Sample(GOOD_PAIR.data, format="dpo"),
    ),
    Rule(
        "PRF006", "image-in-preference", "error", "A preference line shows an image.",
        "Preference optimization is for text only.",
        _DPO_GUIDE, _SEEN,
        Sample(
            orjson.dumps({"input": {"messages": [turn("user", _SEES)]}, "preferred_output": [ANSWER],
                          "non_preferred_output": [_LYON]}),
            path="$.input.messages[0].content[0]", model="gpt-4.1-2025-04-14",
        ),
        GOOD_PAIR,
    ),
    Rule(
        "PRF007", "input-ends-with-assistant", "warning", "The input ends with an assistant message.",
        "The outputs are the answer to the input; here they would be a second one.",
        _DPO_GUIDE, _SEEN,
        Sample(
            orjson.dumps({"input": {"messages": [ASK, ANSWER]}, "preferred_output": [ANSWER],
                          "non_preferred_output": [_LYON]}),
            path="$.input.messages[1].role",
        ),
        GOOD_PAIR,
    ),
)  # fmt: skip


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
